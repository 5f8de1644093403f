"""容缺 and 告知承诺 for programs: what may be promised, what was, and the papers that come later."""

from __future__ import annotations

from datetime import date
from typing import Annotated, BinaryIO, cast

from django.http import JsonResponse
from ninja import Field, File, Router, Schema
from ninja.files import UploadedFile

from onewindow.api.auth import READ, WRITE, Request
from onewindow.api.idempotency import Key, once
from onewindow.api.problems import not_found
from onewindow.api.reading import Strict
from onewindow.api.v1.cases import own_case
from onewindow.cases import deadlines, readiness
from onewindow.cases.actions import gap, later_check, promise
from onewindow.cases.models import Case
from onewindow.cases.promises import GAP_PROMISE, LICENCE_PROMISE, PROOF_PROMISE
from onewindow.documents import files

router = Router()
Handed = Annotated[UploadedFile, File(description="PDF、图片、Word（.docx）或 Excel（.xlsx）")]


class Lacking(Schema):
    material: str
    name: str
    standard: str


class Promises(Schema):
    may_come_later: list[Lacking] = Field(description="提交时可以承诺后补的材料（容缺受理）")
    may_be_promised: list[Lacking] = Field(description="提交时可以书面承诺代替的证明")
    licence: str = Field(description="告知承诺：空为不适用，offered 可以选，chosen 按回答已经选了")
    terms: list[str] = Field(description="办理机关告知的条件和标准")
    consequences: str
    barred: str = Field(description="不能承诺的原因；空为可以")
    sentences: dict[str, str] = Field(description="勾选即作出的承诺：gaps、proofs、licence")
    by_promise: bool = Field(description="这件事按告知承诺办理")
    lacking: list[Lacking] = Field(description="已承诺、还没有补交的材料")
    due_on: date | None = Field(description="补齐的期限；受理之前为 null")
    check: str = Field(description="事后核查：due、faults、correcting、overdue、mended、passed、void、revoked 或空")
    check_on: date | None = Field(description="核查、改正或复查的期限")


class Report(Strict):
    answer: str = Field(min_length=6, max_length=1000, description="改正了什么")


def _reply(case: Case) -> Promises:
    offer, rule, until = readiness.check(case).offer, case.guide.promise, deadlines.gap(case)
    gaps, proofs = [
        [Lacking(material=each.key, name=each.name, standard=each.standard) for each in papers]
        for papers in (offer.gaps, offer.proofs)
    ]
    return Promises(
        may_come_later=gaps, may_be_promised=proofs, licence=offer.licence, terms=list(rule.terms),
        consequences=rule.consequences, barred=offer.barred, by_promise=case.by_promise,
        sentences={"gaps": GAP_PROMISE, "proofs": PROOF_PROMISE, "licence": LICENCE_PROMISE},
        lacking=[Lacking(material=e["key"], name=e["name"], standard=e["standard"]) for e in case.open_gaps],
        due_on=until.date if until else None, check=later_check.state(case), check_on=case.check_on,
    )  # fmt: skip


@router.get("/cases/{number}/promises", response=Promises, auth=READ)
def show(request: Request, number: str) -> Promises:
    """可以承诺什么、承诺了什么、还差什么、事后核查到哪一步。"""
    return _reply(own_case(request, number))


@router.post("/cases/{number}/gaps/{key}", response=Promises, auth=WRITE)
def hand_in(request: Request, number: str, key: str, mark: Key, file: Handed) -> JsonResponse:
    """补交一份容缺的材料（multipart/form-data，字段名 file）。"""
    case = own_case(request, number)
    return once(request, mark, 200, lambda: _hand_in(request, case, key, file))


def _hand_in(request: Request, case: Case, key: str, file: UploadedFile) -> Promises:
    if key not in {material.key for material in case.guide.materials}:
        raise not_found("这个事项没有这份材料。")
    stored = files.store(cast(BinaryIO, file), file.name or key, request.auth.key)
    return _reply(gap.hand_in(case, by=request.auth, material=key, file=stored))


@router.post("/cases/{number}/promise-withdrawal", response=Promises, auth=WRITE)
def withdraw(request: Request, number: str, key: Key) -> JsonResponse:
    """撤回承诺，改走一般程序；作出决定之前都可以。"""
    return once(request, key, 200, lambda: _reply(promise.withdraw_promise(own_case(request, number), by=request.auth)))


@router.post("/cases/{number}/correction-report", response=Promises, auth=WRITE)
def report(request: Request, number: str, body: Report, key: Key) -> JsonResponse:
    """责令改正以后，报告已经改正。"""
    return once(request, key, 200, lambda: _report(request, number, body.answer))


def _report(request: Request, number: str, answer: str) -> Promises:
    return _reply(later_check.report_correction(own_case(request, number), by=request.auth, answer=answer))
