"""What a case looks like from outside: where it stands, until when, what is missing, what was issued."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from ninja import Field, Schema

from onewindow.api.problems import Fault
from onewindow.api.v1 import asked
from onewindow.api.v1.items import Organ
from onewindow.cases import deadlines, readiness, timeline
from onewindow.cases.actions import intake, outside
from onewindow.cases.actions.drafts import EDITABLE
from onewindow.cases.models import Case, CasePaper
from onewindow.documents.models import Certificate
from onewindow.kernel import forms, secrecy
from onewindow.kernel.clock import Due


class ItemOfCase(Schema):
    code: str
    name: str


class CaseBrief(Schema):
    number: str
    item: ItemOfCase
    state: str
    state_label: str
    created_at: datetime
    due_on: date | None = Field(description="下一个期限")
    outcome: str


class CasePage(Schema):
    cases: list[CaseBrief]
    next: str | None


class CountedDay(Schema):
    date: date
    counted: int | None = Field(description="第几天；不计入的日子为 null")
    why: str


class RunningDate(Schema):
    key: str
    title: str
    basis: str
    start: date
    due: date
    done: date | None = Field(None, description="已经办到的日期；仍在计时的为空")
    provisional: bool = Field(description="涉及尚未公布放假安排的年份")
    derivation: list[CountedDay]


class Remark(Schema):
    """预审意见 at the field or paper it is about."""

    place: str
    label: str
    text: str
    fixed: bool


class Event(Schema):
    at: datetime
    event: str
    label: str
    actor: str
    words: str
    paper: str = Field(description="这一步出具的文书名称")
    paper_url: str


class FileOfCase(Schema):
    id: UUID
    material: str
    material_name: str
    name: str
    mime: str
    size: int
    sha256: str
    scan: str
    added_at: datetime


class CertificateOfCase(Schema):
    number: str
    type_name: str
    state: str
    state_label: str
    valid_from: date
    valid_until: date | None
    verify_url: str
    pdf_url: str


class OutsideOfCase(Schema):
    """外部系统: times and status are what it told, not clocks of ours."""

    system: str
    name: str
    number: str = Field(description="外部系统的编号；还没有就为空")
    status: str
    status_label: str
    at: datetime | None = Field(description="对方所说的时间")
    told_at: datetime | None = Field(description="这里收到的时间")
    words: str


class CaseReply(CaseBrief, asked.Asked):
    version: int
    agency: Organ
    channel: str
    applicant: str = Field(description="隐去部分的姓名")
    applicant_phone: str
    answers: dict[str, Any]
    form: dict[str, Any] = Field(description="证件号码只给出隐去中间的形式")
    dates: list[RunningDate]
    remarks: list[Remark]
    missing: list[Fault] = Field(description="提交前还要补齐的内容；已提交后为空")
    declaration: str = Field(description="提交时申请人作出的承诺")
    timeline: list[Event]
    files: list[FileOfCase]
    certificate: CertificateOfCase | None
    outside: OutsideOfCase | None = Field(description="在外部系统办理的才有")


def brief(case: Case) -> dict[str, Any]:
    return {
        "number": case.number, "item": {"code": case.item_id, "name": case.item.name}, "state": case.state,
        "state_label": case.get_state_display(), "created_at": case.created_at, "due_on": case.due_on,
        "outcome": case.outcome,
    }  # fmt: skip


def reply(case: Case) -> CaseReply:
    ready = readiness.check(case)
    names = {material.key: material.name for material in case.guide.materials}
    missing = ready.unanswered | ready.problems | ready.unconfirmed if case.state in EDITABLE else {}
    found = timeline.certificate(case)
    return CaseReply(
        **brief(case),
        version=case.version.number,
        agency=Organ(code=case.agency.code, name=case.agency.name),
        channel=case.channel,
        applicant=case.applicant_masked,
        applicant_phone=secrecy.mask_phone(case.applicant_phone),
        answers=case.answers,
        form=forms.masked(case.guide.form, case.form),
        dates=[_date(each) for each in deadlines.all_of(case)],
        remarks=_remarks(case),
        missing=[Fault(place=place, text=text) for place, text in missing.items()],
        declaration=intake.DECLARATION,
        timeline=[_event(case, each) for each in timeline.of(case)],
        files=[file_reply(paper, names) for papers in ready.papers.values() for paper in papers if paper.file],
        certificate=_certificate(case, found) if found else None,
        outside=_outside(case),
        **asked.of(case),
    )


def _outside(case: Case) -> OutsideOfCase | None:
    told = case.outside
    if not told:
        return None
    times = {name: datetime.fromisoformat(told[name]) if name in told else None for name in ("at", "told_at")}
    status = told.get("status", "")
    labels = outside.STATUSES | outside.OUTCOMES | {"handed": "已转出"}
    return OutsideOfCase(
        system=case.outside_system, name=told["name"], number=case.outside_number, status=status,
        status_label=labels.get(status, ""), words=told.get("words", ""), **times,
    )  # fmt: skip


def _date(each: deadlines.Deadline) -> RunningDate:
    return RunningDate(
        key=each.key, title=each.title, basis=each.basis, start=each.start, due=each.date,
        done=each.done, provisional=each.due.provisional, derivation=_derivation(each.due),
    )  # fmt: skip


def _derivation(due: Due) -> list[CountedDay]:
    return [CountedDay(date=day.date, counted=day.counted, why=day.why) for day in due.days]


def _remarks(case: Case) -> list[Remark]:
    labels = [labelled["on"] for labelled in intake.labelled(case, case.remarks)]
    return [
        Remark(place=remark["on"] or "application", label=label, text=remark["text"], fixed=remark["fixed"])
        for remark, label in zip(case.remarks, labels, strict=True)
    ]


def _event(case: Case, each: timeline.Event) -> Event:
    url = _url("paper", number=case.number, entry=each.entry) if each.paper_title else ""
    return Event(
        at=each.at, event=each.event, label=each.label, actor=each.actor, words=each.words, paper=each.paper_title,
        paper_url=url,
    )  # fmt: skip


def file_reply(paper: CasePaper, names: dict[str, str]) -> FileOfCase:
    file = paper.file
    assert file is not None
    return FileOfCase(
        id=paper.pk, material=paper.material, material_name=names.get(paper.material, paper.material), name=file.name,
        mime=file.mime, size=file.size, sha256=file.sha256, scan=file.scan, added_at=paper.added_at,
    )  # fmt: skip


def _certificate(case: Case, found: Certificate) -> CertificateOfCase:
    return CertificateOfCase(
        number=found.number, type_name=found.type_name, state=found.state, state_label=found.get_state_display(),
        valid_from=found.valid_from, valid_until=found.valid_until, verify_url=found.facts["verify_url"],
        pdf_url=_url("certificate", number=case.number),
    )  # fmt: skip


def _url(name: str, **kwargs: Any) -> str:
    return settings.PUBLIC_URL + reverse(f"api-v1:{name}", kwargs=kwargs)
