"""Accounts for trying the program out, in the sandbox only: known password, authenticator on the screen."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from stdnum.cn import ric, uscc

from onewindow.accounts import actions
from onewindow.accounts.counter import SEEN_AT_WINDOW, SEEN_LEVEL
from onewindow.accounts.models import Agency, Mandate, Organisation, Person, Post, Site, User
from onewindow.accounts.providers import totp
from onewindow.kernel import clock, secrecy
from onewindow.kernel.ledger import System

PASSWORD = "xindu-demo-2017"  # noqa: S105 - printed on purpose; sandbox only
BY = System("demo", "演示数据")
AGENCIES = ("WJJ", "MZJ", "GAJ", "SBZX", "XSPJ", "ZJJ", "SWJ", "BDC", "ZFB")
# The window takes in for these too; they decide in systems of their own.
PASSED_ON = ("GJJ", "CGS")
WINDOW = {Post.Role.CLERK: "受理", Post.Role.REVIEWER: "审查", Post.Role.DECIDER: "决定"}
NAMES = [
    "刘敏", "杨帆", "赵勇", "周丽", "吴刚", "徐静", "孙涛", "马兰", "朱军", "胡燕", "林涛",
    "何平", "郭芳", "罗斌", "高洁", "梁宇", "宋佳", "郑凯", "谢琳", "韩雪", "唐毅",
    "蒋欣", "戴明", "姚远", "彭丹", "傅强", "夏雨",
]  # fmt: skip


@dataclass(frozen=True)
class Citizen:
    name: str
    phone: str
    body: str  # the first 17 characters of a fictitious number (GB 11643)
    address: str


CITIZENS = (
    Citizen("李秀英", "13800000001", "51012519560312202", "新都区新都街道（示例地址）1号"),
    Citizen("王强", "13800000002", "51012519850621103", "新都区三河街道（示例地址）2号"),
    Citizen("陈静", "13800000003", "51012519920809304", "新都区大丰街道（示例地址）3号"),
    Citizen("张伟", "13800000004", "51012519781105405", "新都区桂湖街道（示例地址）4号"),
)
AGENT_BODY, AGENT_PHONE = "51012519750912204", "13800000009"
COMPANY = ("成都香城示例科技有限公司", "91510114MA6DEMN00")


@dataclass(frozen=True)
class SignIn:
    role: str
    name: str
    login: str
    second: str


def secret_for(username: str) -> str:
    digest = hashlib.sha256(f"demo-totp:{username}:{settings.SECRET_KEY}".encode()).digest()
    return base64.b32encode(digest)[:32].decode()


def code_for(user: User) -> str:
    """A code that will be accepted: of this step, or of the next when this one is used up."""
    return totp.code_at(secret_for(user.username), max(totp.current_step(), user.totp_last_step + 1))


def code_on_screen(user: User) -> str:
    """Empty unless the account was made here and still has its demonstration secret."""
    if not settings.SANDBOX or totp.secret_of(user) != secret_for(user.username):
        return ""
    return code_for(user)


@transaction.atomic
def make_accounts() -> list[SignIn]:
    """Idempotent; what a person has changed since (a bound authenticator, a post ended) is set back."""
    hall = Site.objects.filter(level=Site.Level.DISTRICT).order_by("code").first()
    village = Site.objects.select_related("parent").filter(level=Site.Level.VILLAGE).order_by("code").first()
    agencies = {agency.code: agency for agency in Agency.objects.filter(code__in=AGENCIES)}
    if missing := sorted(set(AGENCIES) - set(agencies)):
        raise Agency.DoesNotExist(f"先装入部门（onewindow load data/xindu），缺：{'、'.join(missing)}")
    made, names = [], iter(NAMES)
    for code in AGENCIES:
        for role, verb in WINDOW.items():
            login = f"{code.lower()}-{role}"
            made.append(_staff(login, next(names), f"{agencies[code]} {verb}岗", [(role, agencies[code], hall)]))
    passed_on = Agency.objects.filter(code__in=PASSED_ON)
    everywhere = [(Post.Role.CLERK, agency, hall) for agency in (*agencies.values(), *passed_on)]
    # 首席代表: immediate items of these agencies are decided at the window.
    roles = (Post.Role.REVIEWER, Post.Role.DECIDER)
    decided = [(role, agencies[code], hall) for code in ("WJJ", "SBZX", "XSPJ") for role in roles]
    made.append(_staff("chuangkou", "曾小红", "综合窗口首席代表（即办件）", [*everywhere, *decided]))
    made += _colleagues(agencies["XSPJ"], hall)
    made += _on_duty(hall)
    made += _in_town(village.parent if village else None, list(agencies.values()))
    heads = [(Post.Role.HEAD, agency, hall) for agency in agencies.values()]
    made.append(_staff("head", "程立", "机关负责人（批准延期）", heads))
    alone = {
        Post.Role.GOVERNOR: ("方正国", None),
        Post.Role.MANAGER: ("邓勇", hall), Post.Role.SUPERVISOR: ("冯清", None), Post.Role.EDITOR: ("苏文", None),
        Post.Role.CHECKER: ("叶青", None), Post.Role.OPERATOR: ("蒋维", None), Post.Role.AGENT: ("杜春梅", village),
    }  # fmt: skip
    for role, (name, site) in alone.items():
        made.append(_staff(role, name, str(Post.Role(role).label), [(role, None, site)]))
    _named_agent()
    return made + [_citizen(citizen) for citizen in CITIZENS] + [_company()]


def _colleagues(agency: Agency, hall: Site | None) -> list[SignIn]:
    """Who goes to the site as the second officer and stands in as B 角; who chairs hearings and reviews nothing."""
    second = _staff("xspj-reviewer2", "李琴", f"{agency} 审查岗（B 角）", [(Post.Role.REVIEWER, agency, hall)])
    chair = _staff("xspj-chair", "王磊", f"{agency} 听证主持人", [(Post.Role.MANAGER, agency, hall)])
    own = Post.objects.filter(user__username="xspj-reviewer", role=Post.Role.REVIEWER, agency=agency, backup=None)
    own.update(backup=User.objects.get(username="xspj-reviewer2"))
    return [second, chair]


def _on_duty(hall: Site | None) -> list[SignIn]:
    """Of the agencies that must serve in extended hours and have no window of their own here otherwise."""
    made = []
    for code, name in (("TAX", "田丽"), ("GJJ", "龚涛"), ("FCZ", "方芸")):
        for agency in Agency.objects.filter(code=code):
            made.append(_staff(f"{code.lower()}-clerk", name, f"{agency} 窗口岗", [(Post.Role.CLERK, agency, hall)]))
    return made


def _in_town(town: Site | None, agencies: Sequence[Agency]) -> list[SignIn]:
    """Who takes in at a town's centre for organs of the district, and who looks after its villages' agents."""
    clerk = [(Post.Role.CLERK, agency, town) for agency in agencies]
    where = str(town) if town else ""
    return [
        _staff("town-clerk", "曾玉兰", f"{where} 窗口岗（代区级部门收件）", clerk),
        _staff("town-manager", "龙建国", f"{where} 负责人", [(Post.Role.MANAGER, None, town)]),
    ]


def _named_agent() -> None:
    """An agent acts under mandates and so is a person on record."""
    user = User.objects.get(username=Post.Role.AGENT)
    number = _with_digit(AGENT_BODY)
    person = Person.find(number) or Person.with_number(name=user.name, number=number, verified_by=SEEN_AT_WINDOW)
    if person.pk is None:
        person.verified_level = SEEN_LEVEL
        person.save()
    User.objects.filter(pk=user.pk).update(person=person, phone=AGENT_PHONE)


def _staff(username: str, name: str, role: str, posts: Sequence[tuple[str, Agency | None, Site | None]]) -> SignIn:
    user, _ = User.objects.get_or_create(username=username, defaults={"kind": User.Kind.STAFF})
    user.name = name
    _open(user)
    if not user.totp_cipher or totp.secret_of(user) != secret_for(username):
        user.totp_cipher = secrecy.encrypt(secret_for(username), purpose=totp.PURPOSE)
    user.save()
    for post_role, agency, site in posts:
        if not Post.objects.filter(user=user, role=post_role, agency=agency, site=site, ends__isnull=True).exists():
            actions.appoint(user, post_role, by=BY, agency=agency, site=site)
    return SignIn(role, name, username, f"onewindow totp {username}")


@cache
def _password() -> str:
    """One hash for all of them, kept from run to run so that sessions last: a hash costs 50 ms and more."""
    kept = User.objects.filter(username="chuangkou").values_list("password", flat=True).first()
    return kept if kept and check_password(PASSWORD, kept) else make_password(PASSWORD)


def _open(user: User) -> None:
    user.is_active, user.failures, user.locked_until, user.password = True, 0, None, _password()


def number_of(citizen: Citizen) -> str:
    return _with_digit(citizen.body)


def _with_digit(body: str) -> str:
    return body + ric.calc_check_digit(body + "0")


def _citizen(citizen: Citizen) -> SignIn:
    number = number_of(citizen)
    person = Person.find(number)
    if person is None:
        person = Person.with_number(name=citizen.name, number=number, verified_by="自报", verified_level=2)
        person.phone, person.address = citizen.phone, citizen.address
        person.save()
    defaults = {"username": f"demo-{citizen.phone}"}
    user, _ = User.objects.get_or_create(phone=citizen.phone, defaults=defaults)
    user.name, user.person = citizen.name, person
    _open(user)
    user.save()
    return SignIn("群众", citizen.name, citizen.phone, "短信验证码显示在页面上")


def _company() -> SignIn:
    """The owner acts for the company by a mandate without limit, as its legal representative."""
    owner = User.objects.get(phone=CITIZENS[-1].phone).person
    assert owner is not None
    company, _ = Organisation.objects.get_or_create(
        credit_code=_with_check(COMPANY[1]), defaults={"name": COMPANY[0], "legal_representative": owner.name}
    )
    if not Mandate.objects.in_force().filter(principal_organisation=company, agent=owner).exists():
        proven = {"proven_at": clock.now(), "proven_how": Mandate.Proof.WINDOW, "proven_by": BY.key}
        Mandate.objects.create(principal_organisation=company, agent=owner, ground=Mandate.Ground.LEGAL, **proven)
    return SignIn("企业法定代表人", company.name, CITIZENS[-1].phone, "同上（张伟）")


def _with_check(body: str) -> str:
    return body + uscc.calc_check_digit(body)
