"""Ratings of the hall's services in figures: how many rated, and how they did on average."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Avg, Count, F, Q

from onewindow.accounts.models import Site
from onewindow.feedback.models import Rating


def by(site: Site, day: date, field: str) -> dict[Any, tuple[int, float | None, int]]:
    """Of a day's services, by a field of the service ("window__zone", "officer", …): rated, mean stars, asked."""
    known = Rating.objects.filter(service__ticket__site=site, service__ticket__day=day)
    rows = known.order_by().values(key=F(f"service__{field}"))
    figures = rows.annotate(rated=Count("pk", filter=Q(stars__isnull=False)), mean=Avg("stars"), asked=Count("pk"))
    return {row["key"]: (row["rated"], row["mean"], row["asked"]) for row in figures}
