"""A draft as a whole: what it changes, what the rules say, what may be done with it; preview and roll back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from onewindow.cases import changeover
from onewindow.catalogue import actions, drafting, running
from onewindow.catalogue.difference import compare
from onewindow.catalogue.models import Draft, Item, ItemVersion
from onewindow.kernel import clock, wire
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn
from onewindow.web.manage.act import Plain, offers
from onewindow.web.manage.acts import ACTS, NewItem, remarked
from onewindow.web.manage.door import content_only, editor_only, the_draft, the_item
from onewindow.web.manage.editor import counts
from onewindow.web.manage.sections import OF_FIELD, SECTIONS
from onewindow.web.public import items
from onewindow.web.ui.fragments import render_block


@content_only
def show(request: SignedIn, pk: int) -> HttpResponse:
    return draft_page(request, the_draft(request, pk))


def draft_page(
    request: SignedIn, draft: Draft, *, typed: tuple[str, Plain] | None = None, conflict: str = "", status: int = 200
) -> HttpResponse:
    reading = drafting.read(draft.content)
    context: dict[str, Any] = {
        "draft": draft, "reading": reading, "sections": SECTIONS.values(), "counts": counts(reading.all),
        "changes": compare(draft.base.body if draft.base else {}, draft.content), "of_field": OF_FIELD,
        "offers": offers(ACTS.values(), draft, request.principal, typed), "conflict": conflict,
        "own": request.principal.user_id in draft.writers, "remarked": remarked(request.POST.dict()),
        "touched": touched(draft, reading), "running": running,
    }  # fmt: skip
    return render(request, "manage/draft.html", context, status=status)


def touched(draft: Draft, reading: drafting.Reading) -> changeover.Preview | None:
    """Whom the version will touch; None for a new item, one that cannot be read yet, and one that is out."""
    if draft.base is None or reading.guide is None or draft.state not in Draft.OPEN:
        return None
    content = reading.guide.model_dump(mode="json")
    return changeover.preview(ItemVersion(item_id=draft.code, number=draft.base.number + 1, body=content))


@content_only
def cases(request: SignedIn, pk: int) -> HttpResponse:
    """The applications a draft touches, group by group; numbers only: who they are is the officers' business."""
    draft = the_draft(request, pk)
    found = touched(draft, drafting.read(draft.content))
    if found is None:
        raise Http404
    return render(request, "manage/touched.html", {"draft": draft, "touched": found, "running": running})


@require_POST
@content_only
def act(request: SignedIn, pk: int, act: str) -> HttpResponse:
    """POST /manage/drafts/<pk>/approval/ …; a version whose day is today is published in the same breath."""
    draft, chosen = the_draft(request, pk), ACTS.get(act)
    if chosen is None:
        raise Http404
    form = chosen.form(request.POST)
    if not form.is_valid():
        return draft_page(request, draft, typed=(act, form), status=422)
    seen = wire.whole(request.POST.get("seen", ""))
    try:
        chosen.run(draft, by=request.principal, seen=seen, **form.arguments())
    except Conflict as conflict:
        fresh = the_draft(request, pk)
        return draft_page(request, fresh, typed=(act, form), conflict=conflict.message, status=409)
    except ValueError as problem:
        form.add_error(None, str(problem))
        return draft_page(request, the_draft(request, pk), typed=(act, form), status=422)
    if draft.state == Draft.State.APPROVED and draft.publish_on and draft.publish_on <= clock.today():
        actions.publish_due()
    messages.success(request, chosen.done)
    return redirect("manage-draft", pk)


@content_only
def preview(request: SignedIn, pk: int) -> HttpResponse:
    """The guide page as it would be, with its checklist; a draft that cannot be read says what to mend."""
    draft = the_draft(request, pk)
    reading = drafting.read(draft.content)
    if reading.guide is None:
        return render(
            request, "manage/unreadable.html", {"draft": draft, "reading": reading, "of_field": OF_FIELD}, status=409
        )
    guide = reading.guide
    item = Item(code=guide.code, name=guide.name, short_name=guide.short_name, agency=draft.agency)
    number = draft.base.number + 1 if draft.base else 1
    version = ItemVersion(item=item, number=number, body=guide.model_dump(mode="json"))
    context = items.guide_page(request, item, version) | {"is_current": False, "versions": [], "draft": draft}
    if request.htmx:
        return render_block(request, "public/item.html", "checklist", context)
    return render(request, "manage/preview.html", context)


@editor_only
def new(request: SignedIn) -> HttpResponse:
    """An item nobody has yet; it becomes one when its draft is published."""
    form = NewItem(request.POST or None)
    if form.is_valid():
        try:
            draft = actions.begin(form.content, by=request.principal, base=None)
            return redirect(reverse("manage-edit", args=[draft.pk, "base"]))
        except (Conflict, PermissionDenied) as problem:
            form.add_error(None, str(problem))
    return render(request, "manage/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@editor_only
def create(request: SignedIn, code: str) -> HttpResponse:
    """Edit the item; with `version`, roll it back: a new draft that says what an older version said."""
    item = the_item(code)
    if not actions.may_edit(request.principal, item.agency_id):
        raise Http404
    number = wire.whole(request.POST.get("version", ""))
    old = get_object_or_404(ItemVersion, item=item, number=number) if number is not None else None
    try:
        draft = actions.open_draft(item, by=request.principal, version=old)
    except Conflict as conflict:
        messages.error(request, conflict.message)
        return redirect("manage-draft", conflict.subject.pk)
    return redirect("manage-draft", draft.pk) if old else redirect(reverse("manage-edit", args=[draft.pk, "base"]))
