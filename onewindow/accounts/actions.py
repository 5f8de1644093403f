"""What people do about identities, mandates and posts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from stdnum.cn import ric
from stdnum.exceptions import ValidationError as NumberError

from onewindow.accounts import principal as principals
from onewindow.accounts.models import Agency, Mandate, Organisation, Person, Post, Site, User
from onewindow.accounts.principal import Principal
from onewindow.kernel import clock, ledger, secrecy

# Levels as published in Guangdong: 2 is what the person states, only the form is checked.
SELF_STATED = 2
OWN_WORD, NAMED_BY_OTHER = "自报", "他人填报"
TAKEN = "这个证件号码已由另一个账号登记。如果号码是您的，请带身份证到任一综合窗口办理绑定。"
NEEDS_COUNTER = "登记信息与已有记录不一致。请核对姓名和号码；若无误，请带身份证到任一综合窗口办理绑定。"
WINDOW_ROLES = (Post.Role.CLERK, Post.Role.REVIEWER, Post.Role.DECIDER)


def checked_number(number: str, document: str) -> str:
    """The number in its written form; a resident's number 公民身份号码 after GB 11643.

    The first six digits are the place of first registration and are never compared with today's areas.
    """
    number = "".join(number.split()).upper()
    if document not in {Person.Document.RESIDENT_ID, Person.Document.HMT_RESIDENCE}:
        if not (number.isascii() and number.isalnum() and 5 <= len(number) <= 20):
            raise ValidationError("证件号码应为 5 到 20 位字母或数字。")
        return number
    if len(number) != 18 or not number[:17].isdigit() or not number.isascii():
        raise ValidationError("身份证号码应为 18 位，最后一位可以是 X。")
    try:
        born = ric.get_birth_date(number)
    except NumberError:
        born = dt.date.max
    if number[17] != ric.calc_check_digit(number) or born > clock.today():
        raise ValidationError("身份证号码不正确，请逐位核对。")
    return number


@transaction.atomic
def register_identity(user: User, name: str, number: str, document: str, *, by: Principal) -> Person:
    """The citizen states name and number once (自报, level 2).

    A person already on record is only joined to an account that fits: same name, and the phone the window knows. What a
    window has verified is never opened by a name and a number alone.
    """
    if by.user_id != user.pk:
        raise PermissionDenied("只能登记本人的身份。")
    if user.person_id:
        raise ValidationError("您已经登记过身份信息。如需更正，请到综合窗口办理。")
    person, created = find_or_create_person(name, checked_number(number, document), document, source=OWN_WORD)
    if not created:
        if person.users.exists():
            raise ValidationError(TAKEN)
        known_phone = person.phone == user.phone or (not person.phone and person.verified_level <= SELF_STATED)
        named_by_other = person.verified_by == NAMED_BY_OTHER
        if not known_phone or (person.name != name.strip() and not named_by_other):
            raise ValidationError(NEEDS_COUNTER)
    if person.verified_level <= SELF_STATED:
        person.name, person.phone = name.strip(), person.phone or user.phone or ""
        person.verified_by, person.verified_level = OWN_WORD, SELF_STATED
        person.save(update_fields=["name", "phone", "verified_by", "verified_level"])
    if not User.objects.filter(pk=user.pk, person__isnull=True).update(person=person, name=person.name):
        raise ValidationError("您已经登记过身份信息。如需更正，请到综合窗口办理。")
    user.person, user.name = person, person.name
    principals.forget(user.pk)
    data = {"person": person.pk, "document": document, "level": SELF_STATED}
    ledger.record(("user", str(user.pk)), "user.identity_stated", by=by, data=data)
    return person


def find_or_create_person(name: str, number: str, document: str, *, source: str) -> tuple[Person, bool]:
    """The row is locked: two accounts that state one number at once are judged one after the other."""
    if Person.find(number, document) is None:
        new = Person.with_number(name=name.strip(), number=number, document=document)
        new.verified_by, new.verified_level = source, SELF_STATED if source == OWN_WORD else 0
        try:
            with transaction.atomic():
                new.save()
        except IntegrityError:
            pass
        else:
            return new, True
    index = secrecy.index(number, purpose="person")
    with transaction.atomic():
        return Person.objects.select_for_update().get(document=document, number_index=index), False


def may_mandate(by: Principal, giver: Person | Organisation) -> bool:
    """The person; for a body its legal representative; a window clerk, who has the paper mandate in hand."""
    if by.has(Post.Role.CLERK):
        return True
    if isinstance(giver, Person):
        return by.person_id == giver.pk
    return Mandate.objects.bodies(by.person_id).filter(pk=giver.pk).exists()


@transaction.atomic
def give_mandate(
    giver: Person | Organisation, agent: Person, *, by: Principal, scope: Sequence[str] = (),
    ends: dt.date | None = None, offered_to: str = "", ground: Mandate.Ground | None = None,
) -> Mandate:  # fmt: skip
    """委托: the agent may act for the giver; `scope` are item codes, empty means every item.

    `offered_to` is the agent's name as the giver wrote it: then the agent must accept (accounts.acting), and the giver
    learns nothing about whether such a person is on record.
    """
    if not may_mandate(by, giver):
        raise PermissionDenied("只有委托人本人（法定代表人）或窗口人员可以登记委托。")
    if ground and not by.has(Post.Role.CLERK):
        raise PermissionDenied("只有窗口人员可以按原件登记法定代表人、监护人。")
    if isinstance(giver, Person) and giver.pk == agent.pk:
        raise ValidationError("不能委托自己。")
    if ends and ends < clock.today():
        raise ValidationError("委托的截止日期不能早于今天。")
    person = isinstance(giver, Person)
    mandate = Mandate(agent=agent, scope=list(scope), ends=ends, stated_name=offered_to.strip())
    mandate.ground = ground or (Mandate.Ground.ENTRUSTED if person else Mandate.Ground.OPERATOR)
    setattr(mandate, "principal_person" if person else "principal_organisation", giver)
    if not offered_to:
        mandate.proven_at, mandate.proven_by = clock.now(), by.key
        mandate.proven_how = Mandate.Proof.WINDOW if by.has(Post.Role.CLERK) else Mandate.Proof.OWN_WORD
    mandate.save()
    record(mandate, "mandate.given", by=by, agent=agent.pk, scope=mandate.scope, ends=ends and ends.isoformat())
    return mandate


@transaction.atomic
def revoke_mandate(mandate: Mandate, *, by: Principal, reason: str = "") -> None:
    """Ended by either side or the window, at any time (民法典 §173, §174); a second time changes nothing."""
    sides = {mandate.agent_id, mandate.principal_person_id}
    if by.person_id not in sides and not may_mandate(by, mandate.principal):
        raise PermissionDenied("只有双方或窗口人员可以结束。")
    end_mandate(mandate, by=by, reason=reason)


def end_mandate(mandate: Mandate, *, by: ledger.Actor, reason: str = "") -> None:
    mandate.revoked_at = clock.now()
    if Mandate.objects.filter(pk=mandate.pk, revoked_at__isnull=True).update(revoked_at=mandate.revoked_at):
        record(mandate, "mandate.revoked", by=by, reason=reason)


def record(mandate: Mandate, event: str, *, by: ledger.Actor, **data: object) -> None:
    """On the chain of the person or body acted for."""
    facts = {"mandate": mandate.pk, "ground": mandate.ground} | data
    ledger.record(subject_of(mandate), event, by=by, data=facts)


def subject_of(mandate: Mandate) -> tuple[str, str]:
    return "person" if mandate.principal_person_id else "organisation", str(mandate.principal.pk)


def _check_appoints(user: User, by: ledger.Actor) -> None:
    if isinstance(by, Principal) and (by.user_id == user.pk or not by.has(Post.Role.OPERATOR)):
        raise PermissionDenied("岗位由运维人员任免，且不能任免自己。")


@transaction.atomic
def appoint(
    user: User, role: str, *, by: ledger.Actor, agency: Agency | None = None, site: Site | None = None,
    ends: dt.date | None = None,
) -> Post:  # fmt: skip
    """Give a post 岗位; a former post of the same kind is taken up again."""
    _check_appoints(user, by)
    if not user.is_staff_member:
        raise ValidationError("岗位只能授予工作人员账号。")
    if role in WINDOW_ROLES and agency is None:
        raise ValidationError("受理、审查、决定岗必须属于一个部门。")
    fresh = {"starts": clock.today(), "ends": ends}
    post, _ = Post.objects.update_or_create(user=user, role=role, agency=agency, site=site, defaults=fresh)
    principals.forget(user.pk)
    ledger.record(("user", str(user.pk)), "post.given", by=by, data=_post_data(post))
    return post


@transaction.atomic
def end_post(post: Post, *, by: ledger.Actor) -> None:
    """Yesterday was the last day: access ends now, not at midnight."""
    _check_appoints(post.user, by)
    post.ends = clock.today() - dt.timedelta(days=1)
    post.save(update_fields=["ends"])
    principals.forget(post.user_id)
    ledger.record(("user", str(post.user_id)), "post.ended", by=by, data=_post_data(post))


def _post_data(post: Post) -> dict[str, str | None]:
    return {"role": post.role, "agency": post.agency_id, "site": post.site_id}


def view_number(person: Person, *, by: Principal, reason: str, case_number: str | None = None) -> str:
    """The full number, for a window post, with a reason, and on record before it is shown (个人信息保护法 §6, §51)."""
    if not by.has(*WINDOW_ROLES):
        raise PermissionDenied("您没有查看完整证件号码的权限。")
    reason = reason.strip()
    if len(reason) < 4:
        raise ValidationError("请写明查看原因（至少 4 个字）。")
    number = secrecy.decrypt(person.number_cipher, purpose="person")
    data = {"reason": reason.replace(number, person.number_masked), "case": case_number}
    ledger.record(("person", str(person.pk)), "person.number_viewed", by=by, data=data)
    return number


def person_named_by_other(name: str, number: str, document: str) -> Person:
    """On record already, under whatever name, or new until the person states it (level 0): the answer is the same."""
    return find_or_create_person(name, checked_number(number, document), document, source=NAMED_BY_OTHER)[0]


@transaction.atomic
def set_password(user: User, new: str, *, by: Principal) -> None:
    """Every session of the user ends, for the password's hash is part of each."""
    user.set_password(new)
    user.save(update_fields=["password"])
    principals.forget(user.pk)
    ledger.record(("user", str(user.pk)), "user.password_set", by=by)
