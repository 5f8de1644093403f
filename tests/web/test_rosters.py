"""值班表 through its pages: the manager's week, the staff's own duties, what the public sees."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import from_user
from onewindow.hall import extended
from onewindow.hall.actions import calling, consulting, rostering, sitting
from onewindow.hall.models import Duty, Hours, Roster, Swap
from tests.cast import Member, sign_in
from tests.factories import cases
from tests.factories.accounts import PostFactory, SiteFactory, StaffFactory
from tests.hall.conftest import a_zone, drawn
from tests.hall.rostered import MONDAY, Hall, at, duty

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(db, time_machine):
    a_zone()
    time_machine.move_to(at(2), tick=False)
    made = Hall()
    made.clock = time_machine
    return made


def as_manager(hall):
    return sign_in(User.objects.get(pk=hall.manager.user_id))


@pytest.fixture
def manager(hall):
    return as_manager(hall)


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
        assert "3月3日（周二）夜间延时：缺公积金" in refused.content.decode()
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


class TestWhoServes:
    def test_the_page_and_the_api_say_who_serves_now_and_next(self, client, hall):
        hall.published()
        hall.clock.move_to(at(3, "18:30"), tick=False)
        page = client.get(reverse("hall", args=[hall.site.pk])).content.decode()
        assert "夜间延时" in page and "到 21:00" in page and "4 个窗口" in page
        assert "3月7日（周六） 周六延时 9:00–17:00" in page
        told = client.get(f"/api/v1/halls/{hall.site.pk}").json()
        assert told["now"]["kind"] == "evening" and told["now"]["until"].startswith("2026-03-03T21:00")
        assert [each["code"] for each in told["now"]["agencies"]] == ["FCZ", "BDC", "TAX", "GJJ"]
        assert {each["number"] for each in told["now"]["windows"]} == {"A01", "A02", "A03", "A04"}
        assert told["next_extended"]["kind"] == "saturday"
        assert "TAX的人" not in page + str(told)
        hall.clock.move_to(at(3, "22:00"), tick=False)
        assert client.get(f"/api/v1/halls/{hall.site.pk}").json()["now"]["kind"] == ""

    def test_the_week_for_everybody(self, client, hall):
        hall.published()
        page = client.get(reverse("hall-extended", args=[hall.site.pk])).content.decode()
        assert "A01 A02 A03 A04" in page and "值班表还没有发布" in page
        Hours.objects.exclude(kind="regular").delete()
        assert "这一周没有延时服务" in client.get(reverse("hall-extended", args=[hall.site.pk])).content.decode()

    def test_the_week_over_the_api(self, client, hall):
        hall.published()
        week = client.get(f"/api/v1/halls/{hall.site.pk}/extended-sessions?day=2026-03-05").json()
        assert [each["kind"] for each in week["sessions"]] == ["evening", "saturday"]
        assert client.get("/api/v1/halls/510100/extended-sessions").status_code == 404
        assert [each["code"] for each in client.get("/api/v1/halls").json()] == [hall.site.pk]

    def test_the_machine_says_why_there_is_no_number(self, client, hall):
        hall.published()
        hall.clock.move_to(at(3, "18:30"), tick=False)
        closed, open_ = hall.queues["ZH"], hall.queues["SW"]
        said = client.post(reverse("kiosk-draw", args=[hall.site.pk]), {"queue": closed.pk}, follow=True)
        assert "今天的夜间延时没有排窗口值班，3月9日 09:00 开始服务" in said.content.decode()
        assert "A001" in client.post(
            reverse("kiosk-draw", args=[hall.site.pk]), {"queue": open_.pk}, follow=True
        ).content.decode()  # fmt: skip


class TestWhatWasDone:
    def served(self, hall, agency, about="", case=None):
        ticket = drawn(hall.queues[{"TAX": "SW", "GJJ": "GJ"}[agency]])
        by = from_user(hall.officers[agency])
        sitting.of(by) or sitting.sign_on(hall.windows[agency], by=by)
        called = calling.call_next(hall.windows[agency], by=by)
        assert called == ticket
        if about:
            consulting.answer(called, by=by, about=about)
        else:
            calling.finish(calling.note_case(called, by=by, case=case), by=by)

    def test_counted_by_week_and_agency_for_all_and_as_excel(self, client, hall):
        hall.published()
        case = cases.submitted()
        hall.clock.move_to(at(3, "16:00"), tick=False)
        self.served(hall, "TAX", about="白天问的不算")
        hall.clock.move_to(at(3, "18:30"), tick=False)
        self.served(hall, "TAX", case=case)
        self.served(hall, "TAX", about="契税怎么算")
        self.served(hall, "GJJ", about="提取要带什么")
        (week,) = extended.weeks(hall.site)
        counts = {share.agency.pk: (share.cases, share.consultations) for share in week.shares}
        assert counts == {"FCZ": (0, 0), "BDC": (0, 0), "TAX": (1, 1), "GJJ": (0, 1)}
        assert (week.total, week.cases, week.decided) == (3, 1, 0)
        assert client.get(f"/api/v1/halls/{hall.site.pk}/extended-totals").json()[0]["consultations"] == 2
        assert "契税" not in client.get(reverse("hall-extended", args=[hall.site.pk])).content.decode()
        book = load_workbook(io.BytesIO(as_manager(hall).get(reverse("manage-extended"), {"as": "xlsx"}).content))
        assert [cell.value for cell in book.active[6]][2:] == ["全部部门", 1, 0, 2, 3]

    def test_many_weeks_are_one_question(self, hall, django_assert_num_queries):
        for n in range(3):
            hall.published(MONDAY + timedelta(weeks=n))
        hall.clock.move_to(at(17), tick=False)
        with django_assert_num_queries(2):
            assert len(extended.weeks(hall.site)) == 3
        assert "延时服务办了多少" in as_manager(hall).get(reverse("manage-extended")).content.decode()
