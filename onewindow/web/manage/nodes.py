"""大厅节点, for the operator 运维: how each stands, what waits, what did not fit, and taking the say back."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Site
from onewindow.hall.actions import leases
from onewindow.hall.models import Node, NodeConflict
from onewindow.kernel import wire
from onewindow.web.account.guards import SignedIn, staff_only

operator_only = staff_only("operator")
PAGE = 50


@operator_only
def index(request: SignedIn) -> HttpResponse:
    open_ = Count("conflicts", filter=Q(conflicts__settled_at=None))
    nodes = Node.objects.select_related("site").annotate(open_conflicts=open_).order_by("-pk")
    sites = Site.objects.filter(zones__isnull=False).distinct().order_by("level", "code")
    return render(request, "manage/nodes.html", {"nodes": nodes[:PAGE], "sites": sites})


@require_POST
@operator_only
def issue(request: SignedIn) -> HttpResponse:
    """The token is on this answer and nowhere else."""
    site = Site.objects.filter(pk=request.POST.get("site", "")).first()
    try:
        if site is None:
            raise ValueError("请选择场所。")
        node, token = leases.issue(site, request.POST.get("name", ""), by=request.principal)
    except ValueError as problem:
        messages.error(request, str(problem))
        return redirect("nodes-home")
    return render(request, "manage/node_token.html", {"node": node, "token": token, "public_url": settings.PUBLIC_URL})


@operator_only
def show(request: SignedIn, pk: int) -> HttpResponse:
    """The conflicts page by key, the open ones first."""
    node = get_object_or_404(Node.objects.select_related("site"), pk=pk)
    rows = node.conflicts.order_by("-pk")
    if request.GET.get("view") != "all":
        rows = rows.filter(settled_at=None)
    if (after := wire.whole(request.GET.get("after", ""))) is not None:
        rows = rows.filter(pk__lt=after)
    page = list(rows[: PAGE + 1])
    context = {
        "node": node, "conflicts": page[:PAGE], "more": page[PAGE - 1].pk if len(page) > PAGE else None,
        "every": request.GET.get("view") == "all",
    }  # fmt: skip
    return render(request, "manage/node.html", context)


@require_POST
@operator_only
def call_back(request: SignedIn, pk: int) -> HttpResponse:
    node = get_object_or_404(Node, pk=pk)
    try:
        leases.call_back(node, by=request.principal)
        messages.success(request, "已请节点交回：它停下、送完，中心再接着办。断线时要等恢复。")
    except ValueError as problem:
        messages.error(request, str(problem))
    return redirect("nodes-node", pk)


@require_POST
@operator_only
def take_away(request: SignedIn, pk: int) -> HttpResponse:
    """Typed out: the name of the node, because another machine may still be printing numbers."""
    node = get_object_or_404(Node, pk=pk)
    try:
        if request.POST.get("name", "").strip() != node.name:
            raise ValueError("没有收回：请照写节点的名称，确认旧机器已经停下。")
        leases.take_away(node, by=request.principal, reason=request.POST.get("reason", ""))
        messages.success(request, "已强制收回。今天的号从下一个千号起，可以为新机器签发令牌。")
    except ValueError as problem:
        messages.error(request, str(problem))
    return redirect("nodes-node", pk)


@require_POST
@operator_only
def settle(request: SignedIn, pk: int, conflict: int) -> HttpResponse:
    found = get_object_or_404(NodeConflict.objects.select_related("node"), node=pk, pk=conflict)
    try:
        leases.settle(found, by=request.principal, said=request.POST.get("note", ""))
        messages.success(request, "已记下。")
    except ValueError as problem:
        messages.error(request, str(problem))
    return redirect("nodes-node", pk)
