"""决定、送达、办结."""

from __future__ import annotations

from typing import Any

from django import forms

from onewindow.accounts.principal import Principal
from onewindow.cases import bars
from onewindow.cases.actions import outcome
from onewindow.cases.models import Case
from onewindow.web.desk.acts.act import Act, Click, Words, one_of, text


class Grant(Words):
    opinion = text("决定意见（可不填）", rows=2, required=False)


class Deny(Words):
    reason = text("不予的事实和理由", rows=4, max_length=2000)
    standard = text("所依据的技术标准（按检验、检测、检疫结果不予的填）", rows=1, required=False, max_length=300)
    ground = one_of("属于", {})
    field_order = ("ground",)

    def fit(self, case: Case, by: Principal) -> None:
        """行政许可法 §78 is of licences; of other matters there is nothing to ask."""
        concealed = "隐瞒有关情况或者提供虚假材料（行政许可法第七十八条）"
        if bars.is_vital(case):
            concealed += "，申请人一年内不得再次申请这项许可"
        licence = {"concealed": concealed} if case.guide.kind == "行政许可" else {}
        self.choose("ground", {"unmet": "不符合条件、标准"} | licence)
        if not any(stop["procedure"] in {"inspection", "testing", "quarantine"} for stop in case.stops):
            del self.fields["standard"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        return said | {"concealed": said.pop("ground", "") == "concealed"}


# The ways of one click; the rarer ones stand under 文书送达.
WAYS = {"window": "窗口领取", "online": "网上送达（申请人已同意）", "post": "邮寄（回执已收到）"}


class Deliver(Words):
    more = ("receiver", "relation", "tracking", "on")
    more_label = "别人代收、邮寄的填这里"
    way = one_of("送达方式", WAYS)
    receiver = forms.CharField(label="签收人（不填即申请人）", required=False, max_length=50)
    relation = forms.CharField(label="签收人与申请人的关系（别人代收才填）", required=False, max_length=40)
    tracking = forms.CharField(label="邮寄单号", required=False, max_length=50)
    on = forms.DateField(
        label="邮寄回执上的收件日期", required=False, widget=forms.DateInput({"type": "date"}),
        error_messages={"invalid": "日期请写成 2026-03-02 这样。"},
    )  # fmt: skip

    def fit(self, case: Case, by: Principal) -> None:
        """As the applicant chose 送达方式; otherwise over the counter."""
        self.fields["way"].initial = case.service.get("way", "window")


def _plain(case: Case) -> bool:
    """Decided without a standard of discretion 裁量基准."""
    return case.guide.discretion is None


def _ours(case: Case) -> bool:
    return _plain(case) and case.guide.forwarding is None


GRANT = Act("grant", outcome.grant, Grant, fits=_ours)
DELIVERY = Act("delivery", outcome.deliver, Deliver)
COMPLETION = Act("completion", outcome.finish, Click)
DENIAL = Act("denial", outcome.deny, Deny, "不予决定送达后产生法律效力，申请人可以复议或诉讼。", fits=_plain)
