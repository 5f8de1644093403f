"""亲属绑定 and other acting for somebody: asked for, proven by the other side or at the window, ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError as WrongNumber

from onewindow.accounts.actions import checked_number, person_named_by_other, record, revoke_mandate, subject_of
from onewindow.accounts.counter import SEEN_AT_WINDOW, SEEN_LEVEL
from onewindow.accounts.models import Mandate, Organisation, Person, Post, User
from onewindow.accounts.principal import Principal
from onewindow.accounts.providers import SignInRefused, phone_code
from onewindow.kernel import clock
from onewindow.kernel.models import Entry

Ground = Mandate.Ground
ADULT = 18
LONGEST = dt.timedelta(days=3 * 366)
# Originals by which the window proves a ground.
ORIGINALS = {
    Ground.GUARDIAN: ("户口簿", "出生医学证明", "监护关系证明（法院、村（居）委会、民政）"),
    Ground.KIN: ("委托书和户口簿", "委托书和身份证", "老人本人到场"),
    Ground.LEGAL: ("营业执照正本或副本",),
}
OVER = "这份申请已经办过、结束或过期了，请刷新后看最新情况。"


def last_day_of_childhood(number: str) -> dt.date:
    """The eve of the eighteenth birthday (民法典 §17); of 29 February, in a common year, the eve of the 28th (§202)."""
    born = ric.get_birth_date(number)
    try:
        birthday = born.replace(year=born.year + ADULT)
    except ValueError:
        birthday = dt.date(born.year + ADULT, 2, 28)
    return birthday - dt.timedelta(days=1)


def ask_for_child(agent: Person, name: str, number: str, *, relation: str, by: Principal) -> Mandate:
    """A guardian 监护人 asks; only the window proves it. It ends by itself at eighteen."""
    number = checked_number(number, Person.Document.RESIDENT_ID)
    ends = last_day_of_childhood(number)
    if ends < clock.today():
        raise ValidationError("这个号码的人已满 18 周岁。成年人请用“替父母或其他亲属办”，要本人同意。")
    return _ask(agent, Ground.GUARDIAN, name, by=by, number=number, relation=relation, ends=ends)


def ask_for_elder(
    agent: Person, name: str, number: str, *, relation: str, phone: str, ends: dt.date, by: Principal
) -> Mandate:
    """The parent consents by a code to their phone or in their own account, or the window proves it."""
    if not clock.today() <= ends <= clock.today() + LONGEST:
        raise ValidationError("截止日期应在今天以后、三年以内。到期可以再绑定。")
    number = checked_number(number, Person.Document.RESIDENT_ID)
    return _ask(agent, Ground.KIN, name, by=by, number=number, relation=relation, ends=ends, asked_phone=phone)


@transaction.atomic
def ask_for_firm(agent: Person, name: str, credit_code: str, *, by: Principal) -> Mandate:
    """The legal representative 法定代表人; the window proves it by the licence."""
    try:
        code = uscc.validate(credit_code.upper())
    except WrongNumber as wrong:
        raise ValidationError("统一社会信用代码不对，请对照营业执照逐位核对。") from wrong
    body, _ = Organisation.objects.get_or_create(credit_code=code, defaults={"name": name.strip()})
    return _ask(agent, Ground.LEGAL, name, by=by, organisation=body)


@transaction.atomic
def _ask(
    agent: Person, ground: Ground, name: str, *, by: Principal, number: str = "",
    organisation: Organisation | None = None, **facts: object,
) -> Mandate:  # fmt: skip
    """Asked twice, also at once, is asked once."""
    if by.person_id != agent.pk:
        raise PermissionDenied("只能为自己申请。")
    person = None if organisation else person_named_by_other(name, number, Person.Document.RESIDENT_ID)
    if person == agent:
        raise ValidationError("不用绑定自己。")
    sides = {"agent": agent, "ground": ground, "principal_person": person, "principal_organisation": organisation}
    same = Mandate.objects.filter(revoked_at__isnull=True, **sides)
    # What lapsed by date or patience makes room.
    current = same.in_force() | same.asked()
    same.exclude(pk__in=current.values("pk")).update(revoked_at=clock.now())
    try:
        with transaction.atomic():
            mandate = Mandate.objects.create(stated_name=name.strip(), **sides, **facts)
    except IntegrityError:
        return same.get()
    record(mandate, "mandate.asked", by=by, agent=agent.pk)
    return mandate


def _prove(mandate: Mandate, *, how: Mandate.Proof, by: Principal, paper: str = "") -> None:
    """Of two who prove or end it at once, one wins."""
    proven = {"proven_at": clock.now(), "proven_how": how, "proven_by": by.key, "proven_paper": paper}
    if not Mandate.objects.asked().filter(pk=mandate.pk).update(**proven):
        raise ValidationError(OVER)
    for name, value in proven.items():
        setattr(mandate, name, value)
    record(mandate, "mandate.proven", by=by, how=how.value, paper=paper)


@transaction.atomic
def accept(mandate: Mandate, *, by: Principal) -> None:
    """By the side that did not ask, signed in under the name it was asked by."""
    if by.person_id is None or not Mandate.objects.for_acceptance(by.person_id).filter(pk=mandate.pk).exists():
        raise ValidationError(OVER)
    _prove(mandate, how=Mandate.Proof.ACCEPTED, by=by)


def consenting_phone(mandate: Mandate) -> str:
    """The phone the code goes to: the elder's own account's, or the one the window has seen; nothing if it is not
    the one that was stated, or the name is another.
    """
    elder = mandate.principal_person
    if mandate.ground != Ground.KIN or elder is None or elder.name != mandate.stated_name:
        return ""
    known = set(User.objects.filter(person=elder, is_active=True).values_list("phone", flat=True))
    if elder.verified_level >= SEEN_LEVEL:
        known.add(elder.phone)
    return mandate.asked_phone if mandate.asked_phone in known else ""


def consent_purpose(mandate: Mandate) -> str:
    return f"mandate:{mandate.pk}"


def prove_by_code(mandate: Mandate, code: str, *, by: Principal) -> None:
    """The elder has read the message and told the code: 同意."""
    if by.person_id != mandate.agent_id:
        raise PermissionDenied("只有申请人可以填写验证码。")
    phone = mandate.asked_phone
    # Spent outside the transaction below: a wrong try stays counted.
    if not phone_code.spend(phone, code, purpose=consent_purpose(mandate)) or not consenting_phone(mandate):
        raise SignInRefused(phone_code.WRONG)
    with transaction.atomic():
        _prove(mandate, how=Mandate.Proof.PHONE_CODE, by=by)


@transaction.atomic
def prove_at_window(mandate: Mandate, name: str, number: str, *, paper: str, by: Principal) -> None:
    """The clerk types name and number off the original and has the asker's own card in hand as well."""
    if not by.has(Post.Role.CLERK) or by.person_id == mandate.agent_id:
        raise PermissionDenied("只有窗口受理人员可以核验，且不能核验自己的。")
    if paper not in ORIGINALS.get(Ground(mandate.ground), ()):
        raise ValidationError("请选择核对了哪一种原件。")
    if mandate.principal_organisation is not None:
        _seen_licence(mandate, mandate.principal_organisation, name, number)
    else:
        _seen_card(mandate.principal_person, name, number)
    _prove(mandate, how=Mandate.Proof.WINDOW, by=by, paper=paper)
    if mandate.agent.verified_level < SEEN_LEVEL:
        mandate.agent.verified_by, mandate.agent.verified_level = SEEN_AT_WINDOW, SEEN_LEVEL
        mandate.agent.save(update_fields=["verified_by", "verified_level"])


