"""The officer's window: sign on, call, serve. Each button is one act of the hall."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.counter import person_at_window
from onewindow.accounts.principal import Principal, from_user
from onewindow.cases.models import Case
from onewindow.feedback.actions import invite_at_window, open_at
from onewindow.hall import estimates, on_duty
from onewindow.hall.actions import calling, consulting, sitting
from onewindow.hall.models import Queue, Sitting, Ticket, Window, Zone
from onewindow.kernel import clock, wire
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk import opened

OFFICERS = sitting.STAFF
# Minutes an officer may say to be away for.
PAUSES = (5, 10, 15, 30, 45, 60)


@staff_only(*OFFICERS)
def show(request: SignedIn) -> HttpResponse:
    return _page(request)


def _page(request: SignedIn, typed: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    seat = sitting.of(request.principal)
    if seat is None:
        return render(request, "desk/window_choose.html", _choices(request.principal), status=status)
    return render(
        request, "desk/window.html", _console(seat, request.principal) | {"typed": typed or {}}, status=status
    )


def _choices(principal: Principal) -> dict[str, Any]:
    """The windows of the officer's sites, zone by zone, the one sat at last first; taken ones say by whom."""
    sites = {post.site for post in principal.posts if post.site}
    zones = Zone.objects.filter(site__in=sites).select_related("site").prefetch_related("windows__queues")
    seats = Sitting.objects.filter(window__site__in=sites)
    taken = dict(seats.filter(ended_at=None).values_list("window", "user__name"))
    last = seats.filter(user=principal.user_id).exclude(window__in=taken).select_related("window").order_by("pk").last()
    return {"zones": [zone for zone in zones if zone.windows.all()], "taken": taken, "last": last}


def _console(seat: Sitting, principal: Principal) -> dict[str, Any]:
    window = seat.window
    ticket = calling.at(window)
    queues = list(window.queues.select_related("zone"))
    return {
        "seat": seat, "window": window, "ticket": ticket, "pauses": PAUSES, "off": on_duty.off_roster(window),
        "queues": queues, "loads": estimates.loads(queues),
        "away": list(_away(window, principal).select_related("queue").order_by("-ended_at")[:8]),
        "files": opened.files(ticket, principal) if ticket else [],
        "beside": opened.beside(ticket, window) if ticket else [],
        "to_rate": None if ticket else open_at([window.pk]).get(window.pk),
        "served": list(ticket.services.select_related("case__item")) if ticket else [],
        "reliefs": list(sitting.reliefs(seat, principal)),
        "others": Queue.objects.filter(site=window.site).exclude(pk=ticket.queue_id) if ticket else [],
        "done": Ticket.objects.filter(
            officer=principal.user_id, day=clock.today(), state=Ticket.State.DONE).count(),
    }  # fmt: skip


def _away(window: Window, principal: Principal) -> QuerySet[Ticket]:
    """暂离和过号 of the window's groups, and whom this officer let go, wherever the window was moved since."""
    away = Ticket.objects.filter(day=clock.today(), state__in=[Ticket.State.PARKED, Ticket.State.MISSED])
    own = Q(state=Ticket.State.PARKED, officer=principal.user_id, site=window.site_id)
    return away.filter(Q(queue__in=window.queues.all()) | own)


@require_POST
@staff_only(*OFFICERS)
def sign_on(request: SignedIn) -> HttpResponse:
    sites = {post.site for post in request.principal.posts if post.site}
    window = get_object_or_404(Window, pk=wire.whole(request.POST.get("window", "")) or 0, site__in=sites)
    try:
        sitting.sign_on(window, by=request.principal)
    except ValueError as problem:
        messages.error(request, str(problem))
    return redirect("desk-window")


Verb = Callable[[SignedIn, Sitting, Ticket | None], object]


def _call(request: SignedIn, seat: Sitting, ticket: Ticket | None) -> None:
    if calling.call_next(seat.window, by=request.principal) is None:
        messages.info(request, _nobody(seat.window))


def _nobody(window: Window) -> str:
    """Why nobody is called, though perhaps somebody waits."""
    line = Ticket.objects.filter(queue__windows=window, day=clock.today(), state=Ticket.State.WAITING)
    later = line.filter(turn_at__gt=clock.now()).count()
    if others := line.count() - later:
        return f"有 {others} 人在等，但要外语、无障碍窗口，或正在别的窗口办，这个窗口现在叫不了。"
    return f"现在没有人可以叫，有 {later} 人说好晚点来。" if later else "现在没有人等候。"


def _resume(request: SignedIn, seat: Sitting, ticket: Ticket | None) -> None:
    away = _away(seat.window, request.principal).filter(pk=wire.whole(request.POST.get("ticket", "")) or 0).first()
    if away is None:
        raise ValueError("这个号已经不在暂离、过号里，可能刚刚重新排了队，或被别的窗口叫了。")
    if away.state == Ticket.State.MISSED:
        calling.come_back(away, by=request.principal)
        messages.success(request, f"{away.number} 号已重新排队。")
    else:
        calling.resume(away, seat.window, by=request.principal)


