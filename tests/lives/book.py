"""The text of the lives: read from `*.txt`, printed as docs/lives-of-a-case.md (`python -m tests.lives`).

A life is a title, the article it shows, the item (with what its guide says differently), and one line a day something
happens: `03-09 14:00 [岗位] 动作：细节 => 结果；结果`. `（自动）` before the act: the timer did it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from onewindow.catalogue.guide import Guide
from onewindow.catalogue.procedure import PROCEDURES
from onewindow.kernel.clock import SHANGHAI
from onewindow.kernel.clock.working import WEEKDAYS
from tests.factories.catalogue import body_of

# Days.
SILENCE = 100
HERE = Path(__file__).parent
DOC = HERE.parent.parent / "docs" / "lives-of-a-case.md"
LINE = re.compile(
    r"(?P<day>(?:\d{4}-)?\d\d-\d\d)(?: (?P<time>\d\d:\d\d))? +(?P<auto>（自动）)?(?:\[(?P<post>[^]]+)\] ?)?"
    r"(?P<act>[^：=]+?)(?:：(?P<said>.*?))? *(?:=> *(?P<then>.*))?"
)
UNIT = {"个工作日": "working", "日": "natural"}
PAUSES = {name: key for key, name in PROCEDURES.items()}
CHANGES = {"变更": "change", "延续": "renew", "补证": "reissue", "注销": "cancel"}
MERGED = {"intake", "scrutiny", "remedies"}
_REVIEW = {"key": "review", "post": "reviewer", "days": 2}
AT_ONCE = [
    {"key": "accept", "name": "受理", "post": "clerk"},
    _REVIEW | {"name": "消防审查", "group": "会审", "agency": "ZJJ", "days": 3},
    _REVIEW | {"name": "卫生审查", "group": "会审", "agency": "WJJ"},
    {"key": "decide", "name": "决定", "post": "decider"},
]


def standard(least: int, most: int) -> dict[str, Any]:
    """裁量基准: what blocks the way is refused, else so many months."""
    return {
        "title": "裁量基准", "amount": "有效期", "unit": "个月", "validity": True,
        "factors": [{"key": "fire", "label": "挡住消防通道", "kind": "yes_no", "required": True}],
        "rows": [
            {"key": "fire", "text": "挡住消防通道的", "when": "fire == true", "outcomes": ["deny"]},
            {"key": "usual", "text": "其他情形", "outcomes": ["grant"], "least": least, "most": most},
        ],
    }  # fmt: skip


# What a life says of its guide, and the fields that say it.
RULES: list[tuple[str, Any]] = [
    (r"法定(\d+)(个工作日|日)", lambda n, unit: {"statutory": {"days": int(n), "unit": UNIT[unit]}}),
    (r"承诺(\d+)(个工作日|日)", lambda n, unit: {"promised": {"days": int(n), "unit": UNIT[unit]}}),
    (r"没有法定时限", lambda: {"statutory": None}),
    (r"没有承诺时限", lambda: {"promised": None}),
    (r"当场告知补正", lambda: {"intake": {"on_the_spot": True}}),
    (r"逾期不告知不视为受理", lambda: {"intake": {"silence": "none"}}),
    (r"期限从收到申请之日起算", lambda: {"intake": {"runs_from": "receipt"}}),
    (r"(\d+)(个工作日|日)内告知补正", lambda n, unit: {"intake": {"days": int(n), "unit": UNIT[unit]}}),
    (r"申请人(\d+)个工作日内补正", lambda n: {"intake": {"answer_days": int(n)}}),
    (r"不设补正期限", lambda: {"intake": {"answer_days": 0}}),
    (r"与(.+)联合办理", lambda organ: {"joint": [organ]}),
    (r"最多延长(\d+)个工作日", lambda n: {"extension": {"days": int(n)}}),
    (r"(现场踏勘|征求第三方意见)停止计时（(《.+》)(.+)）", lambda name, law, article: {
        "pauses": [{"procedure": PAUSES[name], "cites": [{"law": law, "article": article}]}]
    }),
    (r"直接关系人身健康", lambda: {"vital": True}),
    (r"决定前告知听证权利", lambda: {"scrutiny": {"hearing": "offered"}}),
    (r"依职权举行听证", lambda: {"scrutiny": {"hearing": "required"}}),
    (r"决定前集体讨论", lambda: {"scrutiny": {"collective": True}}),
    (r"准予前现场核查", lambda: {"scrutiny": {"visit_when": "true"}}),
    (r"初审后转报(.+)", lambda organ: {"forwarding": {"organ": organ}}),
    (r"复议前置（(《.+》)(.+)）", lambda law, article: {
        "remedies": {"first": True, "first_basis": [{"law": law, "article": article}]}
    }),
    (r"有效期可定(\d+)到(\d+)个月（裁量基准）", lambda least, most: {"discretion": standard(int(least), int(most))}),
    (r"区住建局、区卫健局同时审查", lambda: {"steps": AT_ONCE}),
    (r"(.+)一起申请", lambda label: {"parties": [{"key": "other", "label": label, "count": 1}]}),
    (r"办的是(.+)", lambda name: {"name": name}),
    (r"在(.+)里办", lambda name: {"outside": {"system": "other", "name": name, "road": "hand"}}),
    (r"(变更|延续|补证|注销)《(.+)》", lambda act, name: {
        "concerns": {"act": CHANGES[act], "certificates": [name], "late": "请重新申请新证。"}
    } | ({"result": {"name": "注销", "kind": "none"}} if act == "注销" else {})),
]  # fmt: skip


@dataclass(frozen=True)
class Line:
    at: datetime
    act: str
    said: str
    post: str
    auto: bool
    then: tuple[str, ...]
    text: str


@dataclass
class Life:
    place: str
    chapter: str
    title: str
    law: str = ""
    item: str = ""
    rules: tuple[str, ...] = ()
    channel: str = ""
    asks: str = ""
    held: str = ""
    note: str = ""
    year: int = 2026
    lines: list[Line] = field(default_factory=list)

    def __str__(self) -> str:
        return self.place

    @property
    def changes(self) -> dict[str, Any]:
        """The fields of the guide the life replaces; some are put together."""
        found: dict[str, Any] = {}
        for rule in self.rules:
            for name, value in fields(rule).items():
                had = found.get(name) or (body_of(self.item)["remedies"] if name == "remedies" else {})
                found[name] = had | value if name in MERGED else value
        return found

    @property
    def guide(self) -> Guide:
        # All lives of a chapter are one person's: what bars the next application is said by the life that shows it.
        return Guide.model_validate(body_of(self.item) | {"vital": False} | self.changes)

    @property
    def days(self) -> Iterator[date]:
        """Every day it lasts; of a longer silence only the end, since nothing but a certificate waits that long."""
        ends = [line.at.date() for line in self.lines]
        for before, after in pairwise(ends):
            for passed in range(max(1, (after - before).days - SILENCE), (after - before).days + 1):
                yield before + timedelta(days=passed)

    def day(self, text: str) -> date:
        return date.fromisoformat(text if len(text) == 10 else f"{self.year}-{text}")


def fields(rule: str) -> dict[str, Any]:
    for pattern, made in RULES:
        if match := re.fullmatch(pattern, rule):
            found: dict[str, Any] = made(*match.groups())
            return found
    raise ValueError(f"规程里这样说，没有对应的字段：{rule}")


HEADS = {
    "依据": "law",
    "事项": "item",
    "规程": "rules",
    "渠道": "channel",
    "申请": "asks",
    "原证": "held",
    "说明": "note",
    "年份": "year",
}


def read() -> list[Life]:
    found: list[Life] = []
    for path in sorted(HERE.glob("*.txt")):
        found += _lives(path.read_text(encoding="utf-8"), path.name)
    return found


def _lives(text: str, where: str) -> Iterator[Life]:
    chapter, life = "", None
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line:
            continue
        if line.startswith("## "):
            if life:
                yield life
            life = Life(f"{where}:{number}", chapter, line[3:])
        elif line.startswith("# "):
            chapter = line[2:]
        elif life is None or not _head(life, line):
            assert life, f"{where}:{number}: 先写 ## 题目"
            life.lines.append(_line(life, line, f"{where}:{number}"))
    if life:
        yield life


def _head(life: Life, line: str) -> bool:
    name, colon, value = line.partition("：")
    if not colon or name not in HEADS:
        return False
    kept: Any = tuple(value.split("；")) if name == "规程" else int(value) if name == "年份" else value
    setattr(life, HEADS[name], kept)
    return True


def _line(life: Life, line: str, where: str) -> Line:
    match = LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"{where}: 读不懂：{line}")
    said = {key: value or "" for key, value in match.groupdict().items()}
    at = datetime.combine(life.day(said["day"]), time.fromisoformat(said["time"] or "10:00"), tzinfo=SHANGHAI)
    then = tuple(part.strip() for part in said["then"].split("；") if part.strip())
    return Line(at, said["act"], said["said"], said["post"], bool(said["auto"]), then, f"{where}: {line}")


HEAD = """\
# Lives of a case 办件的一生

