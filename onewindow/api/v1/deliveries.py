"""文书送达: how the applicant wants papers, how each went, and until when one may object."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ninja import Field, Router, Schema

from onewindow.api.auth import READ, WRITE, Request
from onewindow.api.reading import Strict
from onewindow.api.v1.cases import own_case
from onewindow.cases import deliveries
from onewindow.cases.actions import serving

router = Router()


class Chosen(Strict):
    way: Literal["online", "post", "window"] = Field(description="online 即同意电子送达，可以随时改")
    address: str = Field("", max_length=200, description="邮寄的收件地址")
    phone: str = Field("", max_length=20)


class DeliveryReply(Schema):
    title: str
    number: str
    addressee: str
    way: str = Field(description="空着是还没有送出")
    sent_at: datetime | None
    effective_on: date | None = Field(description="从哪一天算送达")
    why: str
    receiver: str
    tracking: str
    opened_at: datetime | None


class RemedyReply(Schema):
    key: str
    title: str
    basis: str
    due: date


class DeliveriesReply(Schema):
    chosen: str
    deliveries: list[DeliveryReply]
    remedies: list[RemedyReply]


@router.get("/cases/{number}/deliveries", response=DeliveriesReply, auth=READ)
def show(request: Request, number: str) -> dict[str, Any]:
    """每份文书怎么送的、哪天生效、看没看过，和复议、诉讼的截止日期。"""
    return _reply(request, number)


@router.put("/cases/{number}/delivery", response=DeliveriesReply, auth=WRITE)
def choose(request: Request, number: str, body: Chosen) -> dict[str, Any]:
    """选择送达方式；选 online 即电子送达确认。"""
    serving.choose_delivery(own_case(request, number), by=request.auth, **body.model_dump())
    return _reply(request, number)


def _reply(request: Request, number: str) -> dict[str, Any]:
    case = own_case(request, number)
    rows = deliveries.mine(case, request.auth)
    columns = ("title", "number", "addressee", "way", "sent_at", "effective_on", "receiver", "tracking", "opened_at")
    return {
        "chosen": case.service.get("way", ""),
        "deliveries": [
            {name: getattr(row, name) for name in columns} | {"why": deliveries.derivation(row)} for row in rows
        ],
        "remedies": [
            {"key": each.deadline.key, "title": each.deadline.title, "basis": each.deadline.basis,
             "due": each.deadline.date}
            for each in deliveries.remedies(case, rows)
        ],
    }  # fmt: skip
