"""The acts of the desk as resources: each slug is one action, with the few fields it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from onewindow.cases.actions import intake, outcome, review
from onewindow.cases.models import Case
from onewindow.kernel.flow import Transition


class Words(forms.Form):
    use_required_attribute = False


class Receive(Words):
    """收件 needs nothing but the click."""


class Refuse(Words):
    ground = forms.ChoiceField(label="理由", choices=list(intake.REFUSAL_GROUNDS.items()), widget=forms.RadioSelect)
    reason = forms.CharField(label="具体原因", widget=forms.Textarea({"rows": 3}), max_length=1000)
    right_organ = forms.CharField(label="应当向哪个机关申请", required=False, max_length=100)


class Opinion(Words):
    advice = forms.ChoiceField(label="意见", choices=list(review.ADVICE.items()), widget=forms.RadioSelect, initial="agree")
    opinion = forms.CharField(label="审查意见", widget=forms.Textarea({"rows": 3}), max_length=1000)


class Grant(Words):
    opinion = forms.CharField(label="决定意见（可不填）", widget=forms.Textarea({"rows": 2}), required=False, max_length=1000)


class Deny(Words):
    reason = forms.CharField(label="不予的事实和理由", widget=forms.Textarea({"rows": 4}), max_length=2000)


class Deliver(Words):
    way = forms.ChoiceField(label="送达方式", choices=list(outcome.DELIVERY_WAYS.items()), widget=forms.RadioSelect, initial="online")
    receiver = forms.CharField(label="领取人（不填即申请人）", required=False, max_length=50)
    tracking = forms.CharField(label="邮寄单号", required=False, max_length=50)


class Remarks(Words):
    """Field-level: every non-empty `remark.<place>` is one remark."""

    general = forms.CharField(label="对整份申请的意见", widget=forms.Textarea({"rows": 2}), required=False, max_length=1000)

    def remarks(self, data: QueryDict) -> list[dict[str, str]]:
        found = [
            {"on": name.removeprefix("remark."), "text": value.strip()[:500]}
            for name, value in data.items()
            if name.startswith("remark.") and value.strip()
        ]
        general = self.cleaned_data["general"].strip()
        return [*found, *([{"on": "", "text": general}] if general else [])]


@dataclass(frozen=True)
class Act:
    slug: str
    run: Callable[..., Case]
    form: type[Words]
    # Shown before an act that cannot be undone.
    question: str = ""

    @property
    def transition(self) -> Transition:
        return self.run.transition  # type: ignore[attr-defined, no-any-return]

    def arguments(self, form: Words, data: QueryDict) -> dict[str, Any]:
        return {"remarks": form.remarks(data)} if isinstance(form, Remarks) else form.cleaned_data


# In the order an officer is likely to need them; the first possible one stands on top.
ACTS = {
    act.slug: act
    for act in [
        Act("acceptance", intake.accept, Receive),
        Act("receipt", intake.receive, Receive),
        Act("prereview-pass", intake.pass_prereview, Receive),
        Act("prereview-return", intake.return_with_remarks, Remarks),
        Act("opinion", review.give_opinion, Opinion),
        Act("grant", outcome.grant, Grant),
        Act("delivery", outcome.deliver, Deliver),
        Act("completion", outcome.finish, Receive),
        Act("refusal", intake.refuse_to_accept, Refuse, "不予受理会结束这件申请，决定书当即生成。"),
        Act("denial", outcome.deny, Deny, "不予决定送达后产生法律效力，申请人可以复议或诉讼。"),
    ]
}


@dataclass(frozen=True)
class Offer:
    """An act open to this officer now, with its form as typed or fresh."""

    act: Act
    form: Words


def offers(case: Case, by: Any, typed: tuple[str, Words] | None = None) -> list[Offer]:
    found = []
    for act in ACTS.values():
        if act.transition.possible(case, by):
            form = typed[1] if typed and typed[0] == act.slug else act.form()
            found.append(Offer(act, form))
    return found
