"""What is typed for a transfer: the plan, its list of items, and the words of its acts."""

from __future__ import annotations

import io
import re
from typing import Any

from django import forms
from python_calamine import CalamineError, CalamineWorkbook

from onewindow.accounts.models import Agency
from onewindow.cases.actions import transfer as acts
from onewindow.cases.models import Transfer
from onewindow.catalogue.models import Item
from onewindow.kernel import clock
from onewindow.web.manage.act import Act, Plain

CODE = "事项编号"
BY_STAGE = "by_stage"
CHOSEN = [stage for stage in acts.STAGES if stage != "draft"]


class Plan(forms.Form):
    use_required_attribute = False

    giver = forms.ModelChoiceField(
        Agency.objects.all(), label="原实施主体", empty_label="请选择", error_messages={"required": "请选原实施主体。"}
    )
    taker = forms.ModelChoiceField(
        Agency.objects.all(), label="承接的实施主体", empty_label="请选择",
        error_messages={"required": "请选承接的实施主体。"},
    )  # fmt: skip
    document = forms.CharField(
        label="文号", max_length=120, help_text="批准划转的文件，例如 川府函〔2026〕9号",
        error_messages={"required": "请填批准划转的文件文号。"},
    )  # fmt: skip
    basis = forms.CharField(
        label="依据", max_length=300, widget=forms.Textarea({"rows": 2}),
        help_text="例如 《中华人民共和国行政许可法》第二十五条，相对集中行政许可权改革方案",
        error_messages={"required": "请写明依据。"},
    )  # fmt: skip
    effective_on = forms.DateField(
        label="生效日期", widget=forms.DateInput({"type": "date"}), help_text="到这一天零点后自动划转",
        error_messages={"required": "请选生效日期。", "invalid": "日期写法不对，例如 2026-12-01。"},
    )  # fmt: skip
    items = forms.CharField(
        label="事项编号", required=False, widget=forms.Textarea({"rows": 6}),
        help_text="每行一个；保存以后也可以导入 Excel 清单",
    )  # fmt: skip
    all_items = forms.BooleanField(label="原实施主体的全部事项", required=False)
    preset = forms.ChoiceField(
        label="在办的件", widget=forms.RadioSelect, initial="all",
        choices=[*((key, said) for key, (said, _) in acts.PRESETS.items()), (BY_STAGE, "按下面逐类选")],
    )  # fmt: skip
    consult = forms.CharField(label="承接机关的咨询电话", required=False, max_length=40, help_text="空着就沿用现在的")
    complain = forms.CharField(label="承接机关的监督投诉电话", required=False, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for stage in CHOSEN:
            name = acts.STAGES[stage]
            self.fields[f"stage_{stage}"] = forms.ChoiceField(
                label=name, choices=list(acts.RULES.items()), required=False, initial="move"
            )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        giver, taker, day = said.get("giver"), said.get("taker"), said.get("effective_on")
        if giver and giver == taker:
            self.add_error("taker", "承接的和原来的是同一个，请另选。")
        if day and day < clock.today():
            self.add_error("effective_on", "生效日期从今天起。")
        return said

    @property
    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        codes = list(dict.fromkeys(re.split(r"[\s,，、;；]+", said["items"].strip()))) if said["items"].strip() else []
        if said["all_items"]:
            codes = list(Item.objects.filter(agency=said["giver"]).order_by("code").values_list("code", flat=True))
        by_stage = {stage: said[f"stage_{stage}"] or "move" for stage in CHOSEN}
        rule = {"draft": "move"} | by_stage if said["preset"] == BY_STAGE else acts.PRESETS[said["preset"]][1]
        plain = ("giver", "taker", "document", "basis", "effective_on", "consult", "complain")
        return {name: said[name] for name in plain} | {"items": codes, "rule": rule}

    @staticmethod
    def initial_of(plan: Transfer) -> dict[str, Any]:
        preset = next((key for key, (_, rule) in acts.PRESETS.items() if rule == plan.rule), BY_STAGE)
        plain = ("giver", "taker", "document", "basis", "effective_on", "consult", "complain")
        stages = {f"stage_{stage}": said for stage, said in plan.rule.items()}
        return (
            {name: getattr(plan, name) for name in plain} | stages | {"items": "\n".join(plan.items), "preset": preset}
        )

    @staticmethod
    def way_back(plan: Transfer) -> dict[str, Any]:
        return {"giver": plan.taker_id, "taker": plan.giver_id, "items": "\n".join(plan.items)}


def codes_in(data: bytes, giver: str) -> tuple[list[str], list[str]]:
    """Item codes of the first sheet's column 事项编号, and what is wrong by row."""
    try:
        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    except (CalamineError, OSError, ValueError, IndexError):
        return [], ["读不出这个文件：请交 .xlsx 格式的工作簿，可以先导出一份照着填。"]
    heads = [str(cell).strip() for cell in rows[0]] if rows else []
    if CODE not in heads:
        return [], [f"第一行里没有“{CODE}”这一列，请先导出一份照着填。"]
    at = heads.index(CODE)
    found = {n: str(row[at]).strip() for n, row in enumerate(rows[1:], 2) if str(row[at]).strip()}
    known = dict(Item.objects.filter(pk__in=found.values()).values_list("code", "agency"))
    faults = [f"第 {n} 行：没有编号为“{code}”的事项。" for n, code in found.items() if code not in known]
    faults += [
        f"第 {n} 行：“{code}”现在不属于原实施主体。" for n, code in found.items() if known.get(code, giver) != giver
    ]
    codes = list(dict.fromkeys(found.values()))
    return codes, faults if codes or faults else ["清单里没有事项。"]


class Remark(Plain):
    remark = forms.CharField(
        label="要改什么", max_length=500, widget=forms.Textarea({"rows": 3}),
        error_messages={"required": "请写明要改什么。"},
    )  # fmt: skip


ACTS = {
    act.slug: act
    for act in [
        Act("proposal", acts.propose),
        Act("approval", acts.approve),
        Act("return", acts.send_back, Remark),
        Act("recall", acts.recall, question="收回后要重新报批。"),
        Act("cancellation", acts.cancel, question="取消后不能恢复，事项仍归原实施主体。"),
    ]
}
