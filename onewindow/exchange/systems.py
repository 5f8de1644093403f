"""Setting up an outside system, looking at it, stopping and going on; every change is a row of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F
from pydantic import ValidationError

from config.settings import env
from onewindow.accounts.models import Post, User
from onewindow.exchange.adapters import ADAPTERS
from onewindow.exchange.adapters.base import Adapter, Finding, Refused
from onewindow.exchange.models import Letter, System
from onewindow.kernel import clock, ledger, secrecy
from onewindow.kernel.ledger import Actor
from onewindow.notifications.actions import notify

PURPOSE = "exchange"
ENVIRONMENT = "env:ONEWINDOW_EXCHANGE_"
# So many failures in a row open the circuit; the pause doubles from one minute to an hour.
PATIENCE, LONGEST = 5, 3600


class Misconfigured(ValueError):
    """`faults`: option → what is wrong with it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("；".join(faults.values()))
        self.faults = dict(faults)


def actor(system: System) -> ledger.System:
    return ledger.System(f"exchange:{system.key}"[:60], system.name)


def adapter(system: System) -> Adapter:
    """ValueError in words when it is not set up well."""
    chosen = ADAPTERS.get(system.adapter)
    if chosen is None:
        raise ValueError(f"没有这种接口：{system.adapter}")
    try:
        return chosen(system.key, system.options, opened(system.secrets))
    except ValidationError as error:  # a ValueError too: first
        raise Misconfigured(faults(error)) from error
    except (ImproperlyConfigured, ValueError) as error:
        raise Misconfigured({"": str(error)}) from error


def opened(secrets: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, kept in secrets.items():
        in_environment = kept.startswith(ENVIRONMENT)
        found[name] = env(kept.removeprefix("env:")) if in_environment else secrecy.decrypt(kept, purpose=PURPOSE)
    return found


def faults(error: ValidationError) -> dict[str, str]:
    """Option → sentence."""
    found = {}
    for each in error.errors():
        name = str(each["loc"][0])
        found[name] = {
            "missing": "请填写。", "string_too_short": "太短了。", "string_pattern_mismatch": "写法不对，请看说明。",
            "greater_than_equal": "太小了。", "less_than_equal": "太大了。", "int_parsing": "应是整数。",
        }.get(each["type"], "写法不对，请看说明。")  # fmt: skip
    return found


@transaction.atomic
def save(
    key: str, *, name: str, kind: str, options: Mapping[str, Any], secrets: Mapping[str, str], by: Actor
) -> System:
    """Kept only when the adapter can be made of it; an empty secret keeps the one there is."""
    known = System.objects.select_for_update().filter(key=key).first()
    old = known.secrets if known and known.adapter == kind else {}
    sealed = old | {each: _sealed(said) for each, said in secrets.items() if said}
    system = known or System(key=key)
    system.name, system.adapter, system.options, system.secrets = name, kind, dict(options), sealed
    adapter(system)
    system.failures, system.open_until = 0, None
    system.save()
    data = {"name": name, "adapter": kind, "options": dict(options), "secrets": sorted(filter(secrets.get, secrets))}
    ledger.record(("exchange", key), "exchange.saved", by=by, data=data)
    return system


def _sealed(said: str) -> str:
    return said if said.startswith(ENVIRONMENT) else secrecy.encrypt(said, purpose=PURPOSE)


def pause(system: System, *, by: Actor, why: str) -> None:
    System.objects.filter(pk=system.pk).update(paused_at=clock.now(), paused_because=why[:120])
    ledger.record(("exchange", system.key), "exchange.paused", by=by, data={"why": why[:120]})


def resume(system: System, *, by: Actor) -> None:
    """Goes on at once: waiting letters are due, the circuit is closed."""
    System.objects.filter(pk=system.pk).update(paused_at=None, paused_because="", failures=0, open_until=None)
    system.letters.filter(state=Letter.State.WAITING).update(next_at=clock.now())
    ledger.record(("exchange", system.key), "exchange.resumed", by=by)


def check(system: System) -> list[Finding]:
    """自检: nothing is sent, nothing changes on the other side."""
    try:
        found = adapter(system).check()
    except ValueError as problem:
        found = [Finding("设置", False, str(problem))]
    kept = [{"what": each.what, "good": each.good, "told": each.told[:200]} for each in found]
    System.objects.filter(pk=system.pk).update(checked_at=clock.now(), findings=kept)
    return found


def went_well(system: System) -> None:
    System.objects.filter(pk=system.pk).update(failures=0, open_until=None, last_ok_at=clock.now())


def failed(system: System, why: str) -> None:
    """断路: several times in a row nobody answered; whoever keeps the systems is told once for each opening."""
    System.objects.filter(pk=system.pk).update(failures=F("failures") + 1)
    system.refresh_from_db()
    if system.failures < PATIENCE:
        return
    seconds = min(60 * 2 ** (system.failures - PATIENCE), LONGEST)
    System.objects.filter(pk=system.pk).update(open_until=clock.now() + timedelta(seconds=seconds))
    if system.failures == PATIENCE:
        alert(system, f"连续 {PATIENCE} 次没有送到，先停一停再试")


def disbelieve(system: System, refusal: Refused) -> None:
    System.objects.filter(pk=system.pk).update(
        refused=F("refused") + 1, refused_at=clock.now(), refused_because=refusal.message[:200]
    )


def alert(system: System, what: str) -> None:
    """To every operator 运维, in the program."""
    posts = Post.objects.filter(role=Post.Role.OPERATOR, ends__isnull=True)
    for user in User.objects.filter(pk__in=posts.values("user"), is_active=True):
        notify(
            user=user, template="exchange_alert", context={"system": system.name, "what": what},
            link=f"/manage/exchange/{system.key}/",
        )  # fmt: skip
