"""更正: proposed to the applicant, consented to online or by signature at the window."""

from __future__ import annotations

from django import forms

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import amendment
from onewindow.cases.models import Case
from onewindow.web.desk.acts.act import Act, Words, text


class Propose(Words):
    field = forms.ChoiceField(label="更正哪一项")
    new = forms.CharField(label="改成（选项写选项的名称，日期写 2026-03-02）", max_length=500)
    reason = text("为什么要更正（申请人会看到）", rows=2, max_length=300)

    def fit(self, case: Case, by: Principal) -> None:
        self.choose("field", {key: f.label for key, f in amendment.fields(case).items()}, keep_single=True)


class Consent(Words):
    change = forms.ChoiceField(label="哪一项更正")
    note = forms.CharField(label="申请人签名的材料", max_length=100)

    def fit(self, case: Case, by: Principal) -> None:
        waiting = {
            each["id"]: f"{each['label']} → {amendment.words(case, each, 'new')}" for each in amendment.open_ones(case)
        }
        self.choose("change", waiting, keep_single=True)


PROPOSAL = Act("amendment", amendment.propose_change, Propose)
CONSENT = Act("amendment-consent", amendment.consent_at_window, Consent)
