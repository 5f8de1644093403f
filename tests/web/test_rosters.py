"""值班表 through its pages: the manager's week, the staff's own duties, what the public sees."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from onewindow.accounts.models import Post, User
from onewindow.hall.actions import rostering
from onewindow.hall.models import Duty, Roster, Swap
from tests.cast import Member, sign_in
from tests.factories.accounts import PostFactory, SiteFactory, StaffFactory
from tests.hall.conftest import a_zone
from tests.hall.rostered import MONDAY, Hall, at, duty

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(db, time_machine):
    a_zone()
    time_machine.move_to(at(2), tick=False)
    made = Hall()
    made.clock = time_machine
    return made


@pytest.fixture
def manager(hall):
    return sign_in(User.objects.get(pk=hall.manager.user_id))


def do(client, roster, act, **data):
    data = {"seen": roster.revision} | data
    return client.post(reverse("manage-roster-act", args=[roster.pk, act]), data, follow=True)


class TestTheManagersWeek:
    def test_begun_written_refused_published(self, manager, hall):
        assert "排这一周" in manager.get(reverse("manage-rosters")).content.decode()
        manager.post(reverse("manage-rosters"), {"site": hall.site.pk, "monday": MONDAY.isoformat()})
        roster = Roster.objects.get()
        sessions = ["2026-03-03.evening", "2026-03-07.saturday"]
        for agency in ("FCZ", "BDC", "TAX"):
            chosen = {"window": hall.windows[agency].number, "officer": f"{hall.officers[agency].pk}:{agency}"}
            roster.refresh_from_db()
            said = do(manager, roster, "assignments", session=sessions, **chosen)
            assert "2 个场次" in said.content.decode()
        roster.refresh_from_db()
        refused = do(manager, roster, "publication")
        assert refused.status_code == 422
        assert "3月3日（周二）夜间延时缺公积金" in refused.content.decode()
        do(manager, roster, "assignments", session=sessions, window="A04", officer=f"{hall.officers['GJJ'].pk}:GJJ")
        roster.refresh_from_db()
        assert "已发布" in do(manager, roster, "publication").content.decode()
        roster.refresh_from_db()
        assert roster.state == "published"

    def test_what_was_chosen_stays_when_it_is_refused(self, manager, hall):
        roster = hall.roster()
        page = do(manager, roster, "assignments", window="A03", session=["2026-03-03.evening"]).content.decode()
        assert "请选择值班的人" in page
        assert '<option value="A03" selected>' in page and 'value="2026-03-03.evening" checked' in page

    def test_the_second_of_two_editors_is_shown_the_newest(self, manager, hall):
        roster = hall.roster()
        hall.put(Roster.objects.get(), "TAX", "evening")
        chosen = {"window": "A02", "officer": f"{hall.officers['BDC'].pk}:BDC", "session": ["2026-03-03.evening"]}
        late = do(manager, roster, "assignments", **chosen)
        assert late.status_code == 409 and "TAX的人" in late.content.decode()
        assert '<option value="A02" selected>' in late.content.decode()
        assert Duty.objects.count() == 1

    def test_out_and_in_as_excel_all_or_nothing(self, manager, hall):
        roster = hall.published()
        data = manager.get(reverse("manage-roster-file", args=[roster.pk])).content
        book = load_workbook(io.BytesIO(data))
        sheet = book.active
        assert sheet.max_row == 9
        sheet["C2"] = "Z99"
        sheet["F3"] = "nobody"
        wrong = do(manager, roster, "file", file=_file(book))
        assert wrong.status_code == 422
        assert "没有导入，2 处要改" in wrong.content.decode() and "第 3 行" in wrong.content.decode()
        assert Duty.objects.filter(removed_at=None).count() == 8
        right = do(manager, roster, "file", file=SimpleUploadedFile("值班表.xlsx", data))
        assert "已导入 8 个班次" in right.content.decode()

    def test_another_halls_manager_and_a_clerk_find_nothing(self, hall, clerk):
        roster = hall.roster()
        other = StaffFactory()
        PostFactory(user=other, role=Post.Role.MANAGER, agency=None, site=SiteFactory(code="510114001000"))
        for client in (sign_in(other), clerk.client):
            assert client.get(reverse("manage-roster", args=[roster.pk])).status_code == 404
            assert do(client, roster, "publication").status_code == 404

    def test_a_full_week_asks_as_many_questions_as_an_empty_one(self, manager, hall, django_assert_max_num_queries):
        roster = hall.roster()
        for filled in (False, True):
            if filled:
                hall.published()
            with django_assert_max_num_queries(19):
                assert manager.get(reverse("manage-roster", args=[roster.pk])).status_code == 200


def _file(book):
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("值班表.xlsx", out.getvalue())


class TestOnesOwnDuties:
    def test_seen_asked_and_agreed(self, hall):
        roster = hall.roster()
        other = hall.officer("TAX", "小李")
        hall.put(roster, "TAX", "evening")
        hall.put(roster, "TAX", "saturday", user=other)
        one, two = (Member(user, sign_in(user)) for user in (hall.officers["TAX"], other))
        assert "没有排您值班" in one.client.get(reverse("desk-duties")).content.decode()
        for agency in ("FCZ", "BDC", "GJJ"):
            hall.put(roster, agency)
        rostering.publish(roster, by=hall.manager)
        page = one.client.get(reverse("desk-duties")).content.decode()
        assert "夜间延时 18:00–21:00" in page and "A03 号窗口" in page
        mine, theirs = (duty(roster, "TAX", kind).pk for kind in ("evening", "saturday"))
        one.client.post(reverse("desk-swaps"), {"mine": mine, "theirs": theirs, "why": "孩子发烧"})
        assert "孩子发烧" in two.client.get(reverse("desk-duties")).content.decode()
        swap = Swap.objects.get()
        stranger = sign_in(hall.officers["GJJ"])
        assert stranger.post(reverse("desk-swap", args=[swap.pk, "consent"])).status_code == 404
        said = two.client.post(reverse("desk-swap", args=[swap.pk, "consent"]), follow=True).content.decode()
        assert "已换好班" in said and "夜间延时 18:00–21:00" in said

    def test_nobody_offers_a_colleagues_duty(self, hall):
        roster = hall.published()
        one = sign_in(hall.officers["TAX"])
        theirs = duty(roster, "GJJ", "evening").pk
        assert one.post(reverse("desk-swaps"), {"mine": theirs, "theirs": theirs}).status_code == 404
