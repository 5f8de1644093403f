"""预审、收件、补正、受理、不予受理、撤回."""

from __future__ import annotations

from django import forms

from onewindow.accounts.models import Agency
from onewindow.accounts.principal import Principal
from onewindow.cases import bars, readiness
from onewindow.cases.actions import correction, intake
from onewindow.cases.models import Case, State
from onewindow.web.desk.acts.act import Act, Click, Remarks, Words, one_of, text


def _agencies() -> list[tuple[str, str]]:
    return [("", "—"), *Agency.objects.values_list("code", "name")]


class Refuse(Words):
    ground = one_of("理由", intake.REFUSAL_GROUNDS)
    reason = text("具体原因")
    right_agency = forms.ChoiceField(label="应当向哪个机关申请（本区的选一个）", required=False, choices=_agencies)
    right_organ = forms.CharField(label="不在本区名单里的，写机关名称", required=False, max_length=100)

    def fit(self, case: Case, by: Principal) -> None:
        """What stands at the false papers follows by law; the other ground only where it is so."""
        options = dict(intake.REFUSAL_GROUNDS)
        if not bars.standing(case):
            del options["barred"]
        if bars.is_vital(case):
            options["false_papers"] += "（申请人一年内不得再次申请这项许可）"
        self.choose("ground", options)


class Corrections(Remarks):
    general = text("对整份申请的补正要求", rows=2, required=False)
    why_again = text("新交的材料带来了什么问题（再次告知的原因）", rows=2, max_length=300)

    def fit(self, case: Case, by: Principal) -> None:
        """The first notice may ask for anything, and need not say why; a second one stands at what is new."""
        del self.fields["general" if case.corrections else "why_again"]


class Withdraw(Words):
    reason = text("申请人撤回的原因", rows=2, max_length=200)


class AtWindow(Words):
    """The applicant of a pre-reviewed application has come."""

    present = one_of("来的是谁", intake.PRESENT)
    papers = forms.MultipleChoiceField(
        label="这次带来、看过原件的", required=False, choices=list, widget=forms.CheckboxSelectMultiple
    )

    def fit(self, case: Case, by: Principal) -> None:
        lacking = readiness.lacking(readiness.check(case))
        field = self.fields["papers"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(row.key, row.name) for row in lacking]
        if not lacking:
            del self.fields["papers"]


SUBMISSION = Act("submission", intake.file_at_window, AtWindow, fits=lambda case: case.state == State.PASSED)
ACCEPTANCE = Act("acceptance", intake.accept, Click)
RECEIPT = Act("receipt", intake.receive, Click)
CORRECTION = Act("correction", correction.ask_for_corrections, Corrections)
PREREVIEW_PASS = Act("prereview-pass", intake.pass_prereview, Click)
PREREVIEW_RETURN = Act("prereview-return", intake.return_with_remarks, Remarks)
REFUSAL = Act("refusal", intake.refuse_to_accept, Refuse, "不予受理会结束这件申请，决定书当即生成。")
WITHDRAWAL = Act("withdrawal", intake.withdraw, Withdraw, "按申请人本人的意思撤回。撤回后不再办理，不能恢复。")
