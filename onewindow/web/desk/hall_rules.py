"""规则 of a hall, as its manager sets them: when an alert begins, and how booked, early and late are mixed (0024)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from onewindow.hall.actions import watching
from onewindow.hall.actions.calling import EARLIER
from onewindow.hall.actions.drawing import rules_of
from onewindow.kernel import wire
from onewindow.web.account.guards import SignedIn
from onewindow.web.desk.floor import manager_only, site_of


@dataclass(frozen=True)
class Limit:
    label: str
    least: int
    most: int
    unit: str = "分钟"


PROMISED = int(EARLIER.total_seconds() // 60)
# By field of hall.Rules.
ALERTS = {
    "long_wait_minutes": Limit("有人等候超过多少分钟", 5, 240),
    "unserved_minutes": Limit("有人等候而没有窗口超过多少分钟", 1, 60),
    "long_pause_minutes": Limit("窗口暂停超过多少分钟", 5, 240),
}
TURNS = {
    "booked_minutes": Limit("有预约的，从约定时间以前多少分钟算起", 0, PROMISED),
    "grace_minutes": Limit("预约的人晚到多少分钟以内，还按预约", 0, PROMISED),
    "priority_minutes": Limit("优先的，从取号以前多少分钟算起", 0, PROMISED),
    "return_minutes": Limit("过号后多少分钟以内回来，保留原来的位置", 0, 120),
    "elder_age": Limit("身份证上多少岁起算老年人，不用自己选优先", 60, 80, "岁"),
}
KNOWN = ALERTS | TURNS
TOO_FAR = f"前两项加起来最多 {PROMISED} 分钟：谁也不会被晚来 {PROMISED} 分钟以上的人排到前面。"


@manager_only
def show(request: SignedIn, code: str) -> HttpResponse:
    site = site_of(request, code)
    typed: Mapping[str, object] = {name: getattr(rules_of(site), name) for name in KNOWN}
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {**typed, **request.POST.dict()}
        limits, errors = _read(typed)
        if not errors:
            watching.set_limits(site, limits, by=request.principal)
            messages.success(request, "规则已改。预警一分钟内按新的时间，叫号规则从新取的号起。")
            return redirect("desk-floor", site.pk)
    groups = (("预警", ALERTS), ("叫号先后", TURNS))
    context = {"site": site, "groups": groups, "typed": typed, "errors": errors}
    return render(request, "desk/floor_rules.html", context, status=422 if errors else 200)


def _read(said: Mapping[str, object]) -> tuple[dict[str, int], dict[str, str]]:
    limits = {name: wire.whole(str(said[name])) for name in KNOWN}
    errors = {
        name: f"请填 {limit.least} 到 {limit.most} 之间的数（{limit.unit}）。"
        for name, limit in KNOWN.items()
        if (value := limits[name]) is None or not limit.least <= value <= limit.most
    }
    found = {name: value for name, value in limits.items() if value is not None}
    if not errors and found["booked_minutes"] + found["grace_minutes"] > PROMISED:
        errors["grace_minutes"] = TOO_FAR
    return found, errors
