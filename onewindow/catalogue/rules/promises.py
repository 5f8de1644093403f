"""容缺受理 and 告知承诺: where an item may offer them, and what the applicant must be told first."""

from __future__ import annotations

from collections.abc import Iterator

from onewindow.catalogue.guide import Guide
from onewindow.catalogue.procedure import AREAS, Limit
from onewindow.catalogue.rules.fault import Fault
from onewindow.catalogue.rules.national import natural_days


def _promised(guide: Guide) -> bool:
    return guide.promise.licence or any(paper.by_promise for paper in guide.materials)


def away_from_danger(guide: Guide) -> Iterator[Fault]:
    """国办发〔2020〕42号: not for security, ecology, health and life, finance; only a law cited here says otherwise."""
    if not _promised(guide):
        return
    areas = [area for area in guide.promise.areas if area != "none"]
    if not guide.promise.areas:
        yield Fault(
            ("promise", "areas"),
            "请写明是否直接涉及国家安全、公共安全、生态环境、人身健康、金融：涉及的不适用告知承诺。",
        )
    elif areas and not guide.promise.basis:
        named = "、".join(AREAS[area] for area in areas)
        yield Fault(("promise", "areas"), f"直接涉及{named}，不适用告知承诺；法律法规或国务院另有规定的，请写明依据。")
    elif areas:
        yield Fault(("promise", "basis"), "直接涉及不适用告知承诺的领域，请核对写明的依据确实允许。", soft=True)


def told_first(guide: Guide) -> Iterator[Fault]:
    """Nobody can promise to meet what was not said."""
    if guide.promise.licence and not guide.promise.terms:
        yield Fault(("promise", "terms"), "可以告知承诺办理的，要逐条写明告知的条件和标准。")
    if _promised(guide) and not guide.promise.consequences:
        yield Fault(("promise", "consequences"), "请写明承诺不实的后果。")
    if guide.promise.licence and not guide.promise.basis:
        yield Fault(("promise", "basis"), "告知承诺没有写依据。", soft=True)


def main_papers_first(guide: Guide) -> Iterator[Fault]:
    """容缺 is for secondary papers: the main ones are there from the start."""
    tolerable = [paper for paper in guide.materials if paper.necessity == "tolerable"]
    if tolerable and len(tolerable) == len(guide.materials) > 1:
        yield Fault(("materials",), "材料全部可容缺，就没有主要材料了；真不是必要的，必要性请选“非必要”。")
    for i, paper in enumerate(guide.materials):
        if paper.by_promise and paper.necessity in {"tolerable", "optional"}:
            text = f"“{paper.name}”不能既可容缺（或非必要）又可书面承诺代替，请选一种。"
            yield Fault(("materials", i, "by_promise"), text)


def in_time(guide: Guide) -> Iterator[Fault]:
    """The clock runs while papers are lacking and nothing is decided: they must be there before the law's last day."""
    if not any(paper.necessity == "tolerable" for paper in guide.materials) or not guide.statutory:
        return
    if natural_days(Limit(days=guide.gaps.days)) >= natural_days(guide.statutory):
        yield Fault(("gaps", "days"), "容缺补交期限要比法定时限短：补齐之前不能作出决定，而法定时限照常计算。")


RULES = (
    ("T1", "不该告知承诺的不告知承诺", away_from_danger),
    ("T2", "先告知再承诺", told_first),
    ("T3", "主要材料不容缺", main_papers_first),
    ("T4", "容缺补交在法定时限以内", in_time),
)
