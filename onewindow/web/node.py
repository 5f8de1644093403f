"""What a hall node shows: the hall's pages, and nothing of the cases, which are the centre's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse

from onewindow.hall.models import Outpost, Ticket
from onewindow.hall.node import outbox, vouching

# Beginnings of names of pages.
PAGES = (
    "screen", "voice", "window-", "ticket", "desk-window", "desk-number", "desk-hall", "desk-floor", "desk-alert",
    "desk-move", "desk-receipt", "staff-sign-in", "staff-totp", "sign-out", "healthz", "reading", "set_language",
)  # fmt: skip
# Of the kiosk what needs no account and no case.
EXACT = frozenset({
    "halls", "hall", "hall-draw", "kiosk", "kiosk-device", "kiosk-leaving", "kiosk-alive", "kiosk-end", "kiosk-numbers",
    "kiosk-queue", "kiosk-check-in", "kiosk-draw", "kiosk-ticket", "kiosk-ticket-print",
})  # fmt: skip
OF_DEVICES = "/api/v1/devices/heartbeats"
KEPT = 1.0
_kept: tuple[float, Standing | None] = (0.0, None)


@dataclass(frozen=True)
class Standing:
    """What the banner says."""

    centre: str
    is_cut_off: bool
    fenced: bool
    since: datetime | None
    said: str
    waiting: int


def standing() -> Standing | None:
    """None everywhere but on a node; read once a second."""
    global _kept
    if not settings.HALL_SITE:
        return None
    if monotonic() - _kept[0] > KEPT or _kept[1] is None:
        here = Outpost.objects.filter(pk=settings.HALL_SITE).first()
        said = None if here is None else Standing(
            here.centre, here.is_cut_off, here.state == Outpost.State.FENCED, here.contact_at, here.said,
            outbox.waiting(),
        )  # fmt: skip
        _kept = (monotonic(), said)
    return _kept[1]


def public_address(request: HttpRequest, path: str) -> str:
    """Of a page for the phone: from a node it leads to the centre, which the phone can reach."""
    here = standing()
    return f"{here.centre.rstrip('/')}{path}" if here else request.build_absolute_uri(path)


def ticket_address(request: HttpRequest, ticket: Ticket) -> str:
    """Of the number's page; from a node it also says to the centre what the number is, before its row is there."""
    page, code = public_address(request, reverse("ticket", args=[ticket.visit.secret])), vouching.voucher(ticket)
    return f"{page}?h={code}" if code else page


class NodePages:
    """On a node every other page says where it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.HALL_SITE or request.path.startswith((settings.STATIC_URL, OF_DEVICES)) or _here(request.path):
            return self.get_response(request)
        if request.path_info in {"/", "/desk/"}:
            return redirect("desk-window")
        here = standing()
        centre = here.centre if here else ""
        return render(
            request, "node/elsewhere.html", {"centre": centre, "cut": not here or here.is_cut_off}, status=404
        )


def _here(path: str) -> bool:
    try:
        name = resolve(path).url_name or ""
    except Resolver404:
        return True  # the usual page of what does not exist
    return name in EXACT or name.startswith(PAGES)
