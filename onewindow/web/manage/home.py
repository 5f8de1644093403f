"""The first page of the content workspace: drafts by whose turn it is."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render

from onewindow.accounts.principal import Principal
from onewindow.catalogue.models import Draft, DraftQuerySet
from onewindow.kernel import wire
from onewindow.web.account.guards import SignedIn
from onewindow.web.manage.door import content_only

PAGE = 50
State = Draft.State
VIEWS = {
    "mine": ("我写的", "您开始或改过的草稿会列在这里。从“目录”里选一件事项开始编辑。"),
    "check": ("待审核", "别人送审的草稿会列在这里；自己写的要由另一位同事审核。"),
    "due": ("待发布", "审核通过、还没到发布日期的草稿会列在这里。"),
    "open": ("全部在办", "还没有发布的草稿会列在这里。"),
    "done": ("已结束", "已发布和已作废的草稿会列在这里。"),
}


@content_only
def index(request: SignedIn) -> HttpResponse:
    default = "mine" if request.principal.has("editor") else "check"
    view = request.GET.get("view", default)
    view = view if view in VIEWS else default
    drafts = Draft.objects.open_to(request.principal)
    rows = _of(drafts, view, request.principal).select_related("agency", "author", "base").order_by("-id")
    after = wire.whole(request.GET.get("after", ""))
    page = list((rows.filter(pk__lt=after) if after else rows)[: PAGE + 1])
    context = {
        "drafts": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else "", "view": view, "views": VIEWS,
        "counts": drafts.aggregate(
            **{name: Count("id", filter=_turn(name, request.principal)) for name in ("mine", "check", "due", "open")}
        ),
    }  # fmt: skip
    return render(request, "manage/home.html", context)


def _turn(view: str, principal: Principal) -> Q:
    own = Q(writers__contains=[principal.user_id])
    return {
        "mine": own & Q(state__in=Draft.OPEN),
        "check": ~own & Q(state=State.REVIEWING),
        "due": Q(state=State.APPROVED),
        "open": Q(state__in=Draft.OPEN),
        "done": Q(state__in=[State.PUBLISHED, State.DISCARDED]),
    }[view]


def _of(drafts: DraftQuerySet, view: str, principal: Principal) -> DraftQuerySet:
    return drafts.filter(_turn(view, principal))
