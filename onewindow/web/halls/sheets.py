"""At the kiosk, on paper: a press takes paper and is written down, the page that follows prints it once."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from onewindow.catalogue import lists
from onewindow.catalogue.checklist import read_answers
from onewindow.catalogue.models import Item
from onewindow.documents import files, papers, sheets, typesetting
from onewindow.documents.models import Certificate, File
from onewindow.hall.actions import printing
from onewindow.hall.models import Printout
from onewindow.kernel import clock, limits
from onewindow.web.account.guards import SignedIn
from onewindow.web.halls.at_device import AtRequest, at_kiosk, signed_in_here
from onewindow.web.halls.matters import own_certificates
from onewindow.web.public import glance
from onewindow.web.ui import words

# How long the page that prints may still fetch what it prints.
FRESH = timedelta(minutes=2)
# Paper is dear: sheets of guides a device prints in ten minutes.
GUIDES = 20


@require_POST
@at_kiosk
def guide(request: AtRequest, code: str, item: str) -> HttpResponse:
    found = get_object_or_404(Item, pk=item, current__isnull=False)
    said = {key: str(value) for key, value in request.POST.items() if key not in {"csrfmiddlewaretoken", "once"}}
    if not limits.hit(f"guides:{request.device.key}", limit=GUIDES, per=timedelta(minutes=10)):
        messages.error(request, "刚刚打印得太多了，请过一会儿再打，或用手机扫码看。")
        return redirect("kiosk-guide", code, item)
    pages = sheets.count(_leaflet(request, found, said))
    made = printing.guide(item, request.device, pages=pages, once=request.POST.get("once", ""))
    return redirect(reverse("kiosk-printing", args=[code, made.once]) + (f"?{urlencode(said)}" if said else ""))


def _leaflet(request: AtRequest, item: Item, said: dict[str, str]) -> bytes:
    """办事明白纸 of this person's answers, the code leading back to them."""
    version = item.current
    assert version is not None
    answers = read_answers(version.guide, said)
    kept = {key: said[key] for key in answers}
    address = request.build_absolute_uri(reverse("item", args=[item.pk]) + (f"?{urlencode(kept)}" if kept else ""))
    facts = lists.leaflet(version, words.named(item.agency, "name"), answers, address)
    return typesetting.render("leaflet", facts | {"glance": glance.of(version.guide)})


@require_POST
@signed_in_here
def certificate(request: SignedIn, code: str, number: str) -> HttpResponse:
    found = next((each for each in own_certificates(request) if each.number == number), None)
    if found is None:
        raise Http404
    pages = sheets.count(_bytes(papers.certificate_pdf(found)))
    device = request.device  # type: ignore[attr-defined]
    made = printing.certificate(found, device, by=request.principal, pages=pages, once=request.POST.get("once", ""))
    return redirect("kiosk-printing", code, made.once)


@at_kiosk
def show(request: AtRequest, code: str, once: str) -> HttpResponse:
    """The pages, once: loading it again prints nothing and shows nothing."""
    made = _printout(request, once)
    fresh = made.at > clock.now() - FRESH and printing.begin(made)
    pages = sheets.pictures(_content(request, made)) if fresh else []
    return render(request, "kiosk/printing.html", {"printout": made, "pages": pages, "site": request.device.site})


def _content(request: AtRequest, made: Printout) -> bytes:
    if made.what == Printout.What.CERTIFICATE:
        return _bytes(papers.certificate_pdf(get_object_or_404(Certificate, number=made.subject)))
    item = get_object_or_404(Item.objects.select_related("current", "agency"), pk=made.subject)
    return _leaflet(request, item, request.GET.dict())


def _bytes(file: File) -> bytes:
    with files.open_file(file) as content:
        return content.read()


def _printout(request: AtRequest, once: str) -> Printout:
    """Of this device; a certificate's only for whoever pressed."""
    made = get_object_or_404(Printout, device=request.device, once=once)
    who = request.principal.user_id if request.principal else None
    if made.user_id is not None and made.user_id != who:
        raise Http404
    return made
