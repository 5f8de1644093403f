"""转办: what is asked on the phone while a node has the say over the hall: answered in seconds or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from onewindow.accounts.models import Person
from onewindow.hall.actions import errands
from onewindow.hall.models import Errand, Node, Visit
from onewindow.hall.models.nodes import SILENT
from onewindow.hall.node import vouching
from onewindow.kernel import clock


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


def vouched(request: HttpRequest, secret: str) -> HttpResponse:
    """A number the hall has drawn and the centre has not heard of; looks again by itself."""
    number = vouching.read(secret, request.GET.get("h", ""))
    if number is None:
        raise Http404
    response = render(request, "halls/vouched.html", {"number": number})
    response.headers["Cache-Control"] = "private, no-store"
    if not number.is_old and not number.is_orphaned:
        response.headers["Refresh"] = "20" if number.node.is_silent else "3"
    return response


def heard(contact: datetime | None) -> datetime | None:
    """Until when the centre knows the hall, while the line is cut; None when what is shown is of now."""
    return contact if contact and clock.now() - contact > SILENT else None
