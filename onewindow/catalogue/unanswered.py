"""Questions that found nothing good, for the editors of the vocabulary: counted a day, without who asked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Max, Min, QuerySet, Sum

from onewindow.catalogue import speech
from onewindow.catalogue.models import Unanswered
from onewindow.kernel import clock

LONGEST = 40
# Different questions kept a day: enough to learn from, too few to fill a disk with.
A_DAY = 2_000
KEPT = timedelta(days=90)
# Numbers of people, phones, accounts and plates, also spelled out or with letters among them; mail addresses.
PERSONAL = re.compile(r"[\w.+-]+@[\w.-]+|[a-z]*\d[\da-z\-]{3,}|[〇零一二三四五六七八九幺两]{5,}|\d+")
# What somebody is called, when they say so.
CALLED = re.compile(r"(?:我叫|我是|姓名|名字叫|名字是)\s*[一-鿿]{2,4}")

NOTE = """
INSERT INTO catalogue_unanswered (day, text, asked, found_nothing)
SELECT %s, %s, 1, %s WHERE (SELECT count(*) FROM catalogue_unanswered WHERE day = %s) < %s
ON CONFLICT (day, text) DO UPDATE SET asked = catalogue_unanswered.asked + 1
"""


def without_persons(text: str) -> str:
    plain = CALLED.sub(" ", PERSONAL.sub(" ", speech.normal(text)))
    return " ".join(plain.split())[:LONGEST].strip()


def note(text: str, *, found_nothing: bool) -> None:
    kept = without_persons(text)
    if len(kept) < 2:
        return
    today = clock.today()
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [today, kept, found_nothing, today, A_DAY])


def often() -> QuerySet[Unanswered, Any]:
    """By text, the most asked first."""
    since = clock.today() - KEPT
    rows = Unanswered.objects.filter(day__gte=since).order_by().values("text")
    return rows.annotate(times=Sum("asked"), last=Max("day"), first=Min("day")).order_by("-times", "text")


def settle(text: str) -> int:
    """The editors have dealt with it."""
    return Unanswered.objects.filter(text=text).delete()[0]


def forget() -> int:
    return Unanswered.objects.filter(day__lt=clock.today() - KEPT).delete()[0]
