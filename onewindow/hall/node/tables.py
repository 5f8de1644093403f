"""What of the hall flows where. A table of the hall is in one of these lists."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

if TYPE_CHECKING:
    from collections.abc import Iterator

# Written by the node, sent up. What the centre keeps for itself in such a row: it never comes from a node.
UP: dict[str, tuple[str, ...]] = {
    "hall_visit": ("person_id",),
    "hall_ticket": ("case_id",),
    "hall_sitting": (),
    "hall_consultation": (),
    "hall_window_queues": (),
    "hall_service": ("case_id",),
    "feedback_rating": ("case_id",),
    "hall_receipt": ("case_id", "voided_at", "void_reason", "number_cipher"),
    "hall_receiptfile": (),
    "hall_errand": (),
    "hall_move": (),
    "hall_device": (),
    "hall_booking": (),
    "documents_file": ("scan", "owner"),
    "kernel_counter": (),
    "kernel_entry": (),
}
# Only these of tables that hold more than the hall.
ONLY = {"kernel_counter": "NEW.name ~ '^(ticket|consultation|receipt):'"}
# Sequences that begin anew in the lease's block of keys.
KEYED = (
    "hall_visit", "hall_ticket", "hall_sitting", "hall_consultation", "hall_window_queues", "hall_service",
    "hall_move", "feedback_rating",
)  # fmt: skip
# From the centre, part by part (briefs.PARTS); besides tables below the hall.
DOWN = frozenset({
    "hall_rules", "hall_devicerules", "hall_zone", "hall_queue", "hall_queue_agencies", "hall_window", "hall_device",
    "hall_hours", "hall_specialday", "hall_attendance", "hall_roster", "hall_duty", "hall_slot",
    "hall_party",
})  # fmt: skip
# Chains the node alone writes to: their ledger rows keep their hash. Others are written down anew at the centre.
CHAINS = frozenset({"ticket", "window", "receipt"})
# On the side that has it.
STAYS = frozenset({
    "hall_node", "hall_nodeconflict", "hall_outpost", "hall_outgoing", "hall_printout", "hall_opening", "hall_swap",
    "hall_alert", "hall_reminder",
})  # fmt: skip


def watch() -> None:
    """Let the node's database note every change of what flows up; places of bookings are counted at the centre only."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE hall_booking DISABLE TRIGGER booking_never_oversold")
        for table in UP:
            only = ONLY.get(table)
            for when, clause in (
                ("INSERT", only),
                ("UPDATE", " AND ".join(filter(None, ["OLD.* IS DISTINCT FROM NEW.*", only]))),
                ("DELETE", None if table == "hall_window_queues" else "false"),
            ):
                condition = f"WHEN ({clause}) " if clause else ""
                cursor.execute(
                    f"CREATE OR REPLACE TRIGGER hall_outgoing_{when.lower()} AFTER {when} ON {table} "
                    f"FOR EACH ROW {condition}EXECUTE FUNCTION hall_note_outgoing()"
                )


@contextmanager
def mirroring(site: str) -> Iterator[None]:
    """Rows of the other side are put in: neither refused nor sent back. One transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('onewindow.mirror', %s, true)", [site])
        yield
        cursor.execute("SELECT set_config('onewindow.mirror', '', true)")


def program() -> str:
    """Both sides must have the same tables: the migrations that ran here, as one hash."""
    ours = {name.rpartition(".")[2] for name in settings.INSTALLED_APPS if name.startswith("onewindow.")}
    done = MigrationRecorder(connection).applied_migrations()
    names = sorted(f"{app}.{name}" for app, name in done if app in ours)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()
