"""Who may open the pages behind the catalogue: 内容编辑 writes, 内容审核 is the second person; both read everything."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from onewindow.catalogue.models import Draft, Item
from onewindow.web.account.guards import SignedIn, staff_only

content_only = staff_only("editor", "checker")
editor_only = staff_only("editor")
checker_only = staff_only("checker")


def the_item(code: str) -> Item:
    items = Item.objects.select_related("agency", "current").filter(current__isnull=False)
    return get_object_or_404(items, pk=code)


def the_draft(request: SignedIn, pk: int) -> Draft:
    drafts = Draft.objects.select_related("agency", "base", "author", "checked_by", "version")
    return get_object_or_404(drafts.open_to(request.principal), pk=pk)
