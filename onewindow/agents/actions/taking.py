"""登记代办: a neighbour asks. Nothing is done for them until they have given a mandate."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from onewindow.accounts.actions import person_named_by_other
from onewindow.accounts.models import Person, Site
from onewindow.accounts.principal import Principal
from onewindow.agents.models import Errand
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Item
from onewindow.kernel import clock, ledger, limits, numbers

PHONE = re.compile(r"1[3-9]\d{9}")
# Names and numbers one agent may enter in a day: enough for a round of visits, too few to try numbers out.
TRIES, DAY = 40, timedelta(days=1)


def station(by: Principal) -> str:
    """便民服务站 of the agent's post."""
    found = next((post.site for post in by.posts if post.role == "agent" and post.site), None)
    if found is None or by.person_id is None:
        raise PermissionDenied("只有登记了身份、有服务站岗位的代办员可以代办。")
    return found


def take_up(
    item: Item, *, by: Principal, name: str, number: str, phone: str = "", home: str = "", note: str = "", once: str
) -> Errand:
    """`home` is the code of the neighbour's own station, empty for somebody from outside the district."""
    site = station(by)
    mark = hashlib.sha256(f"{by.user_id}:{once}".encode()).hexdigest()
    if known := Errand.objects.filter(once=mark).first():
        return known
    _ensure_may_be_sent(item)
    name, phone = name.strip()[:80], "".join(phone.split())
    if len(name) < 2:
        raise ValueError("请填写邻居的姓名。")
    if phone and not PHONE.fullmatch(phone):
        raise ValueError("手机号应是 11 位，没有手机就空着，用纸质委托书。")
    if phone and phone == by.phone:
        raise ValueError("这是您自己的手机号。请填邻居本人的；没有手机就空着，用纸质委托书。")
    if home and not Site.objects.filter(pk=home, level=Site.Level.VILLAGE).exists():
        raise ValueError("请选择邻居住在哪个村（社区）。")
    if not limits.hit(f"errand:{by.user_id}", limit=TRIES, per=DAY):
        raise ValidationError("今天登记的次数太多了，请明天再登记，或请镇里帮忙。")
    try:
        with transaction.atomic():
            person = person_named_by_other(name, number, Person.Document.RESIDENT_ID)
            if person.pk == by.person_id:
                raise ValueError("办自己的事请用个人账号申请，不用代办。")
            errand = Errand.objects.create(
                number=_number(), once=mark, agent_id=by.user_id, site_id=site, item=item, person=person, name=name,
                phone=phone, home_id=home or None, note=note.strip()[:200],
            )  # fmt: skip
            data = {"item": item.code, "site": site, "home": home, "elsewhere": errand.from_elsewhere}
            ledger.record(errand, "errand.taken_up", by=by, data=data)
    except IntegrityError:
        return Errand.objects.get(once=mark)
    return errand


def may_be_sent(guide: Guide) -> bool:
    """Nobody need come in person, or the guide speaks of whoever comes instead; never where presence is the law."""
    for_another = guide.takes_mandate or any("代办" in paper.name for paper in guide.materials)
    return for_another or guide.visits.count == 0


def _ensure_may_be_sent(item: Item) -> None:
    if item.current is None or not item.guide.complete:
        raise ValueError("这个事项的规程还不完整，不能代办，请陪邻居到大厅问清楚。")
    if "自然人" not in item.target:
        raise ValueError("这个事项只对单位，请单位的经办人来办。")
    if not may_be_sent(item.guide):
        raise ValueError("这个事项要本人办（规程里没有委托的办法），请陪邻居一起去，或帮他在自己的手机上申请。")


def _number() -> str:
    day = clock.today()
    return f"DB{day:%Y%m%d}{numbers.next_serial(f'errand:{day:%Y%m%d}'):04d}"
