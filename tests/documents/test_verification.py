import io

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.exceptions import ImproperlyConfigured
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from onewindow.accounts.models import Organisation
from onewindow.documents import authority, certificates, files, papers, seals, typesetting, verification
from onewindow.documents.models import Certificate, PdfDigest
from onewindow.kernel import clock
from tests.documents.conftest import FACTS, PDF
from tests.documents.test_papers import BY, agency, certificate, paper  # noqa: F401  (agency is a fixture)

pytestmark = pytest.mark.django_db
ORGAN = FACTS["organ"]


@pytest.fixture
def issued(agency):  # noqa: F811
    return certificate(agency)


def pdf_of(issued):
    return files.open_file(papers.certificate_pdf(issued)).read()


def test_the_seal_satisfies_a_pades_validator(issued):
    reader = PdfFileReader(io.BytesIO(pdf_of(issued)))
    context = ValidationContext(trust_roots=seals.signer().trust_roots(), allow_fetching=False)
    status = validate_pdf_signature(reader.embedded_signatures[0], context)
    assert status.bottom_line
    assert ORGAN in status.signing_cert.subject.human_friendly
    assert reader.embedded_signatures[0].sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_a_certificate_is_found_by_its_qr(issued):
    assert verification.by_secret(issued.number, issued.secret).state == "valid"
    for number, secret in [(issued.number, "x" * 20), ("XDP20260000009X", issued.secret), (issued.number, "秘密")]:
        assert verification.by_secret(number, secret) == verification.Verdict("unknown", None, verification.UNKNOWN)


@pytest.mark.parametrize("typed", ["张建国", " 张建国　"])
def test_number_and_exact_name_are_enough(issued, typed):
    spaced = " ".join(issued.number.lower())
    assert verification.by_number_and_name(spaced, typed).certificate == issued


def test_a_wrong_name_and_a_wrong_number_answer_alike(issued):
    wrong_name = verification.by_number_and_name(issued.number, "张建")
    assert wrong_name == verification.by_number_and_name("XDP20260009999A", "张建国")
    assert (wrong_name.state, wrong_name.certificate) == ("unknown", None)


def test_a_passer_by_learns_little(issued, agency):  # noqa: F811
    seen = verification.shown(issued)
    assert (seen.holder, seen.organ, seen.state) == ("张**", ORGAN, "有效")
    assert not {"secret", "identifier", "person", "case_number", "facts"} & set(vars(seen))
    company = Organisation.objects.create(name="香城骨汤有限公司", credit_code="91510114MA6ABCDE0X")
    theirs = certificates.issue_certificate(
        type_name="卫生许可证", prefix="XDP", holder=company.name, holder_index="x", person=None, organisation=company,
        agency=agency, case_number="1", facts={}, valid_from=issued.valid_from, valid_until=issued.valid_from, by=BY,
    )  # fmt: skip
    assert verification.shown(theirs).holder == "香城骨汤有限公司"


def test_a_revoked_certificate_says_so(issued):
    certificates.revoke(issued, by=BY, ground="提供虚假材料取得")
    verdict = verification.by_secret(issued.number, issued.secret)
    assert verdict.state == "invalid_state"
    assert "已撤销" in verdict.detail
    seen = verification.shown(verdict.certificate)
    assert (seen.ended_on, seen.ended_ground) == (clock.today(), "提供虚假材料取得")


def test_a_record_changed_in_the_database_is_not_vouched_for(issued):
    Certificate.objects.filter(pk=issued.pk).update(facts=issued.facts | {"holder": "李四"})
    assert verification.by_secret(issued.number, issued.secret).state == "tampered"


def test_a_file_is_known_by_its_hash_or_by_its_seal(issued):
    pdf = pdf_of(issued)
    assert verification.by_file(pdf).certificate == issued
    PdfDigest.objects.all().delete()
    assert verification.by_file(pdf).certificate == issued


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6])
def test_one_changed_byte_is_noticed(issued, place):
    pdf = bytearray(pdf_of(issued))
    pdf[int(len(pdf) * place)] ^= 1
    verdict = verification.by_file(bytes(pdf))
    assert (verdict.state, verdict.certificate) == ("tampered", None)


def test_a_page_changed_after_sealing_is_noticed(issued):
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf_of(issued)))
    writer.root["/Lang"] = writer.root["/Type"]
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert verification.by_file(out.getvalue()).state == "tampered"


@pytest.mark.parametrize("data", [PDF, b"%PDF-1.7 nonsense", b"hello", b""])
def test_a_file_without_our_seal_is_unknown(data):
    assert verification.by_file(data).state == "unknown"


def test_another_authoritys_seal_is_not_ours(issued, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        patch.setattr(authority, "folder", lambda: tmp_path / "other-ca")
        key = seals._simple(*authority.sealing(ORGAN), [authority.root()[1]])
        forged = seals._sign(key, typesetting.render("certificate", issued.facts), ORGAN, issued.number)
    verdict = verification.by_file(forged)
    assert (verdict.state, verdict.certificate, verdict.detail) == ("unknown", None, verification.FOREIGN_SEAL)


def test_a_sealed_paper_is_recognised():
    verdict = verification.by_file(files.open_file(papers.paper_pdf(paper())).read())
    assert verdict.state == "valid"
    assert "《受理通知书》" in verdict.detail


@pytest.fixture
def p12(tmp_path, monkeypatch):
    key, own = authority.sealing(ORGAN)
    chain: list[x509.Certificate] = [authority.root()[1]]
    secret = serialization.BestAvailableEncryption(b"pass-word")
    path = tmp_path / "seal.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, own, chain, secret))
    monkeypatch.setenv("ONEWINDOW_SEAL_P12_FILE", str(path))
    monkeypatch.setenv("ONEWINDOW_SEAL_PASSWORD", "pass-word")
    seals._pkcs12_signer.cache_clear()
    yield path
    seals._pkcs12_signer.cache_clear()


def test_production_seals_with_its_own_key(p12, settings, issued):
    settings.PRODUCTION = True
    assert isinstance(seals.signer(), seals.Pkcs12Signer)
    PdfDigest.objects.all().delete()
    assert verification.by_file(pdf_of(issued)).certificate == issued


def test_a_wrong_password_is_said_plainly(p12, monkeypatch):
    monkeypatch.setenv("ONEWINDOW_SEAL_PASSWORD", "wrong")
    with pytest.raises(ImproperlyConfigured, match="ONEWINDOW_SEAL_PASSWORD"):
        seals.signer()
