"""Items 事项, their immutable versions, and the drafts that become versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from onewindow.accounts.principal import Principal
from onewindow.catalogue.checklist import Checklist, ListedMaterial, checklist, spelled
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.texts import Spoken
from onewindow.kernel import clock, numbers
from onewindow.kernel.models import Flowing


class Item(models.Model):
    """A service item. What lists and search need is copied here from the current version."""

    code = models.CharField(max_length=50, primary_key=True)
    name = models.CharField(max_length=255)
    short_name = models.CharField(max_length=255, blank=True)
    name_en = models.CharField(max_length=255, blank=True)
    kind = models.CharField(max_length=20)
    core = models.BooleanField(default=True)
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="items")
    target = models.JSONField(default=list)
    themes = models.JSONField(default=list)
    complete = models.BooleanField(default=False)
    online_depth = models.PositiveSmallIntegerField(default=1)
    # Names of the certificates it changes, renews, issues again or cancels: "renew:公共场所卫生许可证".
    concerns = ArrayField(models.CharField(max_length=100), default=list)
    current = models.ForeignKey("ItemVersion", models.PROTECT, null=True, related_name="+")
    # Its grants are kept out of the public register 许可公示: state secrets, business secrets, privacy.
    grants_hidden = models.BooleanField(default=False)
    # What the files said when they were last loaded, and whether somebody has written a newer version on the web since.
    file_digest = models.CharField(max_length=64, blank=True)
    edited = models.BooleanField(default=False)
    # When somebody last checked the guide, as it says itself.
    reviewed_on = models.DateField(null=True)
    # Codes of the rules that block, or only warn: a cache of catalogue.rules for lists, written with each version.
    blocked_by = ArrayField(models.CharField(max_length=8), default=list)
    warned_by = ArrayField(models.CharField(max_length=8), default=list)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def guide(self) -> Guide:
        """Of the current version; an item has one from its first loading on."""
        assert self.current is not None
        return self.current.guide


class ItemVersion(models.Model):
    """One published state of an item; never changed (a trigger refuses it).

    A case keeps the one it was filed under, unless the rule of a later one says otherwise.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    # The rule for applications under way when it was published (catalogue.running); a first version has none.
    running = models.JSONField(default=dict)
    published_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="version_one_per_number")]
        ordering = ["item", "-number"]

    # On a page in another language (catalogue.translations.speak).
    spoken: Spoken | None = None

    def __str__(self) -> str:
        return f"{self.item_id} v{self.number}"

    @cached_property
    def guide(self) -> Guide:
        return _guide(self.pk, self) if self.pk else Guide.model_validate(self.body)

    def checklist(self, answers: Mapping[str, Any]) -> Checklist:
        return checklist(self.guide, answers)


class Loading(models.Model):
    """The folder last loaded: its files and the program that read them, as one hash."""

    folder = models.CharField(max_length=500, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.folder


class GuideTranslationQuerySet(models.QuerySet["GuideTranslation"]):
    def of(self, codes: Collection[str], language: str) -> GuideTranslationQuerySet:
        """The items' own, and what several guides say alike."""
        return self.filter(Q(item__in=codes) | Q(item=None), language=language)


class GuideTranslation(models.Model):
    """What one guide (or, without an item, several) says, in another language: the Chinese text is the key."""

    item = models.ForeignKey(Item, models.CASCADE, null=True, related_name="translations")
    language = models.CharField(max_length=10)
    texts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)

    objects = GuideTranslationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "language"], name="translation_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.item_id or 'common'} ({self.language})"


