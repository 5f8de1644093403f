"""Gaps and promises on the pages: ticked, refused without losing a tick, brought later, checked, recorded, repaired."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from onewindow.accounts import credit
from onewindow.accounts.models import CreditRecord, Post
from onewindow.cases.actions import drafts, intake, later_check, outcome
from onewindow.cases.models import Case, State
from onewindow.cases.promises import Promised
from onewindow.kernel.models import Entry
from tests.cast import officer
from tests.factories.accounts import OrganisationFactory, PersonFactory, citizen_number
from tests.factories.applications import fill
from tests.factories.catalogue import flagship

LICENCE = "XDA0106"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


@pytest.fixture
def item(db):
    return flagship(LICENCE, agency="WJJ")


def draft(citizen, item, route="ordinary", *, lacking=True) -> Case:
    by = citizen.principal
    case = drafts.open_case(item, by=by, person=citizen.person, answers={"route": route})
    return fill(case, by, lacking=lacking)


def promised(citizen, item, clerk, route="ordinary"):
    ticks = Promised(gaps=True, licence=route == "promise")
    case = intake.submit(draft(citizen, item, route), by=citizen.principal, promised=ticks)
    return intake.accept(case, by=clerk.principal)


def granted(citizen, item, clerk, decider):
    case = draft(citizen, item, "promise", lacking=False)
    case = intake.submit(case, by=citizen.principal, promised=Promised(licence=True))
    return outcome.grant(intake.accept(case, by=clerk.principal), by=decider.principal)


def page(member, url):
    return member.client.get(url).content.decode()


def submit(member, case, **ticks):
    return member.client.post(f"/my/cases/{case.number}/submission/", {"declared": "yes", **ticks})


class TestTheCheckPage:
    def test_says_what_may_come_later_and_takes_the_tick(self, citizen, item):
        case = draft(citizen, item)
        shown = page(citizen, f"/my/cases/{case.number}/check/")
        assert "这些材料可以受理后再补（容缺受理）" in shown and "15 个工作日" in shown
        assert submit(citizen, case, **{"promise-gaps": "yes"}).status_code == 302
        case.refresh_from_db()
        assert case.state == State.SUBMITTED and [each["key"] for each in case.open_gaps] == ["rules"]

    def test_without_the_tick_it_says_so_and_keeps_the_other(self, citizen, item):
        case = draft(citizen, item, "promise")
        answer = submit(citizen, case, **{"promise-licence": "yes"})
        assert answer.status_code == 422
        shown = answer.content.decode()
        assert "“公共场所卫生管理制度”还没有交" in shown and 'name="promise-licence" value="yes" checked' in shown
        case.refresh_from_db()
        assert case.state == State.DRAFT

    def test_who_is_on_record_reads_why_and_how_to_repair(self, citizen, item, clerk):
        case = draft(citizen, item)
        credit.record(
            person=citizen.person, organisation=None, agency=case.agency, ground="gap", happened="容缺材料没补",
            months=12, by=clerk.principal,
        )  # fmt: skip
        shown = page(citizen, f"/my/cases/{case.number}/check/")
        assert "没有修复的失信记录" in shown and "申请信用修复" in shown and "promise-gaps" not in shown
        assert "容缺材料没补" in page(citizen, "/my/credit/")


class TestTheGap:
    def test_the_applicant_brings_it_from_the_page(self, citizen, item, clerk):
        case = promised(citizen, item, clerk)
        assert "还要补交，最迟" in page(citizen, f"/my/cases/{case.number}/")
        url = f"/my/cases/{case.number}/gaps/rules/"
        assert "请先选择要补交的文件" in citizen.client.post(url, follow=True).content.decode()
        answer = citizen.client.post(url, {"file": SimpleUploadedFile("制度.pdf", PDF)}, follow=True)
        assert "容缺的材料都齐了" in answer.content.decode() and "还要补交" not in answer.content.decode()
        assert Case.objects.get(pk=case.pk).open_gaps == []

    def test_the_window_takes_the_paper_and_the_decider_reads_why_it_waits(self, citizen, item, clerk, decider):
        case = promised(citizen, item, clerk)
        Case.objects.filter(pk=case.pk).update(state=State.DECIDING, open_steps=[])
        case.refresh_from_db()
        url = f"/desk/cases/{case.number}"
        refused = decider.client.post(f"{url}/grant/", {"seen": case.revision, "opinion": "符合"})
        assert refused.status_code == 409 and "“公共场所卫生管理制度”没有补交" in refused.content.decode()
        assert "容缺待补" in page(clerk, f"{url}/")
        taken = clerk.client.post(
            f"{url}/gap-paper/", {"seen": case.revision, "material": "rules", "paper_form": "original"}, follow=True
        )
        assert "已办：补交容缺材料" in taken.content.decode() and "容缺材料已补齐" in taken.content.decode()

    def test_a_stranger_brings_nothing(self, citizen, other_citizen, item, clerk):
        case = promised(citizen, item, clerk)
        answer = other_citizen.client.post(
            f"/my/cases/{case.number}/gaps/rules/", {"file": SimpleUploadedFile("a.pdf", PDF)}
        )
        assert answer.status_code == 404 and Case.objects.get(pk=case.pk).open_gaps


class TestThePromise:
    def test_taken_back_on_the_page(self, citizen, item, clerk):
        case = promised(citizen, item, clerk, "promise")
        assert "撤回承诺，改走一般程序" in page(citizen, f"/my/cases/{case.number}/")
        answer = citizen.client.post(f"/my/cases/{case.number}/promise/withdrawal/", follow=True)
        assert "改走一般程序，不用重新申请" in answer.content.decode()
        assert Case.objects.get(pk=case.pk).state == State.REVIEWING

    def test_the_check_is_on_the_officers_list_and_done_by_two(self, citizen, item, clerk, reviewer, decider):
        case = granted(citizen, item, clerk, decider)
        assert f"/desk/cases/{case.number}/" in page(reviewer, "/desk/?view=checks")
        assert f"/desk/cases/{case.number}/" not in page(officer("reviewer", agency="MZJ"), "/desk/?view=checks")
        url = f"/desk/cases/{case.number}/later-check/"
        found = {"seen": case.revision, "result": "faults", "findings": "消毒间没有独立水池"}
        alone = reviewer.client.post(url, found | {"partner": reviewer.user.pk})
        assert alone.status_code == 422 and "消毒间没有独立水池" in alone.content.decode()
        done = reviewer.client.post(url, found | {"partner": decider.user.pk}, follow=True).content.decode()
        assert "已办：记录事后核查" in done and "要责令改正" in done
        case.refresh_from_db()
        order = {"seen": case.revision, "what": "消毒间加装独立水池", "days": 10}
        reviewer.client.post(f"/desk/cases/{case.number}/correction-order/", order)
        shown = page(citizen, f"/my/cases/{case.number}/")
        assert "请改正，最迟" in shown and "消毒间加装独立水池" in shown

    def test_a_report_too_short_is_kept_and_mended(self, citizen, item, clerk, reviewer, decider):
        case = granted(citizen, item, clerk, decider)
        second = decider.user.pk
        later_check.check(case, by=reviewer.principal, partner=second, result="faults", findings="没有独立水池，要改")
        later_check.order_correction(case, by=reviewer.principal, what="加装独立水池并通水", days=10)
        url = f"/my/cases/{case.number}/correction-report/"
        short = citizen.client.post(url, {"answer": "好了"})
        assert short.status_code == 422 and ">好了</textarea>" in short.content.decode()
        done = citizen.client.post(url, {"answer": "水池已经装好并通水"}, follow=True).content.decode()
        assert "已报告，工作人员会来复查" in done

    def test_the_list_of_checks_costs_the_same_however_long_it_is(
        self, citizen, item, clerk, reviewer, decider, django_assert_max_num_queries
    ):
        for _ in range(4):
            granted(citizen, item, clerk, decider)
        page(reviewer, "/desk/?view=checks")
        with django_assert_max_num_queries(3):
            page(reviewer, "/desk/?view=checks")


class TestCreditDesk:
    @pytest.fixture
    def head(self, db):
        return officer(Post.Role.HEAD, name="程立")

    def test_a_head_records_by_hand_masked_and_repairs_with_a_reason(self, head):
        someone = PersonFactory(name="王小强", number=citizen_number(7))
        form = {
            "kind": "person", "number": citizen_number(7), "agency": "WJJ", "happened": "法院判决认定提供虚假承诺",
            "basis": "（2026）川0114行初1号", "months": "12",
        }  # fmt: skip
        shown = head.client.post("/desk/credit/", form, follow=True).content.decode()
        assert "法院判决认定提供虚假承诺" in shown and "王小强" not in shown and citizen_number(7) not in shown
        kept = CreditRecord.objects.get()
        assert credit.barring(someone.pk, None) == kept
        url = f"/desk/credit/{kept.number}/repair/"
        assert "至少六个字" in head.client.post(url, {"reason": "好"}, follow=True).content.decode()
        assert "已修复" in head.client.post(url, {"reason": "罚款已缴，承诺事项已改正"}, follow=True).content.decode()
        assert credit.barring(someone.pk, None) is None
        assert list(Entry.objects.filter(subject=kept.number).order_by("id").values_list("event", flat=True)) == [
            "credit.recorded", "credit.repaired",
        ]  # fmt: skip

    def test_what_was_typed_stays_when_the_number_is_unknown(self, head):
        form = {
            "kind": "organisation", "number": "91510114MA00000000", "agency": "WJJ", "happened": "提供虚假承诺材料",
            "basis": "决定书", "months": "12",
        }  # fmt: skip
        answer = head.client.post("/desk/credit/", form)
        assert answer.status_code == 422 and "没有找到这个号码" in answer.content.decode()
        assert "提供虚假承诺材料" in answer.content.decode()

    def test_a_head_keeps_the_own_organ_a_supervisor_the_district(self, head, clerk):
        firm = OrganisationFactory()
        kept = credit.record(
            person=None, organisation=firm, agency=head.agency, ground="false", happened="承诺虚假", months=12,
            by=head.principal,
        )  # fmt: skip
        other = officer(Post.Role.HEAD, agency="MZJ", name="秦岚")
        assert firm.name in page(head, "/desk/credit/") and firm.name not in page(other, "/desk/credit/")
        assert other.client.post(f"/desk/credit/{kept.number}/repair/", {"reason": "已经改正完毕"}).status_code == 404
        assert clerk.client.get("/desk/credit/").status_code == 404