def _seen_card(person: Person | None, name: str, number: str) -> None:
    assert person is not None
    if checked_number(number, Person.Document.RESIDENT_ID) != person.number:
        raise ValidationError("原件上的号码与申请绑定的不一致，请逐位核对。")
    if person.verified_level >= SEEN_LEVEL and person.name != name.strip():
        raise ValidationError("这个号码已核验过的姓名与原件不同，请先核实身份。")
    if person.verified_level < SEEN_LEVEL:
        person.name, person.verified_by, person.verified_level = name.strip(), SEEN_AT_WINDOW, SEEN_LEVEL
        person.save(update_fields=["name", "verified_by", "verified_level"])


def _seen_licence(mandate: Mandate, body: Organisation, name: str, code: str) -> None:
    """Whom the licence names now; a former representative's mandate ends with it."""
    if "".join(code.split()).upper() != body.credit_code:
        raise ValidationError("执照上的统一社会信用代码与申请的不一致，请逐位核对。")
    body.name, body.legal_representative = name.strip(), mandate.agent.name
    body.save(update_fields=["name", "legal_representative"])
    former = Mandate.objects.in_force().filter(ground=Ground.LEGAL, principal_organisation=body)
    former.exclude(agent=mandate.agent_id).update(revoked_at=clock.now())