def _transfer(request: SignedIn, seat: Sitting, ticket: Ticket | None) -> None:
    queue = Queue.objects.filter(site=seat.window.site, pk=wire.whole(request.POST.get("queue", "")) or 0).first()
    if queue is None:
        raise ValueError("请选择转到哪个业务。")
    calling.transfer(_there(ticket), by=request.principal, queue=queue, note=request.POST.get("note", ""))


def _consult(request: SignedIn, seat: Sitting, ticket: Ticket | None) -> None:
    said = {name: request.POST.get(name, "") for name in ("about", "answer")}
    there = _there(ticket)
    made = consulting.answer(there, by=request.principal, **said)
    invite_at_window(there)
    messages.success(request, f"咨询已登记，编号 {made.number}。")


def _identify(request: SignedIn, seat: Sitting, ticket: Ticket | None) -> None:
    """The card read like a keyboard, or name and number typed off it."""
    there = _there(ticket)
    said = {key: request.POST.get(f"card_{key}", "").strip() for key in ("name", "number")}
    try:
        person = person_at_window(**said, phone=there.visit.phone)
    except ValidationError as problem:
        raise ValueError("；".join(problem.messages)) from problem
    calling.identify(there, by=request.principal, person=person)


def _hand_over(request: SignedIn, seat: Sitting, ticket: Ticket | None) -> None:
    chosen = sitting.reliefs(seat, request.principal).filter(pk=wire.whole(request.POST.get("to", "")) or 0).first()
    if chosen is None:
        raise ValueError("请选择谁来接班。")
    sitting.hand_over(seat, from_user(chosen), by=request.principal)
    messages.success(request, f"已交给{chosen.name}，您离岗了。")


def _done(request: SignedIn, seat: Sitting, ticket: Ticket | None) -> None:
    there = calling.finish(_there(ticket), by=request.principal)
    invite_at_window(there)


def _follow(request: SignedIn, seat: Sitting, ticket: Ticket | None) -> None:
    """接着办: the same visitor's next number here."""
    there = _there(ticket)
    following = get_object_or_404(there.visit.tickets, pk=wire.whole(request.POST.get("ticket", "")) or 0)
    calling.call_after(there, following, by=request.principal)
    invite_at_window(there)


def _there(ticket: Ticket | None) -> Ticket:
    if ticket is None:
        raise ValueError("窗口现在没有号，请先叫号。")
    return ticket


def _ticket_act(act: Callable[..., object], **more: str) -> Verb:
    def run(request: SignedIn, seat: Sitting, ticket: Ticket | None) -> None:
        said = {name: request.POST.get(field, "") for name, field in more.items()}
        act(_there(ticket), by=request.principal, **said)

    return run


def _pause(request: SignedIn, seat: Sitting, ticket: Ticket | None) -> None:
    minutes = wire.whole(request.POST.get("minutes", ""))
    said = minutes if minutes in PAUSES else None
    sitting.pause(seat, by=request.principal, reason=request.POST.get("reason", ""), minutes=said)


VERBS: dict[str, Verb] = {
    "call": _call,
    "recall": _ticket_act(calling.recall),
    "start": _ticket_act(calling.begin),
    "miss": _ticket_act(calling.miss),
    "park": _ticket_act(calling.park, note="note"),
    "done": _done,
    "identity": _identify,
    "following": _follow,
    "resume": _resume,
    "transfer": _transfer,
    "consultation": _consult,
    "pause": _pause,
    "handover": _hand_over,
    "continue": lambda request, seat, ticket: sitting.go_on(seat, by=request.principal),
    "sign-off": lambda request, seat, ticket: sitting.sign_off(seat, by=request.principal),
}


@require_POST
@staff_only(*OFFICERS)
def act(request: SignedIn, verb: str) -> HttpResponse:
    """POST /desk/window/call/ …; what was typed in a refused act stays on the page."""
    if verb not in VERBS:
        raise Http404
    seat = sitting.of(request.principal)
    if seat is None:
        messages.error(request, "您还没有上岗，请先选窗口。")
        return redirect("desk-window")
    try:
        VERBS[verb](request, seat, calling.at(seat.window))
    except (ValueError, Conflict, PermissionDenied) as problem:
        messages.error(request, str(problem))
        return _page(request, request.POST.dict(), status=409 if isinstance(problem, Conflict) else 422)
    return redirect("desk-window")


def note(request: SignedIn, case: Case, event: str, label: str, *, new: bool = False) -> None:
    """An act on a visitor's case belongs to the number at the officer's window; another's case, done in between, not.

    `new`: taken in just now from whoever stands there, who is known from then on.
    """
    ticket = calling.of_officer(request.principal)
    if ticket is not None and (new or opened.concerns(ticket, case)):
        calling.note_case(ticket, by=request.principal, case=case, event=event, label=label)


def back(request: SignedIn, case: Case) -> HttpResponse:
    """To the number, when the act was done from there; else to the file."""
    return redirect("desk-window") if request.POST.get("back-to") == "window" else redirect("desk-case", case.number)
