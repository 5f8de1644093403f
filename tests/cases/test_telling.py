"""What people are told of days: provisional ones, extensions in the law's own unit, clocks that ended."""

import subprocess
from datetime import date

import pytest

from onewindow.accounts.models import CreditRecord
from onewindow.cases import deadlines, deliveries, notices, timers
from onewindow.cases.actions import correction, extension, gap, intake, outcome, pause, version
from onewindow.cases.models import Delivery
from onewindow.cases.promises import Promised
from onewindow.documents import files
from onewindow.documents.papers import paper_pdf
from onewindow.kernel.ledger import System
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, reviewed, submitted
from tests.cases.test_changeover import papers, published
from tests.cast import officer, sign_in
from tests.factories import applications, cases
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
LICENCE = "XDA0106"  # 公共场所卫生许可
NATURAL = {"statutory": {"days": 7, "unit": "natural"}, "promised": {"days": 3}}


def accepted(**changes):
    case = submitted(LICENCE, **changes)
    return intake.accept(case, by=post(case, "clerk"))


def facts(case, event):
    return Entry.objects.filter(subject=case.number, event=event).latest("seq").data["paper"]["facts"]


def page(case, role):
    return officer(role, agency=case.agency_id).client.get(f"/desk/cases/{case.number}/").content.decode()


class TestAYearWithoutAList:
    @pytest.fixture(autouse=True)
    def november(self, calendar, time_machine):
        time_machine.move_to("2026-12-15 10:00+08:00")

    def test_a_paper_says_that_its_days_are_provisional(self, tmp_path):
        case = accepted(statutory={"days": 20}, promised={"days": 5})
        entry = Entry.objects.get(subject=case.number, event="case.accepted")
        assert entry.data["paper"]["facts"]["provisional"] == "2027"
        path = tmp_path / "paper.pdf"
        path.write_bytes(files.open_file(paper_pdf(notices.paper_of(entry))).read())
        said = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, text=True).stdout
        said = "".join(said.split())
        assert "2027年1月13日" in said and "没有公布2027年的放假安排" in said and "暂定" in said

    def test_a_paper_whose_days_are_firm_says_nothing(self):
        case = accepted(statutory={"days": 5}, promised={"days": 5})
        assert facts(case, "case.accepted")["provisional"] == ""

    def test_new_years_day_is_no_working_day_even_then(self):
        assert accepted(statutory={"days": 13}, promised=None).statutory_due == date(2027, 1, 4)


def test_a_paper_of_the_next_year_bears_that_year_and_nobody_elses_number(calendar, time_machine):
    time_machine.move_to("2026-12-31 10:00+08:00")
    case = accepted()
    assert "受字〔2026〕第" in facts(case, "case.accepted")["number"]
    time_machine.move_to("2027-01-05 10:00+08:00")
    pause.terminate(case, by=post(case, "decider"), reason="申请人已经注销，主体不存在了")
    other = pause.terminate(accepted(), by=post(case, "decider"), reason="申请人已经注销，主体不存在了")
    late, own = (facts(each, "case.terminated")["number"] for each in (case, other))
    assert f"终字〔2027〕第26{case.number[8:15]}号" in late and f"终字〔2027〕第{other.number[8:15]}号" in own


class TestAnExtensionOfNaturalDays:
    @pytest.fixture
    def case(self, calendar, time_machine):
        time_machine.move_to("2026-03-02 10:00+08:00")
        return accepted(**NATURAL)

    def test_it_is_counted_and_told_in_days(self, case):
        assert "延长几天（自然日，最多 10）" in page(case, "head")
        extension.extend(case, by=post(case, "head"), days=3, reason="图纸要再核对一遍")
        assert (case.statutory_due, facts(case, "case.extended")["unit"]) == (date(2026, 3, 12), "天")
        applicant = sign_in(case.filed_by).get(f"/my/cases/{case.number}/").content.decode()
        assert "办理期限延长了 3 天" in applicant and "延期后以法定办结为准" in applicant
        assert "已延长 3 天" in page(case, "reviewer")

    def test_more_than_the_law_allows_is_refused_in_days(self, case):
        with pytest.raises(ValueError, match="最多延长 10 天"):
            extension.extend(case, by=post(case, "head"), days=11, reason="图纸要再核对一遍")

    def test_what_no_law_lets_be_extended_is_not_offered(self, calendar):
        assert "延长审批" not in page(accepted(kind="公共服务"), "head")


class TestAClockThatEndedWithoutItsAct:
    @pytest.mark.parametrize(
        ("end", "key"),
        [
            (lambda case: intake.withdraw(case, by=post(case, "clerk"), reason="暂时不办了"), "intake"),
            (lambda case: intake.refuse_to_accept(
                case, by=post(case, "clerk"), ground="not_required", reason="依法不需要许可"), "intake"),
        ],
    )  # fmt: skip
    def test_a_closed_case_waits_for_nothing(self, calendar, end, key):
        case = submitted(LICENCE)
        case.channel = "desk"
        end(case)
        (found,) = [each for each in deadlines.all_of(case) if each.key == key]
        assert (found.done, found.ended) == (deadlines.on(case.finished_at), "已结束")

    def test_a_terminated_case_has_no_day_to_wait_for(self, calendar):
        case = accepted()
        pause.terminate(case, by=post(case, "decider"), reason="申请人已经注销，主体不存在了")
        assert {each.ended for each in deadlines.all_of(case) if each.key != "intake"} == {"已结束"}
        applicant = sign_in(case.filed_by).get(f"/my/cases/{case.number}/").content.decode()
        assert applicant.count("已结束，") == 2

    def test_what_was_decided_was_done(self, calendar):
        case = reviewed(submitted(LICENCE, scrutiny={}))
        outcome.grant(case, by=post(case, "decider"))
        assert {each.ended for each in deadlines.all_of(case)} == {"已办"}


