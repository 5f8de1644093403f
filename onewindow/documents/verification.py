"""核验: may this certificate be believed? Three ways to ask, and nothing more is told than was asked.

Asking with number and name must be rate limited by the caller (kernel.limits).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from asn1crypto import cms
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import StandardCMSSignatureStatus
from pyhanko_certvalidator import ValidationContext

from onewindow.documents import seals
from onewindow.documents.facts import check_facts
from onewindow.documents.models import Certificate, Paper, PdfDigest
from onewindow.documents.papers import sealed_of
from onewindow.kernel import clock, secrecy

UNKNOWN = "没有查到相符的证照。请核对证件号码、持证人姓名（名称）是否与证照上完全一致。"
TAMPERED = "这个文件被改动过，请不要采信。"
NO_SEAL = "这个文件里没有本平台的电子印章，无法核验。请使用从本平台下载的原始文件，不要用打印后再扫描的文件。"
BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s*\]")
HEX_STRING = re.compile(rb"<(?:[0-9A-Fa-f]{2}){64,65536}>")
# What ASN.1 from a stranger makes the libraries raise; it is never more than "this is not our seal".
UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    UnsupportedAlgorithm,
    SigningError,
    SignatureValidationError,
)
FOREIGN_SEAL = "这个文件的电子印章不是本平台签发的，无法核验。"


@dataclass(frozen=True)
class Verdict:
    state: Literal["valid", "invalid_state", "tampered", "unknown"]
    certificate: Certificate | None
    detail: str


@dataclass(frozen=True)
class Shown:
    """All that a passer-by learns of a certificate."""

    type_name: str
    number: str
    holder: str
    organ: str
    # The agency that answers for it now, where the power has moved since.
    manager: str
    issued_on: date
    valid_from: date
    valid_until: date | None
    state: str
    ended_on: date | None
    ended_ground: str


def shown(certificate: Certificate) -> Shown:
    """A person's name is masked; an organisation's is public, also of one that the certificate founds."""
    public = certificate.organisation_id is not None or certificate.facts.get("body", False)
    return Shown(
        type_name=certificate.type_name,
        number=certificate.number,
        holder=certificate.holder if public else secrecy.mask_name(certificate.holder),
        organ=certificate.agency.name,
        manager=certificate.managed_by.name if certificate.managed_by else "",
        issued_on=date.fromisoformat(certificate.facts["issued_on"]),
        valid_from=certificate.valid_from,
        valid_until=certificate.valid_until,
        state=certificate.state_words,
        ended_on=certificate.ended_at.astimezone(clock.SHANGHAI).date() if certificate.ended_at else None,
        ended_ground=certificate.ended_ground,
    )


def by_secret(number: str, secret: str) -> Verdict:
    """What the QR leads to."""
    certificate = _find(number)
    if certificate is None or not hmac.compare_digest(certificate.secret.encode(), secret.encode()):
        return Verdict("unknown", None, UNKNOWN)
    return _verdict(certificate)


def by_number_and_name(number: str, name: str) -> Verdict:
    """The same answer for a wrong number and a wrong name: numbers can not be tried out."""
    certificate = _find(number)
    if certificate is None or not hmac.compare_digest(_plain(certificate.holder), _plain(name)):
        return Verdict("unknown", None, UNKNOWN)
    return _verdict(certificate)


def by_file(content: bytes) -> Verdict:
    """A PDF somebody was handed: known by its hash, or else judged by its seal."""
    known = PdfDigest.objects.filter(sha256=hashlib.sha256(content).hexdigest()).select_related(
        "certificate__agency", "certificate__managed_by"
    )
    if (digest := known.first()) is not None:
        return _verdict(digest.certificate)
    try:
        number = _sealed_number(content)
    except _Broken as broken:
        return Verdict(broken.state, None, broken.detail)
    certificate = _find(number)
    if certificate is not None:
        return _verdict(certificate)
    paper = Paper.objects.filter(number=number).first()
    if paper is not None:
        return Verdict(
            "valid", None, f"这是{paper.facts['organ']}签发的《{paper.title}》（{paper.number}），未被改动。"
        )
    return Verdict("unknown", None, UNKNOWN)


def _plain(name: str) -> bytes:
    return unicodedata.normalize("NFKC", name).strip().encode()


def _find(number: str) -> Certificate | None:
    number = "".join(unicodedata.normalize("NFKC", number).split()).upper()
    return Certificate.objects.select_related("agency", "managed_by", "successor").filter(number=number).first()


def _verdict(certificate: Certificate) -> Verdict:
    if not check_facts(certificate.facts, sealed_of(certificate)):
        return Verdict("tampered", None, "这张证照的登记内容与签发时封存的不一致，请向发证机关核实。")
    if certificate.is_valid:
        return Verdict("valid", certificate, "证照真实有效。")
    return Verdict("invalid_state", certificate, f"证照确由本平台签发，但{certificate.state_words}，不能再使用。")


def seal_names(content: bytes, number: str) -> bool:
    """Whether the seal over the whole file is that of the paper with this number; of today's key or an earlier one."""
    try:
        return _sealed_number(content, any_key=True) == number
    except _Broken:
        return False


class _Broken(Exception):
    def __init__(self, state: Literal["tampered", "unknown"], detail: str) -> None:
        super().__init__(detail)
        self.state: Literal["tampered", "unknown"] = state
        self.detail = detail


def _sealed_number(content: bytes, *, any_key: bool = False) -> str:
    """The number inside our own seal over the whole file.

    The signature is checked over the raw bytes before anything reads them as a PDF: a file that would keep the parser
    busy for hours is not ours, or not as we sealed it.
    """
    found = list(BYTE_RANGE.finditer(content))
    if not found:
        raise _Broken("unknown", NO_SEAL)
    start, end, rest = map(int, found[0].groups())
    gap = content[start:end]
    if len(found) > 1 or end + rest != len(content) or not HEX_STRING.fullmatch(gap):
        raise _Broken("tampered", TAMPERED)
    try:
        status = asyncio.run(_check(content[:start] + content[end:], bytes.fromhex(gap[1:-1].decode())))
    except UNREADABLE as error:
        raise _Broken("tampered", TAMPERED) from error
    if not (status.intact and status.valid):
        raise _Broken("tampered", TAMPERED)
    if not status.trusted and not any_key:
        raise _Broken("unknown", FOREIGN_SEAL)
    signature = PdfFileReader(io.BytesIO(content)).embedded_signatures[0]
    return str(signature.sig_object["/Reason"]).removeprefix(seals.NUMBER_MARK)


async def _check(covered: bytes, der: bytes) -> StandardCMSSignatureStatus:
    context = ValidationContext(trust_roots=seals.signer().trust_roots(), allow_fetching=False)
    signed = cms.ContentInfo.load(der)["content"]
    return await async_validate_detached_cms(covered, signed, signer_validation_context=context)
