"""The first page of the content workspace."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from onewindow.web.account.guards import SignedIn
from onewindow.web.manage.door import content_only


@content_only
def index(request: SignedIn) -> HttpResponse:
    return render(request, "manage/home.html")
