"""What is done on an errand's page, by the agent or at the town's centre; each button is one act."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from onewindow.agents.actions import custody, ending, entrusting
from onewindow.agents.models import Bag, Errand
from onewindow.documents import files, uploads
from onewindow.documents.content import FileRefused
from onewindow.documents.models import File
from onewindow.kernel import wire
from onewindow.kernel.flow import Conflict
from onewindow.notifications.gateways.base import DeliveryFailed
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk.errands import TOWN, errand_of, page

Verb = Callable[[SignedIn, Errand], str]


def _photo(request: SignedIn, *, needed: str = "") -> File | None:
    sent = request.FILES.get("photo")
    if sent is None:
        if needed:
            raise ValueError(needed)
        return None
    uploads.count(request.principal.key)
    return files.store(cast(BinaryIO, sent.file), sent.name or "照片", request.principal.key)


def _code(what: str) -> Verb:
    def send(request: SignedIn, errand: Errand) -> str:
        entrusting.ask_code(errand, what, by=request.principal)
        return "验证码已发到邻居本人的手机，请本人看过短信再告诉您。"

    return send


def _consent(request: SignedIn, errand: Errand) -> str:
    entrusting.entrust_by_code(errand, by=request.principal, code=request.POST.get("code", ""))
    return "委托生效，可以开始办了。"


def _signed(request: SignedIn, errand: Errand) -> str:
    if request.POST.get("seen") != "yes":
        raise ValueError("请先看过邻居本人的身份证，并勾选。")
    photo = _photo(request, needed="请拍下签了名的委托书。")
    assert photo is not None
    entrusting.entrust_by_paper(errand, by=request.principal, photo=photo)
    return "委托生效，可以开始办了。委托书原件请和材料一起交镇里。"


def _paper(request: SignedIn, errand: Errand) -> str:
    copies = wire.whole(request.POST.get("copies", "")) or 0
    said = {name: request.POST.get(name, "") for name in ("material", "form")}
    held = custody.take_paper(errand, said["material"], by=request.principal, form=said["form"], copies=copies)
    return f"已收下{held}，回执 {held.receipt}，短信已发给邻居。"


def _bag(request: SignedIn, errand: Errand) -> str:
    return f"交接单 {custody.hand_over(errand, by=request.principal)}。镇里签收以前，材料算您保管。"


def _receive(request: SignedIn, errand: Errand) -> str:
    known = Bag.objects.select_related("errand__site")
    bag = get_object_or_404(known, errand=errand, pk=wire.whole(request.POST.get("bag", "")) or 0)
    missing = custody.receive(
        bag, by=request.principal, papers=request.POST.getlist("paper"), short=bool(request.POST.get("short"))
    )
    return f"已签收，少 {len(missing)} 份，仍由代办员负责。" if missing else "已全部签收。"


def _hand_back(request: SignedIn, errand: Errand) -> str:
    return f"已退回代办员 {custody.hand_back(errand, by=request.principal)} 份。"


def _result(request: SignedIn, errand: Errand) -> str:
    return f"已领回{custody.take_result(errand, by=request.principal)}，送到后请本人签收。"


def _return(request: SignedIn, errand: Errand) -> str:
    back = custody.give_back(
        errand, request.POST.getlist("paper"), by=request.principal, code=request.POST.get("code", ""),
        signed=_photo(request),
    )  # fmt: skip
    return f"已交还 {len(back)} 份，本人签收。"


def _lost(request: SignedIn, errand: Errand) -> str:
    known = {str(each.pk): each for each in errand.held.select_related("errand__site")}
    held = known.get(request.POST.get("paper", ""))
    if held is None:
        raise ValueError("请选择丢的是哪一份。")
    custody.report_lost(held, by=request.principal, how=request.POST.get("how", ""))
    return "已登记遗失，已告诉邻居和镇里。"


def _finish(request: SignedIn, errand: Errand) -> str:
    ending.finish(errand, by=request.principal, without=request.POST.get("without", ""))
    return "已办完，委托同时结束。"


def _drop(request: SignedIn, errand: Errand) -> str:
    ending.drop(errand, by=request.principal, reason=request.POST.get("reason", ""))
    return "已结束，不再代办。"


def _stop(request: SignedIn, errand: Errand) -> str:
    """By the town, when the mandate looks wrong."""
    if not ending.may_stop(errand, request.principal):
        raise PermissionDenied("只有镇里可以停止这份委托。")
    ending.stop(errand, by=request.principal)
    return "已停止，代办员不能再办这件事，手上的材料要交还本人。"


VERBS: dict[str, Verb] = {
    "code": _code("mandate"), "consent": _consent, "signed-mandate": _signed, "paper": _paper, "bag": _bag,
    "receipt": _receive, "hand-back": _hand_back, "result": _result, "return-code": _code("return"),
    "return": _return, "loss": _lost, "end": _finish, "drop": _drop, "stop": _stop,
}  # fmt: skip
REFUSED = (ValueError, PermissionDenied, FileRefused, Conflict, DeliveryFailed)


@require_POST
@staff_only("agent", *TOWN)
def act(request: SignedIn, number: str, verb: str) -> HttpResponse:
    """POST /desk/errands/<number>/paper/ …; what was typed in a refused act stays on the page."""
    errand = errand_of(request, number)
    if verb not in VERBS:
        raise Http404
    try:
        messages.success(request, VERBS[verb](request, errand))
    except REFUSED as problem:
        status = 409 if isinstance(problem, Conflict) else 422
        return page(request, errand_of(request, number), str(problem), status)
    return redirect("desk-errand", number)
