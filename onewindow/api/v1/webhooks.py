"""Webhooks: told instead of asking again and again. A stranger's webhook does not exist."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.http import HttpResponse, JsonResponse
from ninja import Field, Query, Router, Schema

from onewindow.api import webhooks
from onewindow.api.auth import Request, Token
from onewindow.api.idempotency import Key, once
from onewindow.api.models import Delivery, Webhook
from onewindow.api.paging import Page, cut
from onewindow.api.problems import invalid, not_found
from onewindow.api.reading import Strict
from onewindow.kernel import clock, outgoing, wire

router = Router()
MANAGE = Token("webhooks")
NONE = "没有这个推送地址。"


class NewWebhook(Strict):
    url: str = Field(min_length=8, max_length=500, description="接收推送的网址（https）")
    events: list[str] = Field(["*"], min_length=1, max_length=40, description="要推送的事件，* 为全部")


class WebhookReply(Schema):
    id: int
    url: str
    events: list[str]
    created_at: datetime
    stopped_at: datetime | None = Field(description="停止推送的时间；null 为正常")
    stopped_because: str


class MadeWebhook(WebhookReply):
    secret: str = Field(description="签名密钥，只显示这一次")


class DeliveryReply(Schema):
    id: int
    event: str
    state: str
    attempts: int
    answer: str = Field(description="对方最近一次的答复")
    created_at: datetime
    sent_at: datetime | None


class DeliveryPage(Schema):
    deliveries: list[DeliveryReply]
    next: str | None


def _reply(webhook: Webhook) -> dict[str, Any]:
    names = ("id", "url", "events", "created_at", "stopped_at", "stopped_because")
    return {name: getattr(webhook, name) for name in names}


def _own(request: Request, number: int) -> Webhook:
    found = Webhook.objects.filter(pk=number, user_id=request.auth.user_id).first() if number < 2**63 else None
    if found is None:
        raise not_found(NONE)
    return found


@router.get("/webhooks", response=list[WebhookReply], auth=MANAGE)
def index(request: Request) -> list[dict[str, Any]]:
    """本账号的推送地址。"""
    return [_reply(each) for each in Webhook.objects.filter(user_id=request.auth.user_id).order_by("id")]


@router.post("/webhooks", response={201: MadeWebhook}, auth=MANAGE)
def create(request: Request, body: NewWebhook, key: Key) -> JsonResponse:
    """登记一个推送地址。办件有进展时推送，带签名；送不到的在约一天内重试。"""
    response = once(request, key, 201, lambda: _make(request, body))
    # The kept reply must not hold the key in the clear.
    made = json.loads(response.content)
    known = Webhook.objects.filter(pk=made["id"]).first()
    made["secret"] = webhooks.secret_of(known) if known else ""
    response.content = json.dumps(made, ensure_ascii=False).encode()
    return response


def _make(request: Request, body: NewWebhook) -> MadeWebhook:
    known = set(webhooks.events()) | {webhooks.EVERY}
    faults = [("url", why)] if (why := outgoing.fault(body.url)) else []
    faults += [("events", f"没有事件“{name}”，可以用 {'、'.join(sorted(known))}") for name in set(body.events) - known]
    if Webhook.objects.filter(user_id=request.auth.user_id).count() >= webhooks.MOST:
        faults.append(("url", f"最多登记 {webhooks.MOST} 个地址，请先删去不用的"))
    if faults:
        raise invalid(faults)
    made = webhooks.make(request.auth.user_id, body.url, sorted(set(body.events)), by=request.auth)
    return MadeWebhook(**_reply(made), secret="")


@router.delete("/webhooks/{number}", response={204: None}, auth=MANAGE)
def delete(request: Request, number: int) -> HttpResponse:
    """删除推送地址，不再推送。"""
    webhooks.remove(_own(request, number), by=request.auth)
    return HttpResponse(status=204)


@router.post("/webhooks/{number}/tests", response={202: DeliveryReply}, auth=MANAGE)
def test(request: Request, number: int, key: Key) -> JsonResponse:
    """推送一条测试消息（webhook.test）；停止的地址恢复推送。"""
    webhook = _own(request, number)
    return once(request, key, 202, lambda: _try(webhook))


def _try(webhook: Webhook) -> DeliveryReply:
    Webhook.objects.filter(pk=webhook.pk).update(stopped_at=None, stopped_because="")
    body = {"type": webhooks.TEST, "timestamp": clock.now().isoformat(), "data": {}}
    return DeliveryReply.from_orm(webhooks.send(webhook, webhooks.TEST, body))


@router.get("/webhooks/{number}/deliveries", response=DeliveryPage, auth=MANAGE)
def deliveries(request: Request, number: int, page: Query[Page]) -> dict[str, Any]:
    """最近 30 天的推送，新的在前。"""
    rows = Delivery.objects.filter(webhook=_own(request, number)).order_by("-id")
    if (before := wire.whole(page.after)) is not None:
        rows = rows.filter(pk__lt=before)
    found, following = cut(rows, page.limit, "pk")
    return {"deliveries": found, "next": None if following is None else str(following)}
