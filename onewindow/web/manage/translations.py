"""英文译文: how much of each guide is translated, what is still in Chinese, and the file for the translator."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from onewindow.catalogue import pofiles, translations
from onewindow.web.account.guards import SignedIn
from onewindow.web.manage.door import content_only, the_item

ENGLISH = "en"


@content_only
def index(request: SignedIn) -> HttpResponse:
    found = translations.coverage(ENGLISH)
    found.sort(key=lambda each: (not each.spoken.obsolete, not each.spoken.missing, each.item.code))
    whole = sum(not each.spoken.missing for each in found)
    return render(request, "manage/translations.html", {"found": found, "whole": whole})


@content_only
def show(request: SignedIn, code: str) -> HttpResponse:
    """Also of an item nobody has begun: what there would be to do."""
    item = the_item(code)
    spoken = translations.spoken(item, ENGLISH)
    return render(request, "manage/translation.html", {"item": item, "spoken": spoken})


@content_only
def file(request: SignedIn, code: str) -> HttpResponse:
    item = the_item(code)
    own, shared = translations.words_of(item, ENGLISH)
    response = HttpResponse(pofiles.written(item.guide, own, shared, ENGLISH), content_type="text/x-gettext")
    response["Content-Disposition"] = f'attachment; filename="{code}.po"'
    return response
