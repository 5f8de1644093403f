from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from onewindow.feedback import actions
from onewindow.feedback.models import Rating
from onewindow.kernel import wire
from onewindow.kernel.ledger import System
from onewindow.web.account.guards import Request

ABOUT = (
    "case__item", "case__agency", "service__case__item", "service__window__site", "service__ticket__item",
    "service__ticket__queue", "service__consultation",
)  # fmt: skip
VISITOR = System("visitor", "群众")


@never_cache
def show(request: Request, token: str) -> HttpResponse:
    """By link, no sign-in: whoever holds the link of the finished service rates it once."""
    rating = get_object_or_404(Rating.objects.select_related(*ABOUT), token=token)
    tags = {"good": actions.GOOD_TAGS, "bad": actions.BAD_TAGS}
    context = {"rating": rating, "levels": actions.LEVELS, "error": "", **tags}
    if request.method != "POST":
        return render(request, "my/rate.html", context)
    stars = wire.whole(request.POST.get("stars", "")) or 0
    said: dict[str, Any] = {"stars": stars, "tags": request.POST.getlist("tags")}
    try:
        actions.rate(rating, **said, text=request.POST.get("text", ""), **who(request))
    except actions.AlreadyRated:
        rating.refresh_from_db()
    except ValueError as problem:
        return render(request, "my/rate.html", context | {"error": str(problem)}, status=422)
    return redirect("rate", token)


def who(request: Request) -> dict[str, Any]:
    """At the window the applicant rates on the screen of the clerk, who is signed in but does not rate."""
    principal = request.principal
    if principal is None:
        return {"by": VISITOR, "channel": Rating.Channel.LINK}
    if principal.is_staff:
        return {"by": VISITOR, "channel": Rating.Channel.DESK, "device": principal.key}
    return {"by": principal, "channel": Rating.Channel.ONLINE}
