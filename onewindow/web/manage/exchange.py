"""外部系统: setting up, health, messages, for the operator 运维."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import Count, Min, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.catalogue.models import Item
from onewindow.catalogue.shape import shapes
from onewindow.exchange import inbox, outbox, systems
from onewindow.exchange.adapters import ADAPTERS
from onewindow.exchange.models import Letter, System
from onewindow.kernel import wire
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.manage import typed

operator_only = staff_only("operator")
PAGE = 50
VIEWS = {"": "全部", "waiting": "等待", "parked": "搁置", "done": "完成"}


@operator_only
def index(request: SignedIn) -> HttpResponse:
    waiting, parked = Q(letters__state=Letter.State.WAITING), Q(letters__state=Letter.State.PARKED)
    rows = System.objects.order_by("key").annotate(
        waiting=Count("letters", filter=waiting), parked=Count("letters", filter=parked),
        oldest=Min("letters__created_at", filter=waiting),
    )  # fmt: skip
    context = {"systems": rows, "adapters": ADAPTERS, "named": _unwired({each.key for each in rows})}
    return render(request, "manage/exchange.html", context)


def _unwired(known: set[str]) -> list[dict[str, Any]]:
    """Systems that guides name with an adapter and nobody has set up yet, with how many items wait for it."""
    where = Item.objects.filter(current__body__outside__road="adapter")
    rows = where.values("current__body__outside__system", "current__body__outside__name").annotate(n=Count("code"))
    found = [dict(zip(("key", "name", "items"), row.values(), strict=True)) for row in rows]
    return sorted((row for row in found if row["key"] not in known), key=lambda row: str(row["key"]))


@operator_only
def new(request: SignedIn) -> HttpResponse:
    kind = request.GET.get("adapter", "")
    if kind not in ADAPTERS:
        return redirect("exchange-home")
    if request.method == "POST":
        return _save(request, None, kind)
    said = {"key": request.GET.get("key", "")[:40], "name": request.GET.get("name", "")[:60]}
    return _form(request, None, kind, said, {})


@operator_only
def show(request: SignedIn, key: str) -> HttpResponse:
    system = get_object_or_404(System, key=key)
    if request.method == "POST":
        return _save(request, system, system.adapter)
    return _form(request, system, system.adapter, {"name": system.name, **system.options}, {})


def _form(
    request: SignedIn, system: System | None, kind: str, said: Mapping[str, Any], faults: Mapping[str, str]
) -> HttpResponse:
    chosen = ADAPTERS[kind]
    context = {
        "system": system, "kind": kind, "adapter": chosen, "said": said, "faults": faults,
        "options": shapes(chosen.Options), "secrets": shapes(chosen.Secrets), "views": VIEWS,
        **(_letters(request, system) if system else {}),
    }  # fmt: skip
    return render(request, "manage/exchange_system.html", context, status=422 if faults else 200)


def _letters(request: SignedIn, system: System) -> dict[str, Any]:
    view = request.GET.get("view", "")
    view = view if view in VIEWS else ""
    rows = system.letters.select_related("case").order_by("-id")
    if view:
        rows = rows.filter(state=view)
    if (after := wire.whole(request.GET.get("after", ""))) is not None:
        rows = rows.filter(pk__lt=after)
    page = list(rows[: PAGE + 1])
    counts = system.letters.aggregate(
        waiting=Count("id", filter=Q(state="waiting")), parked=Count("id", filter=Q(state="parked"))
    )
    return {
        "letters": page[:PAGE], "view": view, "counts": counts,
        "more": page[PAGE - 1].pk if len(page) > PAGE else None,
    }  # fmt: skip


def _save(request: SignedIn, system: System | None, kind: str) -> HttpResponse:
    """Nothing typed is lost when it is refused, but secrets, which are never sent back."""
    chosen, post = ADAPTERS[kind], request.POST
    options = typed.fields(shapes(chosen.Options), post)
    secrets = {shape.name: post.get(shape.name, "").strip() for shape in shapes(chosen.Secrets)}
    key = system.key if system else post.get("key", "").strip().lower()
    name = post.get("name", "").strip()[:60]
    faults = _own_faults(key, name, fresh=system is None)
    if not faults:
        try:
            saved = systems.save(key, name=name, kind=kind, options=options, secrets=secrets, by=request.principal)
        except systems.Misconfigured as problem:
            faults = problem.faults
    if faults:
        return _form(request, system, kind, {"key": key, "name": name, **options}, faults)
    caught = outbox.catch_up(saved)
    messages.success(
        request, "已保存。" + (f"有 {caught} 件在等它，已开始送出。" if caught else "请点“自检”看看通不通。")
    )
    return redirect("exchange-system", key)


def _own_faults(key: str, name: str, *, fresh: bool) -> dict[str, str]:
    found = {}
    if not (2 <= len(key) <= 40 and key.isascii() and key.replace("-", "").isalnum() and key[0].isalpha()):
        found["key"] = "代号用小写字母、数字和连字符，以字母开头，与规程里写的一致。"
    elif fresh and System.objects.filter(key=key).exists():
        found["key"] = "这个代号已经有了，请直接打开它修改。"
    if not name:
        found["name"] = "请填写系统名称。"
    return found


@require_POST
@operator_only
def check(request: SignedIn, key: str) -> HttpResponse:
    found = systems.check(get_object_or_404(System, key=key))
    bad = [finding.what for finding in found if not finding.good]
    if bad:
        messages.warning(request, f"自检有 {len(bad)} 处不好：{'、'.join(bad)}。")
    else:
        messages.success(request, "自检都好。")
    return redirect("exchange-system", key)


@require_POST
@operator_only
def pause(request: SignedIn, key: str) -> HttpResponse:
    why = request.POST.get("why", "").strip()
    if not why:
        messages.error(request, "没有暂停：请写明为什么暂停，接班的人要看。")
        return redirect("exchange-system", key)
    systems.pause(get_object_or_404(System, key=key), by=request.principal, why=why)
    messages.success(request, "已暂停：不再送出和收取，回调照收；群众提交的先等着。")
    return redirect("exchange-system", key)


@require_POST
@operator_only
def resume(request: SignedIn, key: str) -> HttpResponse:
    systems.resume(get_object_or_404(System, key=key), by=request.principal)
    messages.success(request, "已继续，等着的马上再送。")
    return redirect("exchange-system", key)


@require_POST
@operator_only
def replay(request: SignedIn, key: str) -> HttpResponse:
    """One message (`letter`), or all that are parked."""
    system = get_object_or_404(System, key=key)
    parked = system.letters.filter(state=Letter.State.PARKED).order_by("pk")
    if (chosen := wire.whole(request.POST.get("letter", ""))) is not None:
        parked = parked.filter(pk=chosen)
    done = [letter for letter in parked[:500] if outbox.replay(letter)]
    for letter in done:
        if letter.way == Letter.Way.IN:
            inbox.settle(letter.pk)
    messages.info(request, f"重来 {len(done)} 条。" if done else "没有要重来的，可能已经办好。")
    return redirect("exchange-system", key)
