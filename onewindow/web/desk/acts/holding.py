"""认领、放回、移交、回避."""

from __future__ import annotations

from django import forms

from onewindow.accounts.principal import Principal
from onewindow.cases import steps
from onewindow.cases.actions import holding, later_check
from onewindow.cases.models import Case
from onewindow.web.desk.acts.act import Act, Click, Words, one_of, text


class Claim(Words):
    step = one_of("环节", {})

    def fit(self, case: Case, by: Principal) -> None:
        self.choose("step", {each["key"]: each["name"] for each in steps.mine(case, by) if each["user"] != by.user_id})


class HandOver(Words):
    to = forms.ChoiceField(label="移交给")
    reason = text("移交的原因", rows=2, max_length=200)

    def fit(self, case: Case, by: Principal) -> None:
        found = holding.successors(case, by)
        several = len({step["key"] for step, _ in found}) > 1
        options = {f"{s['key']}:{u.pk}": f"{u.name}（{s['name']}）" if several else u.name for s, u in found}
        self.choose("to", options or {"": "这个岗位上没有其他在岗的人"}, keep_single=True)


class Recuse(Words):
    reason = text("与本案或者申请人的关系", rows=2, max_length=200)


CLAIM = Act("claim", holding.claim, Claim)
RELEASE = Act("release", holding.release, Click)
HAND_OVER = Act("handover", holding.hand_over, HandOver)


def _undecided(case: Case) -> bool:
    """Something is still judged: the application, or afterwards whether a promise was kept."""
    return not case.outcome or later_check.state(case) not in {"", "passed", "revoked"}


RECUSAL = Act("recusal", holding.recuse, Recuse, "回避以后您不能再办这件事，由同岗位的其他人接着办。", fits=_undecided)
