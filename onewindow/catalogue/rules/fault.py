from __future__ import annotations

from dataclasses import dataclass

from onewindow.catalogue.checks import Path


@dataclass(frozen=True)
class Fault:
    """`soft`: worth a word, but it never blocks, however strict the district is (an unverified fact, an odd code)."""

    path: Path
    text: str
    soft: bool = False
