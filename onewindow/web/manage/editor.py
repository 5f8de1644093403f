"""One part of a draft at a time, on pages made from the guide's schema."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from onewindow.accounts.models import Agency
from onewindow.catalogue import actions, drafting
from onewindow.catalogue.difference import compare
from onewindow.catalogue.models import Draft
from onewindow.catalogue.rules import Finding
from onewindow.catalogue.shape import called
from onewindow.kernel.flow import Stale
from onewindow.web.account.guards import SignedIn
from onewindow.web.manage import typed
from onewindow.web.manage.door import editor_only, the_draft
from onewindow.web.manage.sections import OF_FIELD, SECTIONS, Section, following


@editor_only
def edit(request: SignedIn, pk: int, section: str) -> HttpResponse:
    draft, chosen = the_draft(request, pk), SECTIONS.get(section)
    if chosen is None:
        raise Http404
    if not draft.editable:
        messages.info(request, f"这份草稿{draft.get_state_display()}，现在不能改。")
        return redirect("manage-draft", pk)
    if request.method == "POST":
        return _save(request, draft, chosen)
    return _page(request, draft, chosen, draft.content)


def _page(
    request: SignedIn,
    draft: Draft,
    section: Section,
    content: Mapping[str, Any],
    *,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """`refused`: why what was typed has not been saved; it stands in the boxes all the same."""
    reading = drafting.read(content)
    context = {
        "draft": draft, "section": section, "content": content, "refused": refused,
        "sections": SECTIONS.values(), "counts": counts(reading.all), "next": following(section),
        "was": drafting.mark(draft.content, section.fields),
        "at": {
            "findings": by_place(reading.all), "remarks": by_place(draft.remarks), "agencies": Agency.objects.all(),
            "opened": request.GET.get("open", ""), "called": called,
        },
        "elsewhere": [c for c in compare(draft.content, content) if c.part in section.fields] if refused else [],
    }  # fmt: skip
    return render(request, "manage/edit.html", context, status=status)


def by_place(found: list[Any]) -> dict[str, list[Any]]:
    """Findings, or remarks, by the box they belong to."""
    places = defaultdict(list)
    for each in found:
        places[each.place if isinstance(each, Finding) else each["on"]].append(each)
    return dict(places)


def counts(findings: list[Finding]) -> dict[str, Counter[str]]:
    """How many block and warn in each section."""
    found: dict[str, Counter[str]] = {slug: Counter() for slug in SECTIONS}
    for finding in findings:
        section = OF_FIELD.get(str(finding.path[0])) if finding.path else None
        found[section.slug if section else "base"][finding.level] += 1
    return found


def _save(request: SignedIn, draft: Draft, section: Section) -> HttpResponse:
    """A second person who saved this part in between is told of; nothing typed is lost."""
    button = request.POST.get("_do", "")
    values = typed.read(section, request.POST)
    look, removed = typed.act(section, values, button)
    if button == "restore" and draft.removed:
        look = typed.put_back(values, draft.removed)
    if all(draft.content.get(name) == said for name, said in values.items()):
        return redirect(_onward(draft, section, button, look))
    try:
        actions.save(draft, by=request.principal, values=values, was=request.POST.get("was", ""), removed=removed)
    except (Stale, ValueError) as problem:
        draft.refresh_from_db()
        content = draft.content | values
        return _page(
            request, draft, section, content, refused=str(problem), status=409 if isinstance(problem, Stale) else 422
        )
    return redirect(_onward(draft, section, button, look))


def _onward(draft: Draft, section: Section, button: str, look: str) -> str:
    if button == "done":
        return reverse("manage-draft", args=[draft.pk])
    after = following(section) if button == "next" else None
    page = reverse("manage-edit", args=[draft.pk, (after or section).slug])
    return f"{page}?{urlencode({'open': look})}#f-{look}" if look else f"{page}?saved=1"
