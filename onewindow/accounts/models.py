"""People, organisations, agencies, sites, posts and mandates."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from onewindow.kernel import clock, secrecy


class Agency(models.Model):
    """A body of the district 部门 / 单位 (data/xindu/agencies.csv)."""

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    name_en = models.CharField(max_length=160, blank=True)
    name_2017 = models.CharField(max_length=160, blank=True)
    seq = models.PositiveSmallIntegerField(default=0)
    phone = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["seq"]

    def __str__(self) -> str:
        return self.short_name or self.name


class Division(models.Model):
    """Administrative division 行政区划; codes of the National Bureau of Statistics, two sets of different years."""

    set = models.CharField(max_length=10)
    level = models.CharField(max_length=10)
    code = models.CharField(max_length=12)
    name = models.CharField(max_length=60)
    short_name = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    parent_code = models.CharField(max_length=12)
    successor = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["set", "code"], name="division_one_per_code")]
        ordering = ["set", "code"]

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A place where people are served: district hall, town centre 便民服务中心, village station 便民服务站."""

    class Level(models.TextChoices):
        DISTRICT = "district", "区级大厅"
        TOWN = "town", "镇（街道）便民服务中心"
        VILLAGE = "village", "村（社区）便民服务站"

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=100)
    level = models.CharField(max_length=10, choices=Level)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    division_code = models.CharField(max_length=12)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    hours = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """A natural person 自然人. The document number is encrypted; `number_index` finds it, `number_masked` shows it."""

    class Document(models.TextChoices):
        """证件类型; values after GA/T 2000.156 are configuration of an exchange, not of this table."""

        RESIDENT_ID = "resident_id", "居民身份证"
        HMT_RESIDENCE = "hmt_residence", "港澳台居民居住证"
        PASSPORT = "passport", "护照"
        FOREIGN_PR = "foreign_pr", "外国人永久居留身份证"
        HM_PERMIT = "hm_permit", "港澳居民来往内地通行证"
        TW_PERMIT = "tw_permit", "台湾居民来往大陆通行证"
        OFFICER = "officer", "军官证"

    name = models.CharField(max_length=80)
    document = models.CharField(max_length=20, choices=Document, default=Document.RESIDENT_ID)
    number_cipher = models.TextField()
    number_index = models.CharField(max_length=64)
    number_masked = models.CharField(max_length=40)
    phone = models.CharField(max_length=20, blank=True)
    address = models.CharField(max_length=200, blank=True)
    # How the identity was established: source and level are stored, items require a minimum.
    verified_by = models.CharField(max_length=40, blank=True)
    verified_level = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number_index"], name="person_one_per_number")]

    def __str__(self) -> str:
        return secrecy.mask_name(self.name)

    @classmethod
    def with_number(cls, *, name: str, number: str, document: str = Document.RESIDENT_ID, **kwargs: Any) -> Person:
        """An unsaved person whose number is sealed."""
        number = number.strip().upper()
        return cls(
            name=name,
            document=document,
            number_cipher=secrecy.encrypt(number, purpose="person"),
            number_index=secrecy.index(number, purpose="person"),
            number_masked=secrecy.mask_number(number),
            **kwargs,
        )

    @property
    def number(self) -> str:
        """In full, for the person's own form or paper; to show it to anybody, accounts.actions.view_number."""
        return secrecy.decrypt(self.number_cipher, purpose="person")

    @classmethod
    def find(cls, number: str, document: str = Document.RESIDENT_ID) -> Person | None:
        return cls.objects.filter(document=document, number_index=secrecy.index(number, purpose="person")).first()


class Organisation(models.Model):
    """A body with a unified social credit code 统一社会信用代码 (GB 32100)."""

    name = models.CharField(max_length=120)
    credit_code = models.CharField(max_length=18, unique=True)
    legal_representative = models.CharField(max_length=80, blank=True)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return self.name


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
    starts = models.DateField(default=clock.today)
    ends = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "agency", "site"], name="post_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"


class MandateQuerySet(models.QuerySet["Mandate"]):
    def in_force(self, day: dt.date | None = None) -> MandateQuerySet:
        day = day or clock.today()
        return self.filter(Q(ends__isnull=True) | Q(ends__gte=day), starts__lte=day, revoked_at__isnull=True)


class Mandate(models.Model):
    """委托: `agent` may act for the person or organisation within scope and period, until it is revoked."""

    principal_person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="mandates_given")
    principal_organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="mandates_given"
    )
    agent = models.ForeignKey(Person, models.PROTECT, related_name="mandates_held")
    # Item codes the mandate covers; empty means every item.
    scope = models.JSONField(default=list, blank=True)
    starts = models.DateField(default=clock.today)
    ends = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = MandateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mandate_one_principal",
                condition=Q(principal_person__isnull=False) ^ Q(principal_organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="mandate_period", condition=Q(ends__isnull=True) | Q(ends__gte=models.F("starts"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.principal} → {self.agent}"

    @property
    def principal(self) -> Person | Organisation:
        return self.principal_person or self.principal_organisation  # type: ignore[return-value]

    def covers(self, item_code: str) -> bool:
        return not self.scope or item_code in self.scope


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
