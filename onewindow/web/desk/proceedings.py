"""Site visits, hearings and the like: begun from the case, each on a page of its own, also on a phone in the field."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.cases.actions import visits
from onewindow.cases.models import Case, Proceeding, SitePhoto
from onewindow.documents import files, uploads
from onewindow.documents import photos as pictures
from onewindow.documents.content import FileRefused
from onewindow.kernel import ledger
from onewindow.kernel.flow import Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk.acts import Words
from onewindow.web.desk.acts import proceedings as acts
from onewindow.web.desk.acts.act import Act
from onewindow.web.desk.cases import OFFICERS, open_case


def _found(case: Case, pk: Any) -> Proceeding:
    found = get_object_or_404(Proceeding.objects.select_related("agency"), pk=pk, case=case)
    found.case = case
    return found


@staff_only(*OFFICERS)
def new(request: SignedIn, number: str, kind: str) -> HttpResponse:
    case = open_case(request, number)
    act = next((each for each in acts.beginnings(case, request.principal) if each.slug == kind), None)
    if act is None:
        raise Http404
    form = act.form(request.POST) if request.method == "POST" else act.form()
    form.fit(case, request.principal)
    status = 200
    if form.is_bound:
        if _carried_out(request, case, act, form):
            return redirect("desk-case", number)
        status = 422
    return render(request, "desk/proceeding_new.html", {"case": case, "act": act, "form": form}, status=status)


def _carried_out(request: SignedIn, case: Case, act: Act, form: Words, **about: Any) -> bool:
    """Done and said so; or the form has the fault, with everything typed still in it."""
    if not form.is_valid():
        return False
    try:
        act.run(case, by=request.principal, **form.said(), **about)
    except (Conflict, ValueError) as problem:
        form.add_error(None, str(problem))
        return False
    messages.success(request, f"已办：{act.transition.label}")
    return True


@staff_only(*OFFICERS, "supervisor")
def show(request: SignedIn, number: str, pk: Any) -> HttpResponse:
    return _page(request, _found(open_case(request, number), pk))


def _page(
    request: SignedIn, found: Proceeding, typed: tuple[str, Words] | None = None, status: int = 200
) -> HttpResponse:
    forms = []
    for act in acts.following(found, request.principal):
        form = typed[1] if typed and typed[0] == act.slug else _form(act, found, request, None)
        forms.append((act, form))
    photos = list(found.photos.filter(removed_at__isnull=True))
    context = {
        "case": found.case, "found": found, "forms": forms, "photos": photos, "points": visits.points_of(found.case),
        "editing": any(act.slug == "record" for act, _ in forms),
    }  # fmt: skip
    return render(request, "desk/proceeding.html", context, status=status)


def _form(act: Act, found: Proceeding, request: SignedIn, data: Any, **more: Any) -> Words:
    form = act.form(data, **more)
    form.proceeding = found  # type: ignore[attr-defined]
    form.fit(found.case, request.principal)
    return form


@require_POST
@staff_only(*OFFICERS)
def act(request: SignedIn, number: str, pk: Any, act: str) -> HttpResponse:
    found = _found(open_case(request, number), pk)
    chosen = next((each for each in acts.following(found, request.principal) if each.slug == act), None)
    if chosen is None:
        messages.error(request, "这一步现在不能办，或者已经办过了。请看下面的最新情况。")
        return redirect("desk-proceeding", number, pk)
    refused = _photos(request, found) if act == "record" else ""
    if act == "record" and (request.POST.get("go") == "photos" or refused):
        kept = {name: request.POST.getlist(name) if name == "present" else text for name, text in request.POST.items()}
        form = _form(chosen, found, request, None, initial=kept)
        messages.error(request, refused) if refused else messages.success(request, "照片已保存，下面写的还没有提交。")
        return _page(request, found, (act, form), 422 if refused else 200)
    form = _form(chosen, found, request, request.POST)
    if _carried_out(request, found.case, chosen, form, proceeding=found.pk):
        return redirect("desk-proceeding", number, pk)
    return _page(request, _found(open_case(request, number), pk), (act, form), 422)


def _photos(request: SignedIn, found: Proceeding) -> str:
    """Keep what came with the form, each at its point; the same picture twice is one. Why not, or empty."""
    by = request.principal
    known = set(found.photos.filter(removed_at__isnull=True).values_list("point", "file__sha256"))
    try:
        for name in request.FILES:
            for sent in request.FILES.getlist(name):
                uploads.count(by.key)
                picture, point = cast(BinaryIO, sent.file), name.removeprefix("photo_")
                stored = files.store(picture, sent.name or "现场照片.jpg", by.key)
                if (point, stored.sha256) not in known:
                    visits.add_photo(found.case, found, point, stored, by=by)
    except (FileRefused, ValueError, Conflict) as problem:
        return str(problem)
    return ""


@staff_only(*OFFICERS, "supervisor")
def photo(request: SignedIn, number: str, pk: Any, photo: Any) -> HttpResponseBase:
    """Small in the page; whole, and then on record, when opened."""
    case = open_case(request, number)
    kept = get_object_or_404(SitePhoto.objects.select_related("file"), pk=photo, proceeding=_found(case, pk))
    if "small" in request.GET:
        with files.open_file(kept.file) as stream:
            return HttpResponse(pictures.small(stream, kept.file.mime), content_type="image/jpeg")
    ledger.record(case, "case.file_opened", by=request.principal, data={"file": kept.file.sha256})
    return files.serve(kept.file)


@require_POST
@staff_only(*OFFICERS)
@transaction.atomic
def remove_photo(request: SignedIn, number: str, pk: Any, photo: Any) -> HttpResponse:
    found = _found(open_case(request, number), pk)
    visits.remove_photo(found, get_object_or_404(found.photos, pk=photo), by=request.principal)
    messages.success(request, "照片已去掉。")
    return redirect("desk-proceeding", number, pk)
