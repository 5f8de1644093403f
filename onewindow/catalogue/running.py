"""What a new version means for the applications under way: a rule for each stage they have reached (法不溯及既往).

The rule is chosen with the publication and stays with the version for good; `cases` carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rule = dict[str, str]
RULES = {"old": "按旧版办完", "better": "对申请人有利的才换", "all": "全部换新版"}
# Never chosen by hand: what is published with a transfer changes the organ, and must make nothing worse.
HARMLESS = "harmless"
SPOKEN = {**RULES, HARMLESS: "没有不利变化的才换"}
STAGES = {"draft": "草稿", "prereview": "预审中、预审后未提交", "filed": "已提交、未受理", "accepted": "已受理、未决定"}
# Whoever has filed relies on what was asked then; a draft has not filed anything.
DEFAULT: Rule = {"draft": "all", "prereview": "better", "filed": "better", "accepted": "better"}
SAY_WHY = "要让已提交或已受理的办件全部换新版，请写明依据：哪部法律、哪份文件规定新要求适用于在办的申请。"


def chosen(said: Mapping[str, Any]) -> Rule:
    """A whole rule from what was chosen; ValueError when it is none, or when it takes away without saying why."""
    rule = {stage: str(said.get(stage) or DEFAULT[stage]) for stage in STAGES}
    if set(rule.values()) - set(RULES):
        raise ValueError("请给每一类办件选一条换版规则。")
    why = str(said.get("why") or "").strip()[:300]
    if "all" in (rule["filed"], rule["accepted"]) and len(why) < 6:
        raise ValueError(SAY_WHY)
    return rule | ({"why": why} if why else {})


def words(rule: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, SPOKEN[rule[stage]]) for stage, name in STAGES.items() if stage in rule]
