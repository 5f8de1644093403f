"""Who has the say over a site now. The database refuses the others anyhow; here it is said in words."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.db import connection
from django.db.models import OuterRef, Subquery

from onewindow.hall.models import Node, Outpost
from onewindow.kernel import clock

# First key of the advisory locks of sites; the trigger hall_guard() takes them shared.
LOCK = 20171


def holder(site: str) -> Node | None:
    """The node that has the say over the site, as the centre knows it; on a node itself always None."""
    if settings.HALL_SITE:
        return None
    return Node.objects.filter(site=site, state__in=Node.HOLDING).first()


def contact(site: str) -> Subquery:
    """When the node that has the say was last heard of, asked along with rows that name their site in that field."""
    holding = Node.objects.filter(site=OuterRef(site), state__in=Node.HOLDING)
    return Subquery((Node.objects.none() if settings.HALL_SITE else holding).values("contact_at"))


def ensure_here(site: str) -> None:
    """ValueError where numbers of the site are drawn and called by somebody else."""
    if node := holder(site):
        raise ValueError(f"这个大厅现在由大厅节点“{node.name}”主持，请在大厅里取号、叫号。")
    if settings.HALL_SITE and (here := Outpost.objects.first()) and here.state == Outpost.State.FENCED:
        raise ValueError(f"这个节点已不再主持大厅：{here.said or '主持权已收回'}。请告诉运维人员。")


def ensure_centre() -> None:
    """Places of bookings are counted in one book."""
    if settings.HALL_SITE:
        raise ValueError("预约在中心办理，大厅节点上不能约。请直接取号。")


def ensure_reachable(site: str, moment: datetime) -> None:
    """Today's times are not given or moved while the hall cannot hear of it."""
    node = holder(site)
    if node and node.is_silent and moment.astimezone(clock.SHANGHAI).date() == clock.today():
        raise ValueError("大厅和中心的连线暂时断了，今天的时段现在不能约、不能改。请改天，或直接到大厅取号。")


def unheard() -> set[str]:
    """Sites of which the centre does not know how they stand now: nothing is concluded from what it has not heard."""
    return {node.site_id for node in Node.objects.filter(state__in=Node.HOLDING) if node.is_behind}


def hold(site: str) -> None:
    """Until the transaction ends nobody writes numbers of the site; who was at it has finished."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, site])


def first_open_day() -> date | None:
    """The first day a node may still owe rows of: it is not sealed yet (kernel.ledger)."""
    owing = Node.objects.filter(state__in=Node.HOLDING).values_list("oldest_at", "contact_at", "begun_at", "waiting")
    told = [(oldest if waiting else contact) or begun for oldest, contact, begun, waiting in owing]
    return min((each.astimezone(clock.SHANGHAI).date() for each in told if each), default=None)