def reason_of_end(mandate: Mandate) -> str:
    """What the window wrote when it refused or ended it."""
    if mandate.revoked_at is None:
        return ""
    kind, subject = subject_of(mandate)
    rows = Entry.objects.filter(kind=kind, subject=subject, event="mandate.revoked", data__mandate=mandate.pk)
    return str(rows.values_list("data__reason", flat=True).first() or "")


def refuse_at_window(mandate: Mandate, reason: str, *, by: Principal) -> None:
    if not by.has(Post.Role.CLERK):
        raise PermissionDenied("只有窗口受理人员可以退回。")
    if len(reason.strip()) < 4:
        raise ValidationError("请写明为什么不能绑定（至少 4 个字），申请人会看到。")
    revoke_mandate(mandate, by=by, reason=reason.strip()[:200])


# What the window has in hand when somebody comes for another person.
SEEN_FOR_ANOTHER = {
    Ground.ENTRUSTED: ("授权委托书原件和双方身份证", "公证委托书和代办人身份证"),
    Ground.KIN: ("委托书和户口簿", "委托书和身份证"),
    Ground.GUARDIAN: ORIGINALS[Ground.GUARDIAN],
}


@transaction.atomic
def come_to_window_for(
    person: Person, agent: Person, *, by: Principal, ground: str, paper: str, scope: Sequence[str] = (),
    starts: dt.date | None = None, ends: dt.date | None = None, relation: str = "",
) -> Mandate:  # fmt: skip
    """代办人 at the counter, with or without an account: the paper seen is on record with its scope and period.

    The same paper shown again, or the page sent twice, is the mandate there is. A guardian's ends with childhood.
    """
    if not by.has(Post.Role.CLERK) or by.person_id == agent.pk:
        raise PermissionDenied("只有窗口受理人员可以核验，且不能核验自己的。")
    if ground not in SEEN_FOR_ANOTHER:
        raise ValueError("请选择代办人凭什么来办。")
    if paper not in SEEN_FOR_ANOTHER[Ground(ground)]:
        raise ValueError("请选择看过哪种原件，要和代办的理由对得上。")
    if person.pk == agent.pk:
        raise ValueError("代办人和申请人是同一个人，本人来的不用填代办人。")
    starts = starts or clock.today()
    ends = last_day_of_childhood(person.number) if ground == Ground.GUARDIAN else ends
    _check_period(ground, starts, ends)
    held = Mandate.objects.in_force().filter(principal_person=person, agent=agent, ground=ground)
    alike = {} if ground == Ground.GUARDIAN else {"starts": starts, "ends": ends}
    if same := next((each for each in held.filter(**alike) if list(scope) == each.scope or not each.scope), None):
        return same
    proven = {"proven_at": clock.now(), "proven_how": Mandate.Proof.WINDOW, "proven_by": by.key, "proven_paper": paper}
    try:
        with transaction.atomic():
            mandate = Mandate.objects.create(
                principal_person=person, agent=agent, ground=ground, scope=list(scope), starts=starts, ends=ends,
                relation=relation.strip()[:20], stated_name=person.name, **proven,
            )  # fmt: skip
    except IntegrityError:
        raise ValueError("两人之间已有一份绑定，请在“绑定”里按编号核验或结束以后再收件。") from None
    kept = {"agent": agent.pk, "scope": mandate.scope, "ends": ends and ends.isoformat(), "paper": paper}
    record(mandate, "mandate.given", by=by, **kept)
    return mandate


def _check_period(ground: str, starts: dt.date, ends: dt.date | None) -> None:
    today = clock.today()
    if ends is None:
        raise ValueError("请填写委托书写明的截止日期。")
    if ground == Ground.GUARDIAN and ends < today:
        raise ValueError("申请人已满 18 周岁，不能凭监护关系代办，请出具授权委托书。")
    if starts > today or ends < today:
        raise ValueError("委托书现在不在有效期内，请核对起止日期。")
    if ground != Ground.GUARDIAN and ends - starts > LONGEST:
        raise ValueError("委托期限最长三年，请核对截止日期。")
