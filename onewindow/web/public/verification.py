"""核验: is this certificate real and in force? Three ways, and nothing but the public facts of it."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from onewindow.cases.dossier.content import SCRIPT
from onewindow.documents import facts, verification
from onewindow.kernel import limits
from onewindow.web.public.errors import too_many

WINDOW = timedelta(minutes=10)
TRIES = 30


def _may_ask(request: HttpRequest) -> bool:
    """Nobody finds certificates by trying numbers and names."""
    return limits.hit(f"verify:{limits.address(request)}", limit=TRIES, per=WINDOW)


def index(request: HttpRequest) -> HttpResponse:
    """GET asks; POST answers for a dropped file, or for a number with the holder's name."""
    if request.method != "POST":
        return _asking(request)
    if not _may_ask(request):
        return too_many(request, WINDOW)
    if dropped := request.FILES.get("file"):
        if (dropped.size or 0) > settings.UPLOAD_MAX_BYTES:
            return _asking(request, "", _("文件太大了。请放入下载时的原文件，不要另存或扫描。"))
        return _answer(request, verification.by_file(dropped.read()), dropped.name or _("文件"))
    number = "".join(request.POST.get("number", "").split()).upper()
    name = request.POST.get("name", "").strip()
    if not number or not name:
        return _asking(request, number, _("请填写证照编号和持证人姓名（名称），或者放入文件。"))
    return _answer(request, verification.by_number_and_name(number, name), number)


TOOLS = {"verify.py": "text/x-python; charset=utf-8", "key.pem": "application/x-pem-file"}


@require_safe
def tool(request: HttpRequest, name: str, kind: str) -> HttpResponse:
    """What a dossier 卷宗 is checked with: script and public key, from here and not from the dossier."""
    wanted = f"{name}.{kind}"
    if wanted not in TOOLS:
        raise Http404
    pem = facts.public_pem(facts.signing_key()[1])
    content = SCRIPT.read_bytes() if wanted == "verify.py" else pem
    kept = {"Content-Disposition": f'attachment; filename="{wanted}"'}
    return HttpResponse(content, content_type=TOOLS[wanted], headers=kept)


def show(request: HttpRequest, number: str) -> HttpResponse:
    """The address in the QR code; without its secret the holder's name is asked."""
    secret = request.GET.get("c", "")
    if not secret:
        return _asking(request, number)
    if not _may_ask(request):
        return too_many(request, WINDOW)
    return _answer(request, verification.by_secret(number, secret), number)


def _answer(request: HttpRequest, verdict: verification.Verdict, asked: str) -> HttpResponse:
    shown = verification.shown(verdict.certificate) if verdict.certificate else None
    response = render(request, "public/verdict.html", {"verdict": verdict, "facts": shown, "asked": asked})
    response.headers["Cache-Control"] = "no-store"
    return response


def _asking(request: HttpRequest, number: str = "", error: str = "") -> HttpResponse:
    context = {"number": number, "error": error, "key_id": facts.signing_key()[1]}
    return render(request, "public/verify.html", context, status=422 if error else 200)
