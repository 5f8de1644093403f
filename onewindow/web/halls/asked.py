"""转办: what is asked on the phone while a node has the say over the hall: answered in seconds or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from onewindow.accounts.models import Person
from onewindow.hall.actions import errands
from onewindow.hall.models import Errand, Node, Visit
from onewindow.hall.node import authority


def ask(node: Node, what: str, person: Person | None = None, **said: Any) -> HttpResponse:
    """ValueError when the hall cannot be reached."""
    return redirect("errand", errands.ask(node, what, person=person, **said).number)


def show(request: HttpRequest, number: str) -> HttpResponse:
    """Looks again by itself; leads to the number once it is there."""
    errand = get_object_or_404(Errand.objects.select_related("site"), pk=number)
    errands.answer_unheard(errand)
    if errand.state == Errand.State.DONE and Visit.objects.filter(secret=errand.answer).exists():
        return redirect("ticket", errand.answer)
    if errand.state == Errand.State.REFUSED:
        messages.error(request, errand.answer)
        return redirect("hall", errand.site_id)
    response = render(request, "halls/asked.html", {"errand": errand})
    response.headers["Refresh"] = "2"
    return response


def heard(site: str) -> datetime | None:
    """Until when the centre knows the hall, while the line is cut; None when what is shown is of now."""
    node = authority.holder(site)
    return node.contact_at if node and node.is_silent else None
