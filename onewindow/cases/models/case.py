"""The case itself and its one door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from onewindow.accounts.models import Mandate, in_force
from onewindow.cases.models.states import DESK_STATES, EDITABLE_STATES, OPEN_STATES, State
from onewindow.kernel import clock, secrecy
from onewindow.kernel.models import Flowing

if TYPE_CHECKING:
    from onewindow.accounts.principal import Principal
    from onewindow.catalogue.guide import Guide
    from onewindow.catalogue.procedure import Step


_OFFICERS = frozenset({"clerk", "reviewer", "decider", "manager", "head"})


def _concerning(principal: Principal) -> Q:
    """About the person, or filed by the person: under a mandate, only while that is in force.

    A body's cases are its operators' as far as their mandates reach, a child's its guardian's; what an elder files
    alone stays the elder's. What a clerk took in at the window is the agency's, and stays there when the clerk leaves.
    """
    filed = Q(filed_by_id=principal.user_id) & ~Q(channel=Case.Channel.DESK)
    filed &= Q(mandate__isnull=True) | in_force(prefix="mandate") & Q(agent_stopped_at__isnull=True)
    if principal.person_id is None:
        return filed
    own = Q(person_id=principal.person_id)
    stopped = Q(agent_stopped_at__isnull=False, mandate__agent_id=principal.person_id)
    concerning = filed
    for mandate in Mandate.objects.in_force().reaching().filter(agent=principal.person_id):
        of = Q(organisation_id=mandate.principal_organisation_id)
        if mandate.principal_organisation_id is None:
            of = Q(person_id=mandate.principal_person_id)
        concerning |= of & Q(item_id__in=mandate.scope) if mandate.scope else of
    return own | concerning & ~stopped


def _together(principal: Principal) -> Q:
    """Applied for together: this one case, nothing else of its applicant."""
    if principal.person_id is None:
        return Q(pk__in=[])
    joined = {"person_id": principal.person_id, "joined_at__isnull": False, "ended_at__isnull": True}
    return Q(pk__in=Case.objects.filter(**{f"parties__{name}": value for name, value in joined.items()}).values("pk"))


def _of_agencies(principal: Principal) -> Q:
    """An officer's: the agency's, former ones too. At a town's counter only what came in there or in its villages, and
    what has passed its pre-review and may be filed at any window (全域通办).
    """
    posts = [post for post in principal.posts if post.agency and post.role in _OFFICERS]
    held = sorted({post.agency for post in posts if post.agency and not post.local})
    seen = Q(agency_id__in=held) | Q(former__overlap=held) if held else Q(pk__in=[])
    for place in sorted({post.site for post in posts if post.local and post.site}):
        agencies = {post.agency for post in posts if post.local and post.site == place}
        here = Q(site=place) | Q(site__parent=place) | Q(site=None, state=State.PASSED)
        seen |= here & Q(agency_id__in=agencies)
    return seen


class CaseQuerySet(models.QuerySet["Case"]):
    def open_to(self, principal: Principal | None) -> CaseQuerySet:
        """The one door: what this person may see. A stranger finds nothing."""
        if principal is None:
            return self.none()
        visible = _concerning(principal) | _together(principal)
        if principal.is_staff:
            # A draft is nobody's business but the applicant's; one at the window is the window's.
            begun = ~Q(state=State.DRAFT) | Q(channel=Case.Channel.DESK)
            visible |= _of_agencies(principal) & begun
            if asked := principal.agencies("reviewer", "decider"):
                visible |= Q(partners__overlap=sorted(asked))
            if principal.has_at(None, "governor"):
                visible |= Q(version__body__joint__0__isnull=False, accepted_at__isnull=False)
            # A supervisor's post without an agency is over the whole district.
            district = principal.has_at(None, "supervisor")
            supervised = Q() if district else Q(agency_id__in=principal.agencies("supervisor"))
            visible |= supervised & ~Q(state=State.DRAFT)
        return self.filter(visible)

    def of_applicant(self, principal: Principal) -> CaseQuerySet:
        """Filed by the person or about the person."""
        return self.filter(_concerning(principal))

    def followed_by(self, principal: Principal | None) -> CaseQuerySet:
        """The applicant's door, and that of each 共同申请人 who has joined: they read it, and answer for themselves."""
        if principal is None:
            return self.none()
        return self.filter(_concerning(principal) | _together(principal))

    def fillable_by(self, principal: Principal | None) -> CaseQuerySet:
        """The applicant's door, and while it is a draft that of whoever was asked to fill it in together."""
        if principal is None:
            return self.none()
        asked = Case.objects.filter(
            co_fillers__user_id=principal.user_id,
            co_fillers__joined_at__isnull=False,
            co_fillers__ended_at__isnull=True,
        )
        return self.filter(_concerning(principal) | Q(pk__in=asked.values("pk"), state__in=EDITABLE_STATES))

    def on_desk(self) -> CaseQuerySet:
        return self.filter(state__in=DESK_STATES)


