"""The acts on a draft as resources: each slug is one action, with the few fields it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from onewindow.accounts.models import Agency
from onewindow.catalogue import actions, running
from onewindow.catalogue.guide import KINDS
from onewindow.catalogue.models import Item
from onewindow.kernel import clock
from onewindow.web.manage.act import Act, Plain

REMARK = "remark."


class Note(Plain):
    note = forms.CharField(
        label="改了什么、为什么改", max_length=500, widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "请写一句改了什么、为什么改，审核的人要看。"},
    )  # fmt: skip


class Day(Plain):
    publish_on = forms.DateField(
        label="哪一天发布", initial=clock.today, widget=forms.DateInput({"type": "date"}),
        error_messages={"required": "请选择发布日期。", "invalid": "日期写法不对，例如 2026-12-01。"},
    )  # fmt: skip
    why = forms.CharField(required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for stage, name in running.STAGES.items():
            rules = list(running.RULES.items())
            self.fields[f"rule_{stage}"] = forms.ChoiceField(
                label=name, choices=rules, required=False, initial=running.DEFAULT[stage],
                error_messages={"invalid_choice": "请给这一类办件选一条换版规则。"},
            )  # fmt: skip

    def arguments(self) -> dict[str, Any]:
        said = self.cleaned_data
        rule = {stage: said[f"rule_{stage}"] for stage in running.STAGES}
        return {"publish_on": said["publish_on"], "rule": rule | {"why": said["why"]}}


class Remarks(Plain):
    """Every non-empty `remark.<place>` is one remark, at its field."""

    general = forms.CharField(
        label="对整份草稿的意见", required=False, max_length=500, widget=forms.Textarea({"rows": 2})
    )

    def arguments(self) -> dict[str, Any]:
        found = [
            {"on": name.removeprefix(REMARK), "text": str(text).strip()[:500]}
            for name, text in self.data.items()
            if name.startswith(REMARK) and str(text).strip()
        ]
        general = self.cleaned_data["general"].strip()
        return {"remarks": [*found, *([{"on": "", "text": general}] if general else [])]}


class NewItem(forms.Form):
    code = forms.RegexField(
        r"^[A-Za-z0-9-]{3,50}$", label="事项编号", help_text="字母、数字和短横，发布后不能改",
        error_messages={"invalid": "编号只能用 3 到 50 位字母、数字和短横。", "required": "请填事项编号。"},
    )  # fmt: skip
    name = forms.CharField(label="事项名称", max_length=255, error_messages={"required": "请填事项名称。"})
    kind = forms.ChoiceField(label="事项类型", choices=[(kind, kind) for kind in KINDS])
    agency = forms.ModelChoiceField(
        Agency.objects.all(), label="实施主体", empty_label="请选择", error_messages={"required": "请选实施主体。"}
    )

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if Item.objects.filter(pk=code).exists():
            raise forms.ValidationError("已有这个编号的事项，请到“目录”里找到它再编辑。")
        return code

    @property
    def content(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {"code": said["code"], "name": said["name"], "kind": said["kind"], "agency": said["agency"].pk}


ACTS = {
    act.slug: act
    for act in [
        Act("submission", actions.submit, Note, "已送审，由另一位同事审核。"),
        Act("approval", actions.approve, Day, "已审核通过。"),
        Act("return", actions.send_back, Remarks, "已退回编辑。"),
        Act("withdrawal", actions.take_back, Plain, "已撤回，可以接着改。"),
        Act("recall", actions.recall, Plain, "已取消发布，可以接着改。"),
        Act("discard", actions.discard, Plain, "草稿已作废，现在的版本没有变化。"),
    ]
}


def remarked(posted: Mapping[str, str]) -> dict[str, str]:
    """What was written beside the fields, when the act is refused."""
    return {name.removeprefix(REMARK): text for name, text in posted.items() if name.startswith(REMARK)}
