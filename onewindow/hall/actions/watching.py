"""预警: what the manager should look at now, recorded once while it lasts and acknowledged by whoever sees to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.models import Site
from onewindow.accounts.principal import Principal
from onewindow.hall import estimates, live
from onewindow.hall.actions.drawing import rules_of
from onewindow.hall.actions.sitting import manages
from onewindow.hall.models import Alert, Device, Queue, Rules, Sitting
from onewindow.kernel import clock, ledger

Kind = Alert.Kind


def watch(site: Site) -> int:
    """How many began or ended; two workers at once record one."""
    now, rules = clock.now(), rules_of(site)
    found = {alert.about: alert for alert in (*_lines(site, rules), *_windows(site, rules), *_devices(site))}
    known = {alert.about: alert for alert in Alert.objects.filter(site=site, ended_at=None)}
    over = [alert.pk for about, alert in known.items() if about not in found]
    new = [alert for about, alert in found.items() if about not in known]
    with transaction.atomic():
        Alert.objects.filter(pk__in=over, ended_at=None).update(ended_at=now)
        Alert.objects.bulk_create(new, ignore_conflicts=True)
        if over or new:
            live.tell(site)
    return len(over) + len(new)


def _lines(site: Site, rules: Rules) -> Iterator[Alert]:
    queues = list(Queue.objects.filter(site=site))
    loads = estimates.loads(queues)
    for queue in queues:
        load = loads[queue.pk]
        waits = int((clock.now() - load.oldest).total_seconds() // 60) if load.oldest else 0
        if load.waiting and not load.windows and waits >= rules.unserved_minutes:
            words = f"“{queue.name}”有 {load.waiting} 人等候，没有窗口在办"
            yield Alert(site=site, kind=Kind.UNSERVED, queue=queue, words=words)
        elif waits >= rules.long_wait_minutes:
            words = f"“{queue.name}”等得最久的已等 {waits} 分钟，前后共 {load.waiting} 人"
            yield Alert(site=site, kind=Kind.WAIT, queue=queue, words=words)


def _windows(site: Site, rules: Rules) -> Iterator[Alert]:
    since = clock.now() - timedelta(minutes=rules.long_pause_minutes)
    away = Sitting.objects.filter(window__site=site, ended_at=None, paused_at__lte=since)
    for seat in away.select_related("window", "user"):
        words = f"{seat.window} 号窗口暂停已超过 {rules.long_pause_minutes} 分钟（{seat.user}：{seat.reason}）"
        yield Alert(site=site, kind=Kind.PAUSED, window=seat.window, words=words[:120])


def _devices(site: Site) -> Iterator[Alert]:
    """Those the register has given up hearing of; who closed one knows it."""
    for device in Device.objects.filter(site=site, silent=True, closed_reason=""):
        yield Alert(site=site, kind=Kind.DEVICE, device=device, words=f"{device} 没有消息了，请到现场看看")


@transaction.atomic
def acknowledge(alert: Alert, *, by: Principal) -> bool:
    """知道了; whether this was the first to say so."""
    if not manages(by, alert.site_id):
        raise PermissionDenied("预警由大厅管理处理。")
    if not Alert.objects.filter(pk=alert.pk, seen_at=None).update(seen_at=clock.now(), seen_by=by.user_id):
        return False
    ledger.record(("hall", alert.site_id), "hall.alert_seen", by=by, data={"kind": alert.kind, "words": alert.words})
    live.tell(alert.site)
    return True


@transaction.atomic
def set_limits(site: Site, limits: dict[str, int], *, by: Principal) -> None:
    """By the field of `Rules`: when an alert begins, how the line is mixed."""
    if not manages(by, site.pk):
        raise PermissionDenied("规则由大厅管理设定。")
    Rules.objects.update_or_create(site=site, defaults=limits)
    ledger.record(("hall", site.pk), "hall.limits_set", by=by, data=limits)
