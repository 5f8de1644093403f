"""The sandbox's OpenID provider: demonstration people, chosen on a page that says what it is. Never in production.

A whole peer (discovery, authorize, token, keys, userinfo), so that a demonstration walks the same road as a real one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from joserfc import jwt
from joserfc.jwk import ECKey

from config.oidc import Provider
from onewindow.accounts import demo
from onewindow.accounts.providers import oidc
from onewindow.documents.facts import write_once
from onewindow.kernel import clock, limits, secrecy

CODE_SECONDS, TOKEN_SECONDS = 60, 300


def _peer() -> Provider:
    found = next((provider for provider in settings.OIDC_PROVIDERS if provider.sandbox), None)
    if not settings.SANDBOX or found is None:
        raise Http404
    return found


def _key() -> ECKey:
    path = settings.VAR_DIR / "secrets" / "sandbox_oidc.pem"
    if not path.exists():
        write_once(path, ECKey.generate_key("P-256").as_pem(private=True))
    return ECKey.import_key(path.read_bytes(), {"use": "sig", "alg": "ES256", "kid": "sandbox"})


def discovery(request: HttpRequest) -> JsonResponse:
    issuer = _peer().issuer
    return JsonResponse({
        "issuer": issuer, "authorization_endpoint": f"{issuer}/authorize/", "token_endpoint": f"{issuer}/token/",
        "jwks_uri": f"{issuer}/keys/", "userinfo_endpoint": f"{issuer}/userinfo/", "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    })  # fmt: skip


def people() -> dict[str, dict[str, Any]]:
    """Subject → claims: the demonstration's citizens, somebody new, and members of staff who come without a number."""
    newcomer = demo.Citizen("何晓梅", "13800000009", "51012519880219126", "")
    found = {
        f"citizen-{each.phone}": {
            "name": each.name, "id_number": demo.number_of(each), "phone_number": each.phone,
            "phone_number_verified": True,
        }
        for each in (*demo.CITIZENS, newcomer)
    }  # fmt: skip
    return found | {"staff-chuangkou": {"name": "曾小红"}, "staff-supervisor": {"name": "冯清"}}


@never_cache
def authorize(request: HttpRequest) -> HttpResponse:
    """Who shall it be? Only our own client, only back to its own address, only with PKCE."""
    peer, asked = _peer(), request.GET
    back = oidc.redirect_uri(peer)
    if asked.get("client_id") != peer.client_id or asked.get("redirect_uri") != back:
        return HttpResponseBadRequest("client_id, redirect_uri")
    if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
        return redirect(f"{back}?{urlencode({'error': 'invalid_request', 'state': asked.get('state', '')})}")
    who, level = request.POST.get("who", ""), request.POST.get("level", "")
    if request.method == "POST" and (who not in people() or level not in {"2", "4"}):
        return redirect(f"{back}?{urlencode({'error': 'access_denied', 'state': asked.get('state', '')})}")
    if request.method == "POST":
        kept = {"sub": who, "acr": level, "nonce": asked.get("nonce"), "challenge": asked.get("code_challenge")}
        code = _seal(kept | {"until": _now() + CODE_SECONDS}, "code")
        return redirect(f"{back}?{urlencode({'code': code, 'state': asked.get('state', '')})}")
    return render(request, "account/sandbox_oidc.html", {"people": people()})


@csrf_exempt
def token(request: HttpRequest) -> JsonResponse:
    """A code is good once, for a minute, for the client with its secret and the verifier of the challenge."""
    peer = _peer()
    if not _is_client(request, peer):
        return JsonResponse({"error": "invalid_client"}, status=401)
    code = request.POST.get("code", "")
    kept = _open(code, "code")
    verifier = create_s256_code_challenge(request.POST.get("code_verifier", ""))
    once = limits.hit(
        f"sandbox-code:{hashlib.sha256(code.encode()).hexdigest()}", limit=1, per=timedelta(seconds=CODE_SECONDS)
    )
    right = request.POST.get("redirect_uri") == oidc.redirect_uri(peer)
    if kept is None or not right or not constant_time_compare(verifier, kept["challenge"]) or not once:
        return JsonResponse({"error": "invalid_grant"}, status=400)
    who = {"sub": kept["sub"], "acr": kept["acr"]}
    claims = who | {"iss": peer.issuer, "aud": peer.client_id, "nonce": kept["nonce"], "iat": _now()}
    signed = jwt.encode({"alg": "ES256", "kid": "sandbox"}, claims | {"exp": _now() + TOKEN_SECONDS}, _key())
    access = _seal(who | {"until": _now() + TOKEN_SECONDS}, "token")
    return JsonResponse(
        {"access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "id_token": signed}
    )


def keys(request: HttpRequest) -> JsonResponse:
    _peer()
    return JsonResponse({"keys": [_key().as_dict(private=False)]})


def userinfo(request: HttpRequest) -> JsonResponse:
    _peer()
    kept = _open(request.headers.get("Authorization", "").removeprefix("Bearer "), "token")
    if kept is None:
        return JsonResponse({"error": "invalid_token"}, status=401)
    return JsonResponse({"sub": kept["sub"], "acr": kept["acr"]} | people()[kept["sub"]])


def _is_client(request: HttpRequest, peer: Provider) -> bool:
    try:
        given = base64.b64decode(request.headers.get("Authorization", "").removeprefix("Basic ")).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return constant_time_compare(given, f"{peer.client_id}:{peer.client_secret}")


def _seal(facts: dict[str, Any], purpose: str) -> str:
    return secrecy.encrypt(json.dumps(facts), purpose=f"sandbox-oidc-{purpose}")


def _open(text: str, purpose: str) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = json.loads(secrecy.decrypt(text, purpose=f"sandbox-oidc-{purpose}"))
    except ValueError:
        return None
    return facts if facts["until"] > _now() else None


def _now() -> int:
    return int(clock.now().timestamp())
