"""底数: what a node must know to work alone, part by part; the centre's side."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Q

from onewindow.accounts.models import Absence, Post, User
from onewindow.accounts.providers import totp
from onewindow.hall.models import Booking, Node, Sitting, Ticket
from onewindow.hall.node.images import Row, take
from onewindow.kernel import clock, secrecy

Part = dict[str, list[Row]]
# Bookings of today and so many days more.
AHEAD = 1
SITE = "t.site_id = %s"
OF_SITE = (
    "hall_rules", "hall_devicerules", "hall_zone", "hall_queue", "hall_window", "hall_device", "hall_hours",
    "hall_specialday", "hall_attendance",
)  # fmt: skip


def places(node: Node) -> Part:
    """Where people are served, when, and the calendar."""
    site, of_site = node.site_id, [node.site_id]
    above = "t.code IN (WITH RECURSIVE up AS (SELECT code, parent_id FROM accounts_site WHERE code = %s UNION ALL "
    above += "SELECT s.code, s.parent_id FROM accounts_site s JOIN up ON s.code = up.parent_id) SELECT code FROM up)"
    queues = "t.queue_id IN (SELECT id FROM hall_queue WHERE site_id = %s)"
    found = {
        "accounts_agency": take("accounts_agency"),
        "accounts_site": take("accounts_site", above, [site]),
        "hall_queue_agencies": take("hall_queue_agencies", queues, of_site),
        "kernel_calendaryear": take("kernel_calendaryear"),
        "kernel_calendarday": take("kernel_calendarday"),
        "kernel_calendaredition": take("kernel_calendaredition"),
    }
    for table in OF_SITE:
        found[table] = take(table, SITE, of_site)
    # 延时值班 of this week and the next, so that the hall knows which windows serve in the evening.
    week = clock.today() - timedelta(days=7)
    found["hall_roster"] = take("hall_roster", "t.site_id = %s AND t.monday >= %s", [site, week])
    duties = "t.roster_id IN (SELECT id FROM hall_roster WHERE site_id = %s AND monday >= %s)"
    known = "t.user_id IN (SELECT user_id FROM accounts_post WHERE site_id = %s)"
    found["hall_duty"] = take("hall_duty", f"{duties} AND {known}", [site, week, site])
    # What a window begins with; from then on the node says which queues it serves.
    found["hall_window_queues"] = take("hall_window_queues", queues, of_site)
    return found


def staff(node: Node) -> Part:
    """Who may sign on there, with what the check of password and authenticator needs; nothing of citizens."""
    # Also who manages every hall.
    posts = Post.objects.filter(Q(site=node.site_id) | Q(site=None, role=Post.Role.MANAGER))
    known = set(posts.values_list("user", flat=True)) | set(posts.values_list("backup", flat=True))
    known |= set(Ticket.objects.filter(site=node.site_id, day=clock.today()).values_list("officer", flat=True))
    known |= set(Sitting.objects.filter(window__site=node.site_id, ended_at=None).values_list("user", flat=True))
    users = sorted(known - {None})
    people = take("accounts_user", "t.id = ANY(%s)", [users])
    absent = Absence.objects.filter(user__in=users, ends__gte=clock.today()).values_list("pk", flat=True)
    return {
        "accounts_user": [_officer(row) for row in people],
        "accounts_post": take("accounts_post", "t.id = ANY(%s)", [list(posts.values_list("pk", flat=True))]),
        "accounts_absence": take("accounts_absence", "t.id = ANY(%s)", [list(absent)]),
    }


def _officer(row: Row) -> Row:
    """The authenticator's secret travels in the clear inside TLS: the node seals it with a key of its own."""
    sealed = row.pop("totp_cipher")
    secret = secrecy.decrypt(sealed, purpose=totp.PURPOSE) if sealed else ""
    return row | {"totp_secret": secret, "person_id": None, "phone": None}


def items(node: Node) -> Part:
    """All items; the complete ones with their guides, so that papers can be taken for them."""
    rows = [row if row["complete"] else row | {"current_id": None} for row in take("catalogue_item")]
    versions = take("catalogue_itemversion", "t.id IN (SELECT current_id FROM catalogue_item WHERE complete)")
    return {"catalogue_item": rows, "catalogue_itemversion": versions}


def bookings(node: Node) -> Part:
    """Who booked for today and tomorrow: the number on the phone, and never a name."""
    until = clock.today() + timedelta(days=AHEAD + 1)
    near = Booking.objects.filter(
        slot__queue__site=node.site_id, slot__starts__date__gte=clock.today(), slot__starts__date__lt=until
    )
    rows = take("hall_booking", "t.id = ANY(%s)", [list(near.values_list("pk", flat=True))])
    for row in rows:
        row |= {"person_id": None, "case_id": None, "guest": "", "phone": "", "made_by_id": None}
    parties = take("hall_party", "t.id = ANY(%s)", [[row["party_id"] for row in rows if row["party_id"]]])
    slots = {row["slot_id"] for row in rows}
    holders = User.objects.filter(pk__in={row["user_id"] for row in rows if row["user_id"]})
    return {
        "accounts_user": [_stand_in(row) for row in take("accounts_user", "t.id = ANY(%s)", [[u.pk for u in holders]])],
        "hall_party": [row | {"name": "团队"} for row in parties],
        "hall_slot": take("hall_slot", "t.id = ANY(%s)", [sorted(slots)]),
        "hall_booking": rows,
    }


def _stand_in(row: Row) -> Row:
    blank = {"username": f"booking-{row['id']}", "password": "!", "is_active": False, "kind": User.Kind.CITIZEN}
    blank |= {"name": secrecy.mask_name(row["name"] or "—"), "phone": None, "person_id": None}
    return row | blank | {"totp_cipher": "", "failures": 0, "locked_until": None}


def state(node: Node) -> Part:
    """What stood in the hall when the say passed; given once."""
    of_today = [node.site_id, clock.today()]
    visits = take("hall_visit", "t.site_id = %s AND t.day = %s", of_today)
    tickets = take("hall_ticket", "t.site_id = %s AND t.day = %s", of_today)
    windows = "t.window_id IN (SELECT id FROM hall_window WHERE site_id = %s)"
    return {
        "hall_visit": [row | {"person_id": None} for row in visits],
        "hall_ticket": [row | {"case_id": None} for row in tickets],
        "hall_sitting": take("hall_sitting", f"{windows} AND t.ended_at IS NULL", [node.site_id]),
        "hall_window_queues": take("hall_window_queues", windows, [node.site_id]),
        "kernel_counter": take("kernel_counter", "t.name ~ %s", [counters(node.site_id)]),
        "kernel_chain": take("kernel_chain", "t.kind = 'window' AND t.subject LIKE %s", [f"{node.site_id}-%"]),
    }


def counters(site: str) -> str:
    """Serial numbers of the site's day, as a regular expression."""
    return f"^(ticket|consultation):{site}:.*{clock.today():%Y%m%d}$"


PARTS: dict[str, Callable[[Node], Part]] = {"places": places, "staff": staff, "items": items, "bookings": bookings}


def brief(node: Node, have: dict[str, str], *, begin: bool = False) -> dict[str, Any]:
    """The parts that differ from what the node has, with their digests; with `begin` all of them and the state."""
    found: dict[str, Any] = {}
    for name, read in PARTS.items():
        part = read(node)
        digest = hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()
        if begin or have.get(name) != digest:
            found[name] = {"digest": digest, "tables": part}
    if begin:
        found["state"] = {"digest": "", "tables": state(node)}
    return found
