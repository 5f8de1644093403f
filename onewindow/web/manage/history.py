"""An item for those who write it: what the rules say of the current version, all versions, any two compared."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render

from onewindow.cases.models import Changeover
from onewindow.catalogue import actions, rules, running
from onewindow.catalogue.difference import compare
from onewindow.catalogue.models import Draft, ItemVersion
from onewindow.kernel import wire
from onewindow.web.account.guards import SignedIn
from onewindow.web.manage.door import content_only, the_item
from onewindow.web.manage.sections import OF_FIELD


@content_only
def show(request: SignedIn, code: str) -> HttpResponse:
    item = the_item(code)
    findings = rules.judge(item.guide, rules.of_district())
    context = {
        "item": item, "findings": findings, "blocking": [f for f in findings if f.blocks], "of_field": OF_FIELD,
        "versions": item.versions.defer("body").select_related("draft__author", "draft__checked_by"),
        "open": Draft.objects.unfinished().filter(code=code).select_related("author").first(),
        "may_edit": actions.may_edit(request.principal, item.agency_id), "running": running,
        "changeovers": {row.version_id: row for row in Changeover.objects.filter(version__item=item)},
    }  # fmt: skip
    return render(request, "manage/item.html", context)


@content_only
def comparison(request: SignedIn, code: str) -> HttpResponse:
    """?a=1&b=3, in either order: the older stands at the left."""
    item = the_item(code)
    wanted = sorted(filter(None, (wire.whole(request.GET.get(name, "")) for name in "ab")))
    versions = {version.number: version for version in ItemVersion.objects.filter(item=item, number__in=wanted)}
    if len(wanted) != 2 or len(versions) != len(set(wanted)):
        raise Http404
    before, after = (versions[number] for number in wanted)
    context = {"item": item, "before": before, "after": after, "changes": compare(before.body, after.body)}
    return render(request, "manage/comparison.html", context)
