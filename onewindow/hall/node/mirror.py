"""The brief put into the node's database: what the centre is the only writer of."""

from __future__ import annotations

from typing import Any

from django.db import connection

from onewindow.accounts import principal as principals
from onewindow.accounts.providers import totp
from onewindow.hall.models import Booking, Outpost, Window
from onewindow.hall.models.nodes import BLOCK
from onewindow.hall.node import tables
from onewindow.hall.node.images import Row, columns, put, remove_others
from onewindow.kernel import clock, secrecy

# In order of what points to what; foreign keys are looked at when all is in.
ORDER = ("places", "staff", "items", "bookings", "state")
# Rows that are gone at the centre go here too: a post that ended, a day that is open again.
WHOLE = {
    "accounts_post", "accounts_absence", "hall_queue_agencies", "hall_hours", "hall_specialday", "hall_attendance",
    "kernel_calendarday",
}  # fmt: skip
# The node's own columns in rows of the centre.
OWN: dict[str, tuple[str, ...]] = {
    "accounts_user": ("failures", "locked_until", "totp_last_step"),
    "hall_window": ("edition",),
    "hall_device": ("seen_at", "silent", "state", "sheets", "roll"),
}
# Never changed once they are there.
FIXED = {"catalogue_itemversion", "kernel_calendaredition"}


def take(outpost: Outpost, parts: dict[str, Any]) -> None:
    """All parts or none."""
    if not parts:
        return
    with tables.mirroring(outpost.site_code):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for name in ORDER:
            if name in parts:
                _part(name, parts[name]["tables"])
                outpost.parts[name] = parts[name]["digest"]
        outpost.save(update_fields=["parts"])
    clock.forget()
    principals.forget_all()


def _part(name: str, found: dict[str, list[Row]]) -> None:
    windows = set(Window.objects.values_list("pk", flat=True)) if name == "places" else set()
    for table, rows in found.items():
        if table in WHOLE:
            remove_others(table, rows)
        if table == "hall_booking":
            # Moved to another day: nobody checks in with it today.
            Booking.objects.exclude(pk__in=[row["id"] for row in rows]).exclude(state=Booking.State.ARRIVED).delete()
        for row in rows:
            if table == "hall_window_queues" and row["window_id"] in windows:
                continue  # which queues a window serves is the node's, from the first day on
            _row(name, table, row)


def _row(name: str, table: str, row: Row) -> None:
    keep = OWN.get(table, ())
    if table in FIXED or (name == "bookings" and table == "accounts_user"):
        keep = columns(table)
    if name == "bookings" and table == "hall_booking" and _has_come(row):
        return
    if "totp_secret" in row:
        secret = row.pop("totp_secret")
        row["totp_cipher"] = secrecy.encrypt(secret, purpose=totp.PURPOSE) if secret else ""
    put(table, row, keep=keep)


def _has_come(row: Row) -> bool:
    """Checked in here, and not yet known at the centre; or a number only the centre has."""
    return row["ticket_id"] is not None or Booking.objects.filter(pk=row["id"], state=Booking.State.ARRIVED).exists()


def begin(outpost: Outpost, lease: int) -> None:
    """Own keys from here on: the block of the lease."""
    with connection.cursor() as cursor:
        for table in tables.KEYED:
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, lease * BLOCK])
    outpost.lease, outpost.state = lease, Outpost.State.HELD
    outpost.save(update_fields=["lease", "state"])
