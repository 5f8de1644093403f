"""Halls for whoever comes: what is open, how long one waits, and a number drawn on the phone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Person, Site
from onewindow.feedback.models import Rating
from onewindow.hall import estimates, offers, serving
from onewindow.hall import extended as extra
from onewindow.hall.actions import calling, drawing, reminding
from onewindow.hall.hours import Timetable
from onewindow.hall.models import Errand, Queue, Ticket, Visit
from onewindow.hall.network import sites
from onewindow.hall.node import authority
from onewindow.hall.sessions import monday_of
from onewindow.kernel import clock, limits, wire
from onewindow.kernel.flow import Conflict
from onewindow.kernel.ledger import System
from onewindow.web.account.guards import Request
from onewindow.web.halls import asked, network
from onewindow.web.halls.holder import Holder

PHONE_NUMBER = re.compile(r"1[3-9]\d{9}")
WAYS = (5, 10, 15, 20, 30, 45, 60, 90)
# Numbers an hour from one address: that of the hall's own network is shared by everybody in it.
DRAWS = 200
PHONE = System("phone", "手机取号")
# Weeks of extended hours whose counts are public.
WEEKS = 8
ERRANDS = {
    calling.give_up: Errand.What.GIVE_UP, calling.come_back: Errand.What.COME_BACK,
    calling.postpone: Errand.What.POSTPONE,
}  # fmt: skip
OVER = (Ticket.State.DONE, Ticket.State.GIVEN_UP)


def show(request: Request, code: str) -> HttpResponse:
    known = sites().select_related("parent").annotate(contact_at=authority.contact("pk"))
    site = known.filter(pk=code).first()
    if site is None:
        raise Http404
    if site.level == Site.Level.VILLAGE:
        return network.station(request, site)
    more = drawing.visit_of_today(site, request.GET.get("visit") or request.session.get("visit", ""))
    return render(request, "halls/hall.html", _context(site) | {"heard": asked.heard(site.contact_at), "more": more})


def _site(code: str) -> Site:
    return get_object_or_404(Site.objects.filter(zones__isnull=False).distinct(), pk=code)


def _context(site: Site) -> dict[str, Any]:
    queues = list(Queue.objects.filter(site=site).select_related("zone"))
    timetable, loads = Timetable.of(site.pk), estimates.loads(queues)
    rows = [(queue, timetable.now(queue), loads[queue.pk], timetable.next_opening(queue)) for queue in queues]
    return {
        "site": site, "rows": rows, "priorities": Ticket.SELF_DECLARED, "kept": timetable.kept,
        "offers": offers.of(queues), "why_closed": timetable.why_closed,
        "now": serving.now(site, timetable, queues),
    }  # fmt: skip


def extended(request: Request, code: str) -> HttpResponse:
    """延时服务: this week's and next week's sessions with who serves, and what was done in the past weeks."""
    site = _site(code)
    this = monday_of(clock.today())
    weeks = [
        (monday, [shift for shift in serving.week(site, monday) if shift.duties or not shift.session.over])
        for monday in (this, this + timedelta(days=7))
    ]
    context = {"site": site, "now": serving.now(site), "weeks": weeks, "done": extra.weeks(site, WEEKS)}
    return render(request, "halls/extended.html", context)


@require_POST
def draw(request: Request, code: str) -> HttpResponse:
    """A number by phone; the page of the number is its ticket."""
    site = _site(code)
    queue = get_object_or_404(
        Queue.objects.select_related("zone", "site"), site=site, pk=wire.whole(request.POST.get("queue", "")) or 0
    )
    if not limits.hit(f"draw:{limits.address(request)}", limit=DRAWS, per=timedelta(hours=1)):
        messages.error(request, gettext("取号太频繁了，请过一会儿再取，或到大厅取号机上取。"))
        return redirect("hall", site.pk)
    try:
        drawing.ensure_open(queue)
        return _drawn(request, queue)
    except ValueError as problem:
        messages.error(request, str(problem))
        more = request.POST.get("visit", "")
        return redirect("ticket", more) if drawing.visit_of_today(site, more) else redirect("hall", site.pk)


def _drawn(request: Request, queue: Queue) -> HttpResponse:
    """`visit` 再取一个号: the visitor's next number belongs to the first; so does that of the same phone."""
    before = request.POST.get("visit") or request.session.get("visit", "")
    wish, visit = offers.wish(queue, request.POST.dict()), drawing.visit_of_today(queue.site, before)
    if node := authority.holder(queue.site_id):
        said = {
            "queue": queue.pk, "priority": wish.priority, "language": wish.language, "accessible": wish.accessible,
            "visit": visit.secret if visit else "",
        }  # fmt: skip
        return asked.ask(node, Errand.What.DRAW, _person(request), **said)
    (ticket,) = drawing.draw(
        [wish], by=request.principal or PHONE, source=Ticket.Source.PHONE, person=_person(request), visit=visit
    )
    request.session["visit"] = ticket.visit.secret
    return redirect("ticket", ticket.visit.secret)


