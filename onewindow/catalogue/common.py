"""What many guides say alike, written once: papers, questions, pages of forms, steps, contacts, remedies.

A guide names an entry instead of writing it out; the published version holds the whole text, so that a case keeps what
it was filed under even when the entry changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from onewindow.kernel.tables import Problems

Content = dict[str, Any]
LISTS = {"materials": "papers", "questions": "questions"}


@dataclass(frozen=True)
class Common:
    """common.yaml of the district; `papers` of an agency's file stand beside these."""

    papers: Content = field(default_factory=dict)
    questions: Content = field(default_factory=dict)
    forms: Content = field(default_factory=dict)
    steps: Content = field(default_factory=dict)
    contacts: Content = field(default_factory=dict)
    remedies: tuple[Content, ...] = ()
    # 受理的规矩 of laws other than 行政许可法 §32.
    intake: tuple[Content, ...] = ()
    # 外部系统 in which an agency's items are handled.
    outside: tuple[Content, ...] = ()

    def with_papers(self, papers: Content) -> Common:
        return replace(self, papers=self.papers | papers)

    def expand(self, content: Content, where: str, problems: Problems) -> Content:
        """The guide with every named entry written out; a name nobody defined is a problem."""
        full = dict(content)
        for name, library in LISTS.items():
            if isinstance(full.get(name), list):
                entries = getattr(self, library)
                full[name] = [
                    self._named(entry, entries, f"{where} {name}.{i}", problems) for i, entry in enumerate(full[name])
                ]
        for question in full.get("questions", ()):
            _spell_choices(question)
        for material in full.get("materials", ()):
            if material.get("needed_when"):
                material.setdefault("necessity", "conditional")
        if isinstance(full.get("form"), list):
            full["form"] = {"pages": self._pages(full["form"], where, problems)}
        if isinstance(full.get("steps"), str):
            full["steps"] = self._named(full["steps"], self.steps, f"{where} steps", problems) or []
        return full

    def finish(self, content: Content) -> Content:
        """What the district says of every item, where neither the guide nor its row does."""
        full = dict(content)
        if not full.get("steps") and (name := _usual_steps(full)) in self.steps:
            full["steps"] = self.steps[name]
        full["steps"] = _share_days(full)
        name = full.get("short_name") or full.get("name", "")
        full["materials"] = [
            material | {"name": material["name"].replace("{item}", name)}
            if "{item}" in material.get("name", "")
            else material
            for material in full.get("materials", ())
        ]
        full["contacts"] = self.contacts | full.get("contacts", {})
        if not full.get("remedies"):
            full["remedies"] = next((rule["text"] for rule in self.remedies if _concerns(rule, full)), {})
        if "intake" not in full and (rule := next((r["rule"] for r in self.intake if _stands_on(r, full)), None)):
            full["intake"] = rule
        if "outside" not in full and (rule := next((r["rule"] for r in self.outside if _handled_in(r, full)), None)):
            full["outside"] = rule
        return full

    def _named(self, entry: Any, library: Content, where: str, problems: Problems) -> Any:
        if not isinstance(entry, str | dict) or (isinstance(entry, dict) and "use" not in entry):
            return dict(entry) if isinstance(entry, dict) else entry
        name = entry if isinstance(entry, str) else entry["use"]
        if name not in library:
            problems.add(where, f"common.yaml 和本文件里没有“{name}”")
            return {}
        known = library[name]
        if not isinstance(known, dict):
            return known
        own = {key: value for key, value in entry.items() if key != "use"} if isinstance(entry, dict) else {}
        return {"key": name} | known | own

    def _pages(self, entries: list[Any], where: str, problems: Problems) -> list[Any]:
        pages = []
        for i, entry in enumerate(entries):
            page = self._named(entry, self.forms, f"{where} form.{i}", problems)
            page.pop("key", None)
            if fields := page.get("fields"):
                page["fields"] = [dict(each) for each in fields]
                for each in page["fields"]:
                    _spell_choices(each)
            pages.append(page)
        return pages


def read(folder: Path, content: Content | None, problems: Problems) -> Common:
    """`content` is what common.yaml holds; a district without the file has no common entries."""
    known = {"papers", "questions", "forms", "steps", "contacts", "remedies", "intake", "outside"}
    for name in (content or {}).keys() - known:
        problems.add(f"common.yaml {name}", f"没有这一部分，只能是{'、'.join(sorted(known))}")
    parts = {name: value for name, value in (content or {}).items() if name in known}
    return Common(**(parts | {name: tuple(parts.get(name, ())) for name in ("remedies", "intake", "outside")}))


def _spell_choices(asked: Content) -> None:
    """`choices: {rent: 租的, own: 买的}` is the short way of writing."""
    if isinstance(asked.get("choices"), dict):
        asked["choices"] = [{"value": value, "label": label} for value, label in asked["choices"].items()]


def _usual_steps(guide: Content) -> str:
    if guide.get("kind") == "行政许可":
        return "licence"
    if guide.get("kind") in {"公共服务", "中介服务"}:
        return "service"
    return "filing"


def _share_days(guide: Content) -> list[Any]:
    """Steps without days of their own share the promise: one day each at the ends, what is left for the review."""
    steps = [dict(step) for step in guide.get("steps", ())]
    promise = guide.get("promised") or {}
    open_steps = [step for step in steps if "days" not in step]
    if not open_steps:
        return steps
    left = max(0, int(promise.get("days", 0)) - int(sum(step.get("days", 0) for step in steps)))
    longest = next((step for step in open_steps if step["key"] == "review"), open_steps[0])
    for step in open_steps:
        step["days"] = 0
        if promise.get("unit"):
            step["unit"] = promise["unit"]
    for step in open_steps:
        if step is not longest and step["key"] in {"accept", "decide"} and left > 1:
            step["days"], left = 1, left - 1
    longest["days"] = left
    return steps


def _concerns(rule: Content, guide: Content) -> bool:
    agency, kind = guide.get("agency"), guide.get("kind")
    named = kind in rule.get("kinds", [kind]) and agency in rule.get("agencies", [agency])
    return named and agency not in rule.get("except", ())


def _stands_on(rule: Content, guide: Content) -> bool:
    """The first law an item rests on has its own rule for taking applications in."""
    basis = guide.get("basis") or [{}]
    return any(law in basis[0].get("law", "") for law in rule["laws"])


def _handled_in(rule: Content, guide: Content) -> bool:
    """By agency, or only the items named; what an intermediary does is in nobody's system."""
    code = guide.get("code")
    ours = guide.get("kind") != "中介服务" and guide.get("agency") in rule.get("agencies", ())
    return code in rule["items"] if "items" in rule else ours
