"""Halls 大厅: what is open, who serves now, and the extended sessions of a week."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from onewindow.accounts.models import Agency, Site
from onewindow.api import problems
from onewindow.api.auth import visitor
from onewindow.api.v1.items import Organ
from onewindow.catalogue.models import Item
from onewindow.hall import extended, network, serving
from onewindow.hall.sessions import monday_of
from onewindow.kernel import clock

router = Router(auth=visitor)


class HallBrief(Schema):
    code: str
    name: str
    address: str
    phone: str
    level: Literal["district", "town", "village"]
    parent: str | None = Field(description="上级场所；村（社区）便民服务站的镇（街道）")


class PlaceReply(HallBrief):
    until: datetime | None = Field(description="现在开门，到这时；现在不开门为空")
    opens: datetime | None = Field(description="下一次开门；现在开门或开放时间没有登记为空")


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


def _site(code: str, sites: QuerySet[Site] | None = None) -> Site:
    found = Site.objects.filter(zones__isnull=False).distinct() if sites is None else sites
    site = found.filter(pk=code).first()
    if site is None:
        raise problems.not_found()
    return site


def _organ(agency: Agency) -> dict[str, str]:
    return {"code": agency.pk, "name": agency.name}


def _brief(site: Site) -> dict[str, Any]:
    kept = {"code": site.pk, "name": site.name, "address": site.address, "phone": site.phone}
    return kept | {"level": site.level, "parent": site.parent_id}


def _session(shift: serving.Shift) -> dict[str, Any]:
    return {
        "kind": shift.session.kind, "label": shift.session.label, "opens": shift.session.starts,
        "closes": shift.session.ends, "agencies": [_organ(each) for each in shift.agencies], "windows": shift.windows,
    }  # fmt: skip


class Sought(Schema):
    level: Literal["", "district", "town", "village"] = Field(
        "", description="district 大厅、town 镇（街道）、village 村"
    )
    parent: str = Field("", description="只要这个镇（街道）的便民服务站")
    item: str = Field("", description="只要收这个事项的")


@router.get("/halls", response=list[PlaceReply])
def index(request: HttpRequest, sought: Query[Sought]) -> list[dict[str, Any]]:
    """大厅、镇（街道）便民服务中心和村（社区）便民服务站，现在开不开门。"""
    found = network.sites()
    if sought.level:
        found = found.filter(level=sought.level)
    if sought.parent:
        found = found.filter(parent=sought.parent)
    if sought.item:
        item = Item.objects.select_related("current").filter(pk=sought.item, current__isnull=False).first()
        if item is None:
            raise problems.not_found()
        found = network.taking(found, item)
    return [_brief(each.site) | {"until": each.until, "opens": each.opens} for each in network.places(list(found))]


@router.get("/halls/{code}", response=HallReply)
def show(request: HttpRequest, code: str) -> dict[str, Any]:
    """现在谁在服务：延时场次按已发布的值班表，工作时间按已上岗的窗口；便民服务站没有窗口，只说开不开门。"""
    now = _now(_site(code, network.sites()))
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


def _now(site: Site) -> serving.Now:
    if site.level != Site.Level.VILLAGE:
        return serving.now(site)
    place = network.place(site)
    return serving.Now(site, place.period.kind if place.period else "", place.until)


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
