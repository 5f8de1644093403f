"""成批导入 of completions: what fits goes in, each row once; what does not is listed with its number and the reason."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.db.models import F
from python_calamine import CalamineError, CalamineWorkbook

from onewindow.accounts.principal import Principal, from_user
from onewindow.cases.actions import outside
from onewindow.cases.actions.wording import PERSONAL_NUMBER
from onewindow.cases.models import Case, State
from onewindow.catalogue.models import Item
from onewindow.catalogue.sheets import plain_workbook
from onewindow.exchange import completions, tasks
from onewindow.exchange.models import Batch
from onewindow.kernel import clock, secrecy
from onewindow.kernel.flow import Conflict

PURPOSE = "exchange-import"
COLUMNS = ("事项编号", "外部编号", "本平台编号", "办结日期", "结果", "申请人", "说明")
NEEDED = ("事项编号", "外部编号", "办结日期", "结果")
OUTCOMES = {
    "准予": "granted", "办成": "granted", "办结": "granted", "通过": "granted", "不予": "denied", "不通过": "denied",
    "撤回": "other", "终止": "other", "其他": "other",
}  # fmt: skip
MOST_BYTES, MOST_ROWS = 5 * 1024 * 1024, 5000
# Rows written in one transaction; so often a part that breaks off is tried again.
PART, MOST_ATTEMPTS = 50, 5
Kept = Literal["case", "new", "changed", "same"]
WORDS: dict[str, str] = {"case": "写入办件", **completions.WORDS}


class Unreadable(ValueError):
    """The file as a whole: nothing of it was taken in."""


@dataclass
class _Run:
    batch: Batch
    by: Principal
    agencies: set[str]
    items: dict[str, Item] = field(default_factory=dict)


def hand_in(data: bytes, name: str, *, by: Principal) -> tuple[Batch, bool]:
    """Read here, so that a file that is none is told at once; written by the worker. The batch, and whether it is new.

    The same file again does nothing: rows of it may have been replaced by a later file. One that broke off goes on.
    """
    header, rows = _table(data)
    if missing := [column for column in NEEDED if column not in header]:
        raise Unreadable(f"第 1 行缺少列：{'、'.join(missing)}。请用模板的标题行。")
    facts: dict[str, Any] = {"file": name[-120:], "by_name": by.name, "rows": len(rows)}
    facts["content"] = _sealed({"header": header, "rows": rows})
    with transaction.atomic():
        key = {"by_id": by.user_id, "sha256": hashlib.sha256(data).hexdigest()}
        batch, fresh = Batch.objects.get_or_create(**key, defaults=facts)
        broken = Batch.objects.filter(pk=batch.pk, state=Batch.State.FAILED)
        if fresh or broken.update(state=Batch.State.WAITING, attempts=0):
            tasks.take_in.defer(batch_id=batch.pk)
    return batch, fresh


def run_due() -> None:
    """What a worker was killed in goes on behind the last rows that stand."""
    for pk in Batch.objects.filter(state=Batch.State.WAITING).order_by("pk").values_list("pk", flat=True):
        run(pk)


def run(pk: int) -> None:
    waiting = Batch.objects.filter(pk=pk, state=Batch.State.WAITING)
    while waiting.update(attempts=F("attempts") + 1):
        if waiting.filter(attempts__gt=MOST_ATTEMPTS).update(state=Batch.State.FAILED):
            return
        _some(pk)


@transaction.atomic
def _some(pk: int) -> None:
    """The next rows, each in a savepoint, and the count of them: together or not at all. Of two workers one waits."""
    batch = Batch.objects.select_for_update(of=("self",)).select_related("by").get(pk=pk)
    if batch.state != Batch.State.WAITING:
        return
    by = from_user(batch.by)
    run, whole = _Run(batch, by, by.agencies("clerk", "manager")), _opened(batch.content)
    counts = Counter(batch.counts)
    faults = _opened(batch.kept)["rows"] if batch.kept else []
    part = whole["rows"][batch.done : batch.done + PART]
    for line, cells in enumerate(part, start=batch.done + 2):
        if not any(cells):
            continue
        said = _tried(run, dict.fromkeys(whole["header"], "") | dict(zip(whole["header"], cells, strict=False)))
        if said in WORDS:
            counts[said] += 1
        else:
            faults.append([str(line), said, *cells])
    batch.counts, batch.faults, batch.done, batch.attempts = dict(counts), len(faults), batch.done + len(part), 0
    batch.kept = _sealed({"header": whole["header"], "rows": faults}) if faults else ""
    if batch.done >= batch.rows:
        batch.state, batch.content = Batch.State.DONE, ""
    batch.save()


def _tried(run: _Run, cells: Mapping[str, str]) -> str:
    """What became of the row (a key of WORDS), or why it did not fit."""
    try:
        with transaction.atomic():
            return _row(run, cells)
    except (ValueError, Conflict) as problem:
        return str(problem)
    except PermissionDenied:
        return "是已有办件的结果，要由这个部门的窗口人员导入；本人的事由同事导入"
    except DatabaseError:
        return "写不进去，请核对这一行的内容"


def _sealed(said: dict[str, Any]) -> str:
    return secrecy.encrypt(json.dumps(said, ensure_ascii=False), purpose=PURPOSE)


def _opened(sealed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(secrecy.decrypt(sealed, purpose=PURPOSE))
    return found


def _table(data: bytes) -> tuple[list[str], list[list[str]]]:
    if not data or len(data) > MOST_BYTES:
        raise Unreadable("请选择一个 Excel（.xlsx）或 CSV 文件，不超过 5 MB。")
    rows = _sheet(data) if data[:2] == b"PK" else _csv(data)
    if len(rows) < 2:
        raise Unreadable("文件里没有数据行。第 1 行是标题，从第 2 行起一行一件。")
    if len(rows) > MOST_ROWS + 1:
        raise Unreadable(f"一次最多 {MOST_ROWS} 行，请分几次导入。")
    return rows[0], rows[1:]


def _sheet(data: bytes) -> list[list[str]]:
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        return [[_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    except (CalamineError, OSError, IndexError) as error:
        raise Unreadable("这个 Excel 文件打不开，请另存为 .xlsx 再导入。") from error


def _csv(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    try:
        return [[_cell(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error as error:
        raise Unreadable("这个文件不是 CSV，请从模板另存。") from error


def _cell(value: Any) -> str:
    if isinstance(value, float) and value == int(value):
        value = int(value)
    if isinstance(value, date):
        return value.isoformat()[:10]
    return str(value).replace("\0", "").strip()[:500]


def _row(run: _Run, cells: Mapping[str, str]) -> Kept:
    item, number = _item(run, cells["事项编号"]), cells["外部编号"]
    rule = item.guide.outside
    if rule is None:
        raise ValueError(f"{item.code} 不在外部系统办理，不能导入")
    if not 1 <= len(number) <= 60:
        raise ValueError("外部编号应是 1 到 60 个字符")
    if PERSONAL_NUMBER.search(number):
        raise ValueError("外部编号里像是证件号码，请核对")
    outcome = OUTCOMES.get(cells["结果"])
    if outcome is None:
        raise ValueError(f"结果应是{'、'.join(OUTCOMES)}之一，现在是“{cells['结果']}”")
    done_on, own = _day(cells["办结日期"]), "".join(cells.get("本平台编号", "").split())
    if case := _case(rule.system, number, own, item):
        return _finish(run, case, cells, number, outcome, done_on)
    done = completions.Done(rule.system, number, item.code, done_on, outcome, cells.get("申请人", "")[:80])
    return completions.keep(done, by=run.by, batch=run.batch)


def _item(run: _Run, code: str) -> Item:
    if code not in run.items:
        found = Item.objects.select_related("current").filter(pk=code, current__isnull=False).first()
        if found is None:
            raise ValueError(f"没有编号为“{code or '（空）'}”的事项")
        run.items[code] = found
    item = run.items[code]
    if item.agency_id not in run.agencies and not run.by.has("operator"):
        raise ValueError(f"{code} 是别的部门的事项，您不能导入")
    return item


def _day(text: str) -> date:
    try:
        parts = text[:10].replace("/", "-").replace(".", "-").split("-")
        found = date.fromisoformat("-".join(part.zfill(2) for part in parts))
    except ValueError as error:
        raise ValueError(f"办结日期写不对：“{text}”，应如 2026-11-28") from error
    if found > clock.today():
        raise ValueError(f"办结日期还没有到：{text}")
    return found


def _case(system: str, number: str, own: str, item: Item) -> Case | None:
    cases = Case.objects.select_related("version", "item", "agency").exclude(state=State.DRAFT)
    case = cases.filter(outside_system=system, outside_number=number).first()
    if case is None and own:
        case = cases.filter(number=own).first()
        if case is None:
            raise ValueError(f"没有编号为 {own} 的办件")
    if case and case.item_id != item.pk:
        raise ValueError(f"编号对应的办件是另一件事项（{case.item_id}）")
    if case and own and case.number != own:
        raise ValueError(f"外部编号已经登记在办件 {case.number} 上")
    return case


def _finish(run: _Run, case: Case, cells: Mapping[str, str], number: str, outcome: str, done_on: date) -> Kept:
    """A result told before is not told again; another result is a matter for people."""
    if case.state == State.OUTSIDE_DONE:
        if case.outside["status"] == outcome:
            return "same"
        known = outside.OUTCOMES[case.outside["status"]]
        raise ValueError(f"办件 {case.number} 已登记为“{known}”，与这一行不同，请核实后联系窗口")
    if not case.goes_outside:
        raise ValueError(f"办件 {case.number} 在这里走程序，结果不从外部系统导入")
    if case.state in {State.SUBMITTED, State.RECEIVED}:
        outside.pass_on(case, by=run.by, number=number)
    at = min(datetime.combine(done_on, time(12), tzinfo=clock.SHANGHAI), clock.now())
    outside.conclude(
        case, by=run.by, outcome=outcome, at=at, words=cells.get("说明", "")[:300], number=number, how="import"
    )
    return "case"


def error_sheet(batch: Batch) -> bytes:
    """The rows that did not fit, with their numbers and reasons: mended, they can be brought in as they are."""
    header, rows = refused(batch)
    return plain_workbook("没有导入的行", [header, *rows])


def refused(batch: Batch) -> tuple[list[str], list[list[str]]]:
    """Header and rows, each with its number and the reason in front."""
    if not batch.kept:
        return [], []
    kept = _opened(batch.kept)
    header = ["行号", "原因", *kept["header"]]
    return header, [(row + [""] * len(header))[: len(header)] for row in kept["rows"]]


def template(items: Iterable[Item]) -> bytes:
    """Empty but for the items one may bring in, on a line each to copy from."""
    return plain_workbook("外部办结", [list(COLUMNS), *([item.code, "", "", "", "", "", item.name] for item in items)])
