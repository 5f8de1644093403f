"""What the acts of a real case hand out, from the ledger row to the page."""

import pytest

from onewindow.cases import approval, notices
from onewindow.cases.actions import outcome, review
from onewindow.documents import files, papers, verification
from onewindow.documents.models import Certificate
from onewindow.kernel import ledger
from tests.documents.test_papers import text_of
from tests.factories.cases import accepted, finished, officer

pytestmark = pytest.mark.django_db


def printed(case, tmp_path):
    """Title → text of every paper of the case."""
    found = {}
    for entry in ledger.timeline("case", case.number):
        paper = notices.paper_of(entry)
        if paper is not None:
            pdf = files.open_file(papers.paper_pdf(paper)).read()
            assert verification.by_file(pdf).state == "valid"
            (tmp_path / f"{paper.kind}.pdf").write_bytes(pdf)
            found[paper.kind] = text_of(pdf, tmp_path)
    return found


def test_a_granted_case_prints_every_paper_and_its_certificate(tmp_path):
    case = finished()
    texts = printed(case, tmp_path)
    assert {"acceptance", "granted", "delivery"} <= texts.keys()
    certificate = Certificate.objects.get(case_number=case.number)
    pdf = files.open_file(papers.certificate_pdf(certificate)).read()
    (tmp_path / "certificate.pdf").write_bytes(pdf)
    assert certificate.number in text_of(pdf, tmp_path)
    assert certificate.number in texts["granted"]
    assert f"?c={certificate.secret}" in certificate.facts["verify_url"]


def test_the_approval_form_has_every_opinion_with_name_and_time(tmp_path):
    text = text_of(approval.pdf(finished()), tmp_path)
    assert "签署审查意见" in text and "准予" in text
    assert all(name and at for _, _, name, at in approval.facts(finished())["opinions"])


def test_a_refusal_in_the_decision_names_both_remedies(tmp_path):
    case = accepted()
    staff = officer("审批员", case.agency_id, "reviewer", "decider")
    while case.state == "reviewing":
        review.give_opinion(case, by=staff, advice="agree", opinion="符合条件")
    outcome.deny(case, by=staff, reason="申请人的年龄未达到规定的条件。")
    denied = printed(case, tmp_path)["denied"]
    assert "年龄未达到规定的条件" in denied
    assert "60日内" in denied
    assert "6个月内" in denied
