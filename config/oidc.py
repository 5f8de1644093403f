"""Sign-in by other houses (OpenID Connect), from the environment: ONEWINDOW_OIDC=province,corp names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

DOORS = {"citizen", "staff"}
# What we ask about a person → the provider's claim; an own mapping replaces single lines.
CLAIMS = {
    "name": "name", "number": "id_number", "phone": "phone_number", "phone_verified": "phone_number_verified",
    "level": "acr",
}  # fmt: skip


@dataclass(frozen=True)
class Provider:
    key: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str = "openid profile phone"
    doors: frozenset[str] = frozenset({"citizen"})
    claims: dict[str, str] = field(default_factory=lambda: dict(CLAIMS))
    # The provider's word for how sure it is → level 0–5 as in Person.verified_level; "*" is for any other word.
    levels: dict[str, int] = field(default_factory=dict)
    sandbox: bool = False

    def level_of(self, word: object) -> int:
        text = str(word)
        if self.levels:
            return self.levels.get(text, self.levels.get("*", 0))
        return int(text) if text in {"0", "1", "2", "3", "4", "5"} else 0


def sandbox(public_url: str, secret: str) -> Provider:
    """The peer of onewindow.web.account.sandbox_oidc."""
    return Provider(
        "sandbox", "沙箱统一身份认证", f"{public_url}/sandbox/oidc", "onewindow-sandbox", secret,
        doors=frozenset(DOORS), sandbox=True,
    )  # fmt: skip


def providers(env: Callable[..., str], *, production: bool) -> tuple[Provider, ...]:
    keys = [key.strip() for key in env("ONEWINDOW_OIDC").split(",") if key.strip()]
    if len(set(keys)) != len(keys) or any(not key.isalnum() or key == "sandbox" for key in keys):
        raise ImproperlyConfigured("ONEWINDOW_OIDC 是用逗号分隔的代号：只含字母和数字，不重复，不能叫 sandbox")
    return tuple(_provider(key, env, production) for key in keys)


def _provider(key: str, env: Callable[..., str], production: bool) -> Provider:
    prefix = f"ONEWINDOW_OIDC_{key.upper()}"
    needed = {part: env(f"{prefix}_{part}") for part in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "LABEL")}
    if missing := [f"{prefix}_{part}" for part, value in needed.items() if not value]:
        raise ImproperlyConfigured(f"ONEWINDOW_OIDC 里有 {key}，还必须设置：{'、'.join(missing)}")
    address = urlsplit(needed["ISSUER"])
    if address.scheme not in ({"https"} if production else {"https", "http"}) or not address.netloc or address.query:
        raise ImproperlyConfigured(f"{prefix}_ISSUER 必须是以 https:// 开头的完整地址，与对方公布的 issuer 一字不差")
    doors = frozenset(env(f"{prefix}_FOR", "citizen").split(","))
    if not doors <= DOORS:
        raise ImproperlyConfigured(f"{prefix}_FOR 只能是 citizen、staff 或 citizen,staff")
    scopes = env(f"{prefix}_SCOPES", "openid profile phone")
    if "openid" not in scopes.split():
        raise ImproperlyConfigured(f"{prefix}_SCOPES 必须包含 openid")
    claims = _pairs(f"{prefix}_CLAIMS", env)
    if unknown := sorted(set(claims) - set(CLAIMS)):
        raise ImproperlyConfigured(f"{prefix}_CLAIMS 不认识 {'、'.join(unknown)}；可以写：{'、'.join(CLAIMS)}")
    levels = _pairs(f"{prefix}_LEVELS", env)
    if any(value not in {"0", "1", "2", "3", "4", "5"} for value in levels.values()):
        raise ImproperlyConfigured(f"{prefix}_LEVELS 的写法是 对方的说法=0 到 5，用逗号分隔")
    return Provider(
        key, needed["LABEL"], needed["ISSUER"], needed["CLIENT_ID"], needed["CLIENT_SECRET"], scopes, doors,
        CLAIMS | claims, {word: int(level) for word, level in levels.items()},
    )  # fmt: skip


def _pairs(name: str, env: Callable[..., str]) -> dict[str, str]:
    """`a=b,c=d`; the right side may not hold "=" or ",", the left may hold colons (acr values are URNs)."""
    found = {}
    for pair in filter(None, env(name).split(",")):
        left, equals, right = pair.partition("=")
        if not equals or not left.strip() or not right.strip():
            raise ImproperlyConfigured(f"{name} 的写法是 左=右，用逗号分隔；看不懂：{pair!r}")
        found[left.strip()] = right.strip()
    return found