Each life is lived by `tests/lives/test_lives.py` through the real acts, with the timers running every day in between:
state, dates, papers and every row of the ledger must be those written here. The text is `tests/lives/*.txt`; this page
is printed from it by `python -m tests.lives`, and a test holds the two together.

每一段是一件办件从头到尾的经过，写明它所依据的条文。右栏是那一步之后的状态、日期和出具的文书；标“自动”的，是到了日子由系统办理的。
日期按参照区的放假安排计算，“最迟”是接下来要等的那一天。
"""


def text(lives: list[Life]) -> str:
    parts, chapter = [f"{HEAD}\n共 {len(lives)} 段。\n"], ""
    for number, life in enumerate(lives, start=1):
        if life.chapter != chapter:
            chapter = life.chapter
            parts.append(f"## {chapter}\n")
        parts.append(_printed(number, life))
    return "\n".join(parts)


def _printed(number: int, life: Life) -> str:
    facts = [f"事项：{life.guide.name}（{'，'.join(_limits(life))}）"]
    facts += [f"本例规程：{'；'.join(life.rules)}"] if life.rules else []
    facts += [f"渠道：{life.channel}"] if life.channel else []
    facts += [f"申请：{life.asks}"] if life.asks else []
    facts += [f"原证：{life.held}"] if life.held else []
    facts += [life.note] if life.note else []
    rows = [
        f"| {_when(life, line)} | {_what(line)} | {'；'.join(_then(life, each) for each in line.then)} |"
        for line in life.lines
    ]
    head = [f"| {life.year}年 | 经过 | 结果 |", "|---|---|---|"]
    return "\n".join([f"### {number}. {life.title}\n", f"{life.law}\n", "  \n".join(facts) + "\n", *head, *rows, ""])


def _limits(life: Life) -> list[str]:
    named = {"working": "个工作日", "natural": "日"}
    found = []
    for title, limit in (("法定", life.guide.statutory), ("承诺", life.guide.promised)):
        if limit is not None:
            found.append(f"{title} {limit.days} {named[limit.unit]}" if limit.days else f"{title}当场办结")
    return found or ["没有时限"]


def _spoken(life: Life, day: date) -> str:
    year = f"{day.year}年" if day.year != life.year else ""
    return f"{year}{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def _when(life: Life, line: Line) -> str:
    clock = f" {line.at:%H:%M}" if line.at.time() != time(10) else ""
    return _spoken(life, line.at.date()) + clock


def _what(line: Line) -> str:
    who = f"{line.post}：" if line.post else ""
    said = f"：{line.said}" if line.said else ""
    return f"{'自动：' if line.auto else ''}{who}**{line.act}**{said}"


def _results(life: Life, line: Line) -> str:
    return "；".join(_then(life, each) for each in line.then)


def _then(life: Life, expected: str) -> str:
    return re.sub(
        r"(?<![\d-])((?:\d{4}-)?\d\d-\d\d)(?![\d-])", lambda found: _spoken(life, life.day(found[1])), expected
    )
