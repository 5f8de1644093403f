"""外部系统: 转过去、登记编号、登记对方告知的进展和结果."""

from __future__ import annotations

from datetime import datetime, time
from functools import wraps
from typing import Any

from django import forms

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import outside
from onewindow.cases.models import Case
from onewindow.documents import files
from onewindow.kernel import clock
from onewindow.web.desk.acts.act import Act, Words, one_of, text

ON = {"type": "date"}


class HandOver(Words):
    number = forms.CharField(label="外部系统的编号（还没有就空着）", required=False, max_length=60)


class Number(Words):
    number = forms.CharField(label="外部系统的编号", max_length=60)


class Told(Words):
    status = one_of("对方告知的进展", outside.STATUSES)
    at = forms.DateField(label="对方办理的日期", widget=forms.DateInput(ON))
    words = text("对方的说明（可不填）", rows=2, required=False, max_length=300)

    def clean_at(self) -> datetime:
        return _at(self.cleaned_data["at"])


class Result(Words):
    outcome = one_of("结果", outside.OUTCOMES)
    at = forms.DateField(label="对方办结的日期", widget=forms.DateInput(ON))
    words = text("对方的说明（可不填）", rows=2, required=False, max_length=300)
    proof = forms.FileField(label="凭证：回执、截图或文书")

    def clean_at(self) -> datetime:
        return _at(self.cleaned_data["at"])


def _at(day: Any) -> datetime:
    """A day read from paper: its noon, today at the latest now."""
    if day > clock.today():
        raise forms.ValidationError("日期还没有到，请核对。")
    return min(datetime.combine(day, time(12), tzinfo=clock.SHANGHAI), clock.now())


@wraps(outside.conclude)
def write_result(case: Case, *, by: Principal, proof: Any, **told: Any) -> Case:
    """The proof is kept first; a file that is refused says so at its box."""
    return outside.conclude(case, by=by, proof=files.store(proof.file, proof.name, by.key), **told)


HANDOVER = Act("outside-handover", outside.pass_on, HandOver)
NUMBER = Act("outside-number", outside.note_number, Number)
WORD = Act("outside-word", outside.tell, Told)
RESULT = Act("outside-result", write_result, Result, "办结后不能再改。只登记外部系统已经作出的结果。")