def _person(request: Request) -> Person | None:
    who = request.principal
    return Person.objects.filter(pk=who.person_id).first() if who and not who.is_staff and who.person_id else None


def ticket(request: Request, secret: str) -> HttpResponse:
    """The visit's numbers: place, estimate, and what one may do."""
    known = Visit.objects.select_related("site").annotate(contact_at=authority.contact("site"))
    visit = known.filter(secret=secret).first()
    if visit is None:
        return asked.vouched(request, secret)
    context = {
        "visit": visit, "rows": _rows(visit), "old": visit.day < clock.today(), "ways": WAYS, "later": calling.LATER,
        "signed_in": request.principal is not None and not request.principal.is_staff,
        "heard": asked.heard(visit.contact_at),
    }  # fmt: skip
    return render(request, "halls/ticket.html", context)


def _rows(visit: Visit) -> list[dict[str, Any]]:
    tickets = list(visit.tickets.select_related("queue__zone", "window", "reminder").order_by("pk"))
    loads = estimates.loads({each.queue for each in tickets})
    ratings = Rating.objects.filter(service__ticket__in=tickets, rated_at=None).order_by("-pk")
    to_rate = dict(ratings.values_list("service__ticket", "token"))
    found = []
    for each in tickets:
        waits = each.state == Ticket.State.WAITING
        ahead = estimates.ahead_of(each) if waits else 0
        load = loads[each.queue_id]
        found.append({
            "ticket": each, "ahead": ahead, "wait": load.wait(ahead) if waits else None,
            "later": waits and each.turn_at > clock.now(),
            "leave": waits and _is_time(each, load, ahead), "rate": to_rate.get(each.pk, ""),
        })  # fmt: skip
    return found


def _is_time(ticket: Ticket, load: estimates.Load, ahead: int) -> bool:
    """The page says it at once; the message comes within the minute."""
    reminder = getattr(ticket, "reminder", None)
    return reminder is not None and (reminder.told_at is not None or reminding.is_time(reminder, load, ahead))


@require_POST
def give_up(request: Request, secret: str, pk: int) -> HttpResponse:
    return _moved(request, secret, pk, calling.give_up)


@require_POST
def come_back(request: Request, secret: str, pk: int) -> HttpResponse:
    return _moved(request, secret, pk, calling.come_back)


@require_POST
def postpone(request: Request, secret: str, pk: int) -> HttpResponse:
    minutes = wire.whole(request.POST.get("minutes", ""))
    return _moved(request, secret, pk, calling.postpone, minutes=-1 if minutes is None else minutes)


@require_POST
def remind(request: Request, secret: str, pk: int) -> HttpResponse:
    """出发提醒: to the phone left here, or to whoever is signed in."""
    found = get_object_or_404(Ticket.objects.select_related("visit"), visit__secret=secret, pk=pk)
    phone, who = request.POST.get("phone", "").strip(), request.principal
    if phone and not PHONE_NUMBER.fullmatch(phone):
        messages.error(request, gettext("请填写 11 位手机号。"))
    elif not limits.hit(f"remind:{phone or limits.address(request)}", limit=10, per=timedelta(days=1)):
        messages.error(request, gettext("今天的提醒太多了，请看这一页上的等候情况。"))
    else:
        try:
            reminding.ask(
                found, by=Holder(found), minutes=wire.whole(request.POST.get("minutes", "")) or 0, phone=phone,
                user_id=None if phone or who is None else who.user_id,
            )  # fmt: skip
        except ValueError as problem:
            messages.error(request, str(problem))
    return redirect("ticket", secret)


def _moved(request: Request, secret: str, pk: int, act: Any, **said: Any) -> HttpResponse:
    found = get_object_or_404(
        Ticket.objects.select_related("queue__zone", "site", "visit"), visit__secret=secret, pk=pk
    )
    try:
        if node := authority.holder(found.site_id):
            return asked.ask(node, ERRANDS[act], ticket=found.pk, **said)
        act(found, by=Holder(found), **said)
    except (Conflict, ValueError) as problem:
        messages.error(request, str(problem))
    return redirect("ticket", secret)
