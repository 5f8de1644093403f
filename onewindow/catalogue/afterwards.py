"""What a decision may be and what comes after it: variants of a licence, standards of discretion, forwarding."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from onewindow.catalogue.procedure import Citation
from onewindow.kernel.forms.schema import FormField, Said, Strict

CHANGES = {"change": "变更", "renew": "延续", "reissue": "补证", "cancel": "注销"}


class Concerns(Strict):
    """An item about a certificate somebody holds already: it is picked first, and follows the decision."""

    act: Annotated[Literal["change", "renew", "reissue", "cancel"], Said("对原证做什么", words=CHANGES)]
    certificates: Annotated[tuple[str, ...], Said("原证的名称", "每行一个，和办理结果的名称一样")] = Field(min_length=1)
    # 行政许可法 §50: renewal is applied for thirty days before expiry; natural days: they bind the holder.
    before_days: Annotated[int, Said("提前几天申请延续（自然日）")] = Field(default=30, ge=0, le=365)
    # Before the last day to apply in time; no law asks the organ to remind.
    remind_days: Annotated[int, Said("申请截止前几天提醒持证人", "0 为不提醒")] = Field(default=30, ge=0, le=365)
    late: Annotated[str, Said("过了申请时间怎么办", "告诉持证人", long=True)] = ""
    # Field of this form → "number", "valid_from", "valid_until", or the field of the form it was granted on.
    fills: Annotated[dict[str, str], Said("从原证带出", "每行一项：本表字段=number、valid_until 或原表字段")] = {}
    basis: Annotated[tuple[Citation, ...], Said("依据")] = ()


ALLOWED = {"grant": "准予", "conditional": "附条件准予", "deny": "不予"}


class Standing(Strict):
    """One row of a written standard 裁量阶次: for which facts, which outcomes, and how much."""

    key: Annotated[str, Said("代号", "小写字母、数字和下划线")] = Field(pattern=r"^[a-z][a-z0-9_]*$")
    text: Annotated[str, Said("情形", "公开给群众看的话", long=True)]
    when: Annotated[str, Said("什么时候适用", "条件式，用裁量因素的代号；空着就是其他情形")] = ""
    outcomes: Annotated[tuple[Literal["grant", "conditional", "deny"], ...], Said("可以怎么决定", words=ALLOWED)] = (
        Field(min_length=1)
    )
    # 附款: what a conditional grant says in addition.
    conditions: Annotated[tuple[str, ...], Said("附款", "附条件准予的条件，每行一条")] = ()
    least: Annotated[float | None, Said("幅度下限")] = None
    most: Annotated[float | None, Said("幅度上限")] = None
    cites: Annotated[tuple[Citation, ...], Said("依据")] = ()


class Discretion(Strict):
    """裁量基准: what the officer must find out, and what follows. A departure takes a reason and two signatures."""

    title: Annotated[str, Said("裁量基准的名称")]
    factors: Annotated[tuple[FormField, ...], Said("裁量因素")] = Field(min_length=1)
    rows: Annotated[tuple[Standing, ...], Said("裁量阶次", "从上到下第一个适用的算数")] = Field(min_length=1)
    # What the range is: months of validity where `validity`, else an amount that stands on the paper.
    amount: Annotated[str, Said("幅度是什么", "例如 有效期、补助金额；没有幅度就空着")] = ""
    unit: Annotated[str, Said("幅度的单位", "例如 个月、元")] = ""
    validity: Annotated[bool, Said("幅度就是证照有效期（月）")] = False
    basis: Annotated[tuple[Citation, ...], Said("依据")] = ()


class Forwarding(Strict):
    """初审转报: the case ends here with an opinion; an upper organ decides."""

    organ: Annotated[str, Said("转报给哪个机关")]
    basis: Annotated[tuple[Citation, ...], Said("依据")] = ()
