"""Officers hear once of a changed calendar, with the figures of their agencies; applicants are told case by case."""

from __future__ import annotations

from collections import Counter
from datetime import date

from django.db.models import Q

from onewindow.accounts.models import Agency, Post, User
from onewindow.cases.models import CalendarChange
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from onewindow.notifications.actions import notify

KEEPERS = (Post.Role.OPERATOR, Post.Role.MANAGER)
CONCERNED = (Post.Role.CLERK, Post.Role.REVIEWER, Post.Role.DECIDER, Post.Role.HEAD)


def on_entry(entry: Entry) -> None:
    if entry.event != "calendar.applied":
        return
    change, today = CalendarChange.objects.get(pk=int(entry.subject)), clock.today()
    figures = change.summary["agencies"]
    running = Q(ends__isnull=True) | Q(ends__gte=today)
    posts = Post.objects.filter(running, starts__lte=today, role__in=CONCERNED, agency__in=figures)
    of_user: dict[int, set[str]] = {}
    for user_id, code in posts.values_list("user_id", "agency_id"):
        of_user.setdefault(user_id, set()).add(code)
    names = Agency.objects.in_bulk(list(figures))
    for user in User.objects.filter(pk__in=of_user, is_active=True).order_by("pk"):
        codes = sorted(of_user[user.pk])
        total = sum((Counter(figures[code]) for code in codes), Counter())
        agency = str(names[codes[0]]) if len(codes) == 1 else f"您任职的 {len(codes)} 个部门"
        notify(
            user=user,
            template="calendar_for_officers",
            context={"agency": agency, **{key: total[key] for key in ("cases", "shorter", "overdue")}},
            entry=entry.pk,
            link=f"/manage/calendar/{change.pk}/" + (f"?agency={codes[0]}" if len(codes) == 1 else ""),
        )


def warn_of_next_year() -> None:
    """Each Monday of December its keepers hear that next year's list is missing: without it, acts stop on 1 January.

    The State Council publishes it in the autumn before (全国年节及纪念日放假办法).
    """
    today = clock.today()
    year = today.year + 1
    if today.month < 12 or year in clock.calendar().official:
        return
    running = Q(ends__isnull=True) | Q(ends__gte=today)
    posts = Post.objects.filter(running, starts__lte=today, role__in=KEEPERS)
    days = (date(year, 1, 1) - today).days
    for user in User.objects.filter(pk__in=posts.values("user"), is_active=True).order_by("pk"):
        notify(user=user, template="calendar_missing", context={"year": year, "days": days}, link="/manage/calendar/")
