"""Who signs in, how, and with which post."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from onewindow.accounts.models.people import Agency, Person, Site
from onewindow.kernel import clock, secrecy


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """Someone who signs in: a citizen (by phone) or a member of staff (by name, password and TOTP)."""

    class Kind(models.TextChoices):
        CITIZEN = "citizen", "群众"
        STAFF = "staff", "工作人员"

    username = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CITIZEN)
    name = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=20, null=True, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="users")
    is_active = models.BooleanField(default=True)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    # Raised to end every session of the user at once.
    session_epoch = models.PositiveIntegerField(default=0)
    totp_cipher = models.TextField(blank=True)
    totp_last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)

    USERNAME_FIELD = "username"
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.username

    def get_session_auth_hash(self) -> str:
        text = f"{self.password}:{self.session_epoch}:{self.is_active}"
        return salted_hmac("onewindow.accounts.session", text, algorithm="sha256").hexdigest()

    @property
    def is_staff_member(self) -> bool:
        return self.kind == self.Kind.STAFF


class SignedOut(models.Model):
    """A session ended before its cookie expired."""

    sid = models.CharField(max_length=32, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="signed_out")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.sid


class SignInCode(models.Model):
    """A one-time code sent to a phone. Only its hash is kept; it dies after five wrong tries or ten minutes."""

    phone = models.CharField(max_length=20)
    # What the code is for: one that consents never signs in.
    purpose = models.CharField(max_length=40, default="sign_in")
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone", "-created_at"])]

    def __str__(self) -> str:
        return secrecy.mask_phone(self.phone)


class OidcAttempt(models.Model):
    """A sign-in that went out to a provider: kept here, because our cookie can be read and copied. Good once."""

    class Purpose(models.TextChoices):
        CITIZEN = "citizen", "群众登录"
        STAFF = "staff", "工作人员登录"
        LINK = "link", "绑定"

    state_hash = models.CharField(max_length=64, primary_key=True)
    provider = models.CharField(max_length=40)
    purpose = models.CharField(max_length=10, choices=Purpose)
    # Who binds, for `LINK`.
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    # PKCE verifier and nonce, encrypted.
    sealed = models.TextField()
    following = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now, db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.provider} {self.purpose}"


class ExternalIdentity(models.Model):
    """绑定: an identity of another house that opens this account. Of its subject only the keyed index is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="external_identities")
    issuer = models.CharField(max_length=200)
    subject_index = models.CharField(max_length=64)
    linked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject_index"], name="external_identity_once"),
            models.UniqueConstraint(fields=["user", "issuer"], name="external_identity_one_per_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.issuer}"


class Post(models.Model):
    """A user's post 岗位 at an agency and a site; a window clerk of one agency cannot see another's cases."""

    class Role(models.TextChoices):
        CLERK = "clerk", "窗口受理岗"
        REVIEWER = "reviewer", "审查岗"
        DECIDER = "decider", "决定岗"
        HEAD = "head", "机关负责人"
        GOVERNOR = "governor", "区政府负责人"
        MANAGER = "manager", "大厅管理"
        SUPERVISOR = "supervisor", "效能监管"
        EDITOR = "editor", "内容编辑"
        CHECKER = "checker", "内容审核"
        OPERATOR = "operator", "运维"
        AGENT = "agent", "便民服务代办员"

    user = models.ForeignKey(User, models.CASCADE, related_name="posts")
    role = models.CharField(max_length=20, choices=Role)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True)
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True)
    # B 角: works at this post while its holder, the A 角, is away.
    backup = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="backs_up")
    starts = models.DateField(default=clock.today)
    ends = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "agency", "site"], name="post_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"


class ApiToken(models.Model):
    """A key for programs; only its hash is kept, it acts as its user."""

    name = models.CharField(max_length=60)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def new_secret() -> str:
        return "ow_" + secrets.token_urlsafe(32)
