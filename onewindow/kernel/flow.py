"""Transitions: guard → body → state → ledger row, written by one statement (docs/decisions/0005).

The body works on the row as it was read. The statement moves the row only if its revision and state are still those the
body saw, so of many who act at once exactly one wins; the others read the row again and try once more where the state
still allows it, or learn with `WrongState` / `Stale` that somebody was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from onewindow.kernel import clock
from onewindow.kernel.ledger import Actor, append_sql, payload
from onewindow.kernel.models import Flowing

P = ParamSpec("P")
S = TypeVar("S", bound=Flowing)
Guard = Callable[[Any, Any], bool]
Fact = Callable[[Any], bool]
RETRIES = 5
NOT_NOW = "现在不能“{label}”：这一步已经办过，或者还没有到这一步。"
FASTER = "这件事在您打开页面之后有了新的进展（也可能是您在别处办的）。请看过最新情况再决定，您填写的内容还在下面。"


class Conflict(Exception):
    """The act no longer fits the row (HTTP 409); the message tells the person what to do."""

    def __init__(self, subject: Flowing, message: str) -> None:
        super().__init__(message)
        self.subject = subject
        self.message = message


class WrongState(Conflict):
    """The row's state does not allow the act."""


class Stale(Conflict):
    """The row moved since the person looked at it."""


def _always(subject: Any) -> bool:
    return True


@dataclass(frozen=True)
class Transition:
    event: str
    label: str
    source: frozenset[str]
    target: str | None
    allowed: Guard
    writes: bool
    body: Callable[..., dict[str, Any] | None]
    tone: str
    retry: bool
    when: Fact = _always

    @property
    def name(self) -> str:
        return self.body.__name__

    def possible(self, subject: Flowing, by: Actor) -> bool:
        return subject.state in self.source and self.when(subject) and self.allowed(subject, by)


REGISTRY: dict[str, Transition] = {}


def transition(
    event: str,
    *,
    label: str,
    source: Iterable[str],
    target: str | None,
    allowed: Guard,
    writes: bool = False,
    tone: str = "",
    retry: bool = True,
    when: Fact = _always,
) -> Callable[[Callable[Concatenate[S, P], dict[str, Any] | None]], Callable[..., S]]:
    """Make a function a transition.

    `target` None leaves the state to the body. `writes` says that the body writes other rows: the subject is then
    locked first and all happens in one transaction; without it the body may read but must not write. `seen`, given by
    a page, is the revision the person looked at: any later move refuses the act. `retry` False does so without a page:
    for acts that mean something else once the row has moved. `when` is what must be true of the row beside its state.
    """

    def decorate(body: Callable[Concatenate[S, P], dict[str, Any] | None]) -> Callable[..., S]:
        spec = Transition(event, label, frozenset(source), target, allowed, writes, body, tone, retry, when)
        if event in REGISTRY:
            raise ValueError(f"{event} is an act already: {REGISTRY[event].body.__module__}")
        REGISTRY[event] = spec

        @wraps(body)
        def run(subject: S, *, by: Actor, seen: int | None = None, **kwargs: Any) -> S:
            _execute(spec, subject, by, seen, kwargs)
            return subject

        run.transition = spec  # type: ignore[attr-defined]
        return run

    return decorate


def _execute(spec: Transition, subject: Flowing, by: Actor, seen: int | None, kwargs: dict[str, Any]) -> None:
    if seen is not None and seen != subject.revision:
        raise Stale(subject, FASTER)
    as_seen = seen is not None or not spec.retry
    for attempt in range(RETRIES):
        if spec.writes:
            with transaction.atomic():
                _relock(subject, as_seen)
                moved = _apply(spec, subject, by, kwargs)
        else:
            moved = _apply(spec, subject, by, kwargs)
        if moved:
            return
        revision = subject.revision
        subject.refresh_from_db()
        # The row as the person saw it and yet not moved: it was reckoned by a calendar that no longer holds.
        if (as_seen and subject.revision != revision) or attempt == RETRIES - 1:
            break
    raise Stale(subject, FASTER)


