"""Every paper of an act has what the law wants on it, and prints."""

import pytest

from onewindow.cases import notices
from onewindow.cases.actions import intake, outcome
from onewindow.cases.models import Case
from onewindow.documents import papers
from onewindow.documents.models import Certificate
from onewindow.documents.typesetting import NEEDS, render
from onewindow.kernel import clock, ledger
from tests.cases.conftest import denied, granted, post, reviewed, submitted, whole
from tests.factories import cases
from tests.factories.accounts import SiteFactory
from tests.factories.applications import fill

pytestmark = pytest.mark.django_db


def issued(case) -> dict[str, dict]:
    """Kind → facts of every paper, each drawn up, sealed and printed."""
    found = {}
    for entry in ledger.timeline("case", case.number):
        if paper := notices.paper_of(entry):
            assert papers.check_facts(paper.facts, papers.sealed_of(paper))
            assert render(paper.template, paper.facts).startswith(b"%PDF-")
            assert not {key for key in NEEDS[paper.template] if paper.facts[key] in ("", [], None)}
            found[paper.kind] = paper.facts
    return found


def delivered(case):
    return outcome.deliver(case, by=post(case, "clerk"), way="post", tracking="EMS123456", on=clock.today())


@pytest.fixture
def road(eve) -> dict[str, dict]:
    """The papers of one whole case, prereview and all."""
    citizen, case = cases.citizen(), intake.request_prereview(whole(), by=cases.citizen())
    clerk = post(case, "clerk")
    intake.return_with_remarks(case, by=clerk, remarks=[{"on": "material:photo", "text": "照片太暗"}])
    case.remarks = []
    Case.objects.filter(pk=case.pk).update(remarks=[])
    intake.submit(case, by=citizen)
    intake.receive(case, by=clerk)
    return issued(delivered(granted(case)))


def test_a_whole_case(road):
    assert list(road) == ["prereview", "receipt", "acceptance", "granted", "delivery"]
    assert len({facts["number"] for facts in road.values()}) == 5
    assert Certificate.objects.get().number in road["delivery"]["delivered_papers"][1]
    assert road["granted"]["number"] in road["delivery"]["delivered_papers"][0]


@pytest.mark.parametrize("kind", ["receipt", "acceptance", "granted", "delivery"])
def test_who_when_and_where_to_complain(road, kind):
    facts = road[kind]
    assert (facts["submitted_on"], facts["date"], facts["applicant"]) == ("2026-09-30", "2026-09-30", "李秀英")
    assert facts["complaint_phone"].startswith("12345")
    assert facts["officer"].startswith("WJJ") and facts["organ"] == "成都市新都区卫健局"
    assert ("accepted_on" in facts and facts["accepted_on"]) == ("" if kind == "receipt" else "2026-09-30")


def test_an_acceptance_says_when_it_will_be_decided(road):
    facts = road["acceptance"]
    assert (facts["due_on"], facts["promised_on"]) == ("2026-10-13", "2026-09-30")
    assert facts["applicant_phone"] == "13880001234"
    assert facts["papers"] == [{"name": "近期1寸免冠照片", "count": 1, "form": "电子"}]


def refused():
    case = submitted()
    return intake.refuse_to_accept(
        case, by=post(case, "clerk"), ground="other_organ", reason="不归本局管理", right_organ="区民政局"
    )


def withdrawn():
    return intake.withdraw(reviewed(submitted()), by=cases.citizen(), reason="下个月再办")


@pytest.mark.parametrize(
    ("end", "kind", "says"),
    [
        (lambda: denied(submitted()), "denied", "reason"),
        (lambda: delivered(denied(submitted())), "delivery", "delivered_papers"),
        (refused, "refusal", "right_organ"),
        (withdrawn, "withdrawal", "papers"),
    ],
)
def test_the_other_ends(eve, end, kind, says):
    facts = issued(end())[kind]
    assert facts[says] and facts["submitted_on"] == "2026-09-30"


def test_the_applicant_is_not_the_officer_of_the_withdrawal(eve):
    assert issued(withdrawn())["withdrawal"]["officer"] == ""


@pytest.mark.parametrize("code", ["XDA0101", "XDA0106", "XDA0421", "XDP0032", "XDP0052", "XDP0104", "XDP0292"])
def test_every_complete_item_prints_what_it_issues(eve, code):
    case = delivered(granted(submitted(code)))
    assert set(issued(case)) == {"acceptance", "granted", "delivery"}
    for certificate in Certificate.objects.filter(case_number=case.number):
        assert render(certificate.template, certificate.facts).startswith(b"%PDF-")


def test_the_agent_and_the_place_are_named(eve):
    from onewindow.accounts import actions as accounts
    from onewindow.accounts.models import Person

    granny, agent = cases.citizen(), cases.citizen("chen", name="陈静", number="510125198506210020")
    giver, held_by = (Person.objects.get(pk=who.person_id) for who in (granny, agent))
    mandate = accounts.give_mandate(giver, held_by, by=granny, ends=clock.today())
    item = cases.flagship()
    case = cases.drafts.open_case(item, by=agent, person=giver, mandate=mandate, site=SiteFactory().pk)
    intake.submit(fill(case, agent), by=agent)
    intake.receive(case, by=post(case, "clerk"))
    facts = issued(case)["receipt"]
    assert (facts["applicant"], facts["agent"], facts["place"]) == ("李秀英", "陈静", "新都区政务服务中心")


def test_drawing_up_a_paper_reads_nothing_more(eve, django_assert_num_queries):
    whole_row = Case.objects.select_related("agency", "version", "site", "mandate__agent")
    case = whole_row.get(pk=reviewed(submitted()).pk)
    clerk = post(case, "clerk")
    notices.paper(case, "receipt", by=clerk)  # the template's digest is kept from here on
    with django_assert_num_queries(0):
        notices.paper(case, "denied", by=clerk, outcome="不予", reason="年龄未达到规定条件")


def test_facts_changed_after_the_act_are_not_printed(eve):
    case = denied(submitted())
    paper = [paper for entry in ledger.timeline("case", case.number) if (paper := notices.paper_of(entry))][-1]
    paper.facts["reason"] = "没有理由"
    paper.save()
    with pytest.raises(papers.Forged):
        papers.paper_pdf(paper)
