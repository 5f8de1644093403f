"""Sessions in a signed cookie: begun, recognised and ended without a session table (docs/decisions/0003)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, login
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from onewindow.accounts import principal as principals
from onewindow.accounts.models import SignedOut, User
from onewindow.accounts.principal import Principal
from onewindow.kernel import clock, ledger

# The cookie is written again at most once in so many seconds.
REFRESH = 60


@dataclass(frozen=True)
class Brief:
    """A session at a device that many people use: seconds without a touch, seconds in all, and the only device."""

    idle: int
    longest: int
    device: str


def start(request: HttpRequest, user: User, *, how: str, brief: Brief | None = None) -> Principal:
    """Begin a session after every factor has been checked."""
    request.session.flush()
    login(request, user)
    now = _seconds()
    request.session.update({"sid": secrets.token_hex(16), "since": now, "seen_at": now})
    if brief:
        request.session.update({"idle": brief.idle, "longest": brief.longest, "device": brief.device})
    principals.forget(user.pk)
    principal = principals.load(user.pk)
    if principal is None:
        raise ValueError("an inactive user cannot sign in")
    ledger.record(("user", str(user.pk)), "user.signed_in", by=principal, data={"how": how})
    return principal


def current(request: HttpRequest) -> Principal | None:
    session = request.session
    if SESSION_KEY not in session:
        return None
    principal, now = principals.load(int(session[SESSION_KEY])), _seconds()
    if principal is None or not _alive(principal, session, now):
        session.flush()
        return None
    if now - session["seen_at"] >= min(REFRESH, session.get("idle", REFRESH) // 10):
        session["seen_at"] = now
    return principal


def _alive(principal: Principal, session: SessionBase, now: int) -> bool:
    if not session.get("sid") or session["sid"] in principal.ended:
        return False
    if not constant_time_compare(session[HASH_SESSION_KEY], principal.auth_hash):
        return False
    idle = settings.STAFF_IDLE_SECONDS if principal.is_staff else settings.CITIZEN_IDLE_SECONDS
    idle, longest = session.get("idle", idle), session.get("longest", settings.SESSION_COOKIE_AGE)
    # `since` does not move when the cookie is written again: the absolute limit holds for a busy session too.
    return bool(now - session["seen_at"] < idle and now - session["since"] < longest)


def end(request: HttpRequest, principal: Principal) -> None:
    """Sign out: this cookie, and every copy of it, is dead."""
    until = datetime.fromtimestamp(request.session["since"] + settings.SESSION_COOKIE_AGE, UTC)
    SignedOut.objects.filter(user_id=principal.user_id, until__lt=clock.now() - timedelta(days=1)).delete()
    SignedOut.objects.get_or_create(sid=request.session["sid"], defaults={"user_id": principal.user_id, "until": until})
    principals.forget(principal.user_id)
    ledger.record(("user", str(principal.user_id)), "user.signed_out", by=principal)
    request.session.flush()


def end_all(user_id: int, *, by: ledger.Actor) -> None:
    """Sign out on every device 退出所有设备."""
    User.objects.filter(pk=user_id).update(session_epoch=F("session_epoch") + 1)
    principals.forget(user_id)
    ledger.record(("user", str(user_id)), "user.signed_out_everywhere", by=by)


def _seconds() -> int:
    return int(clock.now().timestamp())
