"""Anyone may ask whether a certificate is real, and learns no more than that."""

import pytest

from onewindow.api.v1 import certificates as nouns
from onewindow.cases import timeline
from onewindow.documents import certificates, files, papers
from tests.api.conftest import picture
from tests.factories import cases


@pytest.fixture
def certificate(item):
    return timeline.certificate(cases.decided(item))


@pytest.fixture
def ask(anyone):
    return lambda **asked: anyone.post("/verifications", asked).json()


def test_by_the_secret_of_the_qr_and_by_the_name(ask, certificate):
    for proof in ({"secret": certificate.secret}, {"name": certificate.holder}):
        verdict = ask(number=certificate.number, **proof)
        assert (verdict["state"], verdict["detail"]) == ("valid", "证照真实有效。")
        assert verdict["certificate"]["holder"] == "李**"
        assert set(verdict["certificate"]) == {
            "type_name", "number", "holder", "organ", "issued_on", "valid_from", "valid_until", "state", "manager",
        }  # fmt: skip


def test_wrong_numbers_names_and_secrets_are_told_alike(ask, certificate):
    answers = [
        ask(number=certificate.number, secret="guess"),
        ask(number=certificate.number, name="王强"),
        ask(number="XDP20260000000X", name=certificate.holder),
        ask(number="XDP20260000000X", secret=certificate.secret),
    ]
    assert answers[0]["certificate"] is None
    assert answers[0]["state"] == "unknown"
    assert all(answer == answers[0] for answer in answers)


def test_by_the_file(anyone, certificate):
    pdf = files.open_file(papers.certificate_pdf(certificate)).read()
    assert anyone.upload("/verifications", pdf, "证.pdf").json()["state"] == "valid"
    assert anyone.upload("/verifications", pdf[:-9] + b"x" * 9, "证.pdf").json()["state"] in {"tampered", "unknown"}
    assert anyone.upload("/verifications", picture()).json() | {"detail": ""} == {
        "state": "unknown", "detail": "", "certificate": None,
    }  # fmt: skip


def test_a_revoked_certificate_is_real_but_not_valid(ask, certificate):
    decider = cases.officer("审批员", certificate.agency_id, "decider")
    certificates.revoke(certificate, by=decider, ground="材料虚假，依法撤销")
    verdict = ask(number=certificate.number, secret=certificate.secret)
    assert (verdict["state"], verdict["certificate"]["state"]) == ("invalid_state", "已撤销")


def test_nobody_tries_numbers_for_long(anyone, monkeypatch):
    monkeypatch.setattr(nouns, "TRIES", 2)
    asked = {"number": "XDP20260000000X", "name": "王强"}
    assert [anyone.post("/verifications", asked).status_code for _ in range(3)] == [200, 200, 429]
