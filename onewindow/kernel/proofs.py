"""Where a row stands in its sealed day: its path to the Merkle root, for whoever has not the other rows."""

from __future__ import annotations

import hashlib
from datetime import date

from onewindow.kernel import clock, ledger
from onewindow.kernel.models import DaySeal, Entry


class SealedDays:
    """Asked row after row of one chain: rows of one day follow each other, so only the last day's tree is kept."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._positions: dict[bytes, int] = {}
        self._levels: list[list[bytes]] = []
        self.seals: dict[date, DaySeal] = {}

    def path(self, entry: Entry) -> tuple[date, list[str]]:
        """The row's day, and its siblings from leaf to root ("L…" left of it, "R…" right); none while unsealed."""
        day = clock.day_of(entry.at)
        if day != self._day:
            self._read(day)
        at = self._positions.get(bytes(entry.hash))
        if at is None:
            return day, []
        steps = []
        for level in self._levels[:-1]:
            beside = at ^ 1
            if beside < len(level):
                steps.append(("L" if beside < at else "R") + level[beside].hex())
            at //= 2
        return day, steps

    def _read(self, day: date) -> None:
        self._day, self._positions, self._levels = day, {}, []
        seal = DaySeal.objects.filter(day=day).first()
        if seal is None:
            return
        self.seals[day] = seal
        leaves = [bytes(seal.previous), *ledger.day_leaves(day)]
        self._positions = {leaf: at for at, leaf in enumerate(leaves)}
        level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
        self._levels = [level]
        while len(level) > 1:
            level = ledger.merkle_above(level)
            self._levels.append(level)
