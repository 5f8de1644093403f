"""The second factor of staff 动态口令 (RFC 6238): thirty-second steps, each accepted once."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

import pyotp
import segno
from django.utils.crypto import constant_time_compare

from onewindow.accounts import sessions
from onewindow.accounts.models import User
from onewindow.accounts.providers import SignInRefused
from onewindow.kernel import clock, ledger, limits, secrecy

STEP = 30
PURPOSE = "totp"
WRONG = "动态口令不对，或者已经用过。请等验证器显示下一个口令再试。"
DOOR = ledger.System("sign-in", "登录")


def new_secret() -> str:
    return pyotp.random_base32()


def uri(user: User, secret: str) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name="OneWindow")


def qr_svg(user: User, secret: str) -> str:
    return str(segno.make(uri(user, secret), error="m").svg_inline(scale=5, border=3))


def current_step() -> int:
    return int(clock.now().timestamp()) // STEP


def code_at(secret: str, step: int) -> str:
    return pyotp.TOTP(secret).generate_otp(step)


def enrol(user: User, secret: str, code: str) -> None:
    """Keep the secret once the person has shown a code made with it; an enrolled user cannot be enrolled over."""
    step = _matching_step(user, secret, code)
    kept = User.objects.filter(pk=user.pk, totp_cipher="").update(
        totp_cipher=secrecy.encrypt(secret, purpose=PURPOSE), totp_last_step=step
    )
    if not kept:
        raise SignInRefused("这个账号已经绑定过验证器。如需更换，请联系运维人员。")
    ledger.record(("user", str(user.pk)), "user.totp_enrolled", by=DOOR)


def verify(user: User, code: str) -> None:
    """Raise unless the code is right and its step has not been used, by this or any other request."""
    step = _matching_step(user, secret_of(user), code)
    if not User.objects.filter(pk=user.pk, totp_last_step__lt=step).update(totp_last_step=step):
        _refuse(user)


def reset(user: User, *, by: ledger.Actor) -> None:
    """Recovery, by the operator's command only: the person enrols again at the next sign-in, every session ends."""
    User.objects.filter(pk=user.pk).update(totp_cipher="")
    ledger.record(("user", str(user.pk)), "user.totp_reset", by=by)
    sessions.end_all(user.pk, by=by)


def secret_of(user: User) -> str:
    return secrecy.decrypt(user.totp_cipher, purpose=PURPOSE)


def _matching_step(user: User, secret: str, code: str) -> int:
    if not limits.hit(f"totp:{user.pk}", limit=10, per=timedelta(minutes=15)):
        ledger.record(("user", str(user.pk)), "user.locked", by=DOOR, data={"how": "totp"})
        raise SignInRefused("动态口令尝试次数太多，请 15 分钟后再试。")
    now, given = current_step(), code.replace(" ", "")
    # A clock may be half a minute off either way.
    matching = [step for step in (now - 1, now, now + 1) if constant_time_compare(code_at(secret, step), given)]
    if not matching:
        _refuse(user)
    return matching[-1]


def _refuse(user: User) -> NoReturn:
    ledger.record(("user", str(user.pk)), "user.sign_in_failed", by=DOOR, data={"how": "totp"})
    raise SignInRefused(WRONG)
