"""Catalogue rows for tests: real items of the reference district."""

from __future__ import annotations

from functools import cache

import yaml
from django.conf import settings
from django.db import transaction

from onewindow.accounts.models import Agency
from onewindow.catalogue import publish, rules
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Item, ItemVersion
from onewindow.kernel.models import CalendarYear


@cache
def body_of(code: str) -> dict:
    path = settings.BASE_DIR / "data" / "xindu" / "catalogue" / f"{code}.yaml"
    guide = Guide.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    # What must come before the decision (核查、听证、集体讨论) only where a test asks for it.
    return guide.model_dump(mode="json") | {"scrutiny": {}}


def agency(code: str, name: str = "") -> Agency:
    short = {"WJJ": "区卫健局", "MZJ": "区民政局", "XSPJ": "区行政审批局"}.get(code, code)
    return Agency.objects.get_or_create(
        code=code, defaults={"name": name or f"成都市新都{short}", "short_name": short, "kind": "政府部门"}
    )[0]


CONTACTS = {
    "consult": "028-96123", "complain": "028-12345",
    "places": [{"name": "新都区政务服务中心", "hours": "工作日 9:00–17:00", "phone": "028-83990000"}],
}  # fmt: skip


def whole(code: str = "XDP0096", **changes: object) -> Guide:
    """A guide that keeps every rule, with fields replaced."""
    return Guide.model_validate(body_of(code) | {"contacts": CONTACTS} | changes)


def weekends() -> None:
    """The least calendar there can be, unless the test has loaded the district's: without any, nothing is computed."""
    CalendarYear.objects.get_or_create(year=2026, defaults={"official": False, "source": "只知道周末"})


def published(guide: Guide) -> Item:
    """As the loader publishes it: the next version of its item."""
    weekends()
    agency(guide.agency)
    with transaction.atomic():
        publish.publish([rules.judged(guide)], policy=rules.DEFAULT)
    return Item.objects.select_related("current").get(pk=guide.code)


def flagship(code: str = "XDP0096", **changes: object) -> Item:
    """The item with its full guide, published as version 1; `changes` replace fields of the guide."""
    weekends()
    body = body_of(code) | changes
    guide = Guide.model_validate(body)
    item, created = Item.objects.get_or_create(
        code=code,
        defaults={
            "name": guide.name, "short_name": guide.short_name, "kind": guide.kind, "agency": agency(guide.agency),
            "target": list(guide.target), "complete": guide.complete, "online_depth": guide.online.depth,
        },
    )  # fmt: skip
    if created:
        item.current = ItemVersion.objects.create(item=item, number=1, body=guide.model_dump(mode="json"), digest=code)
        item.save()
    return item