class Case(Flowing):
    """办件. Its item version is frozen at filing; dates are derived from events by `cases.deadlines`."""

    class Channel(models.TextChoices):
        ONLINE = "online", "网上"
        DESK = "desk", "窗口"
        API = "api", "接口"
        AGENT = "agent", "代办"

    class Outcome(models.TextChoices):
        GRANTED = "granted", "准予"
        DENIED = "denied", "不予"

    kind = "case"

    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    number = models.CharField(max_length=20, unique=True)
    item = models.ForeignKey("catalogue.Item", models.PROTECT, related_name="cases")
    version = models.ForeignKey("catalogue.ItemVersion", models.PROTECT, related_name="cases")
    # The organ that decides, and the place that took it in: kept apart (全域通办).
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="cases")
    # Agencies that handed it on when the power moved 划转, in order: they go on reading what they handled.
    former = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    site = models.ForeignKey("accounts.Site", models.PROTECT, null=True, blank=True)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.ONLINE)
    # One-time mark of the page or request that opened the case: a double click opens one.
    once = models.CharField(max_length=64, null=True, unique=True)
    filed_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="filed_cases")
    person = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="cases")
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="cases"
    )
    mandate = models.ForeignKey("accounts.Mandate", models.PROTECT, null=True, blank=True)
    applicant_name = models.CharField(max_length=120, blank=True)
    applicant_phone = models.CharField(max_length=20, blank=True)
    # Answers to the checklist questions, and the form (personal numbers sealed, kernel.forms).
    answers = models.JSONField(default=dict, blank=True)
    form = models.JSONField(default=dict, blank=True)
    # What an earlier version of the guide asked and this one does not: key → {"label", "shape", "value", "version"}.
    set_aside = models.JSONField(default=dict, blank=True)
    # Open pre-review remarks: [{"on": "form:age" | "material:id_card" | "", "text": …, "fixed": bool}].
    remarks = models.JSONField(default=list, blank=True)
    # 补正: [{"asked_at", "items": [{"on", "text"}], "why_again", "answered_at", "days"}], 特别程序: [{"procedure",
    # "from", "until", "days", "basis", "reason", "ended", "result"}] (days as ISO text), 延期: {"days", "reason",
    # "at"}, before it is granted {"asked": {"days", "reason", "by_name", "at", "to"}}, or {}.
    corrections = models.JSONField(default=list, blank=True)
    stops = models.JSONField(default=list, blank=True)
    extension = models.JSONField(default=dict, blank=True)
    # 送达方式: {"way", "address", "receiver", "phone", "at"}; 更正: [{"id", "field", "label", "old", "new", "reason",
    # "by", "at", "answer", "how", "note", "answered_at"}] (values sealed as in `form`).
    service = models.JSONField(default=dict, blank=True)
    amendments = models.JSONField(default=list, blank=True)
    # 收件凭证 of the hall, where the papers were in hand before the case could be entered (docs/decisions/0025):
    # {"receipt", "at" (ISO text), "papers": [material keys]}; or {}.
    handed_in = models.JSONField(default=dict, blank=True)
    # Papers at submission: {"needed", "vault", "shared", "new", "offered"} (cases.reuse); None before it.
    reuse = models.JSONField(null=True, blank=True)
    # The principal stopped the agent for this case; the mandate itself may go on.
    agent_stopped_at = models.DateTimeField(null=True, blank=True)
    # 外部系统: its key and number, and what it told last: {"name", "handed_at", "status", "at", "told_at", "words",
    # "sandbox"} (times as ISO text).
    outside_system = models.CharField(max_length=40, blank=True)
    outside_number = models.CharField(max_length=60, blank=True)
    outside = models.JSONField(default=dict, blank=True)
    # 容缺: {"promised_at", "told_at", "papers": [{"key", "name", "standard", "closed_at"}], "reminded", "lapsed_at",
    # "days", "record_months"}, 告知承诺: {"licence", "proofs": [keys], "promised_at", "withdrawn_at"},
    # 事后核查: actions.later_check; or {}.
    gaps = models.JSONField(default=dict, blank=True)
    promise = models.JSONField(default=dict, blank=True)
    later_check = models.JSONField(default=dict, blank=True)
    # Where the review stands: index into `review_steps` of the step, or of the first of those that run at once.
    step = models.PositiveSmallIntegerField(default=0)
    # What the case waits for now, by post, and who has taken it on: cases.steps; `awaits` is its cache for lists.
    open_steps = models.JSONField(default=list, blank=True)
    awaits = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # Other agencies with a step 联办 or a question 征求意见 in this case: their officers are let in.
    partners = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    # 回避: [{"user", "name", "reason", "at"}]; they may look and no longer act.
    recused = models.JSONField(default=list, blank=True)
    # What was found here keeps its applicant from asking for the same licence again: cases.bars; or {}.
    barred = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    declared_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    # When the whole set of papers was in: submission, or the last correction (行政许可法 §32(5)).
    complete_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # {"promised": 3}: by which edition of the calendar a clock's day was told in writing (docs/decisions/0019).
    told = models.JSONField(default=dict, blank=True)
    # Caches of cases.deadlines, never edited by hand.
    statutory_due = models.DateField(null=True, blank=True)
    promised_due = models.DateField(null=True, blank=True)
    # The next date anyone waits for: the work list is ordered by it.
    due_on = models.DateField(null=True, blank=True)
    # When the timer looks at open gaps next; until when somebody must look at, or mend, what was promised.
    gap_on = models.DateField(null=True, blank=True)
    check_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    delivery = models.CharField(max_length=20, blank=True)
    # What waits for a second signature 第二人签字: {"act", "said", "facts", "at", "by_name"}, and whose it is.
    proposal = models.JSONField(default=dict, blank=True)
    proposed_by = models.CharField(max_length=60, blank=True)
    # The certificate a change, renewal, reissue or cancellation is about.
    concerns = models.ForeignKey(
        "documents.Certificate", models.PROTECT, null=True, blank=True, related_name="later_cases"
    )
    # 裁量 as decided: {"facts", "row", …}; 转报: {"organ", "opinion", "on", "number", "result", "result_on"}.
    weighed = models.JSONField(default=dict, blank=True)
    forwarded = models.JSONField(default=dict, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["agency", "state", "due_on", "id"]),
            models.Index(fields=["due_on", "id"]),
            models.Index(fields=["person", "-id"]),
            models.Index(fields=["filed_by", "-id"]),
            GinIndex(fields=["awaits"], name="case_awaits"),
            GinIndex(fields=["partners"], name="case_partners"),
            models.Index(fields=["agency"], name="case_to_be_signed", condition=~Q(proposed_by="")),
            models.Index(fields=["agency"], name="case_extension_asked", condition=Q(extension__has_key="asked")),
            models.Index(name="case_gap_on", fields=["gap_on"], condition=Q(gap_on__isnull=False)),
            models.Index(name="case_check_on", fields=["check_on", "id"], condition=Q(check_on__isnull=False)),
            GinIndex(fields=["former"], name="case_former"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="case_one_per_outside_number",
                fields=["outside_number", "outside_system"],
                condition=~Q(outside_number=""),
            ),
            models.CheckConstraint(
                name="case_accepted_has_date",
                condition=~Q(state__in=["reviewing", "paused", "deciding", "decided", "delivered", "finished"])
                | Q(accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="case_decided_has_outcome",
                condition=~Q(state__in=["decided", "delivered", "finished"]) | ~Q(outcome=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        return self.number

    @property
    def guide(self) -> Guide:
        return self.version.guide

    @property
    def goes_outside(self) -> bool:
        return self.guide.goes_outside

    @property
    def review_steps(self) -> list[Step]:
        return [step for step in self.guide.steps if step.key == "review"]

    @property
    def applicant_masked(self) -> str:
        return self.applicant_name if self.organisation_id else secrecy.mask_name(self.applicant_name or "—")

    @property
    def is_overdue(self) -> bool:
        return self.state in OPEN_STATES and self.due_on is not None and self.due_on < clock.today()

    @property
    def is_extended(self) -> bool:
        return "days" in self.extension

    @property
    def extension_unit(self) -> str:
        """An extension is counted like the period it lengthens."""
        natural = self.guide.statutory is not None and self.guide.statutory.unit == "natural"
        return "天" if natural else "个工作日"

    @property
    def open_gaps(self) -> list[dict[str, Any]]:
        """容缺: the papers promised and not yet handed in."""
        return [paper for paper in self.gaps.get("papers", []) if not paper["closed_at"]]

    @property
    def by_promise(self) -> bool:
        """告知承诺: to be decided on the spot, and checked afterwards."""
        return bool(self.promise.get("licence")) and not self.promise.get("withdrawn_at")

    @property
    def open_remarks(self) -> list[dict[str, Any]]:
        return [remark for remark in self.remarks if not remark.get("fixed")]

    def remarks_on(self, place: str) -> list[dict[str, Any]]:
        return [remark for remark in self.open_remarks if remark["on"] == place]
