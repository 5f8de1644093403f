"""Files people hand in, papers the acts issue, certificates and what proves them."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from onewindow.kernel import clock
from onewindow.kernel.models import Flowing


class File(models.Model):
    """A stored file: named by its hash on disk, typed by its content, never executed."""

    class Scan(models.TextChoices):
        WAITING = "waiting", "等待检查"
        CLEAN = "clean", "已检查"
        INFECTED = "infected", "含有害内容"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=120)
    mime = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    scan = models.CharField(max_length=10, choices=Scan, default=Scan.WAITING)
    owner = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """A file on its way (tus 1.0): what has arrived is kept, so a cut connection resumes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    # Where the file belongs once it is whole, e.g. "case:5101…:id_card"; checked by the page that finishes it.
    target = models.CharField(max_length=160)
    file = models.ForeignKey(File, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.name} {self.offset}/{self.size}"


class Issued(models.Model):
    """Facts sealed at the act; the PDF and its PAdES seal are made from them at the first look."""

    number = models.CharField(max_length=80, unique=True)
    template = models.CharField(max_length=40)
    template_digest = models.CharField(max_length=64)
    facts = models.JSONField()
    # ECDSA P-256 over the canonical facts and the template's digest, base64.
    signature = models.TextField()
    key_id = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    pdf = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number


class Paper(Issued):
    """A paper of an act 文书: receipt, acceptance, decision … `subject` is the case number, `entry` its ledger row."""

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=80)
    subject = models.CharField(max_length=64, db_index=True)
    entry = models.BigIntegerField(unique=True)


class Certificate(Issued, Flowing):
    """A certificate 证照. Its state is what a passer-by sees when verifying."""

    class State(models.TextChoices):
        VALID = "valid", "有效"
        REVOKED = "revoked", "已撤销"
        CANCELLED = "cancelled", "已注销"
        RECALLED = "recalled", "已撤回"
        WITHDRAWN = "withdrawn", "已吊销"
        SUPERSEDED = "superseded", "已被新证替代"

    kind = "certificate"

    state = models.CharField(max_length=20, choices=State, default=State.VALID)
    type_name = models.CharField(max_length=80)
    identifier = models.CharField(max_length=120)
    holder = models.CharField(max_length=120)
    holder_index = models.CharField(max_length=64, db_index=True)
    person = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="certificates")
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="certificates"
    )
    agency = models.ForeignKey("accounts.Agency", models.PROTECT)
    # Who looks after it now, where the power has moved 划转 since; the issuing organ stays on its face.
    managed_by = models.ForeignKey("accounts.Agency", models.PROTECT, null=True, blank=True, related_name="+")
    case_number = models.CharField(max_length=20, db_index=True)
    # In the QR: nobody finds a certificate by counting numbers.
    secret = models.CharField(max_length=24)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    # When and on which ground it stopped being valid before its time; the new one where it was replaced.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_ground = models.CharField(max_length=200, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaced")
    # When the holder was told that the time to apply for renewal is coming.
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta(Issued.Meta):
        abstract = False
        indexes = [models.Index(fields=["agency", "-id"]), models.Index(fields=["type_name", "valid_until"])]

    @property
    def subject(self) -> str:
        return self.number

    @property
    def state_words(self) -> str:
        """As a passer-by is told: a certificate that nobody ended is past its time one day."""
        lapsed = self.state == self.State.VALID and not self.is_valid
        return "已过有效期" if lapsed else self.get_state_display()

    @property
    def manager_id(self) -> str:
        return str(self.managed_by_id or self.agency_id)

    @property
    def is_valid(self) -> bool:
        return self.state == self.State.VALID and (self.valid_until is None or self.valid_until >= clock.today())


class PdfDigest(models.Model):
    """Hashes of PDFs given out, so that a dropped file is recognised even if it was made twice."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    certificate = models.ForeignKey(Certificate, models.CASCADE, related_name="digests")

    def __str__(self) -> str:
        return self.sha256

    @classmethod
    def remember(cls, digest: str, certificate: Certificate) -> Any:
        return cls.objects.get_or_create(sha256=digest, defaults={"certificate": certificate})


class MandateProof(models.Model):
    """A picture of what proves a binding (户口簿, 出生医学证明 …), handed in before the window sees the original."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    mandate = models.ForeignKey("accounts.Mandate", models.PROTECT, related_name="proofs")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["added_at", "id"]

    def __str__(self) -> str:
        return f"{self.mandate_id}/{self.file_id}"
