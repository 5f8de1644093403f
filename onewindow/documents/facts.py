"""Facts are sealed at the act: ECDSA P-256 over the canonical record and the template's digest (~0.1 ms).

The PDF and its PAdES seal cost a hundred times that and are made from these facts when somebody looks.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.settings import env
from onewindow.documents import typesetting
from onewindow.kernel.ledger import canonical

ALGORITHM = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True)
class Sealed:
    template_digest: str
    signature: str
    key_id: str


def seal_facts(template: str, facts: dict[str, Any]) -> Sealed:
    """Refuses facts that lack what the paper must contain: better at the act than when the paper is printed."""
    typesetting.require(template, facts)
    key, key_id = signing_key()
    digest = typesetting.digest(template)
    signature = key.sign(_message(facts, digest), ALGORITHM)
    return Sealed(digest, base64.b64encode(signature).decode(), key_id)


def sign(message: bytes) -> tuple[bytes, str]:
    """DER signature by the same key, for what is handed out whole (cases.dossier)."""
    key, key_id = signing_key()
    return key.sign(message, ALGORITHM), key_id


def sign64(message: bytes) -> str:
    return base64.b64encode(sign(message)[0]).decode()


def public_pem(key_id: str) -> bytes | None:
    """The public half, for those who check without us; None for a key that is not ours."""
    public = _public(key_id)
    if public is None:
        return None
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def check_facts(facts: dict[str, Any], sealed: Sealed) -> bool:
    """Whether these are the facts that were sealed, with this template, by a key of ours."""
    public = _public(sealed.key_id)
    if public is None:
        return False
    try:
        public.verify(base64.b64decode(sealed.signature), _message(facts, sealed.template_digest), ALGORITHM)
    except (InvalidSignature, ValueError):
        return False
    return True


def _message(facts: dict[str, Any], digest: str) -> bytes:
    return f"{digest}\n{canonical(facts)}".encode()


def _folder() -> Path:
    return settings.VAR_DIR / "secrets" / "facts"


def key_id_of(public: ec.EllipticCurvePublicKey) -> str:
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"p256:{hashlib.sha256(spki).hexdigest()[:32]}"


@cache
def signing_key() -> tuple[ec.EllipticCurvePrivateKey, str]:
    """From ONEWINDOW_FACTS_KEY (PEM); outside production made once. The public half is kept to check old papers."""
    pem = env("ONEWINDOW_FACTS_KEY").encode()
    if not pem and settings.PRODUCTION:
        raise ImproperlyConfigured("生产环境必须设置 ONEWINDOW_FACTS_KEY（或 _FILE）：PEM 格式的 EC P-256 私钥")
    key = serialization.load_pem_private_key(pem or _made_key(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ImproperlyConfigured("ONEWINDOW_FACTS_KEY 必须是 EC P-256 私钥")
    public = key.public_key()
    key_id = key_id_of(public)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_once(_folder() / f"{key_id.removeprefix('p256:')}.pub.pem", pem)
    return key, key_id


def _made_key() -> bytes:
    path = _folder() / "key.pem"
    if not path.exists():
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_once(path, pem)
    return path.read_bytes()


@cache
def _public(key_id: str) -> ec.EllipticCurvePublicKey | None:
    key, current = signing_key()
    if key_id == current:
        return key.public_key()
    name = key_id.removeprefix("p256:")
    path = _folder() / f"{name}.pub.pem"
    if not name.isalnum() or not path.exists():
        return None
    public = serialization.load_pem_public_key(path.read_bytes())
    return public if isinstance(public, ec.EllipticCurvePublicKey) else None


def write_once(path: Path, content: bytes) -> None:
    """The first of several processes wins; nobody ever reads half a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
