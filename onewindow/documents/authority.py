"""The test CA of a sandbox: a root and one sealing certificate an organ, made when needed, kept in var/secrets.

Its seals have no legal effect, and every certificate says so in its name.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings

from onewindow.documents.facts import write_once
from onewindow.kernel import clock

ROOT_NAME = "OneWindow 测试CA（无法律效力）"
YEARS = 20


def folder() -> Path:
    return settings.VAR_DIR / "secrets" / "ca"


def root() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    path = folder() / "root.pem"
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(ROOT_NAME)
        builder = _builder(name, name, key.public_key(), ca=True)
        write_once(path, _pem(key, builder.sign(key, hashes.SHA256())))
    return _read(path)


def sealing(organ: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The key and certificate an agency seals with."""
    path = folder() / f"{hashlib.sha256(organ.encode()).hexdigest()[:20]}.pem"
    if not path.exists():
        root_key, root_certificate = root()
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(f"{organ}（测试）"), root_certificate.subject, key.public_key(), ca=False)
        write_once(path, _pem(key, builder.sign(root_key, hashes.SHA256())))
    return _read(path)


def _name(common: str) -> x509.Name:
    names = {NameOID.COUNTRY_NAME: "CN", NameOID.ORGANIZATION_NAME: "OneWindow 测试", NameOID.COMMON_NAME: common[:64]}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool
) -> x509.CertificateBuilder:
    start = clock.now() - dt.timedelta(days=1)
    usage = x509.KeyUsage(
        digital_signature=not ca, content_commitment=not ca, key_cert_sign=ca, crl_sign=ca, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _pem(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _read(path: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    pem = path.read_bytes()
    key = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key, x509.load_pem_x509_certificate(pem)
