"""容缺材料补交、撤回承诺、事后核查、责令改正."""

from __future__ import annotations

from django import forms
from django.db.models import Q

from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import gap, later_check, promise
from onewindow.cases.models import Case
from onewindow.kernel import clock
from onewindow.web.desk.acts.act import Act, Click, Words, one_of, text

PARTNERS = (Post.Role.REVIEWER, Post.Role.DECIDER)


class GapPaper(Words):
    material = one_of("补交的材料", {})
    paper_form = one_of("看到的是", {"original": "原件", "copy": "复印件"}, initial="original")

    def fit(self, case: Case, by: Principal) -> None:
        self.choose("material", {paper["key"]: paper["name"] for paper in case.open_gaps}, keep_single=True)


class Check(Words):
    partner = forms.TypedChoiceField(label="一同核查的人员", coerce=int)
    place = forms.CharField(label="核查地点", required=False, max_length=100)
    findings = text("核查看到的情况")
    result = one_of("核查结果", later_check.RESULTS)

    def fit(self, case: Case, by: Principal) -> None:
        """Another officer of the organ; after an order to mend there are two results left."""
        others = {str(user.pk): user.name for user in colleagues(case, by)}
        self.choose("partner", others or {"": "本单位没有别的审查、决定人员"}, keep_single=True)
        left = dict(later_check.RESULTS)
        if case.later_check.get("order"):
            left.pop("faults")
        self.choose("result", left, keep_single=True)
        self.fields["result"].initial = None


def colleagues(case: Case, by: Principal) -> list[User]:
    today = clock.today()
    held = Q(posts__ends__isnull=True) | Q(posts__ends__gte=today)
    users = User.objects.filter(held, posts__agency=case.agency_id, posts__role__in=PARTNERS, is_active=True)
    biased = [by.user_id, case.filed_by_id, *(each["user"] for each in case.recused)]
    return list(users.filter(posts__starts__lte=today).exclude(pk__in=biased).distinct().order_by("name", "pk"))


class Order(Words):
    what = text("要改正什么、改到什么样", rows=2, max_length=500)
    days = forms.IntegerField(label="限几天改正（自然日）", min_value=1, max_value=180)


class Report(Words):
    answer = text("申请人报告的改正情况", rows=2, max_length=1000)


GAP_PAPER = Act("gap-paper", gap.hand_in, GapPaper)
PROMISE_WITHDRAWAL = Act("promise-withdrawal", promise.withdraw_promise, Click, "按申请人本人的意思撤回承诺。")
LATER_CHECK = Act("later-check", later_check.check, Check)
CORRECTION_ORDER = Act("correction-order", later_check.order_correction, Order)
CORRECTION_REPORT = Act("correction-report", later_check.report_correction, Report)
