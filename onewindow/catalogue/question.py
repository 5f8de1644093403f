"""A question understood: cleaned, put right where it only sounds like a word, and widened by what the words mean."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from onewindow.catalogue import speech
from onewindow.catalogue.vocabulary import Vocabulary

# Places for what was not said at one place of the question: ages, intents.
NOWHERE = -1000


@dataclass(frozen=True)
class Question:
    said: str
    # The pairs that tell something → their place.
    pairs: Mapping[str, int]
    # Place → words of the catalogue meant there.
    meant: tuple[tuple[int, tuple[str, ...]], ...]
    intents: frozenset[str]
    topics: frozenset[str]
    business: bool
    # What was typed → what it was taken for.
    corrections: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Ear:
    """What the index knows of sounds: pairs of its names, terms by their sounds, abbreviations by their letters."""

    known: Container[str]
    terms: Mapping[str, str]
    abbreviations: Mapping[str, tuple[str, ...]]
    longest: int = 6

    def misheard(self, text: str) -> list[tuple[str, str]]:
        """Runs that no name has but that sound like a term, and the term."""
        found: list[tuple[str, str]] = []
        for run in speech.CHINESE.findall(text):
            at = 0
            while at < len(run) - 1:
                wrong, right = self._heard(run, at)
                if right:
                    found.append((wrong, right))
                at += len(wrong) if right else 1
        return found

    def _heard(self, run: str, at: int) -> tuple[str, str]:
        for size in range(min(self.longest, len(run) - at), 1, -1):
            piece = run[at : at + size]
            strange = [i for i in range(size - 1) if piece[i : i + 2] not in self.known]
            if not strange:
                continue
            term = self.terms.get(speech.sounds(piece))
            # A strange pair next to known ones at both sides is the seam of two words.
            seam = size == 2 and 0 < at < len(run) - 2 and self._knows(run, at - 1) and self._knows(run, at + 1)
            if term and term != piece and not seam:
                return piece, term
        return "", ""

    def _knows(self, run: str, at: int) -> bool:
        return run[at : at + 2] in self.known


def understand(text: str, vocabulary: Vocabulary, ear: Ear, *, literally: bool = False) -> Question:
    """`literally`: nothing is put right, for who says it was typed as meant."""
    said = vocabulary.meant(speech.normal(text))
    corrections = [] if literally else ear.misheard(vocabulary.telling(said))
    for wrong, right in corrections:
        said = said.replace(wrong, right)
    meant = [(at, words) for word, words in vocabulary.widen.items() if (at := said.find(word)) >= 0]
    for run in speech.LATIN.finditer(said):
        pieces = ear.abbreviations.get(run.group(), ())
        for piece in pieces:
            meant.append((run.start(), (piece, *vocabulary.widen.get(piece, ()))))
        if pieces and not literally:
            corrections.append((run.group(), pieces[0]))
    meant += [(NOWHERE, vocabulary.words_of_age(age)) for age in speech.ages(said)]
    return Question(
        said=said,
        pairs={pair: at for at, pair in reversed(list(speech.pairs(vocabulary.telling(said))))},
        meant=tuple(meant),
        intents=vocabulary.intents(said),
        topics=vocabulary.topics_of(said),
        business=vocabulary.is_business(said),
        corrections=tuple(corrections),
    )
