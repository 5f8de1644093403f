"""审查、特别程序、延期、终止."""

from __future__ import annotations

from django import forms

from onewindow.accounts.principal import Principal
from onewindow.cases import deadlines, steps
from onewindow.cases.actions import extension, pause, review
from onewindow.cases.models import Case
from onewindow.catalogue.procedure import PROCEDURES
from onewindow.web.desk.acts.act import Act, Words, one_of, text


class Opinion(Words):
    step = one_of("环节", {})
    advice = one_of("意见", review.ADVICE, initial="agree")
    opinion = text("审查意见")

    def fit(self, case: Case, by: Principal) -> None:
        reviews = [each for each in steps.mine(case, by) if each["key"].startswith("review-")]
        self.choose("step", {each["key"]: each["name"] for each in reviews})


class Pause(Words):
    procedure = forms.ChoiceField(label="特别程序", choices=PROCEDURES.items())
    days = forms.IntegerField(label="所需时间（工作日）", min_value=1, max_value=180)
    reason = text("原因", rows=2, max_length=500)

    def fit(self, case: Case, by: Principal) -> None:
        """Only what stops the clock here: by 行政许可法 §45, or by a law the guide cites."""
        lawful = pause.BY_LAW | {own.procedure for own in case.guide.pauses}
        self.choose("procedure", {key: name for key, name in PROCEDURES.items() if key in lawful})


class Resume(Words):
    result = text("特别程序的结果", rows=2, max_length=1000)


class AskExtension(Words):
    days = forms.IntegerField(label="延长几个工作日", min_value=1, max_value=60)
    reason = text("为什么在时限内办不完", rows=2, max_length=500)

    def fit(self, case: Case, by: Principal) -> None:
        _as_counted(self, case)


class Extend(Words):
    days = forms.IntegerField(label="延长几个工作日", min_value=1, max_value=60)
    reason = text("延长的理由（告诉申请人）", rows=2, max_length=500)

    def fit(self, case: Case, by: Principal) -> None:
        """As it was asked for; the head may change both."""
        _as_counted(self, case)
        for name in self.fields:
            self.fields[name].initial = case.extension.get("asked", {}).get(name)


def _as_counted(form: Words, case: Case) -> None:
    natural, most = case.extension_unit == "天", deadlines.longest_extension(case.guide)
    form.fields["days"].label = f"延长几{case.extension_unit}（{'自然日，' if natural else ''}最多 {most}）"


def _may_be_extended(case: Case) -> bool:
    return not case.is_extended and case.statutory_due is not None and deadlines.longest_extension(case.guide) > 0


class Decline(Words):
    reason = text("为什么不同意（提请的人会看到）", rows=2, max_length=500)


class Terminate(Words):
    reason = text("终止的事实和理由", rows=3, max_length=1000)


OPINION = Act("opinion", review.give_opinion, Opinion)
PAUSE = Act("pause", pause.pause, Pause)
RESUMPTION = Act("resumption", pause.resume, Resume)
ASK_EXTENSION = Act(
    "extension-request", extension.ask, AskExtension, fits=lambda case: not case.extension and _may_be_extended(case)
)
EXTENSION = Act("extension", extension.extend, Extend, fits=_may_be_extended)
DECLINE = Act("extension-refusal", extension.decline, Decline, fits=lambda case: "asked" in case.extension)
TERMINATION = Act("termination", pause.terminate, Terminate, "终止后不再办理，不能恢复。")
