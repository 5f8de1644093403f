"""Items of outside systems: two numbers for one matter, no clocks that are not ours, words told as told."""

from datetime import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from onewindow.cases import deadlines, messages, timeline, timers
from onewindow.cases.actions import intake, outside
from onewindow.cases.models import Case, State
from onewindow.kernel import clock
from onewindow.kernel.flow import Conflict, WrongState
from onewindow.kernel.ledger import System
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.cases.conftest import post, rows, submitted, whole
from tests.cases.test_law import monday  # noqa: F401 - a fixture
from tests.factories import cases
from tests.factories.applications import picture
from tests.factories.catalogue import agency

pytestmark = pytest.mark.django_db
FUND = {"system": "gongjijin", "name": "住房公积金业务系统", "operator": "公积金中心", "road": "adapter"}
EXCHANGE = System("exchange:gongjijin", "住房公积金业务系统")


def at(text):
    return datetime.fromisoformat(f"{text}+08:00")


def filed():
    return submitted("XDP0096", outside=FUND)


def handed(number="G-1"):
    return outside.pass_on(filed(), by=EXCHANGE, number=number)


class TestNoFalseClocks:
    def test_nothing_of_ours_runs_once_it_is_handed_in(self, monday):  # noqa: F811
        case = filed()
        assert (case.due_on, deadlines.all_of(case)) == (None, [])
        outside.pass_on(case, by=EXCHANGE, number="G-1")
        assert (case.state, case.due_on, case.statutory_due, case.promised_due) == (State.OUTSIDE, None, None, None)

    def test_silence_of_ours_accepts_nothing_there(self, monday):  # noqa: F811
        case = filed()
        monday.move_to("2026-04-20 09:00+08:00")
        assert timers.run() == 0
        with pytest.raises(WrongState):
            intake.deem_accepted(case, by=timers.CLOCK)
        assert not case.is_overdue

    def test_it_is_not_accepted_or_refused_here(self, monday):  # noqa: F811
        case = filed()
        for act in (intake.accept, intake.refuse_to_accept):
            with pytest.raises(PermissionDenied):
                act(
                    case, by=post(case, "clerk"), **({"ground": "x", "reason": "y"} if act is not intake.accept else {})
                )

    def test_where_it_is_only_written_twice_our_clocks_run(self, monday):  # noqa: F811
        case = submitted("XDP0096", outside=FUND | {"procedure": "here", "road": "hand"})
        assert [each.key for each in deadlines.all_of(case)] == ["intake"]
        intake.accept(case, by=post(case, "clerk"))
        outside.note_number(case, by=post(case, "clerk"), number="R-77")
        assert (case.outside_number, case.state) == ("R-77", "reviewing")
        with pytest.raises(PermissionDenied):
            outside.note_number(submitted("XDA0106"), by=post(case, "clerk"), number="R-78")


class TestTwoNumbers:
    def test_a_number_belongs_to_one_case(self, monday):  # noqa: F811
        handed("G-1")
        other = submitted("XDP0096")
        with pytest.raises(ValueError, match="已经登记在另一件"):
            outside.pass_on(other, by=EXCHANGE, number="G-1")
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=other.pk).update(outside_system="gongjijin", outside_number="G-1")

    def test_the_number_may_come_later_and_is_never_changed_by_a_message(self, monday):  # noqa: F811
        case = handed("")
        outside.tell(case, by=EXCHANGE, status="received", at=clock.now(), number="G-9")
        assert case.outside_number == "G-9"
        with pytest.raises(ValueError, match="对不上"):
            outside.tell(case, by=EXCHANGE, status="accepted", at=clock.now(), number="G-8")

    def test_the_applicant_finds_it_by_either(self, monday, citizen):  # noqa: F811
        case = handed("G-1")
        Case.objects.filter(pk=case.pk).update(filed_by=citizen.user, person=citizen.person)
        for number in (case.number, "G-1"):
            assert case.number[:8] in citizen.client.get("/my/cases/", {"q": number}).content.decode().replace(" ", "")
        assert "没有这个编号" in citizen.client.get("/my/cases/", {"q": "G-2"}).content.decode()


