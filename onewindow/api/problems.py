"""Every refusal in one shape: problem+json (RFC 9457), in a sentence that says what to do."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import psycopg.errors
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation, ValidationError
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja import errors as ninja_errors

from onewindow.documents.content import FileRefused
from onewindow.documents.files import TooLarge
from onewindow.kernel.clock import NoCalendar
from onewindow.kernel.flow import Conflict

log = logging.getLogger("django.request")
CONTENT_TYPE = "application/problem+json"
# kind → status and title; the kind is the last part of `type` (docs/api.md).
KINDS = {
    "malformed": (400, "请求无法读取"),
    "unauthorised": (401, "需要有效的令牌"),
    "forbidden": (403, "没有权限"),
    "not-found": (404, "没有找到"),
    "method": (405, "不支持这种请求方法"),
    "conflict": (409, "现在不能这样办"),
    "busy": (409, "同一请求正在办理"),
    "too-large": (413, "内容太大"),
    "invalid": (422, "内容有误"),
    "not-ready": (422, "还不能提交"),
    "key-reused": (422, "幂等键已用于另一个请求"),
    "too-many": (429, "请求太频繁"),
    "broken": (500, "系统出错"),
    "no-calendar": (503, "期限现在算不出来"),
}
NOT_FOUND = "没有这个地址，或者您不能查看它。请核对地址；所有地址列在 /api/v1/openapi.json。"


class Fault(Schema):
    """What is wrong where: "form:phone", "material:photo", "condition:age", "answers:age", or a path in the request."""

    place: str
    text: str


class ProblemReply(Schema):
    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


@contextmanager
def in_words() -> Iterator[None]:
    """An act refuses what was said with a ValueError in words for people; faults of ours are others."""
    try:
        yield
    except ValueError as problem:
        if type(problem) is not ValueError:
            raise
        raise Problem("invalid", str(problem)) from problem


class Problem(Exception):
    """A refusal on its way to the client; `faults` are (place, text)."""

    def __init__(
        self, kind: str, detail: str, faults: Iterable[tuple[str, str]] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.faults, self.headers = kind, detail, tuple(faults), dict(headers or {})

    @property
    def response(self) -> HttpResponse:
        status, title = KINDS[self.kind]
        body: dict[str, Any] = {
            "type": f"urn:onewindow:problem:{self.kind}", "title": title, "status": status, "detail": self.detail,
        }  # fmt: skip
        if self.faults:
            body["errors"] = [{"place": place, "text": text} for place, text in self.faults]
        content = json.dumps(body, ensure_ascii=False)
        return HttpResponse(content, status=status, content_type=CONTENT_TYPE, headers=self.headers)


def not_found(detail: str = NOT_FOUND) -> Problem:
    return Problem("not-found", detail)


def invalid(faults: Iterable[tuple[str, str]]) -> Problem:
    faults = tuple(faults)
    return Problem("invalid", f"有 {len(faults)} 处内容需要改正，见 errors。", faults)


def malformed() -> Problem:
    return Problem("malformed", "请求内容不是可以读取的 JSON（或表单），或者太大。请核对格式和编码（UTF-8）。")


def unauthorised() -> Problem:
    detail = "请在请求头 Authorization 中带上“Bearer ”和有效的令牌。令牌可能已过期或被停用，请联系平台运维。"
    return Problem("unauthorised", detail, headers={"WWW-Authenticate": "Bearer"})


# Pydantic's kinds of error in words; the rest read "这一项填得不对".
WORDS = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项，请删去或核对名称",
    "string_too_long": "最多 {max_length} 个字符",
    "string_too_short": "至少 {min_length} 个字符",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "literal_error": "只能是 {expected}",
    "string_pattern_mismatch": "只能用半角字母、数字和符号",
}
TYPES = {
    "string": "文字", "int": "整数", "float": "数", "bool": "true 或 false", "dict": "JSON 对象", "model": "JSON 对象",
    "list": "数组",
}  # fmt: skip


def words(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if kind in WORDS:
        return WORDS[kind].format(**error.get("ctx", {})).replace("True", "true")
    expected = TYPES.get(kind.split("_")[0])
    return f"应是{expected}" if expected else "这一项填得不对"


def from_pydantic(error: ninja_errors.ValidationError) -> Problem:
    """The path in the request without the source and the parameter's own name: `applicant.number`, `limit`."""
    found: dict[str, str] = {}
    for each in error.errors:
        source, *path = each["loc"]
        path = path[1:] if source == "body" and len(path) > 1 else path
        found.setdefault(".".join(map(str, path)), words(each))
    if all(each["loc"][0] == "header" for each in error.errors):
        return Problem("malformed", "请求头不完整：办理类请求必须带 Idempotency-Key。", found.items())
    return invalid(found.items())


def from_http(error: ninja_errors.HttpError) -> Problem:
    return unauthorised() if error.status_code == HTTPStatus.UNAUTHORIZED else malformed()


def from_database(error: OperationalError) -> Problem:
    """Waited too long for a row somebody else is working on; anything else is a fault of ours."""
    if isinstance(error.__cause__, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
        detail = "这件事正在办理，请稍等一秒再试；办理类请求请用同一个 Idempotency-Key。"
        return Problem("busy", detail, headers={"Retry-After": "1"})
    raise error


def broken(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    assert isinstance(error, Exception)
    log.error("%s %s", request.method, request.path, exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return Problem("broken", "系统出错，已记录。请稍后用同一个 Idempotency-Key 再试；多次不行请联系平台运维。").response


def install(api: NinjaAPI) -> None:
    """How each exception speaks."""

    def speak(exception: type[Exception], problem: Any) -> None:
        api.add_exception_handler(exception, lambda request, error: problem(error).response)

    speak(Problem, lambda error: error)
    speak(Http404, lambda error: not_found())
    speak(Conflict, lambda error: Problem("conflict", error.message))
    speak(NoCalendar, lambda error: Problem("no-calendar", str(error)))
    speak(PermissionDenied, lambda error: Problem("forbidden", str(error) or "您没有权限做这件事。"))
    speak(ValidationError, lambda error: Problem("invalid", "；".join(error.messages)))
    speak(TooLarge, lambda error: Problem("too-large", str(error)))
    speak(FileRefused, lambda error: Problem("invalid", str(error), [("file", str(error))]))
    speak(OperationalError, from_database)
    speak(ninja_errors.ValidationError, from_pydantic)
    speak(ninja_errors.HttpError, from_http)
    for exception in (SuspiciousOperation, BadRequest, MultiPartParserError):
        speak(exception, lambda error: malformed())
    api.add_exception_handler(Exception, broken)
