"""The acts of the desk as resources: each slug is one action, with the few fields it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from onewindow.cases.actions import correction, intake, outcome, pause, review
from onewindow.cases.models import Case
from onewindow.catalogue.guide import PROCEDURES
from onewindow.kernel.flow import Transition


def text(label: str, *, rows: int = 3, required: bool = True, max_length: int = 1000) -> forms.CharField:
    widget = forms.Textarea({"rows": rows})
    return forms.CharField(label=label, widget=widget, required=required, max_length=max_length)


def one_of(label: str, options: dict[str, str], initial: str | None = None) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(options.items()), widget=forms.RadioSelect, initial=initial)


class Words(forms.Form):
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            verb = "请选择" if isinstance(field, forms.ChoiceField) else "请填写"
            field.error_messages["required"] = f"{verb}{field.label}。"


class Receive(Words):
    """收件 needs nothing but the click."""


class Refuse(Words):
    ground = one_of("理由", intake.REFUSAL_GROUNDS)
    reason = text("具体原因")
    right_organ = forms.CharField(label="应当向哪个机关申请", required=False, max_length=100)


class Opinion(Words):
    advice = one_of("意见", review.ADVICE, initial="agree")
    opinion = text("审查意见")


class Grant(Words):
    opinion = text("决定意见（可不填）", rows=2, required=False)


class Deny(Words):
    reason = text("不予的事实和理由", rows=4, max_length=2000)


class Deliver(Words):
    way = one_of("送达方式", outcome.DELIVERY_WAYS, initial="online")
    receiver = forms.CharField(label="领取人（不填即申请人）", required=False, max_length=50)
    tracking = forms.CharField(label="邮寄单号", required=False, max_length=50)


class Remarks(Words):
    """Field-level: every non-empty `remark.<place>` is one remark."""

    general = text("对整份申请的意见", rows=2, required=False)

    def remarks(self, data: Mapping[str, str]) -> list[dict[str, str]]:
        found = [
            {"on": name.removeprefix("remark."), "text": data[name].strip()[:500]}
            for name in data
            if name.startswith("remark.") and data[name].strip()
        ]
        general = self.cleaned_data["general"].strip()
        return [*found, *([{"on": "", "text": general}] if general else [])]


class Corrections(Remarks):
    general = text("对整份申请的补正要求", rows=2, required=False)
    why_again = text("再次告知的原因（第二次告知才填）", rows=2, required=False, max_length=300)


class Pause(Words):
    procedure = forms.ChoiceField(label="特别程序", choices=PROCEDURES.items())
    days = forms.IntegerField(label="所需时间（工作日）", min_value=1, max_value=180)
    reason = text("原因", rows=2, max_length=500)


class Resume(Words):
    result = text("特别程序的结果", rows=2, max_length=1000)


class Extend(Words):
    days = forms.IntegerField(label="延长几个工作日", min_value=1, max_value=60)
    reason = text("延长的理由（告诉申请人）", rows=2, max_length=500)


class Terminate(Words):
    reason = text("终止的事实和理由", rows=3, max_length=1000)


class Withdraw(Words):
    reason = text("申请人撤回的原因", rows=2, max_length=200)


@dataclass(frozen=True)
class Act:
    slug: str
    run: Callable[..., Case]
    form: type[Words]
    # Shown before an act that cannot be undone.
    question: str = ""

    @property
    def transition(self) -> Transition:
        return self.run.transition  # type: ignore[attr-defined]

    def arguments(self, form: Words, data: Mapping[str, str]) -> dict[str, Any]:
        if not isinstance(form, Remarks):
            return form.cleaned_data
        said = {name: value for name, value in form.cleaned_data.items() if name != "general"}
        return said | {"remarks": form.remarks(data)}


# In the order an officer is likely to need them; the first possible one stands on top.
ACTS = {
    act.slug: act
    for act in [
        Act("acceptance", intake.accept, Receive),
        Act("receipt", intake.receive, Receive),
        Act("correction", correction.ask_for_corrections, Corrections),
        Act("resumption", pause.resume, Resume),
        Act("prereview-pass", intake.pass_prereview, Receive),
        Act("prereview-return", intake.return_with_remarks, Remarks),
        Act("opinion", review.give_opinion, Opinion),
        Act("grant", outcome.grant, Grant),
        Act("delivery", outcome.deliver, Deliver),
        Act("completion", outcome.finish, Receive),
        Act("pause", pause.pause, Pause),
        Act("extension", pause.extend, Extend),
        Act("refusal", intake.refuse_to_accept, Refuse, "不予受理会结束这件申请，决定书当即生成。"),
        Act("withdrawal", intake.withdraw, Withdraw, "按申请人本人的意思撤回。撤回后不再办理，不能恢复。"),
        Act("termination", pause.terminate, Terminate, "终止后不再办理，不能恢复。"),
        Act("denial", outcome.deny, Deny, "不予决定送达后产生法律效力，申请人可以复议或诉讼。"),
    ]
}


@dataclass(frozen=True)
class Offer:
    """An act open to this officer now, with its form as typed or fresh."""

    act: Act
    form: Words


def unsent(offered: list[Offer], typed: tuple[str, Words] | None, data: Mapping[str, str]) -> list[tuple[str, str]]:
    """(label, words) of a refused act that is no longer possible: there is no form left to keep them in."""
    if typed is None or typed[0] in {offer.act.slug for offer in offered}:
        return []
    kept = [(str(field.label), str(field.value() or "")) for field in typed[1] if field.widget_type != "radioselect"]
    kept += [("意见", text) for name, text in data.items() if name.startswith("remark.")]
    return [(label, words) for label, words in kept if words.strip()]


def offers(case: Case, by: Any, typed: tuple[str, Words] | None = None) -> list[Offer]:
    found = []
    for act in ACTS.values():
        if act.transition.possible(case, by):
            form = typed[1] if typed and typed[0] == act.slug else act.form()
            found.append(Offer(act, form))
    return found