class TestWhatIsTold:
    def test_words_stand_with_their_time_and_end_as_told(self, monday):  # noqa: F811
        case = handed()
        outside.tell(case, by=EXCHANGE, status="accepted", at=at("2026-03-03 09:30"), words="三个工作日内办结")
        assert (case.outside["status"], case.outside["words"]) == ("accepted", "三个工作日内办结")
        outside.conclude(case, by=EXCHANGE, outcome="granted", at=at("2026-03-05 16:00"), how="exchange")
        assert (case.state, case.outcome, case.accepted_at, case.decided_at) == ("outside_done", "granted", None, None)
        story = timeline.of(case)
        assert [event.event for event in story if event.told_by_outside] == [
            "case.told_outside",
            "case.finished_outside",
        ]
        assert "已受理（2026年3月3日 09:30） · 三个工作日内办结" in story[-2].words
        assert story[-1].actor == "住房公积金业务系统"

    def test_what_comes_late_is_kept_and_changes_nothing(self, monday):  # noqa: F811
        case = handed()
        outside.tell(case, by=EXCHANGE, status="decided", at=at("2026-03-05 10:00"))
        outside.tell(case, by=EXCHANGE, status="accepted", at=at("2026-03-03 10:00"))
        assert case.outside["status"] == "decided"
        outside.conclude(case, by=EXCHANGE, outcome="denied", at=at("2026-03-05 11:00"), how="exchange")
        outside.tell(case, by=EXCHANGE, status="working", at=at("2026-03-04 10:00"))
        late = [entry.data["late"] for entry in Entry.objects.filter(event="case.told_outside").order_by("id")]
        assert (late, case.state, case.outside["status"]) == ([False, True, True], "outside_done", "denied")

    def test_the_applicant_hears_of_it_but_not_of_what_came_late(self, monday, django_capture_on_commit_callbacks):  # noqa: F811
        case = handed()
        outside.conclude(case, by=EXCHANGE, outcome="granted", at=clock.now(), how="exchange")
        outside.tell(case, by=EXCHANGE, status="accepted", at=at("2026-03-01 10:00"))
        for entry in Entry.objects.filter(subject=case.number).order_by("id"):
            messages.on_entry(entry)
        told = set(Message.objects.values_list("template", flat=True))
        assert {"passed_on", "finished_outside"} <= told and "told_outside" not in told

    def test_nobody_else_speaks_for_the_system(self, monday):  # noqa: F811
        agency("MZJ")
        case = handed()
        for by in (System("worker"), cases.citizen(), post(case, "reviewer"), cases.officer("外局", "MZJ", "clerk")):
            with pytest.raises(PermissionDenied):
                outside.tell(case, by=by, status="accepted", at=clock.now())

    def test_a_result_by_hand_needs_its_proof(self, monday):  # noqa: F811
        case = handed()
        clerk = post(case, "clerk")
        with pytest.raises(ValueError, match="凭证"):
            outside.conclude(case, by=clerk, outcome="granted", at=clock.now())
        outside.conclude(case, by=clerk, outcome="granted", at=clock.now(), proof=picture(clerk))
        assert [paper.title for paper in case.papers.filter(material=outside.PROOF)] == ["外部系统办理凭证"]
        with pytest.raises(Conflict):
            outside.conclude(case, by=clerk, outcome="denied", at=clock.now(), proof=picture(clerk))


def test_the_desk_hands_over_and_writes_down_the_result_with_proof(monday, clerk):  # noqa: F811
    case = submitted("XDP0096", outside=FUND | {"road": "hand"})
    page = clerk.client.get(f"/desk/cases/{case.number}/").content.decode()
    assert "转外部系统办理" in page and "act-acceptance" not in page and "这里不计时" in page

    def do(act, **data):
        return clerk.client.post(f"/desk/cases/{case.number}/{act}/", data)

    assert do("outside-handover", number="G-5").status_code == 302
    assert do("outside-word", status="accepted", at="2026-03-09").status_code == 422  # a day that has not come
    assert do("outside-word", status="accepted", at="2026-03-02", words="已排队").status_code == 302
    wrong = do("outside-result", outcome="granted", at="2026-03-02", proof=SimpleUploadedFile("a.pdf", b"hello"))
    assert wrong.status_code == 422 and case.papers.filter(material=outside.PROOF).count() == 0
    pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    assert (
        do("outside-result", outcome="granted", at="2026-03-02", proof=SimpleUploadedFile("a.pdf", pdf)).status_code
        == 302
    )
    case.refresh_from_db()
    assert (case.state, case.outside_number, rows(case)[-1]) == ("outside_done", "G-5", "case.finished_outside")
    page = clerk.client.get(f"/desk/cases/{case.number}/").content.decode()
    assert "外部系统办理凭证：a.pdf" in page


def test_the_applicants_page_says_whose_clock_it_is(monday, citizen):  # noqa: F811
    case = whole("XDP0096", outside=FUND | {"track": "拨打12329"})
    Case.objects.filter(pk=case.pk).update(filed_by=citizen.user, person=citizen.person)
    assert "受理和时限由对方告知" in citizen.client.get(f"/my/cases/{case.number}/check/").content.decode()
    case.refresh_from_db()
    intake.submit(case, by=citizen.principal)
    assert "正在自动转给" in citizen.client.get(f"/my/cases/{case.number}/").content.decode()
    outside.pass_on(case, by=EXCHANGE, number="G-1", sandbox=True)
    page = citizen.client.get(f"/my/cases/{case.number}/").content.decode()
    assert "这里不计时" in page and "G-1" in page and "沙箱对端" in page and "拨打12329" in page
    assert "最迟" not in page and "撤回申请" not in page
    assert "这件事在部门自己的系统里办" in citizen.client.get("/items/XDP0096/").content.decode()
