"""What belongs to a case beside its form: hearings, those who apply together, proposed changes, the certificate."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from ninja import Field, Schema

from onewindow.cases import concerning, parties, readiness
from onewindow.cases.actions import amendment
from onewindow.cases.models import Case, Party, Proceeding
from onewindow.kernel import clock, secrecy


class Said(Schema):
    label: str
    text: str


class HearingOfCase(Schema):
    id: UUID
    state: str = Field(description="told、asked、planned、done、waived、cancelled")
    state_label: str
    may_ask: bool = Field(description="现在可以申请听证，或者表示不要求")
    apply_by: date | None = Field(description="申请听证的最后一天（告知后五个工作日）")
    hold_by: date | None = Field(description="最迟在这一天组织听证（申请后二十个工作日）")
    held_on: date | None
    time: str
    place: str
    said: list[Said] = Field(description="通知书和笔录里写的")


class NeededParty(Schema):
    need: str
    label: str
    count: int


class PartyOfCase(Schema):
    number: str = Field(description="邀请编号，交给对方")
    need: str
    label: str
    name: str = Field(description="隐去部分的姓名")
    stands: str
    joined: bool
    confirmed_at: datetime | None
    declined_why: str
    link: str = Field(description="对方打开的网址")


class PartiesOfCase(Schema):
    needed: list[NeededParty] = Field(description="按现在的回答，还要请谁一起申请")
    invited: list[PartyOfCase]


class ChangeOfCase(Schema):
    """更正: proposed by an officer, nothing changes before the applicant consents."""

    id: str
    field: str
    label: str
    was: str
    becomes: str
    reason: str
    by: str
    at: datetime
    answer: str = Field(description="空着是等申请人答复；consented 同意、refused 不同意")
    answered_at: datetime | None


class ConcernedCertificate(Schema):
    number: str
    type_name: str
    state: str
    state_label: str
    valid_from: date
    valid_until: date | None
    told: str = Field(description="在办的延续：到期意味着什么")


class Asked(Schema):
    hearings: list[HearingOfCase]
    parties: PartiesOfCase
    changes: list[ChangeOfCase] = Field(description="工作人员提出的更正")
    concerns: ConcernedCertificate | None = Field(description="变更、延续、补办、注销的是哪一张证照")


def of(case: Case) -> dict[str, Any]:
    return {
        "hearings": hearings(case), "parties": together(case), "changes": changes(case), "concerns": concerned(case),
    }  # fmt: skip


def hearings(case: Case) -> list[HearingOfCase]:
    rows = Proceeding.objects.filter(case=case, kind=Proceeding.Kind.HEARING) if case.accepted_at else []
    return [_hearing(each) for each in rows]


def _hearing(found: Proceeding) -> HearingOfCase:
    told, asked = found.state == Proceeding.State.TOLD, found.state == Proceeding.State.ASKED
    set_on = found.state in {Proceeding.State.PLANNED, Proceeding.State.DONE}
    return HearingOfCase(
        id=found.pk, state=found.state, state_label=found.get_state_display(),
        may_ask=told and found.on >= clock.today(), apply_by=found.on if told else None,
        hold_by=found.on if asked else None, held_on=found.on if set_on else None, time=found.time,
        place=found.place, said=[Said(label=label, text=text) for label, text in [*found.rows, *found.result]],
    )  # fmt: skip


def together(case: Case) -> PartiesOfCase:
    if not case.guide.parties:
        return PartiesOfCase(needed=[], invited=[])
    needed = parties.needed(case, readiness.variables(case))
    return PartiesOfCase(
        needed=[NeededParty(need=each.key, label=each.label, count=each.count) for each in needed],
        invited=[party(each) for each in parties.current(case)],
    )


def party(found: Party) -> PartyOfCase:
    return PartyOfCase(
        number=found.number, need=found.need, label=found.label, name=secrecy.mask_name(found.name),
        stands=found.stands, joined=found.joined_at is not None, confirmed_at=found.confirmed_at,
        declined_why=found.declined_why, link=settings.PUBLIC_URL + reverse("party", args=[found.number]),
    )  # fmt: skip


def changes(case: Case) -> list[ChangeOfCase]:
    return [
        ChangeOfCase(
            id=each["id"], field=each["field"], label=each["label"], was=amendment.words(case, each, "old"),
            becomes=amendment.words(case, each, "new"), reason=each["reason"], by=each["by"], at=each["at"],
            answer=each["answer"], answered_at=each["answered_at"] or None,
        )
        for each in case.amendments
    ]  # fmt: skip


def concerned(case: Case) -> ConcernedCertificate | None:
    found = case.concerns
    if found is None:
        return None
    return ConcernedCertificate(
        number=found.number, type_name=found.type_name, state=found.state, state_label=found.get_state_display(),
        valid_from=found.valid_from, valid_until=found.valid_until, told=concerning.told(case),
    )  # fmt: skip
