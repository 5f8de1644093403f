"""What the windows of a queue offer beside their business: a language, a low counter. Who needs it waits for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from onewindow.hall.actions.drawing import Wish
from onewindow.hall.models import Queue, Ticket, Window

LANGUAGES = {"en": "英语", "sgn": "手语", "bo": "藏语", "ii": "彝语"}


@dataclass(frozen=True)
class Offer:
    """Of a queue: (languages, 无障碍) window by window."""

    windows: tuple[tuple[frozenset[str], bool], ...] = ()

    @property
    def languages(self) -> dict[str, str]:
        found = frozenset[str]().union(*(languages for languages, _ in self.windows))
        return {code: name for code, name in LANGUAGES.items() if code in found}

    @property
    def accessible(self) -> bool:
        return any(accessible for _, accessible in self.windows)

    def has(self, language: str, accessible: bool) -> bool:
        return any((not language or language in own) and (low or not accessible) for own, low in self.windows)

    def __bool__(self) -> bool:
        return bool(self.languages) or self.accessible


def of(queues: Iterable[Queue]) -> Mapping[int, Offer]:
    """By primary key; one statement."""
    found: dict[int, list[tuple[frozenset[str], bool]]] = defaultdict(list)
    asked = [queue.pk for queue in queues]
    for queue, languages, accessible in Window.objects.filter(queues__in=asked).values_list(
        "queues", "languages", "accessible"
    ):
        found[queue].append((frozenset(languages), accessible))
    return {pk: Offer(tuple(found[pk])) for pk in asked}


def wish(queue: Queue, said: Mapping[str, str]) -> Wish:
    """As a form says it; ValueError when nobody could ever call it."""
    priority, language = said.get("priority", ""), said.get("language", "")
    language, accessible = language if language in LANGUAGES else "", bool(said.get("accessible"))
    if (language or accessible) and not of([queue])[queue.pk].has(language, accessible):
        raise ValueError("这个业务没有这样的窗口，请不选这一项再取号，到导办台找人帮忙。")
    given = priority if priority in Ticket.Priority.values else ""
    return Wish(queue, priority=given, language=language, accessible=accessible)
