"""Who is calling, with which scope, and how often."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest
from ninja.security import HttpBearer

from onewindow.accounts import tokens
from onewindow.accounts.principal import Principal
from onewindow.api.problems import Problem, unauthorised
from onewindow.kernel import limits

# scope → what it allows; the catalogue needs none.
SCOPES = {
    "catalogue:read": "读取事项和办理规程（公开，令牌只放宽次数限制）",
    "cases:read": "查看本账号的办件",
    "cases:write": "申请、修改、上传、提交、撤回",
    "webhooks": "登记和查看推送地址",
}
MINUTE = timedelta(minutes=1)
TOKEN_PER_MINUTE = 3000
ADDRESS_PER_MINUTE = 600


class Request(HttpRequest):
    """A request as the views behind a token see it."""

    auth: Principal


def count(key: str, limit: int, per: timedelta) -> None:
    if not limits.hit(key, limit=limit, per=per):
        wait = int(per.total_seconds())
        raise Problem("too-many", f"请求太频繁，请 {wait} 秒后再试。", headers={"Retry-After": str(wait)})


def holder(request: HttpRequest, secret: str) -> Principal:
    """The token's principal, counted; a wrong token counts against the address it comes from."""
    principal = tokens.resolve(secret.strip())
    if principal is None:
        count(f"api:address:{limits.address(request)}", ADDRESS_PER_MINUTE, MINUTE)
        raise unauthorised()
    count(f"api:token:{principal.token_id}", TOKEN_PER_MINUTE, MINUTE)
    return principal


class Token(HttpBearer):
    """`Authorization: Bearer ow_…` with the scope."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Principal:
        principal = holder(request, token)
        if self.scope not in (principal.scopes or ()):
            what = SCOPES[self.scope]
            raise Problem("forbidden", f"这个令牌没有 {self.scope} 权限（{what}）。请联系平台运维换发令牌。")
        return principal


READ, WRITE = Token("cases:read"), Token("cases:write")


def visitor(request: HttpRequest) -> Principal | str:
    """Anyone; a token is not needed, but a wrong one is refused rather than overlooked."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return holder(request, secret)
    count(f"api:address:{limits.address(request)}", ADDRESS_PER_MINUTE, MINUTE)
    return "visitor"
