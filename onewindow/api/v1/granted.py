"""许可公示 for programs: licences granted, as on the public page and no more (行政许可法 §40)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from onewindow.api.auth import visitor
from onewindow.api.paging import Page, cut
from onewindow.cases import grants
from onewindow.cases.models import Grant
from onewindow.kernel import clock, wire

router = Router(auth=visitor)


class Sought(Page):
    q: str = Field("", max_length=80, description="单位或事项名称里的两个字以上，或完整的文号、证照编号、信用代码")
    item: str = Field("", max_length=50, description="事项编码")


class GrantedReply(Schema):
    number: str = Field(description="决定书文号")
    item: str = Field(description="事项编码")
    item_name: str
    organ: str = Field(description="作出决定的机关")
    manager: str = Field(description="职权划转后现在管理它的机关，没有划转为空")
    holder: str = Field(description="单位的名称；个人只显示姓名的一部分")
    credit_code: str = Field(description="单位的统一社会信用代码，没有为空")
    decided_on: date
    certificate_type: str
    certificate: str = Field(description="证照编号；没有证照为空")
    valid_from: date | None
    valid_until: date | None = Field(description="长期有效为 null")
    state: str = Field(description="有效、已过有效期、已被新证替代、已注销、已撤销、已撤回、已吊销；没有证照为准予")
    ended_on: date | None


class GrantedPage(Schema):
    granted: list[GrantedReply]
    next: str | None


@router.get("/granted", response=GrantedPage)
def index(request: HttpRequest, asked: Query[Sought]) -> dict[str, Any]:
    """准予的行政许可，新的在前。依法不公开的不在其中。"""
    rows = grants.public()
    rows = rows.filter(grants.sought(asked.q)) if asked.q.strip() else rows
    rows = rows.filter(item=asked.item) if asked.item else rows
    if (after := wire.whole(asked.after)) is not None:
        rows = rows.filter(pk__lt=after)
    page, following = cut(rows, asked.limit, "pk")
    return {"granted": [_reply(each) for each in page], "next": str(following) if following else None}


def _reply(each: Grant) -> dict[str, Any]:
    held = each.certificate
    ended = held.ended_at if held else None
    return {
        "number": each.number, "item": each.item_id, "item_name": each.item_name, "organ": each.agency.name,
        "manager": held.managed_by.name if held and held.managed_by else "", "holder": each.holder,
        "credit_code": each.credit_code, "decided_on": each.decided_on,
        "certificate_type": held.type_name if held else "", "certificate": held.number if held else "",
        "valid_from": held.valid_from if held else None, "valid_until": held.valid_until if held else None,
        "state": held.state_words if held else "准予", "ended_on": clock.day_of(ended) if ended else None,
    }  # fmt: skip
