"""导办台: numbers given by hand, and priority with what it rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.counter import person_at_window
from onewindow.accounts.models import Person
from onewindow.cases.actions.wording import wording
from onewindow.hall import estimates, offers
from onewindow.hall.actions import calling, drawing
from onewindow.hall.models import Queue, Ticket
from onewindow.kernel import clock, wire
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk.window import OFFICERS

USHERS = (*OFFICERS, "manager")
SHOWN = 40


@staff_only(*USHERS)
def index(request: SignedIn) -> HttpResponse:
    return _page(request, {})


def _page(request: SignedIn, typed: dict[str, str], status: int = 200) -> HttpResponse:
    queues = list(Queue.objects.filter(site__in=_sites(request)).select_related("site", "zone"))
    line = Ticket.objects.filter(queue__in=queues, day=clock.today(), state=Ticket.State.WAITING)
    context = {
        "queues": queues, "loads": estimates.loads(queues), "priorities": Ticket.Priority.choices[1:], "typed": typed,
        "languages": {code: name for each in offers.of(queues).values() for code, name in each.languages.items()},
        "line": list(line.select_related("queue").order_by("turn_at", "pk")[:SHOWN]),
        "made": _made(request, queues, typed.get("visit", "")),
    }  # fmt: skip
    return render(request, "desk/tickets.html", context, status=status)


def _made(request: SignedIn, queues: list[Queue], again: str) -> Ticket | None:
    """The number drawn just now; after a refusal the one whose visitor wanted another."""
    known = Ticket.objects.filter(queue__in=queues, day=clock.today()).select_related("visit", "queue")
    made = wire.whole(request.GET.get("made", "")) or 0
    return known.filter(visit__secret=again).last() if again else known.filter(pk=made).first()


def _sites(request: SignedIn) -> set[str]:
    return {post.site for post in request.principal.posts if post.site}


@require_POST
@staff_only(*USHERS)
def create(request: SignedIn) -> HttpResponse:
    """A number for whoever stands at the desk; the card is optional, and opens the file later."""
    known = Queue.objects.select_related("zone", "site").filter(site__in=_sites(request))
    try:
        queue = known.filter(pk=wire.whole(request.POST.get("queue", "")) or 0).first()
        if queue is None:
            raise ValueError("请选择要办的业务。")
        drawing.ensure_open(queue)
        wish = replace(offers.wish(queue, request.POST.dict()), **_priority(request))
        (made,) = drawing.draw(
            [wish], by=request.principal, source=Ticket.Source.DESK,
            person=_person(request), phone=request.POST.get("phone", "").strip()[:20],
            visit=drawing.visit_of_today(queue.site, request.POST.get("visit", "")),
        )  # fmt: skip
    except ValidationError as problem:
        return _refused(request, "；".join(problem.messages))
    except ValueError as problem:
        return _refused(request, str(problem))
    messages.success(request, f"已取号：{made.number}（{made.queue}）")
    return redirect(f"{request.path.removesuffix('new/')}?made={made.pk}")


def _refused(request: SignedIn, words: str) -> HttpResponse:
    messages.error(request, words)
    return _page(request, request.POST.dict(), 422)


def _priority(request: SignedIn) -> dict[str, Any]:
    priority = request.POST.get("priority", "")
    if priority not in Ticket.Priority.values or not priority:
        return {}
    reason = wording(request.POST.get("reason", ""), least=2, otherwise="优先要写一句依据，例如“残疾人证”或项目名称。")
    return {"priority": priority, "reason": reason[:60]}


def _person(request: SignedIn) -> Person | None:
    said = {key: request.POST.get(f"card_{key}", "").strip() for key in ("name", "number")}
    return person_at_window(**said, phone=request.POST.get("phone", "").strip()[:20]) if any(said.values()) else None


@require_POST
@staff_only(*USHERS)
def prioritise(request: SignedIn) -> HttpResponse:
    tickets = Ticket.objects.select_related("queue__zone", "site", "visit").filter(day=clock.today())
    asked = request.POST.get("ticket", "").strip().upper()
    ticket = tickets.filter(number=asked, site__in=_sites(request)).order_by("-state").first()
    if ticket is None:
        return _refused(request, f"今天没有“{asked[:6]}”这个号，请照号票输入。" if asked else "请输入一个在等候的号。")
    said = {key: request.POST.get(key, "") for key in ("priority", "reason")}
    try:
        calling.prioritise(ticket, by=request.principal, **said)
    except (ValueError, Conflict) as problem:
        return _refused(request, str(problem))
    messages.success(request, f"{ticket.number} 号已按“{ticket.get_priority_display()}”优先。")
    return redirect("desk-numbers")
