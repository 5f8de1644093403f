"""What editors and checkers do with a draft 草稿 until it is a version of the item.

Every act is one row of the ledger. Nobody lets pass what they have written themselves.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from onewindow.accounts.models import Agency
from onewindow.accounts.principal import Principal
from onewindow.catalogue import drafting, publish, running
from onewindow.catalogue.models import Draft, Item, ItemVersion
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import Conflict, Stale, transition

State = Draft.State
TIMER = ledger.System("timer", "定时发布")
ELSEWHERE = (
    "您打开这一部分之后，别人已经改过并保存了。您填写的内容还在下面，和已保存的不同之处列在上面；"
    "看过再保存，会以您的为准。"
)
MOVED = "草稿开始之后，这件事项有了新的版本。请与现在的版本对照，作废这份草稿后重新开始，或把需要的内容抄过去。"
# How far ahead a version may be scheduled.
FURTHEST = dt.timedelta(days=366)


def may_edit(by: Principal, agency: str) -> bool:
    return by.has_at(None, "editor") or by.has_at(agency, "editor")


def _editor(draft: Draft, by: Any) -> bool:
    return isinstance(by, Principal) and may_edit(by, draft.agency_id)


def _second_person(draft: Draft, by: Any) -> bool:
    if not isinstance(by, Principal) or by.user_id in {draft.author_id, *draft.writers}:
        return False
    return by.has_at(None, "checker") or by.has_at(draft.agency_id, "checker")


def _either(draft: Draft, by: Any) -> bool:
    return _editor(draft, by) or _second_person(draft, by)


def _timer(draft: Draft, by: Any) -> bool:
    return isinstance(by, ledger.System)


def open_draft(item: Item, *, by: Principal, version: ItemVersion | None = None) -> Draft:
    """The one unfinished draft of the item, or a new one from its current (or, to roll back, an older) version."""
    started = version or item.current
    assert started is not None
    return begin(drafting.content_of(started.guide), by=by, base=item.current, again=version is None)


def begin(content: dict[str, Any], *, by: Principal, base: ItemVersion | None, again: bool = False) -> Draft:
    """A draft with this content. `again`: an unfinished one of the item is taken up instead of refused."""
    code, agency = content["code"], base.guide.agency if base else content["agency"]
    if not may_edit(by, agency):
        raise PermissionDenied("您没有编辑这件事项的权限。")
    try:
        with transaction.atomic():
            draft = Draft.objects.create(
                code=code, agency_id=agency, base=base, content=content, author_id=by.user_id, writers=[by.user_id]
            )
            ledger.record(draft, "draft.opened", by=by, data={"base": base.number if base else None})
    except IntegrityError:
        draft = Draft.objects.unfinished().get(code=code)
        if not again:
            raise Conflict(draft, f"“{draft}”已有一份没完成的草稿，请先完成或作废那一份。") from None
    return draft


@transition("draft.saved", label="保存草稿", source=Draft.EDITABLE, target=None, allowed=_editor)
def save(
    draft: Draft, *, by: Principal, values: dict[str, Any], was: str = "", removed: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The named parts as typed, valid or not. `was`: the mark of these parts as the editor saw them."""
    if was and was != drafting.mark(draft.content, values):
        raise Stale(draft, ELSEWHERE)
    if values.get("agency", draft.agency_id) != draft.agency_id:
        if not by.has_at(None, "editor"):
            raise PermissionDenied("只有全区的内容编辑可以换实施主体。")
        if not Agency.objects.filter(pk=values["agency"]).exists():
            raise ValueError(f"没有代码为“{values['agency']}”的部门。")
    changed = [name for name in values if values[name] != draft.content.get(name)]
    kept = {name: said for name, said in draft.content.items() if name not in values}
    draft.content = kept | {name: said for name, said in values.items() if not drafting.blank(said)}
    draft.writers = sorted({*draft.writers, by.user_id})
    draft.removed = removed or {}
    draft.updated_at = clock.now()
    return {"fields": changed}


@transition("draft.submitted", label="送审", source=Draft.EDITABLE, target=State.REVIEWING, allowed=_editor)
def submit(draft: Draft, *, by: Principal, note: str) -> dict[str, Any]:
    """Only what can be read, changes something, and does not make a complete guide incomplete."""
    reading = drafting.read(draft.content)
    if reading.guide is None:
        raise ValueError(f"还有 {len(reading.faults)} 处写法有误，改好才能送审。")
    current = _current(draft)
    if current and current.guide.complete and reading.blocking:
        text = (
            f"现在的版本是完整的，这份草稿却有 {len(reading.blocking)} 处不合规则。改好再送审，免得群众不能网上申请。"
        )
        raise ValueError(text)
    if current and current.guide.agency != reading.guide.agency:
        raise ValueError("换实施主体要按职权划转办：在“划转”里拟一份方案，在办的件和证照才会一起移交。")
    if current and drafting.content_of(current.guide) == drafting.content_of(reading.guide):
        raise ValueError("和现在的版本没有不同，不用送审。")
    if not note.strip():
        raise ValueError("请写一句改了什么、为什么改，审核的人要看。")
    draft.note, draft.updated_at = note.strip()[:500], clock.now()
    return {"note": draft.note, "blocking": sorted({finding.rule for finding in reading.blocking})}


