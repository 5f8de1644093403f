"""Rating a finished service, once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards
from onewindow.cases.models import Case
from onewindow.feedback.models import Rating
from onewindow.hall import live
from onewindow.hall.models import Service, Ticket
from onewindow.kernel import clock, ledger
from onewindow.kernel.ledger import Actor

# How long a window's screen asks, unless the next number is called before.
ASKED = timedelta(seconds=90)
LEVELS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
# Second-level indicators depend on the level chosen; both lists are data of the national scheme.
GOOD_TAGS = ("一窗办完", "等候时间短", "一次说清楚", "态度好", "网上好用", "办得快")
BAD_TAGS = ("跑了多趟", "等候时间长", "说不清楚", "态度差", "网上不好用", "超过时限", "要求多余材料")


class AlreadyRated(Exception):
    """The service has its one rating."""


def tags_for(stars: int) -> tuple[str, ...]:
    return BAD_TAGS if stars <= 2 else GOOD_TAGS


def invite(case: Case) -> Rating:
    """The one invitation of a finished service."""
    return Rating.objects.get_or_create(case=case)[0]


@transaction.atomic
def invite_at_window(ticket: Ticket) -> list[Rating]:
    """One for each service of the number, once; a matter finished there takes its own invitation along."""
    invited = [_invite(service) for service in ticket.services.select_related("case", "window").order_by("pk")]
    if windows := [rating.service.window for rating in invited if rating.service]:
        live.tell(*windows)  # the screen heard of the number's end before there was anything to ask
    return invited


def _invite(service: Service) -> Rating:
    if known := Rating.objects.filter(service=service).first():
        return known
    case = service.case
    if case and case.finished_at and case.finished_at >= service.at:
        invite(case)
        Rating.objects.filter(case=case, service=None).update(service=service)
        if known := Rating.objects.filter(service=service).first():
            return known
    return Rating.objects.get_or_create(service=service)[0]


def open_at(windows: Collection[int]) -> dict[int, Rating]:
    """What each window's screen asks for: the last number's service that nobody has rated, for a short while."""
    since = clock.now() - ASKED
    today = since - timedelta(days=1)
    known = Rating.objects.select_related("service__ticket__queue", "service__ticket__item", "service__case__item")
    last = known.filter(
        service__window__in=windows, service__at__gte=today, service__ticket__ended_at__gte=since, rated_at=None
    )
    found: dict[int, Rating] = {}
    for rating in last.order_by("-service__ticket__ended_at", "service"):
        if rating.service:
            found.setdefault(rating.service.window_id, rating)
    return found


def _served(rating: Rating, by: Actor) -> bool:
    """An officer of the agency, or who stood behind the window."""
    case, service = rating.of_case, rating.service
    at_window = isinstance(by, Principal) and service is not None and by.user_id == service.officer_id
    return at_window or (case is not None and guards.officer(case, by))


def _step(service: Service | None) -> dict[str, str]:
    """Where the rating lands: number, act, window."""
    if service is None:
        return {}
    return {"ticket": service.ticket.subject, "act": service.act, "window": service.window.number}


def rate(
    rating: Rating, *, stars: int, tags: Sequence[str], text: str, channel: str, by: Actor, device: str = ""
) -> Rating:
    """Answer the invitation; AlreadyRated when it has been answered, ValueError for a level that does not exist.

    Nobody of the agency that did the work rates it for the applicant (GB/T 39734). `device`: whose window the applicant
    rated at, kept so that supervision can see ratings that come in bursts from one.
    """
    if _served(rating, by):
        raise PermissionDenied("工作人员不能代替群众评价。")
    if stars not in LEVELS:
        raise ValueError("请先选择满意程度。")
    kept = [tag for tag in tags_for(stars) if tag in tags]
    data = {"stars": stars, "gb_code": 6 - stars, "channel": channel} | ({"device": device} if device else {})
    with transaction.atomic():
        won = Rating.objects.filter(pk=rating.pk, rated_at__isnull=True).update(
            stars=stars, tags=kept, text=text.strip()[:500], channel=channel, rated_at=clock.now()
        )
        if not won:
            raise AlreadyRated
        ledger.record(("rating", rating.subject), "rating.given", by=by, data=data | _step(rating.service))
        if rating.service:
            live.tell(rating.service.window)
    rating.refresh_from_db()
    return rating
