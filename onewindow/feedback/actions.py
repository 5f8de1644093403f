"""Rating a finished service, once."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.cases.actions import guards
from onewindow.cases.models import Case
from onewindow.feedback.models import Rating
from onewindow.kernel import clock, ledger
from onewindow.kernel.ledger import Actor

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


def rate(
    rating: Rating, *, stars: int, tags: Sequence[str], text: str, channel: str, by: Actor, device: str = ""
) -> Rating:
    """Answer the invitation; AlreadyRated when it has been answered, ValueError for a level that does not exist.

    Nobody of the agency that did the work rates it for the applicant (GB/T 39734). `device`: whose window the applicant
    rated at, kept so that supervision can see ratings that come in bursts from one.
    """
    if guards.officer(rating.case, by):
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
        ledger.record(("rating", rating.case.number), "rating.given", by=by, data=data)
    rating.refresh_from_db()
    return rating
