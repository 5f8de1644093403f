"""The node's outbox: rows numbered in the order they were committed, sent, and forgotten once the centre has them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from onewindow.documents.models import File
from onewindow.hall.models import Outgoing, Outpost, Receipt
from onewindow.hall.node.taking import Sent, chained

# Rows of one request, and how many letters they may have together.
ROWS, LETTERS = 400, 1_500_000
# Rows the centre has are kept so long, should it have to go back to an older copy of itself.
KEPT = timedelta(days=7)


def number(outpost: Outpost) -> None:
    """Rows no older transaction can still come before get their number; by id a row follows what it points to."""
    with transaction.atomic():
        Outpost.objects.select_for_update().get(pk=outpost.pk)
        last = Outgoing.objects.filter(n__isnull=False).order_by("-n").first()
        n, head = (last.n or 0, last.head) if last else (outpost.sent, outpost.head)
        safe = "xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        fresh = list(Outgoing.objects.filter(n=None).extra(where=[safe]).order_by("id")[: 10 * ROWS])  # noqa: S610 - fixed text
        for each in fresh:
            n += 1
            head = chained(head, sent(each, n))
            each.n, each.head = n, head
        Outgoing.objects.bulk_update(fresh, ["n", "head"], batch_size=ROWS)


def sent(each: Outgoing, n: int | None = None) -> Sent:
    return Sent(n or each.n or 0, each.table, each.gone, each.row)


def next_rows(outpost: Outpost) -> list[Outgoing]:
    """What the centre has not got, as much as one request carries."""
    found: list[Outgoing] = []
    letters = 0
    for each in Outgoing.objects.filter(n__gt=outpost.sent).order_by("n")[:ROWS]:
        letters += len(str(each.row))
        if found and letters > LETTERS:
            break
        found.append(each)
    return found


def on_the_wire(rows: Iterable[Outgoing]) -> list[dict[str, Any]]:
    """A receipt's document number goes in the clear inside TLS: the centre seals it with its own key."""
    found = []
    for each in rows:
        row: dict[str, Any] = {"n": each.n, "table": each.table, "gone": each.gone, "row": each.row}
        if each.table == "hall_receipt":
            row["number"] = Receipt(number_cipher=each.row["number_cipher"]).person_number
        found.append(row)
    return found


def files_of(rows: Iterable[Outgoing]) -> list[File]:
    """Whose content must be there before the rows that name them."""
    return list(File.objects.filter(pk__in=[each.row["id"] for each in rows if each.table == "documents_file"]))


def settle(outpost: Outpost, taken: int, head: str) -> bool:
    """The centre has the rows up to `taken`; False when its row of that number is not ours.

    The centre may also be behind what it once had (restored from last night's copy): it gets the rows again.
    """
    if (taken, head) == (outpost.sent, outpost.head):
        return True
    known = Outgoing.objects.filter(n=taken).values_list("head", flat=True).first()
    if taken and known != head:
        return False
    outpost.sent, outpost.head = taken, head
    outpost.save(update_fields=["sent", "head"])
    Outgoing.objects.filter(n__lt=taken, at__lt=timezone.now() - KEPT).delete()
    return True


def standing(outpost: Outpost) -> tuple[int, int, datetime | None]:
    """Last row numbered, rows that wait, since when."""
    waits = Outgoing.objects.filter(Q(n=None) | Q(n__gt=outpost.sent)).aggregate(n=Count("id"), first=Min("at"))
    last = Outgoing.objects.aggregate(last=Max("n"))["last"] or outpost.sent
    return last, waits["n"], waits["first"]


def waiting() -> int:
    here = Outpost.objects.first()
    return standing(here)[1] if here else 0
