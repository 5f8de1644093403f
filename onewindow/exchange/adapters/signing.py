"""Both sides sign alike: HMAC-SHA256 over time, method, path and body, each on a line of its own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

TIMESTAMP, SIGNATURE = "X-OneWindow-Timestamp", "X-OneWindow-Signature"
# A message older or newer than this is not believed: what somebody recorded cannot be sent again tomorrow.
SKEW = 300


def sign(secret: str, stamp: str, method: str, path: str, body: bytes) -> str:
    text = f"{stamp}\n{method}\n{path}\n".encode() + body
    return "sha256=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def headers(secret: str, now: float, method: str, path: str, body: bytes = b"") -> dict[str, str]:
    stamp = str(int(now))
    return {TIMESTAMP: stamp, SIGNATURE: sign(secret, stamp, method, path, body)}


def fault(secret: str, now: float, method: str, path: str, given: Mapping[str, str], body: bytes) -> str:
    """Why it is not believed, "" when it is theirs and of this moment."""
    stamp = given.get(TIMESTAMP, "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return "没有时间戳"
    if not hmac.compare_digest(given.get(SIGNATURE, "").encode(), sign(secret, stamp, method, path, body).encode()):
        return "签名不对"
    return "" if abs(now - int(stamp)) <= SKEW else "时间戳相差超过五分钟"