class TestANewVersionTakesBackNothingThatWasTold:
    """By the rule that moves everybody."""

    @pytest.fixture(autouse=True)
    def monday(self, calendar, time_machine):
        time_machine.move_to("2026-03-02 10:00+08:00")
        return time_machine

    def lacking(self):
        case = applications.fill(cases.draft(flagship(LICENCE)), cases.citizen(), lacking=True)
        intake.submit(case, by=cases.citizen(), promised=Promised(gaps=True))
        return intake.accept(case, by=post(case, "clerk"))

    def moved(self, case, **changes):
        return version.move(case, by=System("test"), version=published(LICENCE, **changes))

    def test_the_days_and_the_consequence_of_the_promise_hold(self, monday):
        case = self.lacking()
        assert deadlines.gap(case).date == date(2026, 3, 23)
        self.moved(case, gaps={"days": 5, "record_months": 60})
        assert deadlines.gap(case).date == date(2026, 3, 23)
        monday.move_to("2026-03-24 09:00+08:00")
        timers.run()
        assert CreditRecord.objects.get(case_number=case.number).until == date(2027, 3, 24)

    def test_more_days_are_given(self):
        case = self.lacking()
        self.moved(case, gaps={"days": 18})
        assert deadlines.gap(case).date == date(2026, 3, 26)

    def test_a_paper_that_is_asked_of_nobody_any_more_is_not_waited_for(self, monday):
        case = self.lacking()
        self.moved(case, materials=papers(LICENCE, without=("rules",)))
        assert (case.open_gaps, case.gap_on) == ([], None)
        monday.move_to("2026-03-24 09:00+08:00")
        timers.run()
        case.refresh_from_db()
        assert case.state == "reviewing"

    def test_a_paper_under_another_key_is_lacking_under_that_one(self):
        case = self.lacking()
        (old,) = [row for row in papers(LICENCE) if row["key"] == "rules"]
        self.moved(case, materials=papers(LICENCE, old | {"key": "regime"}, without=("rules",)))
        gap.hand_in(case, by=cases.citizen(), material="regime", file=applications.picture(cases.citizen()))
        assert case.open_gaps == []

    def test_the_last_day_of_a_correction_holds(self):
        case = submitted(LICENCE)
        remarks = [{"on": f"material:{case.guide.materials[0].key}", "text": "章盖得不清楚，请重盖"}]
        correction.ask_for_corrections(case, by=post(case, "clerk"), remarks=remarks)
        told = case.due_on
        self.moved(case, intake={"answer_days": 5})
        assert case.due_on == told


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_papers_of_one_day_the_later_one_is_the_one_to_object_to(calendar, order):
    case, day = accepted(), date(2026, 3, 2)
    kinds = ["correction_order", "revoked"]
    rows = [
        Delivery(case=case, kind=kind, entry=n, way="online", effective_on=day, title=kind)
        for n, kind in enumerate(kinds)
    ]
    assert {each.row.kind for each in deliveries.remedies(case, rows[::order])} == {"revoked"}


def test_what_was_answered_meanwhile_is_too_late_and_no_error(calendar):
    """The applicant consented on the phone while the clerk had the page open."""
    case = accepted()
    clerk = officer("clerk", agency=case.agency_id).client
    late = clerk.post(f"/desk/cases/{case.number}/amendment-consent/", {"change": "1", "note": "更正确认书，已签名"})
    assert late.status_code == 409
    assert (
        "这一步已经办过，或者还没有到这一步" in late.content.decode() and "更正确认书，已签名" in late.content.decode()
    )


class TestTheOrganIsLate:
    """The page does not go on naming a day that has passed."""

    @pytest.fixture
    def case(self, calendar, time_machine):
        time_machine.move_to("2026-03-02 10:00+08:00")
        return accepted(contacts={"consult": "028-96123", "complain": "028-12345"})

    def seen(self, case):
        return sign_in(case.filed_by).get(f"/my/cases/{case.number}/").content.decode()

    def test_until_then_the_day_is_named(self, case):
        assert "最迟 <b>3月9日（周一）</b>有结果" in self.seen(case) and "还没有结果" not in self.seen(case)

    def test_past_the_promise_the_day_by_law_is_named_and_whom_to_ask(self, case, time_machine):
        time_machine.move_to("2026-03-10 10:00+08:00")
        said = self.seen(case)
        assert "已经过了 3月9日（周一），还没有结果" in said and "法定期限到 3月30日（周一）" in said
        assert 'href="tel:028-96123"' in said and 'href="tel:028-12345"' in said and "行政诉讼，要求" not in said

    def test_past_the_day_by_law_one_may_object(self, case, time_machine):
        time_machine.move_to("2026-04-10 10:00+08:00")
        assert "可以依法申请行政复议，或者向人民法院提起行政诉讼，要求作出决定" in self.seen(case)


def test_only_what_stops_the_clock_is_offered(calendar):
    case = accepted(pauses=[{"procedure": "publicity", "cites": [{"law": "《某条例》", "article": "第九条"}]}])
    offered = page(case, "reviewer")
    assert '<option value="hearing"' in offered and '<option value="publicity"' in offered
    assert '<option value="site_visit"' not in offered and '<option value="third_party"' not in offered
