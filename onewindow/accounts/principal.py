"""Who is acting: read once, cached for seconds, so that a request reads no user and no session from the database."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q

from onewindow.accounts.models import Absence, Post, SignedOut, Site, User
from onewindow.kernel import clock

# A revocation reaches the other processes of the program within this many seconds; the own process at once.
TTL = 10.0


@dataclass(frozen=True)
class Held:
    """A post in force."""

    role: str
    agency: str | None
    site: str | None
    # Whose post it is, while that person is away and this one is the B 角.
    absent: int | None = None
    # At a town's or a village's place: it takes in for the agency there, and is no officer of the agency elsewhere.
    local: bool = False


@dataclass(frozen=True)
class Principal:
    """A signed-in person; satisfies kernel.ledger.Actor."""

    user_id: int
    name: str
    kind: str
    auth_hash: str = ""
    person_id: int | None = None
    phone: str = ""
    posts: tuple[Held, ...] = ()
    ended: frozenset[str] = field(default_factory=frozenset)
    # Set for a program that came with an API token (accounts.tokens).
    scopes: frozenset[str] | None = None
    token_id: int | None = None

    @property
    def key(self) -> str:
        return f"user:{self.user_id}"

    @property
    def is_staff(self) -> bool:
        return self.kind == User.Kind.STAFF

    def has(self, *roles: str) -> bool:
        return any(post.role in roles for post in self.posts)

    def has_at(self, agency: str | None, *roles: str) -> bool:
        """Holds one of the roles at the agency."""
        return any(post.role in roles and post.agency == agency for post in self.posts)

    def over_district(self, *roles: str) -> bool:
        """Holds one of the roles at no agency and at no town's place."""
        return any(post.role in roles and post.agency is None and not post.local for post in self.posts)

    def stands_in_for(self, user_id: int, agency: str | None, role: str) -> bool:
        """As B 角 of somebody who is away now."""
        return any((post.absent, post.agency, post.role) == (user_id, agency, role) for post in self.posts)

    def agencies(self, *roles: str) -> set[str]:
        return {post.agency for post in self.posts if post.agency and (not roles or post.role in roles)}

    def place_for(self, agency: str) -> str | None:
        """收件地: where the post at this agency is."""
        return next((post.site for post in self.posts if post.agency == agency and post.site), None)

    @property
    def role_names(self) -> list[str]:
        labels = dict(Post.Role.choices)
        return list(dict.fromkeys(str(labels[post.role]) for post in self.posts))


_cache: dict[int, tuple[float, Principal | None]] = {}
_forgotten = 0


def load(user_id: int) -> Principal | None:
    kept = _cache.get(user_id)
    if kept and kept[0] > time.monotonic():
        return kept[1]
    before = _forgotten
    user = User.objects.filter(pk=user_id, is_active=True).first()
    principal = from_user(user) if user else None
    if len(_cache) > 20_000:
        _cache.clear()
    # What was read before a revocation must not be kept after it.
    if before == _forgotten:
        _cache[user_id] = (time.monotonic() + TTL, principal)
    return principal


def from_user(user: User, **extra: Any) -> Principal:
    today = clock.today()
    away = Absence.objects.on(today).values("user")
    held = Q(user=user) | Q(backup=user, user__in=away, user__is_active=True)
    posts = (
        Post.objects.select_related("site")
        .filter(held, Q(ends__isnull=True) | Q(ends__gte=today), starts__lte=today)
        .order_by("id")
    )
    ended = SignedOut.objects.filter(user=user, until__gt=clock.now()).values_list("sid", flat=True)
    return Principal(
        user_id=user.pk,
        name=user.name or user.username,
        kind=user.kind,
        auth_hash=user.get_session_auth_hash(),
        person_id=user.person_id,
        phone=user.phone or "",
        posts=tuple(
            Held(
                post.role,
                post.agency_id,
                post.site_id,
                post.user_id if post.user_id != user.pk else None,
                post.site is not None and post.site.level != Site.Level.DISTRICT,
            )
            for post in posts
        ),
        ended=frozenset(ended),
        **extra,
    )


def forget(user_id: int) -> None:
    """Now, and again when the transaction commits: another thread may have read the old rows in between."""
    _drop(user_id)
    transaction.on_commit(lambda: _drop(user_id))


def _drop(user_id: int) -> None:
    global _forgotten
    _forgotten += 1
    _cache.pop(user_id, None)


def forget_all() -> None:
    _cache.clear()
