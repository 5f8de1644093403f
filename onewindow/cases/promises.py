"""What an applicant promises with the application: papers that come later 容缺, facts instead of proofs, the whole
licence 告知承诺. Told on one sheet, the 承诺书, in the row of the submission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from onewindow.accounts import credit
from onewindow.catalogue.checklist import Checklist
from onewindow.catalogue.guide import Guide, Material
from onewindow.kernel.conditions import Answer, evaluate

Way = Literal["", "offered", "chosen"]
# What the applicant says by ticking; the words are in the sealed letter.
GAP_PROMISE = "我知道这些材料还没有交，承诺按期补齐；逾期不补，视为撤回申请。"
LICENCE_PROMISE = "我已经看清上面告知的内容，承诺全部符合，愿意接受核查，承担承诺不实的后果。"
PROOF_PROMISE = "我承诺这份证明所说的情况属实，愿意接受核查，承担承诺不实的后果。"


@dataclass(frozen=True)
class Promised:
    """What was ticked: all gaps together, the licence, and each proof by its key."""

    gaps: bool = False
    licence: bool = False
    proofs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Offer:
    """What this application may promise; `barred` says why its applicant may not."""

    gaps: tuple[Material, ...] = ()
    proofs: tuple[Material, ...] = ()
    licence: Way = ""
    barred: str = ""

    def __bool__(self) -> bool:
        return bool(self.gaps or self.proofs or self.licence)

    def lacking(self, promised: Promised) -> dict[str, str]:
        """What stands in the way of a submission with these ticks, by place."""
        found = {}
        for paper in self.gaps:
            if self.barred or not promised.gaps:
                how = self.barred or "可以勾选容缺承诺，受理后再补；也可以现在交。"
                found[f"material:{paper.key}"] = f"“{paper.name}”还没有交。{how}"
        for paper in self.proofs:
            if self.barred or paper.key not in promised.proofs:
                how = self.barred or "可以勾选书面承诺代替，也可以现在交。"
                found[f"material:{paper.key}"] = f"“{paper.name}”还没有交。{how}"
        if self.licence == "chosen" and not promised.licence:
            found["promise:"] = self.barred or "您选的是告知承诺：请看完告知的内容，勾选承诺；想走一般方式，回去改选。"
        if promised.licence and self.barred:
            found["promise:"] = self.barred
        return found


def offer(
    guide: Guide, listed: Checklist, held: set[str], known: dict[str, Any], person_id: int | None,
    organisation_id: int | None,
) -> Offer:  # fmt: skip
    """One query, and only where something may be promised at all."""
    missing = [
        row.material for row in listed.materials
        if row.status == "bring" and row.material.upload and row.key not in held
    ]  # fmt: skip
    gaps = tuple(paper for paper in missing if paper.necessity == "tolerable")
    proofs = tuple(paper for paper in missing if paper.by_promise)
    found = Offer(gaps, proofs, _way(guide, known))
    if not found:
        return found
    bar = credit.barring(person_id, organisation_id)
    return Offer(gaps, proofs, found.licence, credit.why_barred(bar)) if bar else found


def _way(guide: Guide, known: dict[str, Any]) -> Way:
    if not guide.promise.licence:
        return ""
    if not guide.promise.when:
        return "offered"
    return "chosen" if evaluate(guide.promise.when, known).answer is Answer.MET else ""
