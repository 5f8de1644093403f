"""调整窗口: what windows serve, changed with one act, taken back with another; two managers never overwrite each other.

Windows are locked, but not against those who call: a call in progress serves the old queues or the new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F

from onewindow.accounts.principal import Principal
from onewindow.hall import estimates, live
from onewindow.hall.actions.sitting import manages
from onewindow.hall.estimates import Load
from onewindow.hall.models import Move, Queue, Sitting, Window
from onewindow.hall.node import authority
from onewindow.kernel import clock, ledger


class Overtaken(ValueError):
    """Somebody else has arranged one of the windows since."""


@dataclass(frozen=True)
class Effect:
    """A queue before and after a move."""

    queue: Queue
    before: Load
    after: Load

    @property
    def deserted(self) -> bool:
        """People wait and nobody would serve them any more."""
        return bool(self.before.waiting and self.before.windows and not self.after.windows)


def effects(windows: Sequence[Window], queues: Iterable[Queue]) -> list[Effect]:
    """What moving these windows would do to the waits now: of every queue that gains or loses a window."""
    after = {queue.pk for queue in queues}
    touched = after.union(*({queue.pk for queue in window.queues.all()} for window in windows))
    known = list(Queue.objects.filter(pk__in=touched).select_related("zone"))
    before = estimates.loads(known)
    then = estimates.loads(known, {window.pk: after for window in windows})
    return [Effect(queue, before[queue.pk], then[queue.pk]) for queue in known]


@transaction.atomic
def move(seen: Mapping[int, int], queues: Sequence[Queue], *, by: Principal) -> Move:
    """These windows serve these queues from now on. `seen`: window → its edition on the manager's page."""
    if not queues:
        raise ValueError("请至少选择一个业务组。")
    windows = _locked(seen, by)
    site = windows[0].site_id
    if any(queue.site_id != site for queue in queues):
        raise ValueError("窗口和业务组不在同一个场所。")
    before = {
        str(window.pk): {
            "number": window.number, "queues": sorted(window.queues.values_list("pk", flat=True)),
            "edition": window.edition + 1,
        }
        for window in windows
    }  # fmt: skip
    made = Move.objects.create(
        site_id=site, by_id=by.user_id, windows=before, queues=[[queue.pk, queue.name] for queue in queues]
    )
    for window in windows:
        _serve(window, queues, "window.moved", by)
    return made


@transaction.atomic
def undo(move: Move, *, by: Principal) -> None:
    """撤销调整: every window serves again what it did before, unless one of them was arranged anew since."""
    windows = _locked({int(pk): each["edition"] for pk, each in move.windows.items()}, by)
    if not Move.objects.filter(pk=move.pk, undone_at=None).update(undone_at=clock.now(), undone_by=by.user_id):
        raise Overtaken("这次调整已经撤销过了。")
    for window in windows:
        before = list(Queue.objects.filter(pk__in=move.windows[str(window.pk)]["queues"]))
        _serve(window, before, "window.moved_back", by)


@transaction.atomic
def equip(window: Window, languages: Sequence[str], accessible: bool, *, seen: int, by: Principal) -> None:
    """What the window offers beside its business: languages, 无障碍."""
    (locked,) = _locked({window.pk: seen}, by)
    Window.objects.filter(pk=locked.pk).update(
        languages=list(languages), accessible=accessible, edition=F("edition") + 1
    )
    _told(locked, "window.equipped", by, languages=list(languages), accessible=accessible)


def _locked(seen: Mapping[int, int], by: Principal) -> list[Window]:
    """In one order, so that two managers wait for each other only once; calls point to windows and go on meanwhile."""
    known = Window.objects.select_for_update(no_key=True, of=("self",)).select_related("zone")
    windows = list(known.filter(pk__in=seen).order_by("pk"))
    if not windows:
        raise ValueError("请先选择窗口。")
    authority.ensure_here(windows[0].site_id)
    if not all(manages(by, window.site_id) for window in windows):
        raise PermissionDenied("只有大厅管理可以调整窗口。")
    if len({window.site_id for window in windows}) > 1:
        raise ValueError("一次只能调整一个场所的窗口。")
    if changed := [window.number for window in windows if window.edition != seen[window.pk]]:
        raise Overtaken(f"{'、'.join(changed)} 号窗口刚刚由别人调整过，请看过现在的业务组再决定。")
    return windows


def _serve(window: Window, queues: Sequence[Queue], event: str, by: Principal) -> None:
    window.queues.set(queues)
    Window.objects.filter(pk=window.pk).update(edition=F("edition") + 1)
    _told(window, event, by, queues=[queue.name for queue in queues])


def _told(window: Window, event: str, by: Principal, **data: object) -> None:
    staffed = Sitting.objects.filter(window=window, ended_at=None).exists()
    ledger.record(("window", f"{window.site_id}-{window.number}"), event, by=by, data=data | {"staffed": staffed})
    live.tell(window)
