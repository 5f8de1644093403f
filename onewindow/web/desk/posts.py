"""岗位和离岗: one's own posts and days away; who directs the work names the B 角 and may write down absences."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts import standing_in
from onewindow.accounts.models import Absence, Agency, Post, User
from onewindow.accounts.principal import Principal
from onewindow.kernel import clock
from onewindow.web.account.guards import SignedIn, staff_only

OFFICERS = ("clerk", "reviewer", "decider", "manager", "head", "supervisor")
AT_WORK = (Post.Role.CLERK, Post.Role.REVIEWER, Post.Role.DECIDER)


class Away(forms.Form):
    user = forms.IntegerField(required=False)
    starts = forms.DateField(
        error_messages={"required": "请填写第一天。", "invalid": "请按 2026-03-02 这样填写第一天。"}
    )
    ends = forms.DateField(
        error_messages={"required": "请填写最后一天。", "invalid": "请按 2026-03-02 这样填写最后一天。"}
    )
    reason = forms.CharField(max_length=100, required=False)


def _posts(principal: Principal, agency: str) -> Any:
    """One's own; of one agency those one directs."""
    today = clock.today()
    posts = Post.objects.filter(Q(ends__isnull=True) | Q(ends__gte=today), user__is_active=True, role__in=AT_WORK)
    own = Q(user=principal.user_id)
    if agency and standing_in.directs(principal, agency):
        own |= Q(agency=agency)
    return posts.filter(own).select_related("user", "agency", "backup").order_by("agency_id", "role", "user__name")


@staff_only(*OFFICERS)
def index(request: SignedIn) -> HttpResponse:
    return _page(request, Away())


def _page(request: SignedIn, form: Away) -> HttpResponse:
    principal = request.principal
    whole = principal.over_district("manager")
    codes = None if whole else principal.agencies("manager", "head")
    found = Agency.objects.filter(_at_work(codes)).distinct().order_by("code")
    directed = list(found) if whole or codes else []
    agency = request.GET.get("agency", "") or (directed[0].pk if directed else "")
    posts = list(_posts(principal, agency))
    colleagues: dict[str | None, dict[int, str]] = {}
    for post in posts:
        colleagues.setdefault(post.agency_id, {})[post.user_id] = post.user.name
    people = {post.user_id: post.user.name for post in posts} | {principal.user_id: f"{principal.name}（我）"}
    away = Absence.objects.filter(user__in=people, ended_at__isnull=True, ends__gte=clock.today())
    context = {
        "posts": posts, "colleagues": colleagues, "people": people, "form": form, "agency": agency,
        "directed": directed, "directs": bool(directed), "absences": away.select_related("user").order_by("starts"),
    }  # fmt: skip
    return render(request, "desk/posts.html", context, status=422 if form.is_bound else 200)


def _at_work(codes: set[str] | None) -> Q:
    at_work = Q(post__role__in=AT_WORK)
    return at_work if codes is None else at_work & Q(pk__in=codes)


@require_POST
@staff_only(*OFFICERS)
def be_away(request: SignedIn) -> HttpResponse:
    form = Away(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        user = get_object_or_404(
            User.objects.filter(kind=User.Kind.STAFF), pk=said["user"] or request.principal.user_id
        )
        try:
            standing_in.be_away(user, said["starts"], said["ends"], by=request.principal, reason=said["reason"])
            messages.success(
                request, f"已登记：{user.name} {said['starts']:%-m月%-d日} 至 {said['ends']:%-m月%-d日} 离岗。"
            )
            return redirect("desk-posts")
        except (ValidationError, PermissionDenied) as refusal:
            form.add_error(None, refusal.messages[0] if isinstance(refusal, ValidationError) else str(refusal))
    return _page(request, form)


@require_POST
@staff_only(*OFFICERS)
def be_back(request: SignedIn, pk: int) -> HttpResponse:
    away = get_object_or_404(Absence.objects.select_related("user"), pk=pk)
    if not standing_in.may_set(request.principal, away.user):
        raise Http404
    standing_in.be_back(away, by=request.principal)
    messages.success(request, f"{away.user.name}已回岗。")
    return redirect("desk-posts")


@require_POST
@staff_only(*OFFICERS)
def name_backup(request: SignedIn, pk: int) -> HttpResponse:
    post = get_object_or_404(Post.objects.select_related("user", "agency"), pk=pk)
    if not standing_in.directs(request.principal, post.agency_id):
        raise Http404
    chosen = request.POST.get("backup", "")
    backup = get_object_or_404(User, pk=chosen) if chosen.isdecimal() else None
    try:
        standing_in.name_backup(post, backup, by=request.principal)
        messages.success(request, f"{post.user.name}的 B 角：{backup.name if backup else '没有'}。")
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    return redirect(f"/desk/posts/?agency={post.agency_id}")