class SavedList(models.Model):
    """ "My checklist" kept 清单: whoever has its number may open and tick it; it holds answers, never a name or number.

    It keeps the version it was made from, so that what somebody has collected for a week does not change unnoticed.
    """

    number = models.CharField(max_length=12, primary_key=True, default=numbers.share_number)
    item = models.ForeignKey(Item, models.CASCADE, related_name="+")
    version = models.ForeignKey(ItemVersion, models.PROTECT, related_name="+")
    answers = models.JSONField(default=dict)
    # Keys of the papers that lie ready at home.
    ticked = models.JSONField(default=list)
    owner = models.ForeignKey("accounts.User", models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    opened_on = models.DateField(default=clock.today)

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"]), models.Index(fields=["opened_on"])]

    def __str__(self) -> str:
        return self.number

    @property
    def checklist(self) -> Checklist:
        return self.version.checklist(self.answers)

    @property
    def is_current(self) -> bool:
        return self.version_id == self.item.current_id

    @property
    def to_bring(self) -> tuple[ListedMaterial, ...]:
        return tuple(row for row in self.checklist.materials if row.status in {"bring", "unknown"})

    @property
    def query(self) -> str:
        """The answers as an address carries them to guide, leaflet, application and window."""
        return urlencode(spelled(self.answers))

    @property
    def left(self) -> int:
        """How many papers are still to be collected."""
        return sum(row.key not in self.ticked for row in self.to_bring)


class DraftQuerySet(models.QuerySet["Draft"]):
    def open_to(self, principal: Principal) -> DraftQuerySet:
        """Editors and checkers of the whole district see every draft, those of an agency its own."""
        agencies = {post.agency for post in principal.posts if post.role in {"editor", "checker"}}
        return self if None in agencies else self.filter(agency__in=agencies)

    def unfinished(self) -> DraftQuerySet:
        return self.filter(state__in=Draft.OPEN)


class Draft(Flowing):
    """草稿: a guide being written, also when it is not valid yet; a second person lets it become a version."""

    class State(models.TextChoices):
        DRAFTING = "drafting", "编辑中"
        REVIEWING = "reviewing", "待审核"
        RETURNED = "returned", "退回修改"
        APPROVED = "approved", "待发布"
        PUBLISHED = "published", "已发布"
        DISCARDED = "discarded", "已作废"

    kind = "draft"
    EDITABLE = (State.DRAFTING, State.RETURNED)
    OPEN = (*EDITABLE, State.REVIEWING, State.APPROVED)

    state = models.CharField(max_length=20, choices=State, default=State.DRAFTING)
    code = models.CharField(max_length=50)
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="+")
    # The version it started from; none for a new item.
    base = models.ForeignKey(ItemVersion, models.PROTECT, null=True, related_name="+")
    # As typed, in the shape of `ItemVersion.body`.
    content = models.JSONField(default=dict)
    # The row taken out last and where it stood, so that it can be put back.
    removed = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # Everybody who has written in it: none of them may let it pass.
    writers = ArrayField(models.BigIntegerField(), default=list)
    remarks = models.JSONField(default=list)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    publish_on = models.DateField(null=True)
    # Chosen with the approval: what the version will mean for applications under way.
    running = models.JSONField(default=dict)
    version = models.OneToOneField(ItemVersion, models.PROTECT, null=True, related_name="draft")
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(state__in=["drafting", "returned", "reviewing", "approved"]),
                name="draft_one_open_per_item",
            ),
            models.CheckConstraint(
                name="draft_approved_has_date", condition=~Q(state="approved") | Q(publish_on__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["publish_on"], condition=Q(state="approved"), name="draft_due")]

    def __str__(self) -> str:
        return f"{self.content.get('short_name') or self.content.get('name') or self.code}"

    @property
    def subject(self) -> str:
        return f"{self.code}-{self.pk}"

    @property
    def editable(self) -> bool:
        return self.state in self.EDITABLE


_guides: dict[int, Guide] = {}


def _guide(pk: int, version: ItemVersion) -> Guide:
    """Versions never change, so a parsed guide is kept for the life of the process."""
    guide = _guides.get(pk)
    if guide is None:
        if len(_guides) > 4000:
            _guides.clear()
        guide = _guides[pk] = Guide.model_validate(version.body)
    return guide


class Word(models.Model):
    """A word of the vocabulary 词库. Editors own what they have touched; the rest comes from the district's file."""

    class Kind(models.TextChoices):
        NAME = "name", "事项的日常叫法"
        WIDEN = "widen", "近义词"
        REPLACE = "replace", "方言和口语"
        TOPIC = "topic", "主题的说法"
        ASKED = "asked", "问法里的动作"
        NAMED = "named", "事项名里的动作"
        STOP = "stop", "不表示要办什么的词"
        BUSINESS = "business", "表示单位来办的词"
        AGE = "age", "年龄"

    kind = models.CharField(max_length=10, choices=Kind)
    word = models.CharField(max_length=40)
    means = models.JSONField(default=list)
    # Of a NAME: whose name it is.
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="words")
    retired = models.BooleanField(default=False)
    # An editor added, changed or retired it: loading files leaves it alone.
    edited = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "word", "item"], name="word_once", nulls_distinct=False),
            models.CheckConstraint(condition=models.Q(kind="name") ^ models.Q(item=None), name="word_name_has_item"),
        ]
        ordering = ["kind", "word", "id"]

    def __str__(self) -> str:
        return self.word


class Edition(models.Model):
    """One row, which every change of the vocabulary raises: by it each process sees that its index is old."""

    number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


class Unanswered(models.Model):
    """Questions that found nothing or nothing good, counted a day; who asked is not kept."""

    day = models.DateField()
    text = models.CharField(max_length=80)
    asked = models.PositiveIntegerField(default=1)
    found_nothing = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "text"], name="unanswered_once_a_day")]
        ordering = ["-day", "-asked", "text"]

    def __str__(self) -> str:
        return self.text
