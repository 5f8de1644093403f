"""The words people use and what they mean, as search reads a question with them. The words are rows (`models.Word`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from onewindow.catalogue import speech

# Kind, word and meanings: what a row of the vocabulary says.
Entry = tuple[str, str, tuple[str, ...]]
SPACE = " "


@dataclass(frozen=True)
class Vocabulary:
    # Said so → means so, put in its place (dialect, spoken forms).
    replace: Mapping[str, str] = field(default_factory=dict)
    # Words that say nothing about what is wanted.
    stop: frozenset[str] = frozenset()
    # Everyday word → words of the catalogue.
    widen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Words in a question → the theme 主题 it is about.
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # From this age on → words.
    ages: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    # Words in the question, words in an item's name → what is to be done (apply, replace, change, cancel …).
    asked: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    # Words that show a business asks.
    business: frozenset[str] = frozenset()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Vocabulary:
        kinds: dict[str, dict[str, tuple[str, ...]]] = {}
        for kind, word, means in entries:
            kinds.setdefault(kind, {})[speech.normal(word)] = tuple(speech.normal(meaning) for meaning in means)
        get = lambda kind: kinds.get(kind, {})  # noqa: E731 - a name for four uses
        return cls(
            replace={word: "".join(means) for word, means in get("replace").items()},
            stop=frozenset(get("stop")),
            widen=get("widen"),
            topics=get("topic"),
            ages={int(word): means for word, means in get("age").items()},
            asked={word: means[0] for word, means in get("asked").items()},
            named={word: means[0] for word, means in get("named").items()},
            business=frozenset(get("business")),
        )

    def meant(self, said: str) -> str:
        return self._replacing.sub(lambda match: self.replace[match.group()], said)

    def telling(self, said: str) -> str:
        """Words that say nothing blanked, so that places stay and nothing grows together."""
        return self._stopping.sub(lambda match: SPACE * len(match.group()), said)

    def intents(self, said: str) -> frozenset[str]:
        return frozenset(self.asked[match.group()] for match in self._asking.finditer(said))

    def intents_of_name(self, name: str) -> frozenset[str]:
        return frozenset(intent for word, intent in self.named.items() if word in name)

    def is_business(self, said: str) -> bool:
        return any(word in said for word in self.business)

    def topics_of(self, said: str) -> frozenset[str]:
        return frozenset(topic for topic, words in self.topics.items() if any(word in said for word in words))

    def words_of_age(self, age: int) -> tuple[str, ...]:
        fitting = [start for start in self.ages if start <= age]
        return self.ages[max(fitting)] if fitting else ()

    @cached_property
    def actions(self) -> frozenset[str]:
        """Tokens of what is done; with what counts more."""
        return frozenset(token for word in (*self.asked, *self.named) for token in speech.tokens(word))

    @cached_property
    def _replacing(self) -> re.Pattern[str]:
        return _any_of(self.replace)

    @cached_property
    def _stopping(self) -> re.Pattern[str]:
        return _any_of(self.stop)

    @cached_property
    def _asking(self) -> re.Pattern[str]:
        return _any_of(self.asked)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """The longest word first; with no words, a pattern that matches nothing."""
    return re.compile("|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))) or r"(?!)")
