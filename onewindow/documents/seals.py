"""E-seals 电子印章 on PDFs: PAdES B-B by pyHanko, offline.

The round seal is drawn by the template; the signature itself is invisible, so that a long organ's name or a second page
never moves it off the place where the seal is printed.
"""

from __future__ import annotations

import base64
import io
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from config.settings import env
from onewindow.documents import authority

# Where the number of the paper stands inside the signed signature dictionary.
NUMBER_MARK = "OneWindow:"


class Signer(Protocol):
    """What a certified seal server must offer to take the sandbox's place."""

    @property
    def title(self) -> str: ...
    def seal(self, pdf: bytes, *, organ: str, number: str) -> bytes: ...
    def trust_roots(self) -> list[asn1.Certificate]: ...


def signer() -> Signer:
    """The PKCS#12 named by ONEWINDOW_SEAL_P12, else (never in production) the test CA."""
    if os.environ.get("ONEWINDOW_SEAL_P12") or os.environ.get("ONEWINDOW_SEAL_P12_FILE"):
        return _pkcs12_signer()
    if settings.PRODUCTION:
        raise ImproperlyConfigured(
            "生产环境必须设置 ONEWINDOW_SEAL_P12_FILE 和 ONEWINDOW_SEAL_PASSWORD（电子印章证书）"
        )
    return SandboxSigner()


@dataclass(frozen=True)
class SandboxSigner:
    title: str = "测试印章，不具法律效力"

    def seal(self, pdf: bytes, *, organ: str, number: str) -> bytes:
        if settings.PRODUCTION:
            raise ImproperlyConfigured("测试印章不能在生产环境使用")
        return _sign(_sandbox_key(organ), pdf, organ, number)

    def trust_roots(self) -> list[asn1.Certificate]:
        return [] if settings.PRODUCTION else [_asn1(authority.root()[1])]


@dataclass(frozen=True)
class Pkcs12Signer:
    """One key for the whole district's seal; the organ is named in the signature."""

    key: signers.SimpleSigner
    roots: tuple[asn1.Certificate, ...]
    title: str = "电子印章"

    def seal(self, pdf: bytes, *, organ: str, number: str) -> bytes:
        return _sign(self.key, pdf, organ, number)

    def trust_roots(self) -> list[asn1.Certificate]:
        return list(self.roots)


def _sign(key: signers.SimpleSigner, pdf: bytes, organ: str, number: str) -> bytes:
    meta = signers.PdfSignatureMetadata(
        field_name="Seal", name=organ, reason=f"{NUMBER_MARK}{number}", location=settings.DISTRICT_NAME,
        subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256",
    )  # fmt: skip
    out = io.BytesIO()
    signers.PdfSigner(meta, signer=key).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out)
    return out.getvalue()


@cache
def _sandbox_key(organ: str) -> signers.SimpleSigner:
    key, certificate = authority.sealing(organ)
    return _simple(key, certificate, [authority.root()[1]])


@cache
def _pkcs12_signer() -> Pkcs12Signer:
    password = env("ONEWINDOW_SEAL_PASSWORD").encode() or None
    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(_p12(), password)
    except ValueError as error:
        raise ImproperlyConfigured(
            "ONEWINDOW_SEAL_P12 打不开：不是 PKCS#12 文件，或 ONEWINDOW_SEAL_PASSWORD 不对"
        ) from error
    if certificate is None or not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ImproperlyConfigured("ONEWINDOW_SEAL_P12 里必须有证书和 EC 或 RSA 私钥")
    # The top of the chain that comes with the key is what we trust; a lone certificate vouches for itself.
    root = next((one for one in chain if one.issuer == one.subject), chain[-1] if chain else certificate)
    return Pkcs12Signer(_simple(key, certificate, chain), (_asn1(root),))


def _p12() -> bytes:
    if path := os.environ.get("ONEWINDOW_SEAL_P12_FILE"):
        return Path(path).read_bytes()
    return base64.b64decode(os.environ["ONEWINDOW_SEAL_P12"])


def _simple(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, certificate: x509.Certificate, chain: list[x509.Certificate]
) -> signers.SimpleSigner:
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signers.SimpleSigner(
        signing_cert=_asn1(certificate),
        signing_key=keys.PrivateKeyInfo.load(der),
        cert_registry=SimpleCertificateStore.from_certs([_asn1(one) for one in chain]),
    )


def _asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
