"""What a provider publishes: its addresses (OpenID Connect Discovery) and its keys (JWKS), kept for a while."""

from __future__ import annotations

import logging
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from joserfc.jwk import KeySet

from config.oidc import Provider

KEEP_SECONDS = 600
# Strange signatures must not make us ask for keys without end.
ANEW_SECONDS = 10
TIMEOUT = 5.0
log = logging.getLogger(__name__)
_metadata: dict[str, tuple[float, dict[str, Any]]] = {}
_keys: dict[str, tuple[float, KeySet]] = {}


class Unreachable(Exception):
    """The provider does not answer, or what it publishes cannot be used."""


def load(provider: Provider) -> dict[str, Any]:
    at, known = _metadata.get(provider.issuer, (0.0, {}))
    if known and time.monotonic() - at < KEEP_SECONDS:
        return known
    found = _get(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != provider.issuer:
        raise Unreachable(f"{provider.key}: issuer {found.get('issuer')!r}")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        address = found.get(name)
        if address is None and name == "userinfo_endpoint":
            continue
        schemes = {"https"} if settings.PRODUCTION else {"https", "http"}
        if not isinstance(address, str) or urlsplit(address).scheme not in schemes:
            raise Unreachable(f"{provider.key}: {name} {address!r}")
    _metadata[provider.issuer] = time.monotonic(), found
    return found


def keys(provider: Provider, *, anew: bool = False) -> KeySet:
    at, known = _keys.get(provider.issuer, (0.0, None))
    if known and time.monotonic() - at < (ANEW_SECONDS if anew else KEEP_SECONDS):
        return known
    try:
        found = KeySet.import_key_set(_get(load(provider)["jwks_uri"]))  # type: ignore[arg-type]
    except (ValueError, KeyError, TypeError) as fault:
        raise Unreachable(f"{provider.key}: {fault}") from fault
    _keys[provider.issuer] = time.monotonic(), found
    return found


def forget() -> None:
    _metadata.clear()
    _keys.clear()


def _get(address: str) -> dict[str, Any]:
    try:
        reply = requests.get(address, timeout=TIMEOUT, allow_redirects=False)
        reply.raise_for_status()
        found = reply.json()
    except (requests.RequestException, ValueError) as failure:
        log.warning("OIDC：%s 没有给出可用的答复：%s", address, failure)
        raise Unreachable(str(failure)) from failure
    if not isinstance(found, dict):
        raise Unreachable(address)
    return found
