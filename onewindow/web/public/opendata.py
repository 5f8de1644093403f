"""Open data: the catalogue as anyone may take it along, and what machines read on a guide's page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import F, Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.safestring import SafeString, mark_safe

from onewindow.cases import reuse
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Item, ItemVersion
from onewindow.kernel import clock

LICENCE = "Apache-2.0"
ITEM_COLUMNS = (
    "code", "name", "short_name", "name_en", "kind", "agency", "target", "levels", "statutory_days", "statutory_unit",
    "promised_days", "promised_unit", "visits", "online_depth", "papers", "complete", "version", "published_at",
)  # fmt: skip
PAPER_COLUMNS = (
    "item", "key", "name", "needed_when", "necessity", "form", "originals", "copies", "source", "issuer", "shareable",
    "standard", "confidence",
)  # fmt: skip
Rows = Iterable[ItemVersion]


def index(request: HttpRequest) -> HttpResponseBase:
    shown = Item.objects.filter(current__isnull=False)
    context = {
        "items": shown.count(), "newest": ItemVersion.objects.aggregate(at=Max("published_at"))["at"],
        "licence": LICENCE,
    }  # fmt: skip
    return render(request, "public/open_data.html", context)


def download(request: HttpRequest, name: str) -> HttpResponseBase:
    """Streamed: the whole catalogue is some tens of megabytes and never lies in memory at once."""
    if name not in FILES:
        raise Http404
    make, kind = FILES[name]
    newest = ItemVersion.objects.aggregate(newest=Max("pk"))["newest"] or 0
    etag = f'"{newest}"'
    versions = ItemVersion.objects.filter(item__current=F("pk")).select_related("item__agency")
    response = StreamingHttpResponse(make(_in_order(versions)), content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="onewindow-{name}"'
    response["ETag"], response["Cache-Control"] = etag, "public, no-cache"
    return get_conditional_response(request, etag=etag, response=response) or response  # type: ignore[arg-type]


SPARED_COLUMNS = ("month", "agency", "cases", "needed", "vault", "shared", "new", "share_percent")


def papers_spared(request: HttpRequest) -> HttpResponse:
    """少交材料, of this year and the last: how many of the papers needed were not asked of people again."""
    rows = reuse.published(date(clock.today().year - 1, 1, 1))
    lines = ([f"{row['month']:%Y-%m}", row["organ"], *(row[name] for name in _COUNTED)] for row in rows)
    response = HttpResponse("".join(_lines(SPARED_COLUMNS, lines)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="onewindow-reuse.csv"'
    response["Cache-Control"] = "public, max-age=3600"
    return response


_COUNTED = ("cases", *reuse.KINDS, "share")


def _in_order(versions: QuerySet[ItemVersion]) -> Rows:
    return versions.order_by("item_id").iterator(chunk_size=100)


def _lines(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """CSV as spreadsheets open it: with the mark of UTF-8 in front."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(columns)
    yield "\ufeff" + line.getvalue()
    for row in rows:
        line.seek(0)
        line.truncate()
        writer.writerow(row)
        yield line.getvalue()


def _items(versions: Rows) -> Iterator[str]:
    return _lines(ITEM_COLUMNS, (_item(each, each.guide) for each in versions))


def _item(version: ItemVersion, guide: Guide) -> list[Any]:
    periods = [(limit.days, limit.unit) if limit else ("", "") for limit in (guide.statutory, guide.promised)]
    return [
        guide.code, guide.name, guide.short_name, guide.name_en, guide.kind, version.item.agency.name,
        "|".join(guide.target), "|".join(guide.levels), *periods[0], *periods[1], guide.visits.count,
        guide.online.depth, len(guide.materials), int(version.item.complete), version.number,
        version.published_at.date().isoformat(),
    ]  # fmt: skip


def _papers(versions: Rows) -> Iterator[str]:
    rows = (
        [guide.code, *(getattr(paper, column) for column in PAPER_COLUMNS[1:])]
        for guide in (each.guide for each in versions)
        for paper in guide.materials
    )
    return _lines(PAPER_COLUMNS, rows)


def _whole(versions: Rows) -> Iterator[str]:
    yield f'{{"licence": "{LICENCE}", "items": ['
    for number, version in enumerate(versions):
        guide = {"version": version.number, "published_at": version.published_at.isoformat(), "guide": version.body}
        yield ("\n" if not number else ",\n") + json.dumps(guide, ensure_ascii=False)
    yield "\n]}\n"


FILES = {
    "items.csv": (_items, "text/csv"),
    "materials.csv": (_papers, "text/csv"),
    "catalogue.json": (_whole, "application/json"),
}


def government_service(item: Item, guide: Guide) -> SafeString:
    """schema.org GovernmentService as JSON-LD; no character in it can end the element it stands in."""
    address = settings.PUBLIC_URL + reverse("item", args=[item.code])
    said = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "@id": address,
        "url": address,
        "name": guide.short_name or guide.name,
        "alternateName": list(guide.plain_names[:6]),
        "description": guide.summary,
        "identifier": guide.code,
        "inLanguage": "zh-Hans",
        "serviceType": guide.kind,
        "serviceOperator": {"@type": "GovernmentOrganization", "name": item.agency.name},
        "areaServed": {"@type": "AdministrativeArea", "name": settings.DISTRICT_NAME},
        "audience": {"@type": "Audience", "audienceType": "、".join(guide.target)},
        "isAccessibleForFree": not guide.fees,
        "availableChannel": [
            {
                "@type": "ServiceChannel", "serviceUrl": address, "servicePhone": guide.contacts.consult,
                "processingTime": f"P{guide.promised.days}D" if guide.promised else "",
            },
        ],
    }  # fmt: skip
    text = json.dumps({key: value for key, value in said.items() if value not in ("", [])}, ensure_ascii=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return mark_safe(text)  # noqa: S308 - escaped above
