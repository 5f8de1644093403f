"""门禁记录: who opened the doors of the 24-hour area, newest first, without a number in clear."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from onewindow.hall.actions import devices, doors
from onewindow.hall.models import Device, Opening
from onewindow.kernel import ledger, wire
from onewindow.web.account.guards import SignedIn, staff_only

PAGE = 50


@staff_only("manager", "operator")
def index(request: SignedIn) -> HttpResponse:
    known = devices.managed_by(request.principal).filter(kind=Device.Kind.DOOR)
    here = list(known.select_related("site", "zone").order_by("site_id", "code"))
    said = {name: request.GET.get(name, "").strip()[:40] for name in ("device", "how", "day", "only")}
    rows = _rows(here, said)
    if request.method == "POST":
        rows = _of_mark(request, rows)
    if (after := wire.whole(request.GET.get("after", ""))) is not None:
        rows = rows.filter(pk__lt=after)
    page = list(rows[: PAGE + 1])
    kept = urlencode({key: value for key, value in said.items() if value})
    context = {
        "rows": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None, "doors": here, "kept": kept,
        "said": said, "hows": Opening.How.choices, "searched": request.method == "POST",
    }  # fmt: skip
    return render(request, "manage/doors.html", context)


def _rows(here: list[Device], said: dict[str, str]) -> QuerySet[Opening]:
    rows = Opening.objects.filter(device__in=here).select_related("device__zone").order_by("-id")
    if (pk := wire.whole(said["device"])) is not None:
        rows = rows.filter(device=pk)
    if said["how"] in Opening.How.values:
        rows = rows.filter(how=said["how"])
    if (day := _day(said["day"])) is not None:
        rows = rows.filter(at__date=day)
    return rows.filter(granted=False) if said["only"] == "refused" else rows


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _of_mark(request: SignedIn, rows: QuerySet[Opening]) -> QuerySet[Opening]:
    """Who looks for a person's comings and goings leaves a row in the ledger; the number is in no address."""
    mark = request.POST.get("mark", "").strip()[:60]
    if not mark:
        return rows
    ledger.record(("user", str(request.principal.user_id)), "door.searched", by=request.principal,
                  data={"mark": doors.masked(mark)})  # fmt: skip
    return doors.found(rows, mark)
