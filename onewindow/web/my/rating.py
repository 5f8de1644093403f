from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from onewindow.feedback import actions
from onewindow.feedback.models import Rating
from onewindow.kernel.ledger import System
from onewindow.web.account.guards import Request

VISITOR = System("visitor", "群众")


def show(request: Request, token: str) -> HttpResponse:
    """By link, no sign-in: whoever holds the link of the finished service rates it once."""
    rating = get_object_or_404(Rating.objects.select_related("case__item", "case__agency"), token=token)
    context = {
        "rating": rating,
        "levels": actions.LEVELS,
        "good": actions.GOOD_TAGS,
        "bad": actions.BAD_TAGS,
        "error": "",
    }
    if request.method != "POST":
        return render(request, "my/rate.html", context)
    stars = request.POST.get("stars", "")
    try:
        actions.rate(
            rating, stars=int(stars) if stars.isdigit() else 0, tags=request.POST.getlist("tags"),
            text=request.POST.get("text", ""), channel="online" if request.principal else "link",
            by=request.principal or VISITOR,
        )  # fmt: skip
    except actions.AlreadyRated:
        rating.refresh_from_db()
    except ValueError as problem:
        return render(request, "my/rate.html", context | {"error": str(problem)}, status=422)
    return redirect("rate", token)
