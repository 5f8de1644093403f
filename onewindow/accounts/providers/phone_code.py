"""A one-time code 验证码 to a phone; the first sign-in makes the citizen's account."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils.crypto import constant_time_compare

from onewindow.accounts.models import SignInCode, User
from onewindow.accounts.providers import SignInRefused
from onewindow.kernel import clock, ledger, limits, secrecy

SIGN_IN = "sign_in"
LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5
WRONG = "验证码不对，或者已经过期。请核对最新一条短信，或重新获取验证码。"
DOOR = ledger.System("sign-in", "登录")


@dataclass(frozen=True)
class Sent:
    row: SignInCode
    code: str


def send_code(phone: str, ip: str, purpose: str = SIGN_IN, *, most: int = 30) -> Sent:
    """Make a code; the caller delivers it. A code for one purpose is none for another.

    One a minute and ten a day per phone, `most` a day per address.
    """
    who = secrecy.index(phone, purpose="limit")
    if not limits.hit(f"code-minute:{who}", limit=1, per=timedelta(minutes=1)):
        raise SignInRefused("一分钟内只能获取一次验证码，请稍等再试。")
    day = timedelta(days=1)
    if not limits.hit(f"code-day:{who}", limit=10, per=day) or not limits.hit(f"code-ip:{ip}", limit=most, per=day):
        raise SignInRefused("今天获取验证码的次数已用完。请明天再试，或到大厅咨询台办理。")
    code = f"{secrets.randbelow(1_000_000):06d}"
    row = SignInCode.objects.create(phone=phone, purpose=purpose, code_hash=_hash(phone, code, purpose))
    return Sent(row, code)


def verify(phone: str, code: str) -> User:
    """The citizen with this phone."""
    if not spend(phone, code, purpose=SIGN_IN):
        _refuse(phone)
    user, _ = User.objects.get_or_create(
        phone=phone, defaults={"username": f"c-{secrets.token_hex(8)}", "password": make_password(None)}
    )
    if user.is_staff_member or not user.is_active:
        raise SignInRefused("这个账号不能在这里登录。工作人员请从“工作人员登录”进入。")
    return user


def spend(phone: str, code: str, *, purpose: str) -> bool:
    """Only the newest code counts; a try is counted before the code is looked at."""
    row = _take_try(phone, purpose)
    if row is None or not constant_time_compare(row[1], _hash(phone, code.strip(), purpose)):
        return False
    # Of two who bring the right code at once, one wins.
    return bool(SignInCode.objects.filter(pk=row[0], used_at__isnull=True).update(used_at=clock.now()))


def _take_try(phone: str, purpose: str) -> tuple[int, str] | None:
    """Id and hash of the newest code, when it is fresh, unused and has a try left; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_signincode SET tries = tries + 1 WHERE id = (SELECT id FROM accounts_signincode "
            "WHERE phone = %s AND purpose = %s ORDER BY created_at DESC, id DESC LIMIT 1) "
            "AND used_at IS NULL AND tries < %s AND created_at > %s RETURNING id, code_hash",
            [phone, purpose, MAX_TRIES, clock.now() - LIFETIME],
        )
        found: tuple[int, str] | None = cursor.fetchone()
        return found


def _refuse(phone: str) -> NoReturn:
    user_id = User.objects.filter(phone=phone).values_list("pk", flat=True).first()
    if user_id:
        ledger.record(("user", str(user_id)), "user.sign_in_failed", by=DOOR, data={"how": "phone_code"})
    raise SignInRefused(WRONG)


def _hash(phone: str, code: str, purpose: str) -> str:
    return secrecy.index(f"{purpose}:{phone}:{code}", purpose="sign-in-code")
