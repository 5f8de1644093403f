"""Halls 大厅: what is open, who serves now, and the extended sessions of a week."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from onewindow.accounts.models import Agency, Site
from onewindow.api import problems
from onewindow.api.auth import visitor
from onewindow.api.v1.items import Organ
from onewindow.hall import extended, serving
from onewindow.hall.sessions import monday_of
from onewindow.kernel import clock

router = Router(auth=visitor)


class HallBrief(Schema):
    code: str
    name: str
    address: str
    phone: str


class ServingWindow(Schema):
    number: str
    queues: list[str] = Field(description="办哪些业务")
    agencies: list[Organ]
    seated: bool = Field(description="窗口人员已上岗")


class SessionReply(Schema):
    kind: str = Field(description="noon 午间、evening 夜间、saturday 周六")
    label: str
    opens: datetime
    closes: datetime
    agencies: list[Organ] = Field(description="值班的部门；值班表没有发布时为空")
    windows: list[str]


class NowReply(Schema):
    at: datetime
    kind: str = Field(description="regular 工作时间、noon、evening、saturday；现在不开为空")
    label: str
    until: datetime | None
    agencies: list[Organ]
    windows: list[ServingWindow]


class HallReply(HallBrief):
    now: NowReply
    next_extended: SessionReply | None = Field(description="下一个已经排好值班的延时场次")


class WeekReply(Schema):
    monday: date
    sessions: list[SessionReply]


class ShareReply(Schema):
    agency: Organ
    cases: int = Field(description="在延时场次窗口办的件")
    decided: int = Field(description="其中当场作出决定的")
    consultations: int


class ExtraReply(Schema):
    monday: date
    cases: int
    decided: int
    consultations: int
    agencies: list[ShareReply]


def _site(code: str) -> Site:
    site = Site.objects.filter(zones__isnull=False, pk=code).distinct().first()
    if site is None:
        raise problems.not_found()
    return site


def _organ(agency: Agency) -> dict[str, str]:
    return {"code": agency.pk, "name": agency.name}


def _brief(site: Site) -> dict[str, str]:
    return {"code": site.pk, "name": site.name, "address": site.address, "phone": site.phone}


def _session(shift: serving.Shift) -> dict[str, Any]:
    return {
        "kind": shift.session.kind, "label": shift.session.label, "opens": shift.session.starts,
        "closes": shift.session.ends, "agencies": [_organ(each) for each in shift.agencies], "windows": shift.windows,
    }  # fmt: skip


@router.get("/halls", response=list[HallBrief])
def index(request: HttpRequest) -> list[dict[str, str]]:
    """大厅和便民服务中心。"""
    halls = Site.objects.filter(zones__isnull=False).distinct().order_by("level", "code")
    return [_brief(site) for site in halls]


@router.get("/halls/{code}", response=HallReply)
def show(request: HttpRequest, code: str) -> dict[str, Any]:
    """现在谁在服务：延时场次按已发布的值班表，工作时间按已上岗的窗口。"""
    now = serving.now(_site(code))
    windows = [
        {"number": each.window.number, "queues": each.queues, "agencies": [_organ(one) for one in each.agencies],
         "seated": each.seated}
        for each in now.windows
    ]  # fmt: skip
    told = {
        "at": clock.now(), "kind": now.kind, "label": now.label, "until": now.until, "windows": windows,
        "agencies": [_organ(each) for each in now.agencies],
    }  # fmt: skip
    return _brief(now.site) | {"now": told, "next_extended": now.following and _session(now.following)}


class Asked(Schema):
    day: date | None = Field(None, description="这一周里的任何一天；不填为本周")


@router.get("/halls/{code}/extended-sessions", response=WeekReply)
def sessions(request: HttpRequest, code: str, asked: Query[Asked]) -> dict[str, Any]:
    """一周的延时场次和值班的部门、窗口。"""
    site, monday = _site(code), monday_of(asked.day or clock.today())
    return {"monday": monday, "sessions": [_session(shift) for shift in serving.week(site, monday)]}


@router.get("/halls/{code}/extended-totals", response=list[ExtraReply])
def totals(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """延时服务每周办了多少，近 12 周，本周在前。"""
    return [
        {
            "monday": week.monday, "cases": week.cases, "decided": week.decided, "consultations": week.consultations,
            "agencies": [
                {"agency": _organ(share.agency), "cases": share.cases, "decided": share.decided,
                 "consultations": share.consultations}
                for share in week.shares
            ],
        }
        for week in extended.weeks(_site(code))
    ]  # fmt: skip