def _relock(subject: Flowing, as_seen: bool) -> None:
    """Lock the row; if it moved since it was read, read it again (or refuse, where a person saw the old one).

    The calendar is held before the row, as by whoever changes it: the other order would wait in a circle.
    """
    with_calendar = type(subject)._default_manager.extra(where=["kernel_calendar_edition() >= 0"])
    locked = with_calendar.select_for_update().filter(pk=subject.pk)
    revision = locked.values_list("revision", flat=True).get()
    if revision == subject.revision:
        return
    subject.refresh_from_db()
    if as_seen:
        raise Stale(subject, FASTER)


def _check(spec: Transition, subject: Flowing, by: Actor) -> None:
    if subject.state not in spec.source:
        raise WrongState(subject, f"现在不能“{spec.label}”：这件事的状态已是“{_state_label(subject)}”。")
    if not spec.when(subject):
        raise WrongState(subject, NOT_NOW.format(label=spec.label))
    if not spec.allowed(subject, by):
        raise PermissionDenied(f"您没有“{spec.label}”的权限。")


def _state_label(subject: Flowing) -> str:
    field = subject._meta.get_field("state")
    return str(dict(field.flatchoices).get(subject.state, subject.state))


def _apply(spec: Transition, subject: Flowing, by: Actor, kwargs: dict[str, Any]) -> bool:
    _check(spec, subject, by)
    fields = [f for f in subject._meta.concrete_fields if not f.primary_key and f.name not in _OWN]
    before = {f.attname: _frozen(getattr(subject, f.attname)) for f in fields}
    was, source = subject.state, list(spec.source)
    with clock.watched() as editions:
        data = spec.body(subject, by=by, **kwargs) or {}
    if len(editions) > 1:
        return False  # read again in the middle: dates of two calendars
    if spec.target is not None:
        subject.state = spec.target
    changed = [f for f in fields if _frozen(getattr(subject, f.attname)) != before[f.attname]]
    row: dict[str, Any] = {
        "at": clock.now(), "kind": subject.kind, "subject": subject.subject, "event": spec.event,
        "actor": by.key, "actor_name": by.name, "data": data | {"from": was, "to": subject.state},
    }  # fmt: skip
    sets = ["state = %s", "revision = revision + 1", "chain_seq = chain_seq + 1"]
    sets.append("chain_head = sha256(chain_head || convert_to(%s, 'UTF8'))")
    params: list[Any] = [subject.state, payload(**row)]
    for field in changed:
        sets.append(f"{connection.ops.quote_name(field.column or '')} = %s")
        params.append(field.get_db_prep_save(getattr(subject, field.attname), connection))
    # Names of our own tables and columns only; every value is a parameter.
    moved = (
        f"UPDATE {connection.ops.quote_name(subject._meta.db_table)} SET {', '.join(sets)} "  # noqa: S608 - see above
        "WHERE id = %s AND revision = %s AND state = ANY(%s)"
        f"{' AND kernel_calendar_edition() = ANY(%s)' if editions else ''} RETURNING chain_seq, chain_head"
    )
    params += [subject.pk, subject.revision, source, *([list(editions)] if editions else [])]
    sql, values = append_sql(moved, params, **row)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        result = cursor.fetchone()
    if result is None:
        if editions:
            clock.forget()  # another edition may be why
        return False
    subject.revision += 1
    subject.chain_seq, subject.chain_head = result[1], bytes(result[2])
    return True


_OWN = {"state", "revision", "chain_seq", "chain_head"}


def _frozen(value: object) -> object:
    """Containers are changed in place by bodies: compare their text, not their identity."""
    return repr(value) if isinstance(value, dict | list) else value


def available(subject: Flowing, by: Actor) -> list[Transition]:
    """The acts the law and the person's post allow now, in the order they were declared."""
    mine = (spec for spec in REGISTRY.values() if spec.event.startswith(f"{subject.kind}."))
    return [spec for spec in mine if spec.possible(subject, by)]


def flowing_models() -> list[type[Flowing]]:
    from django.apps import apps

    return [model for model in apps.get_models() if issubclass(model, Flowing)]
