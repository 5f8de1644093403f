"""An SMS gateway over HTTPS: POST JSON, signed with HMAC-SHA256 over `timestamp.body`."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from onewindow.kernel import clock
from onewindow.notifications.gateways.base import DeliveryFailed

TIMEOUT = 5.0


class HttpSms:
    keeps_text = False

    def __init__(self, url: str, secret: str) -> None:
        self.url, self.secret = url, secret

    def send(self, to: str, text: str, *, key: str) -> str:
        body = json.dumps({"id": key, "to": to, "text": text}, ensure_ascii=False).encode()
        stamp = str(int(clock.now().timestamp()))
        signature = hmac.new(self.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json", "Idempotency-Key": key,
            "X-OneWindow-Timestamp": stamp, "X-OneWindow-Signature": f"sha256={signature}",
        }  # fmt: skip
        request = Request(self.url, data=body, headers=headers, method="POST")  # noqa: S310 - http(s), see settings
        try:
            with urlopen(request, timeout=TIMEOUT) as reply:  # noqa: S310
                return str(json.loads(reply.read(10_000)).get("reference", ""))[:80]
        except HTTPError as error:
            # 4xx: the message itself is refused; 408 and 429 pass.
            lasting = 400 <= error.code < 500 and error.code not in {408, 429}
            raise DeliveryFailed(f"短信网关答复 {error.code}", lasting=lasting) from error
        except (URLError, TimeoutError, ConnectionError) as error:
            raise DeliveryFailed(f"短信网关无法连接：{error}") from error
        except (ValueError, AttributeError):
            # Accepted with a body we cannot read: sending again would send twice.
            return ""
