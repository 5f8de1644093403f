"""现在代表: whose matters the 我的 pages show and the next application starts with. Never a permission."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from onewindow.accounts.models import Mandate
from onewindow.cases.models import CaseQuerySet
from onewindow.web.account.guards import SignedIn, safe_next, signed_in, wanted_page

KEY = "acting_for"


def choices(request: SignedIn) -> dict[str, str]:
    """Key → name: oneself, and everybody one may act for today. Empty for who acts for nobody."""
    if request.principal.person_id is None:
        return {}
    held = Mandate.objects.in_force().filter(agent=request.principal.person_id)
    found = {}
    for mandate in held.select_related("principal_person", "principal_organisation").order_by("pk"):
        kind = "person" if mandate.principal_person_id else "organisation"
        found[f"{kind}-{mandate.principal.pk}"] = mandate.principal.name
    return {"self": "本人"} | found if found else {}


def current(request: SignedIn, offered: dict[str, str]) -> str:
    """What was chosen while it still holds; a mandate that has ended leads back to oneself."""
    chosen = str(request.session.get(KEY, "self"))
    return chosen if chosen in offered else "self"


def only(cases: CaseQuerySet, request: SignedIn, offered: dict[str, str]) -> CaseQuerySet:
    """Of the person's cases those of whom they stand for now."""
    if not offered:
        return cases
    kind, _, pk = current(request, offered).partition("-")
    if kind == "organisation":
        return cases.filter(organisation=int(pk))
    if kind == "person":
        return cases.filter(person=int(pk), organisation__isnull=True)
    me = request.principal
    return cases.filter(Q(person=me.person_id) | Q(filed_by=me.user_id, mandate__isnull=True))


@require_POST
@signed_in
def choose(request: SignedIn) -> HttpResponse:
    offered, wanted = choices(request), request.POST.get("as", "self")
    if wanted != "self" and wanted not in offered:
        messages.error(request, "这份委托已经结束，现在代表您本人。")
        wanted = "self"
    request.session[KEY] = wanted
    return redirect(safe_next(request, wanted_page(request), "my-cases"))
