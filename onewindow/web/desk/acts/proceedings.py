"""现场核查、听证、利害关系人、专家评审、征求意见、集体讨论: what begins one, and what may be done with it next."""

from __future__ import annotations

from typing import Any

from django import forms

from onewindow.accounts import divisions
from onewindow.accounts.models import Agency
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import counsel, hearings, proceedings, visits
from onewindow.cases.models import Case, Proceeding
from onewindow.kernel import clock
from onewindow.kernel.forms.keeping import display_values
from onewindow.web.desk.acts.act import Act, Click, Words, one_of, text

Kind, Stage = Proceeding.Kind, Proceeding.State


def day(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}))


def hour() -> forms.CharField:
    return forms.CharField(label="时间", widget=forms.TimeInput(attrs={"type": "time"}), max_length=5)


def line(label: str, *, required: bool = True) -> forms.CharField:
    return forms.CharField(label=label, max_length=200, required=required)


def _address(case: Case) -> str:
    """The first place the form names, apart from where to post something to."""
    said = display_values(case.guide.form, case.form, divisions.name)
    places = (field for field in case.guide.form.walk() if field.kind == "address" and not field.shown_when)
    return next((said[field.key] for field in places if said[field.key]), "")[:200]


class Visit(Words):
    on, time, place = day("核查日期"), hour(), line("核查地点")
    officers = forms.TypedMultipleChoiceField(
        label="核查人员（两名以上）", coerce=int, widget=forms.CheckboxSelectMultiple
    )
    note = text("请当事人准备什么（可不填）", rows=2, required=False, max_length=300)

    def fit(self, case: Case, by: Principal) -> None:
        self.fields["place"].initial = _address(case)
        self.fields["officers"].choices = [  # type: ignore[attr-defined]
            (user.pk, f"{user.name}（我）" if user.pk == by.user_id else user.name)
            for user in proceedings.officers_of(case)
        ]


class Tell(Words):
    matter = text("拟作的决定，和它关系到的重大利益", max_length=500)


class Schedule(Words):
    on, time, place = day("听证日期"), hour(), line("地点")
    chair = forms.TypedChoiceField(label="主持人（不能是审查人员）", coerce=int)
    clerk = line("记录人")
    announce = one_of("向社会公告", {"no": "不公告，只通知申请人和利害关系人", "yes": "公告，公众可以报名旁听"}, "no")

    def said(self) -> dict[str, Any]:
        return self.cleaned_data | {"announce": self.cleaned_data.get("announce") == "yes"}

    def fit(self, case: Case, by: Principal) -> None:
        busy = hearings.reviewers(case)
        free = [
            (user.pk, user.name) for user in proceedings.officers_of(case, proceedings.CHAIRS) if user.pk not in busy
        ]
        self.fields["chair"].choices = free or [("", "没有可以主持的人")]  # type: ignore[attr-defined]
        if case.guide.scrutiny.hearing == "required":
            del self.fields["announce"]  # by law it is (行政许可法 §46)


class Ask(Words):
    who = line("谁申请听证（不填即申请人）", required=False)


class Hold(Words):
    attended = text("参加人", rows=2, max_length=500)
    minutes = text("听证内容", rows=6, max_length=4000)
    conclusion = text("认定的事实和处理建议", rows=3, max_length=1000)
    signed = text("签字情况", rows=2, max_length=300)


class ThirdParty(Words):
    name, contact = line("利害关系人"), line("联系方式", required=False)
    interest = text("直接关系到对方的什么重大利益", rows=2, max_length=500)
    days = forms.IntegerField(label="陈述意见的期限（工作日）", min_value=3, max_value=30, initial=5)


class Statement(Words):
    statement = text("陈述和申辩", rows=4, max_length=2000)
    answer = text("采纳情况和理由", rows=2, max_length=1000)


class Experts(Words):
    on, place = day("评审日期"), line("地点", required=False)
    matter = text("评审什么", rows=2, max_length=500)
    experts = text("专家（一行一位：姓名，专业，单位）", rows=4)


class Opinion(Words):
    advice = one_of("结论", counsel.ADVICE)
    opinion = text("意见和理由", rows=4, max_length=2000, required=False)


class Consult(Words):
    agency = forms.ChoiceField(label="征求哪个部门的意见")
    question = text("请对方就什么问题提出意见", max_length=1000)
    days = forms.IntegerField(label="答复期限（工作日）", min_value=1, max_value=30, initial=5)

    def fit(self, case: Case, by: Principal) -> None:
        others = Agency.objects.exclude(pk=case.agency_id).order_by("code")
        self.fields["agency"].choices = [(agency.pk, str(agency)) for agency in others]  # type: ignore[attr-defined]


class Discuss(Words):
    on, place, chair = day("讨论日期"), line("地点", required=False), line("主持人")
    opinions = text("参加人意见（一行一位，例如 李明：同意准予）", rows=5, max_length=3000)
    decision = one_of("讨论结论", counsel.DECISIONS)
    reasons = text("理由", rows=3, max_length=2000)


