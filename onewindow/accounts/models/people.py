"""People and bodies, and the district's own agencies, divisions and sites."""

from __future__ import annotations

from typing import Any

from django.db import models

from onewindow.kernel import secrecy


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
