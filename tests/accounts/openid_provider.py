"""A small OpenID provider on loopback: discovery, authorize, token, keys, userinfo over real HTTP, signed with joserfc.

A test tells it whom to vouch for (`who`) and how to misbehave (`faults`).
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from config.oidc import Provider

CLIENT, SECRET = "onewindow", "a-secret-of-the-province"
PUBLISHED, STRANGE = (RSAKey.generate_key(2048, {"kid": kid, "alg": "RS256", "use": "sig"}) for kid in ("a", "b"))

SHARED = OctKey.import_key(SECRET)


@dataclass
class OpenIdProvider:
    issuer: str = ""
    who: dict[str, Any] = field(default_factory=dict)
    # Claims of the ID token that are set wrong; "signed": how, and with which key; "deny": what authorize answers.
    faults: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, query: dict[str, str]) -> str:
        assert query["client_id"] == CLIENT and query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256" and "openid" in query["scope"].split()
        answer = {"state": query["state"]}
        if deny := self.faults.get("deny"):
            return f"{query['redirect_uri']}?{urlencode(answer | {'error': deny})}"
        answer["code"] = secrets.token_urlsafe(16)
        self.codes[answer["code"]] = query
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if base64.b64decode(authorization.removeprefix("Basic ")).decode() != f"{CLIENT}:{SECRET}":
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)
        if (
            asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != create_s256_code_challenge(form["code_verifier"])
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": self.who["sub"], "nonce": asked["nonce"], "iat": now,
            "exp": now + 300, "acr": self.who.get("acr", "4"),
        }  # fmt: skip
        changed = {name: value for name, value in self.faults.items() if name in {*claims, "azp"}}
        algorithm, key = self.faults.get("signed", ("RS256", PUBLISHED))
        signed = jwt.encode({"alg": algorithm, "kid": "a"}, claims | changed, key)
        return 200, {"access_token": f"at-{self.who['sub']}", "token_type": "Bearer", "id_token": signed}

    def document(self, path: str) -> dict[str, Any] | None:
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.faults.get("issuer", self.issuer), "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
            },
            "/keys": {"keys": [PUBLISHED.as_dict(private=False)]},
            "/userinfo": self.who | {"sub": self.faults.get("userinfo_sub", self.who.get("sub"))},
        }.get(path)  # fmt: skip


def _handler(provider: OpenIdProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, body: object, location: str = "") -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            provider.asked.append(url.path)
            if provider.faults.get("down"):
                self._answer(503, {})
            elif url.path == "/authorize":
                query = {key: values[0] for key, values in parse_qs(url.query).items()}
                self._answer(302, {}, provider.authorize(query))
            elif url.path == "/userinfo" and self.headers["Authorization"] != f"Bearer at-{provider.who['sub']}":
                self._answer(401, {})
            else:
                found = provider.document(url.path)
                self._answer(404 if found is None else 200, found)

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            if provider.faults.get("token_down"):
                self._answer(503, {})
                return
            first = {key: values[0] for key, values in form.items()}
            self._answer(*provider.token(first, self.headers["Authorization"]))

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@contextmanager
def running():
    provider = OpenIdProvider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def configured(provider: OpenIdProvider, **changes: Any) -> Provider:
    """What an operator would set for it."""
    plain = {"levels": {"1": 2, "4": 4}, "doors": frozenset({"citizen", "staff"})}
    return Provider("province", "四川省统一身份认证", provider.issuer, CLIENT, SECRET, **plain | changes)
