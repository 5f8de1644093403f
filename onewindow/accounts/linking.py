"""Which account an outside identity opens 绑定: the one bound to it, the one whose person it proves, or a new one."""

from __future__ import annotations

import secrets
from typing import NoReturn

from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from onewindow.accounts import principal as principals
from onewindow.accounts.actions import find_or_create_person
from onewindow.accounts.models import ExternalIdentity, Person, User
from onewindow.accounts.principal import Principal
from onewindow.accounts.providers import SignInRefused
from onewindow.accounts.providers.oidc import DOOR, SURE, Identity
from onewindow.kernel import ledger

CLOSED = gettext_noop("这个账号不能在这里登录。工作人员请从“工作人员登录”进入。")
NOT_STAFF = "这个统一认证身份还没有绑定工作人员账号。请先用账号、密码和动态口令登录，再到“我的账号”里绑定。"
OTHER_ACCOUNT = gettext_noop(
    "您的证件号码或手机号已有账号，没有另建。请先用那个账号登录（手机验证码或密码），再到“我的账号”里绑定。"
    "如果那不是您的账号，请带身份证到任一综合窗口。"
)
NAME_DIFFERS = gettext_noop("对方给的姓名与登记的不一致，没有登录。请带身份证到任一综合窗口核对。")
SOMEBODY_ELSE = gettext_noop("这个统一认证身份与账号登记的证件号码不一致。请核对是不是登录了别人的统一认证账号。")
TAKEN = "这个统一认证身份已经绑定了另一个账号。请先在那个账号里解除绑定。"
ONE_EACH = "这个账号已经绑定过同一家的另一个身份。请先解除，再绑定新的。"
LAST_WAY = "这是您唯一的登录方式，不能解除。请先设置密码，或改用有手机号的账号。"


def sign_in(identity: Identity) -> User:
    """The citizen. Two tabs that come back with one new identity at once make one account."""
    try:
        return _sign_in(identity)
    except IntegrityError:
        return _sign_in(identity)


@transaction.atomic
def _sign_in(identity: Identity) -> User:
    user = linked_user(identity)
    if user is None:
        user = _account_for(identity)
        _link(user, identity, by=DOOR, how="first_sign_in")
    if user.is_staff_member or not user.is_active:
        raise SignInRefused(CLOSED)
    if identity.number:
        _prove(user, identity, by=DOOR)
    return user


def staff_of(identity: Identity) -> User:
    """Only who has bound it; the authenticator is asked for all the same."""
    user = linked_user(identity)
    if user is None or not user.is_staff_member or not user.is_active:
        raise SignInRefused(NOT_STAFF)
    return user


@transaction.atomic
def bind(user: User, identity: Identity, *, by: Principal) -> None:
    """绑定, while signed in; a second time changes nothing."""
    if by.user_id != user.pk:
        raise PermissionDenied("只能绑定到本人的账号。")
    known = linked_user(identity)
    if known is not None and known.pk != user.pk:
        raise SignInRefused(TAKEN)
    if known is None:
        try:
            with transaction.atomic():
                _link(user, identity, by=by, how="bound")
        except IntegrityError:
            raise SignInRefused(ONE_EACH) from None
    if identity.number and not user.is_staff_member:
        _prove(user, identity, by=by)


@transaction.atomic
def unbind(link: ExternalIdentity, *, by: Principal) -> None:
    user = User.objects.select_for_update().get(pk=link.user_id)
    if by.user_id != user.pk:
        raise PermissionDenied("只能解除本人账号的绑定。")
    others = user.external_identities.exclude(pk=link.pk).exists()
    if not (user.phone or user.has_usable_password() or others):
        raise SignInRefused(LAST_WAY)
    if ExternalIdentity.objects.filter(pk=link.pk).delete()[0]:
        ledger.record(("user", str(user.pk)), "user.unlinked", by=by, data={"issuer": link.issuer})


def linked_user(identity: Identity) -> User | None:
    found = ExternalIdentity.objects.filter(issuer=identity.provider.issuer, subject_index=identity.subject_index)
    link = found.select_related("user__person").first()
    return link.user if link else None


def _account_for(identity: Identity) -> User:
    """An account on record opens only when name and number are proven and it is the same phone's, or was opened by a
    proven identity before: anybody could have typed this number into an account of theirs.
    """
    if identity.number:
        person = _person(identity)
        if account := person.users.filter(is_active=True).order_by("pk").first():
            proven = account.external_identities.exists()
            if account.is_staff_member or not (proven or (identity.phone and account.phone == identity.phone)):
                _refuse(OTHER_ACCOUNT)
            return account
    if identity.phone and User.objects.filter(phone=identity.phone).exists():
        _refuse(OTHER_ACCOUNT)
    return User.objects.create(
        username=f"o-{secrets.token_hex(8)}", password=make_password(None), name=identity.name,
        phone=identity.phone or None,
    )  # fmt: skip


def _link(user: User, identity: Identity, *, by: ledger.Actor, how: str) -> None:
    issuer = identity.provider.issuer
    ExternalIdentity.objects.create(user=user, issuer=issuer, subject_index=identity.subject_index)
    data = {"issuer": issuer, "how": how, "level": identity.level}
    ledger.record(("user", str(user.pk)), "user.linked", by=by, data=data)


def _person(identity: Identity) -> Person:
    """Locked. What a window or a provider has verified under another name is for the counter to settle."""
    person, _ = find_or_create_person(
        identity.name, identity.number, Person.Document.RESIDENT_ID, source=identity.provider.label[:40]
    )
    if person.name != identity.name and person.verified_level >= SURE:
        _refuse(NAME_DIFFERS)
    return person


def _prove(user: User, identity: Identity, *, by: ledger.Actor) -> None:
    """The account is that person's, to the level the provider vouches for."""
    person = _person(identity)
    if user.person_id not in {None, person.pk}:
        _refuse(SOMEBODY_ELSE)
    if user.person_id is None and person.users.exists():
        _refuse(OTHER_ACCOUNT)
    if user.person_id == person.pk and person.verified_level >= identity.level:
        return
    if person.verified_level < identity.level:
        person.name, person.verified_level = identity.name, identity.level
        person.verified_by, person.phone = identity.provider.label[:40], person.phone or identity.phone
        person.save(update_fields=["name", "verified_level", "verified_by", "phone"])
    user.person, user.name = person, person.name
    user.save(update_fields=["person", "name"])
    principals.forget(user.pk)
    data = {"person": person.pk, "level": identity.level, "issuer": identity.provider.issuer}
    ledger.record(("user", str(user.pk)), "user.identity_verified", by=by, data=data)


def _refuse(message: str) -> NoReturn:
    raise SignInRefused(message)
