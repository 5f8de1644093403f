"""Password sign-in; five wrong in a row lock the account for fifteen minutes."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection

from onewindow.accounts.models import User
from onewindow.accounts.providers import SignInRefused
from onewindow.kernel import clock, ledger, limits, secrecy

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
WRONG = "账号或密码不对。请检查后再试。"
LOCKED = "连续输错 5 次，请 15 分钟后再试。"
DOOR = ledger.System("sign-in", "登录")


def check(identifier: str, password: str, *, kind: str, ip: str) -> User:
    """The user of that kind (citizens by phone or name, staff by name). Unknown and wrong look and last the same."""
    if not limits.hit(f"password-ip:{ip}", limit=200, per=timedelta(minutes=15)):
        raise SignInRefused("这个网络尝试登录的次数太多，请 15 分钟后再试。")
    user = _find(identifier.strip(), kind)
    if user is None:
        make_password(password)  # costs what a check costs
        _fail_unknown(identifier, kind)
        raise SignInRefused(WRONG)
    failures = _count_attempt(user)
    right = check_password(password, user.password)
    if failures and right:
        User.objects.filter(pk=user.pk).update(failures=0, locked_until=None)
        return user
    event = "user.sign_in_failed" if failures in range(1, MAX_FAILURES) else "user.locked"
    ledger.record(("user", str(user.pk)), event, by=DOOR, data={"how": "password"})
    raise SignInRefused(WRONG if event == "user.sign_in_failed" else LOCKED)


def _find(identifier: str, kind: str) -> User | None:
    by = {"phone": identifier} if identifier.isdigit() else {"username": identifier}
    return User.objects.filter(kind=kind, is_active=True, **by).first()


def _count_attempt(user: User) -> int:
    """Count before the password is looked at, so parallel guesses gain nothing; 0 while the account is locked."""
    now = clock.now()
    count = "CASE WHEN locked_until IS NULL THEN failures + 1 ELSE 1 END"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE accounts_user SET failures = {count}, "  # noqa: S608 - no outside text in it
            f"locked_until = CASE WHEN {count} >= %s THEN %s::timestamptz END "
            "WHERE id = %s AND (locked_until IS NULL OR locked_until <= %s) RETURNING failures",
            [MAX_FAILURES, now + LOCKED_FOR, user.pk, now],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _fail_unknown(identifier: str, kind: str) -> None:
    """A name nobody has is locked like a real one, or the lock would tell which names exist."""
    ledger.record(("user", "unknown"), "user.sign_in_failed", by=DOOR, data={"how": "password"})
    who = secrecy.index(f"{kind}:{identifier}", purpose="limit")
    if not limits.hit(f"password:{who}", limit=MAX_FAILURES - 1, per=LOCKED_FOR):
        raise SignInRefused(LOCKED)
