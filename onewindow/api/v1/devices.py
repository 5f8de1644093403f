"""自助设备: the device's own program tells how it is, and a door controller who opened."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.security import HttpBearer
from pydantic import AwareDatetime

from onewindow.api.auth import ADDRESS_PER_MINUTE, MINUTE, count
from onewindow.api.problems import Problem, unauthorised
from onewindow.api.reading import Strict
from onewindow.hall.actions import devices, doors
from onewindow.hall.models import Device
from onewindow.kernel import clock, limits

router = Router()
PER_MINUTE = 60
Level = Literal["ok", "low", "out"]


class DeviceToken(HttpBearer):
    """`Authorization: Bearer` with the token of the register."""

    def authenticate(self, request: HttpRequest, token: str) -> Device:
        found = devices.find(token)
        if found is None:
            count(f"api:address:{limits.address(request)}", ADDRESS_PER_MINUTE, MINUTE)
            raise unauthorised()
        count(f"api:device:{found.pk}", PER_MINUTE, MINUTE)
        return found


class AtDevice(HttpRequest):
    auth: Device


class Told(Strict):
    version: str = Field("", max_length=40)
    paper: Level | None = Field(None, description="缺纸传感器；没有就不报")
    ink: Level | None = Field(None, description="墨或碳粉")
    door: Literal["open", "closed"] | None = Field(None, description="机箱门或大门现在开着还是关着")
    note: str = Field("", max_length=120, description="设备自己要说的，例如“读卡器没有反应”")


class DeviceReply(Schema):
    device: str
    name: str
    message: str = Field(description="管理人员让设备显示的话")
    closed: str = Field(description="停用的原因；空着是在用")
    sheets: int | None
    roll: int | None
    now: datetime


class Opened(Strict):
    event: str = Field(min_length=1, max_length=40, description="控制器自己的编号，重报不会重记")
    at: AwareDatetime
    how: Literal["card", "code", "button", "remote"]
    granted: bool = True
    mark: str = Field("", max_length=60, description="刷的证件号或码；这里只留末四位和不可逆的索引")


class Openings(Strict):
    openings: Annotated[list[Opened], Field(min_length=1, max_length=200)]


class OpeningsReply(Schema):
    kept: int = Field(description="这一次新记下的")


def _reply(device: Device) -> dict[str, Any]:
    return {
        "device": device.code, "name": device.name, "message": device.message, "closed": device.closed_reason,
        "sheets": device.sheets, "roll": device.roll, "now": clock.now(),
    }  # fmt: skip


@router.post("/devices/heartbeats", response=DeviceReply, auth=DeviceToken())
def heartbeat(request: AtDevice, body: Told) -> dict[str, Any]:
    """设备报平安。隔几分钟没有报，平台就显示“没有消息”并告诉大厅管理；回复里是要显示的话和停用原因。"""
    told = {name: value for name, value in body.model_dump().items() if value is not None}
    devices.heard(request.auth, told)
    return _reply(request.auth)


@router.post("/devices/openings", response=OpeningsReply, auth=DeviceToken())
def openings(request: AtDevice, body: Openings) -> dict[str, Any]:
    """门禁控制器报开门记录。证件号不落库，只留末四位和索引，到期删除。"""
    if request.auth.kind != Device.Kind.DOOR:
        raise Problem("forbidden", "只有门禁可以报开门记录。")
    devices.heard(request.auth)
    return {"kept": doors.keep(request.auth, [doors.Told(**each.model_dump()) for each in body.openings])}
