"""设备: what stands where and how it is, tokens, messages, paper; and who opened the doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Site
from onewindow.documents.typesetting import qr_svg
from onewindow.hall.actions import devices as acts
from onewindow.hall.models import Device, DeviceRules, Opening, Printout
from onewindow.kernel import ledger, wire
from onewindow.web.account.guards import SignedIn, staff_only

keeper_only = staff_only("manager", "operator")
PAGE = 40
TROUBLE = ~Q(closed_reason="") | Q(silent=True) | Q(sheets=0) | Q(roll=0) | Q(state__paper__in=["low", "out"]) | Q(
    state__ink__in=["low", "out"]
)  # fmt: skip
VIEWS = {
    "": ("全部", Q()), "trouble": ("要处理", TROUBLE), "silent": ("没有消息", Q(silent=True)),
    "closed": ("停用", ~Q(closed_reason="")), "unregistered": ("没有登记", Q(token_hash="")),
}  # fmt: skip
RULES = {
    "silent_minutes": ("几分钟没有消息算联系不上", 1, 240), "idle_seconds": ("几秒没有人碰就结束服务", 20, 600),
    "session_minutes": ("登录最长几分钟", 2, 60), "low_sheets": ("A4 纸剩几张提醒", 0, 500),
    "low_roll": ("号票纸剩几张提醒", 0, 1000), "door_days": ("门禁记录留几天", 7, 365),
}  # fmt: skip


def _devices(request: SignedIn) -> QuerySet[Device]:
    return acts.managed_by(request.principal).select_related("site", "zone")


@keeper_only
def index(request: SignedIn) -> HttpResponse:
    view = request.GET.get("view", "")
    view = view if view in VIEWS else ""
    rows = _devices(request).filter(VIEWS[view][1]).order_by("site_id", "code")
    if kind := request.GET.get("kind", ""):
        rows = rows.filter(kind=kind)
    if after := request.GET.get("after", ""):
        site, _, code = after.partition("-")
        rows = rows.filter(Q(site__gt=site) | Q(site=site, code__gt=code))
    page = list(rows[: PAGE + 1])
    context = {
        "devices": page[:PAGE], "after": page[PAGE - 1].key if len(page) > PAGE else "", "view": view, "kind": kind,
        "views": {key: name for key, (name, _) in VIEWS.items()}, "kinds": Device.Kind.choices,
        "trouble": _devices(request).filter(TROUBLE).count(), "sites": _sites(request),
    }  # fmt: skip
    return render(request, "manage/devices.html", context)


def _sites(request: SignedIn) -> list[Site]:
    return list(Site.objects.filter(devices__in=_devices(request)).distinct().order_by("level", "code"))


def _device(request: SignedIn, site: str, code: str) -> Device:
    return get_object_or_404(_devices(request), site=site, code=code)


@keeper_only
def show(request: SignedIn, site: str, code: str) -> HttpResponse:
    return _show(request, _device(request, site, code))


def _show(request: SignedIn, device: Device, token: str = "", **typed: str) -> HttpResponse:
    context = {
        "each": device, "token": token, "typed": typed, "next": acts.next_working(device),
        "qr": qr_svg(token, scalable=True) if token else "",
        "printed": Printout.objects.filter(device=device).order_by("-id")[:8],
        "story": reversed(ledger.timeline("device", device.key)[-12:]),
        "openings": Opening.objects.filter(device=device).order_by("-at")[:5], "labels": LABELS,
    }  # fmt: skip
    return render(request, "manage/device.html", context, status=422 if typed else 200)


LABELS = {
    "device.token_issued": "发放令牌", "device.token_revoked": "收回令牌", "device.closed": "停用",
    "device.reopened": "恢复使用", "device.message_set": "改显示的话", "device.refilled": "加纸",
    "device.equipped": "设打印机", "device.unreachable": "没有消息", "device.reachable": "又有消息了",
    "device.paper_low": "纸张提醒", "device.supply": "缺纸缺墨", "device.print_failed": "没有打出",
}  # fmt: skip


@require_POST
@keeper_only
def token(request: SignedIn, site: str, code: str) -> HttpResponse:
    """Shown on this page only, once."""
    device = _device(request, site, code)
    return _show(request, device, acts.issue_token(device, by=request.principal))


def _close(request: SignedIn, device: Device) -> str:
    acts.close(device, by=request.principal, reason=request.POST.get("reason", ""))
    return "已停用，设备上会说原因和最近能用的另一台。"


def _reopen(request: SignedIn, device: Device) -> str:
    acts.reopen(device, by=request.principal, reason=request.POST.get("reason", ""))
    return "已恢复使用。"


def _revoke(request: SignedIn, device: Device) -> str:
    acts.revoke_token(device, by=request.principal)
    return "令牌已收回，那个浏览器不再是这台设备。"


def _say(request: SignedIn, device: Device) -> str:
    acts.say(device, by=request.principal, message=request.POST.get("message", ""))
    return "已发到设备，一分钟内显示。" if device.message else "设备上不再显示。"


def _refill(request: SignedIn, device: Device) -> str:
    amounts = {name: wire.whole(request.POST.get(name, "")) for name in ("sheets", "roll")}
    acts.refill(device, by=request.principal, **amounts)
    return "已记下现在的纸张。"


def _equip(request: SignedIn, device: Device) -> str:
    port, dots = (wire.whole(request.POST.get(name, "")) or 0 for name in ("port", "dots"))
    acts.equip(device, by=request.principal, host=request.POST.get("host", ""), port=port, dots=dots)
    return "打印机已设好，取一个号试试。" if device.printer_host else "不用网络打印机，由浏览器打印。"


VERBS: dict[str, Callable[[SignedIn, Device], str]] = {
    "closure": _close, "reopening": _reopen, "token-revocation": _revoke, "message": _say, "paper": _refill,
    "printer": _equip,
}  # fmt: skip


@require_POST
@keeper_only
def act(request: SignedIn, site: str, code: str, verb: str) -> HttpResponse:
    if verb not in VERBS:
        raise Http404
    device = _device(request, site, code)
    try:
        messages.success(request, VERBS[verb](request, device))
    except ValueError as problem:
        messages.error(request, str(problem))
        said = {key: str(value) for key, value in request.POST.items() if key != "csrfmiddlewaretoken"}
        return _show(request, device, **{"verb": verb, **said})
    return redirect("manage-device", site, code)


@keeper_only
def rules(request: SignedIn, site: str) -> HttpResponse:
    """What the manager of the site sets for all its devices."""
    place = next((each for each in _sites(request) if each.pk == site), None)
    if place is None:
        raise Http404
    kept = acts.rules_of(place)
    values: dict[str, Any] = {name: getattr(kept, name) for name in RULES}
    if request.method == "POST":
        values = {name: request.POST.get(name, "").strip() for name in RULES}
        whole = {name: wire.whole(text) for name, text in values.items()}
        wrong = [name for name, (_, low, high) in RULES.items() if not low <= (whole[name] or -1) <= high]
        wrong = [name for name in wrong if not (RULES[name][1] == 0 and whole[name] == 0)]
        if not wrong:
            DeviceRules.objects.update_or_create(site=place, defaults=whole)
            ledger.record(("device", site), "device.rules_set", by=request.principal, data=whole)
            messages.success(request, "已保存，马上生效。")
            return redirect("manage-device-rules", site)
        for name in wrong:
            messages.error(request, f"“{RULES[name][0]}”应在 {RULES[name][1]} 到 {RULES[name][2]} 之间。")
    context = {"site": place, "rules": RULES, "values": values}
    return render(request, "manage/device_rules.html", context, status=422 if request.method == "POST" else 200)
