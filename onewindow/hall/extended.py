"""How much is done in extended hours, week by week and agency by agency: one statement for any number of weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from onewindow.accounts.models import Agency, Site
from onewindow.hall.models import Roster
from onewindow.hall.sessions import monday_of
from onewindow.kernel import clock

# Numbers served by a window on a published roster, begun in its session; who drew a number in the session and was
# served after its end counts too, save at noon, when the ordinary hours follow.
COUNTED = """
WITH duty AS (
  SELECT r.monday, d.agency_id, d.window_id, d.day, d.session,
    (d.day + d.opens) AT TIME ZONE 'Asia/Shanghai' AS starts, (d.day + d.closes) AT TIME ZONE 'Asia/Shanghai' AS ends
  FROM hall_duty d JOIN hall_roster r ON r.id = d.roster_id
  WHERE r.site_id = %(site)s AND r.state = ANY(%(states)s) AND r.monday >= %(first)s AND r.monday <= %(last)s
    AND d.removed_at IS NULL
)
SELECT duty.monday, duty.agency_id,
  count(DISTINCT s.case_id),
  count(DISTINCT c.id) FILTER (WHERE c.decided_at >= duty.starts AND c.decided_at <= t.ended_at),
  count(DISTINCT q.id)
FROM duty
LEFT JOIN hall_ticket t ON t.window_id = duty.window_id AND t.day = duty.day AND t.state = 'done'
  AND t.served_at >= duty.starts AND (t.served_at < duty.ends
    OR duty.session <> 'noon' AND t.issued_at >= duty.starts AND t.issued_at < duty.ends)
LEFT JOIN hall_service s ON s.ticket_id = t.id
LEFT JOIN cases_case c ON c.id = s.case_id
LEFT JOIN hall_consultation q ON q.ticket_id = t.id
GROUP BY duty.monday, duty.agency_id ORDER BY duty.monday DESC
"""


@dataclass(frozen=True)
class Share:
    """What one agency did in the extended sessions of a week."""

    agency: Agency
    # Cases handled at the window; of those, decided in the session; questions answered without a case.
    cases: int
    decided: int
    consultations: int

    @property
    def total(self) -> int:
        return self.cases + self.consultations


@dataclass(frozen=True)
class Extra:
    monday: date
    shares: list[Share]

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def cases(self) -> int:
        return sum(share.cases for share in self.shares)

    @property
    def decided(self) -> int:
        return sum(share.decided for share in self.shares)

    @property
    def consultations(self) -> int:
        return sum(share.consultations for share in self.shares)

    @property
    def total(self) -> int:
        return self.cases + self.consultations


def weeks(site: Site, number: int = 12) -> list[Extra]:
    """This week first; a week without a published roster is not there."""
    last = monday_of(clock.today())
    known: dict[str, Any] = {
        "site": site.pk, "states": list(Roster.IN_FORCE), "first": last - timedelta(weeks=number - 1), "last": last,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, known)
        rows = cursor.fetchall()
    agencies = Agency.objects.in_bulk({agency for _, agency, *_ in rows})
    return [
        Extra(monday, sorted((Share(agencies[row[1]], *row[2:]) for row in group), key=lambda each: each.agency.seq))
        for monday, group in groupby(rows, key=lambda row: row[0])
    ]


HEADINGS: list[object] = ["周一", "周日", "部门", "办件", "其中当场决定", "咨询", "合计"]


def table(found: list[Extra]) -> list[list[object]]:
    return [
        HEADINGS,
        *(
            [week.monday, week.sunday, str(share.agency), share.cases, share.decided, share.consultations, share.total]
            for week in found
            for share in week.shares
        ),
        *(
            [week.monday, week.sunday, "全部部门", week.cases, week.decided, week.consultations, week.total]
            for week in found
        ),
    ]
