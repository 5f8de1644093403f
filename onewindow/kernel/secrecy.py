"""Personal numbers: encrypted at rest with a key id, found by a keyed index, masked on every screen."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings


@cache
def _cipher(key_id: str) -> AESGCM:
    return AESGCM(hashlib.sha256(settings.SECRECY_KEYS[key_id].encode()).digest())


def encrypt(text: str, *, purpose: str) -> str:
    """`key id:base64(nonce ‖ AES-256-GCM)`; the purpose is bound to it, so a cipher moved to another field fails."""
    key_id = next(iter(settings.SECRECY_KEYS))
    nonce = os.urandom(12)
    sealed = nonce + _cipher(key_id).encrypt(nonce, text.encode(), purpose.encode())
    return f"{key_id}:{base64.b64encode(sealed).decode()}"


def decrypt(token: str, *, purpose: str) -> str:
    """The plain text; ValueError when the key is unknown or the cipher was changed."""
    key_id, _, body = token.partition(":")
    sealed = base64.b64decode(body)
    try:
        return _cipher(key_id).decrypt(sealed[:12], sealed[12:], purpose.encode()).decode()
    except (InvalidTag, KeyError) as error:
        raise ValueError("密文无法解开：密钥不对或内容被改动") from error


def index(text: str, *, purpose: str) -> str:
    """Keyed hash for exact search: equal texts of one purpose give equal indexes; nothing else can be read from it."""
    key = settings.SECRECY_INDEX_KEY.encode()
    return hmac.new(key, f"{purpose}\0{text.strip().upper()}".encode(), hashlib.sha256).hexdigest()


def mask_number(number: str) -> str:
    """1101**********1234: first four, last four."""
    if len(number) < 9:
        return number[:1] + "*" * (len(number) - 1)
    return number[:4] + "*" * (len(number) - 8) + number[-4:]


def mask_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)


COMPOUND_SURNAMES = frozenset(re.findall("..", "欧阳司马上官诸葛东方皇甫尉迟公孙慕容司徒令狐夏侯长孙宇文端木独孤南宫"))


def mask_name(name: str) -> str:
    """张*; 欧阳**; a foreign name keeps its first letter."""
    kept = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
    return name[:kept] + "*" * max(1, min(len(name) - kept, 3))
