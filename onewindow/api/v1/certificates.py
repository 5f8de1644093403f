"""Certificates 证照: may this one be believed? The answer holds no more than a passer-by may see."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import ValidationError

from onewindow.api.auth import count, visitor
from onewindow.api.problems import Problem, invalid
from onewindow.api.reading import Strict, parse
from onewindow.documents import verification
from onewindow.kernel import limits

router = Router()
# The same allowance as the public page: nobody finds certificates by trying numbers and names.
TRIES, WINDOW = 30, timedelta(minutes=10)
HOW = "请给出证照编号 number 和二维码中的 secret，或编号和持证人 name，或上传 PDF 文件 file。"


class Asked(Strict):
    number: str = Field(min_length=1, max_length=80)
    secret: str = Field("", max_length=80, description="二维码中的验证串")
    name: str = Field("", max_length=120, description="持证人姓名（名称）")


class ShownCertificate(Schema):
    type_name: str
    number: str
    holder: str = Field(description="个人姓名只显示一部分")
    organ: str
    manager: str = Field(description="职权划转后现在管理它的机关，没有划转为空")
    issued_on: date
    valid_from: date
    valid_until: date | None
    state: str


class VerdictReply(Schema):
    state: Literal["valid", "invalid_state", "tampered", "unknown"]
    detail: str
    certificate: ShownCertificate | None


BINARY = {"type": "string", "format": "binary"}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {**Asked.model_json_schema(), "description": HOW}},
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": BINARY}},
            },
        },
    }
}


@router.post("/verifications", response=VerdictReply, auth=visitor, openapi_extra=BODY)
def create(request: HttpRequest) -> VerdictReply:
    """核验证照的真伪和效力。编号不对和姓名不对的答复相同。"""
    count(f"verify:{limits.address(request)}", TRIES, WINDOW)
    verdict = _by_file(request) if request.content_type == "multipart/form-data" else _by_words(parse(request.body))
    found = verdict.certificate
    shown = ShownCertificate(**vars(verification.shown(found))) if found else None
    return VerdictReply(state=verdict.state, detail=verdict.detail, certificate=shown)


def _by_file(request: HttpRequest) -> verification.Verdict:
    dropped = request.FILES.get("file")
    if dropped is None:
        raise invalid([("file", HOW)])
    if (dropped.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise Problem("too-large", "文件太大了。请上传下载时的原文件，不要另存或扫描。")
    return verification.by_file(dropped.read())


def _by_words(data: Any) -> verification.Verdict:
    try:
        asked = Asked.model_validate(data)
    except ValidationError as error:
        raise invalid((".".join(map(str, each["loc"])), HOW) for each in error.errors()) from error
    if asked.secret:
        return verification.by_secret(asked.number, asked.secret)
    if not asked.name:
        raise invalid([("secret", HOW)])
    return verification.by_number_and_name(asked.number, asked.name)
