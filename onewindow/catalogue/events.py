"""Life events and business events 主题情景: what comes after what when a child is born or a restaurant opens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from onewindow.kernel.tables import Problems

FILE = "life_events.yaml"


class Step(BaseModel):
    """`maybe`: only some need it, and the note says who."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(min_length=2, max_length=30)
    note: str = Field(default="", max_length=120)
    maybe: bool = False
    items: tuple[str, ...] = Field(min_length=1)


class Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=2, max_length=12)
    who: Literal["person", "business"]
    glyph: str
    lead: str = Field(max_length=80)
    # What people say when they mean this.
    words: tuple[str, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=2)

    @property
    def codes(self) -> list[str]:
        return [code for step in self.steps for code in step.items]


@dataclass(frozen=True)
class Events:
    by_key: dict[str, Event]

    def of(self, who: str) -> list[tuple[str, Event]]:
        return [(key, event) for key, event in self.by_key.items() if event.who == who]

    def said_in(self, question: str) -> tuple[str, Event] | None:
        """The event whose longest word the question has."""
        said = [(len(word), key) for key, event in self.by_key.items() for word in event.words if word in question]
        return (max(said)[1], self.by_key[max(said)[1]]) if said else None


def read(folder: Path, codes: set[str], problems: Problems) -> Events:
    """The district's file; an item that is not in `codes` is a fault."""
    found: dict[str, Event] = {}
    for key, content in _content(folder / FILE, problems).items():
        try:
            event = found[key] = Event.model_validate(content)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                problems.add(f"{FILE} {key}", f"{'.'.join(map(str, fault['loc']))}：{fault['msg']}")
            continue
        for code in sorted(set(event.codes) - codes):
            problems.add(f"{FILE} {key}", f"没有事项“{code}”")
    return Events(found)


def _content(path: Path, problems: Problems) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except yaml.YAMLError as error:
        problems.add(FILE, f"YAML 写法有误（{error}）")
        return {}
    return content if isinstance(content, dict) else {}


@lru_cache(maxsize=1)
def events(folder: Path) -> Events:
    """Read once a process; `onewindow load` has checked the file."""
    return Events({key: Event.model_validate(content) for key, content in _content(folder / FILE, Problems()).items()})
