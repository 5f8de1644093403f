"""Visits, hearings and posts as pages: who gets in, nothing typed is lost, photographs on the way."""

import io
import re
from collections.abc import Iterator

import pytest
from django.urls import reverse
from PIL import Image

from onewindow.accounts.models import Absence, Post
from onewindow.cases.actions import counsel, hearings, visits
from onewindow.cases.models import Case, Proceeding, SitePhoto
from onewindow.kernel import clock
from tests.cases.test_proceedings import POINTS, SHORT
from tests.cases.test_steps import accepted
from tests.cast import Member, member, officer, sign_in
from tests.factories import cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(settings) -> Iterator[Case]:
    clock.load_holidays(settings.DATA_DIR / "holidays.json")
    yield accepted(SHORT, scrutiny={"check_points": POINTS})
    clock.forget()


@pytest.fixture
def anna(case) -> Member:
    return officer("reviewer", case.agency_id, "安娜")


@pytest.fixture
def bert(case) -> Member:
    return officer("reviewer", case.agency_id, "伯特")


@pytest.fixture
def visit(case, anna, bert) -> Proceeding:
    sent = [anna.user.pk, bert.user.pk]
    visits.arrange(case, by=anna.principal, on=clock.today(), time="09:30", place="桂湖中路18号", officers=sent)
    return Proceeding.objects.get()


def jpeg(color: str = "navy") -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), color).save(buffer, "JPEG")
    buffer.seek(0)
    buffer.name = "现场.jpg"
    return buffer


def record(visit: Proceeding, **changes: object) -> dict[str, object]:
    return {
        "present": visit.officers, "result_disinfection": "ok", "note_disinfection": "", "result_tools": "fault",
        "note_tools": "毛巾混放", "conclusion": "一项需要整改", "signed": "signed", "party": "王强", "witness": "",
        "go": "record",
    } | changes  # fmt: skip


def page(found: Proceeding, act: str = "") -> str:
    kept = [found.case.number, found.pk]
    return reverse("desk-proceeding-act", args=[*kept, act]) if act else reverse("desk-proceeding", args=kept)


def test_one_officer_is_refused_on_the_page_and_what_was_typed_stays(case, anna, bert):
    url = reverse("desk-proceeding-new", args=[case.number, "visit"])
    typed = {
        "on": clock.today().isoformat(),
        "time": "09:30",
        "place": "桂湖中路18号",
        "officers": [anna.user.pk],
        "note": "请备好消毒记录",
    }
    refused = anna.client.post(url, typed)
    assert refused.status_code == 422
    assert "两名以上" in refused.content.decode() and "请备好消毒记录" in refused.content.decode()
    assert anna.client.post(url, typed | {"officers": [anna.user.pk, bert.user.pk]}).status_code == 302
    assert set(Proceeding.objects.get().officers) == {anna.user.pk, bert.user.pk}
    assert "近期安排" in anna.client.get(reverse("desk-list")).content.decode()


def test_photographs_are_kept_on_the_way_and_nothing_typed_is_lost(visit, anna):
    kept = anna.client.post(page(visit, "record"), record(visit, go="photos") | {"photo_tools": jpeg()})
    text = kept.content.decode()
    assert kept.status_code == 200 and "照片已保存" in text and "毛巾混放" in text and "一项需要整改" in text
    anna.client.post(page(visit, "record"), record(visit, go="photos") | {"photo_tools": jpeg()})
    photo = SitePhoto.objects.get()
    assert photo.point == "tools"
    small = anna.client.get(reverse("desk-site-photo", args=[visit.case.number, visit.pk, photo.pk]) + "?small")
    assert small["Content-Type"] == "image/jpeg"
    refused = anna.client.post(page(visit, "record"), record(visit, result_disinfection=""))
    assert refused.status_code == 422 and "请选择“消毒间独立设置”的结果" in refused.content.decode()
    assert anna.client.post(page(visit, "record"), record(visit)).status_code == 302
    assert dict(Proceeding.objects.get().result)["照片 1"].startswith("用具一客一换")


def test_a_photo_taken_by_mistake_is_dropped(visit, anna):
    anna.client.post(page(visit, "record"), record(visit, go="photos") | {"photo_": jpeg()})
    photo = SitePhoto.objects.get()
    anna.client.post(reverse("desk-site-photo-removal", args=[visit.case.number, visit.pk, photo.pk]))
    photo.refresh_from_db()
    assert photo.removed_at is not None


def test_no_paper_of_a_photo_that_is_none(visit, anna):
    bad = io.BytesIO(b"%PDF-1.4\n%%EOF")
    bad.name = "x.pdf"
    refused = anna.client.post(page(visit, "record"), record(visit, go="photos") | {"photo_tools": bad})
    assert refused.status_code == 422 and "毛巾混放" in refused.content.decode()
    assert not SitePhoto.objects.exists()


