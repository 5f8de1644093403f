"""Home, help and the health of the process."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Case as Choice
from django.db.models import Count, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from onewindow.accounts.principal import Principal
from onewindow.cases.models import OPEN_STATES, Case, State
from onewindow.catalogue.events import events
from onewindow.catalogue.models import Item
from onewindow.kernel import clock
from onewindow.web.account.guards import Request
from onewindow.web.public import offers, themes

EXAMPLES = (_("老年证"), _("开餐馆"), _("孩子落户"), _("公积金提取"))
# The hotline of every city (data/xindu/common.yaml: contacts).
HOTLINE = "028-12345"
# Below this many different items a week's list says nothing about what people come for.
ENOUGH = 4
SHOWN = 8
KEPT_SECONDS = 300
# The items, and whether they were counted or only chosen.
Popular = tuple[list[Item], bool]


def home(request: Request) -> HttpResponse:
    popular, counted = cast(Popular, cache.get_or_set("home:popular", _popular, KEPT_SECONDS))
    context = {
        "popular": popular,
        "counted": counted,
        "events": {who: events(settings.DATA_DIR).of(who) for who in themes.WHO},
        "life": themes.LIFE,
        "business": themes.BUSINESS,
        "examples": EXAMPLES,
        "mine": _mine(request.principal),
        "tiles": offers.tiles() if request.COOKIES.get("elder") == "1" else [],
        "hotline": HOTLINE,
    }
    return render(request, "public/home.html", context)


def _popular() -> Popular:
    """What people applied for in the last seven days; while that is too little, what can be done from here."""
    week = Case.objects.filter(created_at__gte=clock.now() - timedelta(days=7)).exclude(state=State.DRAFT)
    top = list(week.values_list("item").annotate(n=Count("id")).order_by("-n", "item")[:SHOWN])
    if len(top) >= ENOUGH:
        items = Item.objects.select_related("agency", "current").in_bulk([code for code, _ in top])
        return [items[code] for code, _ in top], True
    complete = Item.objects.select_related("agency", "current").filter(complete=True, current__isnull=False)
    first = Choice(*(When(pk=code, then=place) for place, code in enumerate(offers.often())), default=SHOWN)
    return list(complete.order_by(first, "code")[:SHOWN]), False


def _mine(principal: Principal | None) -> list[Case]:
    if principal is None or principal.is_staff:
        return []
    mine: Any = Case.objects.of_applicant(principal).filter(state__in=[*OPEN_STATES, State.DRAFT])
    return list(mine.select_related("item").order_by("-id")[:3])


def guidance(request: HttpRequest) -> HttpResponse:
    return render(request, "public/help.html")


def health(request: HttpRequest) -> HttpResponse:
    """For the load balancer: the process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