def _current(draft: Draft) -> ItemVersion | None:
    item = Item.objects.select_related("current").filter(pk=draft.code).first()
    current = item.current if item else None
    if (current.pk if current else None) != draft.base_id:
        raise ValueError(MOVED)
    return current


@transition("draft.taken_back", label="撤回送审", source={State.REVIEWING}, target=State.DRAFTING, allowed=_editor)
def take_back(draft: Draft, *, by: Principal) -> dict[str, Any]:
    draft.updated_at = clock.now()
    return {}


@transition("draft.returned", label="退回编辑", source={State.REVIEWING}, target=State.RETURNED, allowed=_second_person)
def send_back(draft: Draft, *, by: Principal, remarks: list[dict[str, str]]) -> dict[str, Any]:
    """All remarks at once, each at its field; `on` is empty for one about the whole."""
    if not remarks:
        raise ValueError("请写明哪里要改。")
    draft.remarks = [{**remark, "by": by.name} for remark in remarks]
    draft.updated_at = clock.now()
    return {"remarks": remarks}


@transition("draft.approved", label="审核通过", source={State.REVIEWING}, target=State.APPROVED, allowed=_second_person)
def approve(draft: Draft, *, by: Principal, publish_on: dt.date, rule: dict[str, Any] | None = None) -> dict[str, Any]:
    """The rules are asked again: they, or the current version, may have changed since the draft was submitted.

    `rule`: what the version will mean for applications under way; it waits with the draft for its day.
    """
    if not clock.today() <= publish_on <= clock.today() + FURTHEST:
        raise ValueError("发布日期从今天起，最远一年。")
    if drafting.read(draft.content).guide is None:
        raise ValueError("草稿现在读不出来了（规程的格式有了变化），请退回编辑。")
    _current(draft)
    draft.running = running.chosen(rule or {}) if draft.base_id else {}
    draft.publish_on, draft.checked_by_id, draft.remarks = publish_on, by.user_id, []
    draft.updated_at = clock.now()
    return {"publish_on": publish_on.isoformat(), "running": draft.running}


@transition("draft.recalled", label="取消发布", source={State.APPROVED}, target=State.DRAFTING, allowed=_either)
def recall(draft: Draft, *, by: Principal) -> dict[str, Any]:
    """Before its day; it has to be checked again."""
    draft.publish_on, draft.checked_by_id = None, None
    draft.updated_at = clock.now()
    return {}


@transition(
    "draft.published", label="发布", source={State.APPROVED}, target=State.PUBLISHED, allowed=_timer, writes=True
)
def release(draft: Draft, *, by: ledger.Actor) -> dict[str, Any]:
    """Exactly once, however many workers try: the row is locked and moves on."""
    assert draft.publish_on is not None
    if draft.publish_on > clock.today():
        raise ValueError(f"发布日期是 {draft.publish_on:%Y-%m-%d}，还没有到。")
    guide = drafting.read(draft.content).guide
    if guide is None:
        raise ValueError("规程的格式有了变化，草稿要再改一改。")
    draft.version = publish.release(guide, after=draft.base_id, by=by, rule=draft.running, draft=draft.subject)
    draft.updated_at = clock.now()
    return {"version": draft.version.number}


@transition("draft.stopped", label="未能发布", source={State.APPROVED}, target=State.RETURNED, allowed=_timer)
def stop(draft: Draft, *, by: ledger.Actor, reason: str) -> dict[str, Any]:
    draft.publish_on, draft.checked_by_id = None, None
    draft.remarks = [{"on": "", "text": reason, "by": by.name}]
    draft.updated_at = clock.now()
    return {"reason": reason}


@transition(
    "draft.discarded", label="作废草稿", source=Draft.EDITABLE, target=State.DISCARDED, allowed=_editor, tone="danger"
)
def discard(draft: Draft, *, by: Principal) -> dict[str, Any]:
    draft.updated_at = clock.now()
    return {}


def publish_due() -> list[Draft]:
    """Every approved draft whose day has come; called by the timer, and at once when the day is today."""
    done = []
    for draft in Draft.objects.filter(state=State.APPROVED, publish_on__lte=clock.today()).order_by("publish_on", "id"):
        try:
            done.append(release(draft, by=TIMER))
        except Conflict:  # another worker was faster
            continue
        except (publish.Moved, ValueError) as problem:
            reason = MOVED if isinstance(problem, publish.Moved) else f"发布前检查没有通过：{problem}"
            stop(draft, by=TIMER, reason=reason)
    return done
