"""Photographs of an application: seen small, turned, bound into one PDF; and what was handed in before, taken again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from onewindow.cases import vault
from onewindow.cases.actions import drafts, photos
from onewindow.cases.models import Case, CasePaper
from onewindow.catalogue.guide import Material
from onewindow.documents import files
from onewindow.documents import photos as pictures
from onewindow.documents.content import FileRefused
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my import steps
from onewindow.web.my.door import draft_case, while_editable


def _photo(case: Case, paper: str) -> CasePaper:
    found = get_object_or_404(case.papers.select_related("file"), pk=paper, removed_at__isnull=True)
    if not found.is_photo:
        raise Http404
    return found


def _material(case: Case, key: str) -> Material:
    found = next((each for each in case.guide.materials if each.key == key), None)
    if found is None:
        raise Http404
    return found


def _back(case: Case, key: str) -> HttpResponse:
    return redirect(f"{reverse('case-materials', args=[case.number])}#{key}")


@signed_in
def small(request: SignedIn, number: str, paper: str) -> HttpResponse:
    found = _photo(draft_case(request, number), paper)
    assert found.file is not None
    with files.open_file(found.file) as stream:
        response = HttpResponse(pictures.small(stream, found.file.mime), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=3600, immutable"
    return response


@require_POST
@signed_in
def turn(request: SignedIn, number: str, paper: str) -> HttpResponse:
    case = draft_case(request, number)
    turned = photos.turn(case, _photo(case, paper), by=request.principal)
    if request.POST.get("back") == "binding":
        return redirect("case-binding", number, turned.material)
    return _back(case, turned.material)


@signed_in
@while_editable
def bind(request: SignedIn, case: Case, key: str) -> HttpResponse:
    """The photographs of one paper in order; number 0 leaves one out."""
    material = _material(case, key)
    shown = [paper for paper in _kept(case, key) if paper.is_photo]
    error = ""
    if request.method == "POST":
        order = {str(paper.pk): request.POST.get(f"order.{paper.pk}", "") for paper in shown}
        chosen = sorted((p for p in shown if order[str(p.pk)] != "0"), key=lambda p: int(order[str(p.pk)] or 99))
        try:
            photos.bind(case, chosen, by=request.principal)
        except (ValueError, FileRefused) as refusal:
            error = str(refusal)
        else:
            messages.success(request, f"{len(chosen)} 张照片已合成一份 PDF。")
            return _back(case, key)
    context = {
        "case": case, "material": material, "papers": shown, "error": error,
        "steps": steps.progress(case, "materials"),
    }  # fmt: skip
    return render(request, "my/binding.html", context, status=422 if error else 200)


def _kept(case: Case, key: str) -> list[CasePaper]:
    return list(case.papers.filter(material=key, removed_at__isnull=True).select_related("file"))


@require_POST
@signed_in
def reuse(request: SignedIn, number: str, key: str) -> HttpResponse:
    """What was handed in or issued before stands for the paper: not asked twice (优化营商环境条例 §44)."""
    case = draft_case(request, number)
    drafts.ensure_editable(case, request.principal)
    taken = request.POST.get("from", "")[:100]
    file = vault.take(case, taken, _material(case, key).name, request.principal)
    if file is None:
        raise Http404
    drafts.add_paper(case, key, file, by=request.principal, taken_from=taken)
    return _back(case, key)
