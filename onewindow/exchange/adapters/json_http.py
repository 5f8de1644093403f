"""JSON over HTTP: cases are posted, events are called back or polled, both signed (docs/extend.md has the protocol)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import monotonic
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, urlsplit

from django.conf import settings
from pydantic import Field, TypeAdapter, ValidationError

from onewindow.exchange.adapters import signing
from onewindow.exchange.adapters.base import (
    FETCHABLE,
    AdapterOptions,
    Finding,
    Parcel,
    Polled,
    Receipt,
    Refused,
    Secret,
    Unsent,
    Word,
)
from onewindow.kernel import clock, outgoing
from onewindow.kernel.forms.schema import Said

WORDS = TypeAdapter(list[Word])
# 4xx that pass by themselves.
PASSING = frozenset({408, 409, 425, 429})
CLOCK_SECONDS = 60


class JsonHttpOptions(AdapterOptions):
    url: Annotated[str, Said("对方接口地址", "以 https:// 开头，例如 https://gw.example.gov.cn/exchange")]
    person: Annotated[bool, Said("送申请人的姓名、证件号码和电话", "对方办理需要才勾选")] = False
    fields: Annotated[tuple[str, ...], Said("要送的表单字段", "每行一个字段代号；空着就是不送，只送办理需要的")] = ()
    files: Annotated[
        bool, Said("材料文件也给对方", "对方办理需要才勾选：24 小时内用约定的密钥签名来取，每取一次都记入办件")
    ] = False
    poll: Annotated[bool, Said("每分钟去取一次进展", "对方会回调的可以不勾")] = False
    timeout: Annotated[int, Said("最多等几秒")] = Field(default=10, ge=1, le=60)


class JsonHttpSecrets(AdapterOptions):
    secret: Annotated[str, Said("签名密钥", "双方约定，至少 16 个字符"), Secret()] = Field(min_length=16)
    token: Annotated[str, Said("访问令牌", "对方另外要求的 Bearer 令牌，没有就空着"), Secret()] = ""


class JsonHttp:
    title: ClassVar[str] = "JSON 接口（HTTP）"
    about: ClassVar[str] = "办件送到对方的接口；进展由对方回调，或者由这里定时去取。双方都签名。"
    sandbox: ClassVar[bool] = False
    Options: ClassVar[type[AdapterOptions]] = JsonHttpOptions
    Secrets: ClassVar[type[AdapterOptions]] = JsonHttpSecrets

    def __init__(self, key: str, options: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        self.key, self.options = key, JsonHttpOptions.model_validate(options)
        self.secrets = JsonHttpSecrets.model_validate(secrets)
        if problem := outgoing.fault(self.options.url, inside=settings.EXCHANGE_INSIDE):
            raise ValueError(f"对方接口地址：{problem}")

    def send(self, parcel: Parcel) -> Receipt:
        body, sent = self._body(parcel)
        answer = self._call("POST", "/cases", body, {"Idempotency-Key": parcel.key})
        if answer.status not in {200, 201}:
            lasting = 400 <= answer.status < 500 and answer.status not in PASSING
            raise Unsent(f"对方答复 {answer.status}{_reason(answer.body)}", lasting=lasting)
        try:
            number = str(json.loads(answer.body)["number"])
        except (ValueError, KeyError, TypeError) as error:
            raise Unsent("对方收下了，但答复里没有编号（number）") from error
        if not 1 <= len(number) <= 60:
            raise Unsent("对方给的编号不是 1 到 60 个字符", lasting=True)
        return Receipt(number, sent)

    def _body(self, parcel: Parcel) -> tuple[bytes, tuple[str, ...]]:
        """No more than the options name (政务数据共享条例: for the stated purpose only)."""
        said: dict[str, Any] = {
            "number": parcel.number, "item": parcel.item, "agency": parcel.agency,
            "submitted_at": parcel.submitted_at.isoformat(), "callback": parcel.callback, "papers": parcel.papers,
        }  # fmt: skip
        if self.options.person:
            said["applicant"] = parcel.applicant
        if fields := [name for name in self.options.fields if name in parcel.form]:
            said["form"] = {name: parcel.form[name] for name in fields}
        if files := parcel.files if self.options.files else ():
            said["files_until"] = (clock.now() + FETCHABLE).isoformat(timespec="seconds")
            said["files"] = [
                {name: getattr(file, name) for name in ("title", "name", "mime", "size", "sha256", "url")}
                for file in files
            ]
        sent = (
            *(("申请人",) if self.options.person else ()), *fields, *(("材料目录",) if parcel.papers else ()),
            *(("材料文件",) if files else ()),
        )  # fmt: skip
        return json.dumps(said, ensure_ascii=False).encode(), sent

    def poll(self, cursor: str) -> Polled:
        if not self.options.poll:
            return Polled((), cursor)
        answer = self._call("GET", f"/events?after={quote(cursor)}")
        if answer.status != 200:
            raise Unsent(f"取进展时对方答复 {answer.status}")
        try:
            said = json.loads(answer.body)
            return Polled(WORDS.validate_python(said["events"]), str(said["next"])[:200])
        except (ValueError, KeyError, TypeError) as error:
            raise Unsent("取到的进展读不懂：格式与约定不符", lasting=True) from error

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> list[Word]:
        if why := signing.fault(self.secrets.secret, clock.now().timestamp(), "POST", path, headers, body):
            raise Refused(why)
        try:
            said = json.loads(body)
            return WORDS.validate_python(said.get("events", [said]))
        except ValidationError as error:
            first = error.errors()[0]
            raise Refused(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", genuine=True) from error
        except (ValueError, TypeError, AttributeError) as error:
            raise Refused("不是约定的 JSON", genuine=True) from error

    def asks(self, path: str, headers: Mapping[str, str]) -> None:
        if not self.options.files:
            raise Refused("没有约定给材料文件。")
        if why := signing.fault(self.secrets.secret, clock.now().timestamp(), "GET", path, headers, b""):
            raise Refused(why)

    def check(self) -> list[Finding]:
        started = monotonic()
        try:
            answer = self._call("GET", "/health")
        except Unsent as problem:
            return [Finding("地址", True, self.options.url), Finding("连通", False, problem.message)]
        found = [
            Finding("地址", True, self.options.url),
            Finding("连通", True, f"{(monotonic() - started) * 1000:.0f} 毫秒"),
            Finding("签名", answer.status not in {401, 403}, f"对方答复 {answer.status}"),
        ]
        if answer.status != 200:
            return [*found, Finding("答复", False, str(answer.status))]
        return [*found, *_judged(answer)]

    def _call(
        self, method: str, path: str, body: bytes = b"", extra: Mapping[str, str] | None = None
    ) -> outgoing.Answer:
        url = self.options.url.rstrip("/") + path
        parts = urlsplit(url)
        whole = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = signing.headers(self.secrets.secret, clock.now().timestamp(), method, whole, body)
        sent |= {"Content-Type": "application/json", "User-Agent": "OneWindow-Exchange/1", **(extra or {})}
        if self.secrets.token:
            sent["Authorization"] = f"Bearer {self.secrets.token}"
        try:
            return outgoing.call(method, url, body, sent, timeout=self.options.timeout, inside=settings.EXCHANGE_INSIDE)
        except outgoing.Unreachable as error:
            raise Unsent(error.message, lasting=error.lasting) from error


def _judged(answer: outgoing.Answer) -> list[Finding]:
    """Their clock and the version of the protocol they speak."""
    try:
        said = json.loads(answer.body)
        apart = abs(float(said["time"]) - clock.now().timestamp())
        speaks = int(said["protocol"])
    except (ValueError, KeyError, TypeError):
        return [Finding("格式", False, "健康答复里应有 time（秒）和 protocol（版本）")]
    return [
        Finding("时钟", apart <= CLOCK_SECONDS, f"相差 {apart:.0f} 秒"),
        Finding("格式", speaks == 1, f"协议第 {speaks} 版"),
    ]


def _reason(body: bytes) -> str:
    """A short word of theirs; never a page of HTML."""
    try:
        said = str(json.loads(body).get("error", ""))
    except (ValueError, AttributeError):
        return ""
    return f"：{said[:100]}" if said else ""