class Cancel(Words):
    reason = text("取消的原因（告诉申请人）", rows=2, max_length=200)


class PutOff(Words):
    reason = text("改期的原因（告诉申请人）", rows=2, max_length=200)


class Record(Words):
    """核查笔录: one result and one note for every check point of the guide."""

    proceeding: Proceeding

    def fit(self, case: Case, by: Principal) -> None:
        sent = {user.pk: user.name for user in proceedings.people(self.proceeding.officers)}
        self.points = visits.points_of(case)
        self.fields["present"] = forms.TypedMultipleChoiceField(
            label="到场的核查人员", coerce=int, choices=list(sent.items()), widget=forms.CheckboxSelectMultiple,
            initial=list(sent),
        )  # fmt: skip
        for point in self.points:
            self.fields[f"result_{point.key}"] = one_of(point.text, visits.FINDINGS)
            self.fields[f"note_{point.key}"] = text("现场情况", rows=2, required=False, max_length=500)
        self.fields["conclusion"] = text("核查结论", rows=2, max_length=1000)
        self.fields["signed"] = one_of("当事人签没签字", visits.SIGNED)
        self.fields["party"] = line("当事人姓名（当事人看过笔录后在这里签名）")
        self.fields["witness"] = line("见证人姓名（拒绝签字时填）", required=False)
        for name, field in self.fields.items():
            label = str(field.label).split("（")[0]
            verb = "请选择" if isinstance(field, forms.ChoiceField) else "请填写"
            asks = f"请选择“{label}”的结果。" if name.startswith("result_") else f"{verb}{label}。"
            field.error_messages["required"] = asks

    def said(self) -> dict[str, Any]:
        kept = self.cleaned_data
        findings = {point.key: (kept[f"result_{point.key}"], kept[f"note_{point.key}"]) for point in self.points}
        plain = {name: kept[name] for name in ("present", "conclusion", "signed", "party", "witness")}
        return plain | {"findings": findings}


# When one is begun.
WHEN = {
    "visit": "告诉申请人哪一天、谁去。不停止计时。",
    "hearing": "关系申请人或者他人重大利益的，先告知有权要求听证，五个工作日内提出。",
    "office-hearing": "法律规定应当听证的，依职权举行，提前七个工作日通知，并向社会公告。",
    "third-party": "直接关系他人重大利益的，告诉他，听他陈述和申辩。",
    "experts": "所需时间不计入时限，同时发特别程序告知书。",
    "consultation": "请别的部门答复。不停止计时。",
    "discussion": "情节复杂或者规程要求的，讨论之后记录。决定要与结论一致。",
}
BEGIN = {
    slug: Act(slug, run, form, WHEN[slug])
    for slug, run, form in [
        ("visit", visits.arrange, Visit), ("hearing", hearings.tell, Tell),
        ("office-hearing", hearings.schedule, Schedule), ("third-party", counsel.tell_third_party, ThirdParty),
        ("experts", counsel.convene_experts, Experts), ("consultation", counsel.consult, Consult),
        ("discussion", counsel.discuss, Discuss),
    ]
}  # fmt: skip
RECORD = Act("record", visits.record, Record)
CANCEL = Act("cancellation", proceedings.cancel, Cancel)
# What may be done next with one, by its kind and state.
NEXT = {
    (Kind.SITE_VISIT, Stage.PLANNED): [RECORD, CANCEL],
    (Kind.HEARING, Stage.TOLD): [Act("request", hearings.ask, Ask), Act("waiver", hearings.waive, Click)],
    (Kind.HEARING, Stage.ASKED): [Act("schedule", hearings.schedule, Schedule)],
    (Kind.HEARING, Stage.PLANNED): [Act("minutes", hearings.hold, Hold), Act("put-off", hearings.put_off, PutOff)],
    (Kind.THIRD_PARTY, Stage.PLANNED): [Act("statement", counsel.hear_third_party, Statement)],
    (Kind.EXPERTS, Stage.PLANNED): [Act("opinion", counsel.record_experts, Opinion), CANCEL],
    (Kind.CONSULTATION, Stage.PLANNED): [Act("answer", counsel.answer, Opinion), CANCEL],
}


def beginnings(case: Case, by: Principal) -> list[Act]:
    found = [act for act in BEGIN.values() if act.transition.possible(case, by)]
    return [act for act in found if act.slug != "office-hearing" or case.guide.scrutiny.hearing == "required"]


def following(found: Proceeding, by: Principal) -> list[Act]:
    """The acts of this officer on it: a record only by who was sent, minutes only by the chair."""
    acts = NEXT.get((Kind(found.kind), Stage(found.state)), [])
    own = {"record", "minutes"}
    asked = found.agency_id in by.agencies("reviewer", "decider")
    return [
        act for act in acts
        if act.transition.possible(found.case, by)
        and (act.slug not in own or by.user_id in found.officers)
        and (act.slug != "answer" or asked)
        and (act.slug != "request" or found.on >= clock.today())
    ]  # fmt: skip
