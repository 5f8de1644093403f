"""代办台账 for the agent and the town as a page and as Excel; what the town should look after."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from onewindow.agents import book
from onewindow.agents.models import Errand, ErrandQuerySet
from onewindow.catalogue.sheets import plain_workbook
from onewindow.kernel import clock, wire
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk.errands import TOWN
from onewindow.web.workbooks import download

PAGE = 50
# Rows of one workbook: about ten years of a town.
MOST = 20_000


@staff_only(*TOWN)
def town(request: SignedIn) -> HttpResponse:
    """Open errands, the oldest first, with whose hands hold which papers."""
    seen = Errand.objects.supervised_by(request.principal)
    under_way = book.listed(seen.under_way()).order_by("id")
    if agent := wire.whole(request.GET.get("agent", "")):
        under_way = under_way.filter(agent=agent)
    if (after := wire.whole(request.GET.get("after", ""))) is not None:
        under_way = under_way.filter(pk__gt=after)
    rows = list(under_way[: PAGE + 1])
    context = {
        "lines": book.lines(rows[:PAGE]), "more": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "figures": book.figures(seen), "agent": agent,
        "agents": seen.order_by("agent__name").values_list("agent", "agent__name").distinct(),
    }  # fmt: skip
    return render(request, "desk/errands_town.html", context)


@staff_only("agent", *TOWN)
def workbook(request: SignedIn) -> HttpResponse:
    """The whole record book: the agent's own, or that of the towns one looks after."""
    errands: ErrandQuerySet = Errand.objects.open_to(request.principal)
    rows = [book.row(line) for line in book.lines(book.listed(errands).order_by("id")[:MOST])]
    return download(plain_workbook("代办台账", [book.HEAD, *rows]), f"代办台账{clock.today():%Y%m%d}.xlsx")