def test_a_stranger_finds_no_proceeding(visit, other_agency_clerk, citizen):
    for client in (other_agency_clerk.client, citizen.client):
        assert client.get(page(visit)).status_code == 404
        assert client.post(page(visit, "record"), record(visit)).status_code == 404
    colleague = officer("clerk", visit.case.agency_id, "同事")
    assert colleague.client.get(page(visit)).status_code == 200
    colleague.client.post(page(visit, "record"), record(visit))
    assert Proceeding.objects.get().state == "planned"


def test_the_applicant_asks_for_the_hearing_once(case, anna):
    hearings.tell(case, by=anna.principal, matter="拟不予许可，关系到申请人的经营")
    found = Proceeding.objects.get()
    from onewindow.accounts.models import User

    li = sign_in(User.objects.get(pk=cases.citizen().user_id))
    assert "申请听证" in li.get(reverse("my-case", args=[case.number])).content.decode()
    url = reverse("case-hearing", args=[case.number, found.pk])
    for _ in range(2):
        assert li.post(url, {"answer": "ask"}).status_code == 302
    found.refresh_from_db()
    assert (found.state, len(found.rows)) == ("asked", 3)
    assert member(anna.user).client.post(url, {"answer": "ask"}).status_code == 404


def test_what_officers_wrote_for_one_another_is_no_paper_of_the_applicants(case, anna):
    from onewindow.accounts.models import User
    from onewindow.kernel.models import Entry

    counsel.consult(case, by=anna.principal, agency="ZJJ", question="该址是否符合消防要求", days=5)
    entry = Entry.objects.get(subject=case.number, event="case.consulted")
    url = reverse("case-document", args=[case.number, entry.pk])
    assert sign_in(User.objects.get(pk=cases.citizen().user_id)).get(url).status_code == 404
    assert anna.client.get(url).status_code == 200


def test_the_case_page_asks_the_database_as_often_with_many_proceedings(
    case, anna, bert, django_assert_max_num_queries
):
    url = reverse("desk-case", args=[case.number])
    anna.client.get(url)

    def queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as seen:
            anna.client.get(url)
        return len(seen)

    for n in range(2):
        counsel.consult(case, by=anna.principal, agency="ZJJ", question=f"该址是否符合消防要求（{n}）", days=5)
    few = queries()
    for n in range(6):
        counsel.consult(case, by=anna.principal, agency="WJJ", question=f"该址是否符合卫生要求（{n}）", days=5)
    assert queries() == few


class TestPosts:
    def test_an_absence_of_ones_own_and_back_again(self, anna, bert):
        today = clock.today().isoformat()
        assert "岗位和离岗" in anna.client.get(reverse("desk-posts")).content.decode()
        anna.client.post(reverse("desk-away"), {"starts": today, "ends": today, "reason": "培训"})
        away = Absence.objects.get(user=anna.user)
        assert bert.client.post(reverse("desk-back", args=[away.pk])).status_code == 404
        anna.client.post(reverse("desk-back", args=[away.pk]))
        away.refresh_from_db()
        assert away.ended_at is not None

    def test_days_the_wrong_way_round_stay_in_the_boxes(self, anna):
        refused = anna.client.post(
            reverse("desk-away"), {"starts": "2099-03-05", "ends": "2099-03-02", "reason": "休假"}
        )
        assert refused.status_code == 422
        assert "不能早于第一天" in refused.content.decode() and "2099-03-05" in refused.content.decode()

    def test_who_directs_the_work_names_the_b(self, case, anna, bert):
        head = officer("head", case.agency_id, "程立")
        own = Post.objects.get(user=anna.user)
        assert bert.client.post(reverse("desk-backup", args=[own.pk]), {"backup": bert.user.pk}).status_code == 404
        assert re.search("B 角：伯特", head.client.get(reverse("desk-posts")).content.decode())
        head.client.post(reverse("desk-backup", args=[own.pk]), {"backup": bert.user.pk})
        own.refresh_from_db()
        assert own.backup_id == bert.user.pk


def test_claim_and_hand_over_on_the_desk(case, anna, bert):
    show = reverse("desk-case", args=[case.number])
    anna.client.post(reverse("desk-act", args=[case.number, "claim"]), {"seen": case.revision})
    assert "安娜已认领" in bert.client.get(show).content.decode()
    assert case.number not in bert.client.get(reverse("desk-list")).content.decode().replace(" ", "")
    assert "安娜已认领" in bert.client.get(reverse("desk-list") + "?view=post").content.decode()
    case.refresh_from_db()
    given = {"seen": case.revision, "to": f"review-0:{bert.user.pk}", "reason": "明天去培训"}
    assert anna.client.post(reverse("desk-act", args=[case.number, "handover"]), given).status_code == 302
    assert "安娜移交：明天去培训" in bert.client.get(reverse("desk-list")).content.decode()
