"""谁在服务: which windows and agencies serve at this moment, until when, and when the next extended session is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from onewindow.accounts.models import Agency, Site
from onewindow.hall.hours import Timetable
from onewindow.hall.models import Duty, Hours, Queue, Sitting, Window
from onewindow.hall.sessions import Session, Week, monday_of
from onewindow.kernel import clock


@dataclass(frozen=True)
class Serving:
    """A window with what it does and for whom; no officer is named to the public."""

    window: Window
    queues: list[str]
    agencies: list[Agency]
    # Its officer has signed on.
    seated: bool


@dataclass(frozen=True)
class Now:
    site: Site
    # "" while nothing is open.
    kind: str = ""
    until: datetime | None = None
    windows: list[Serving] = field(default_factory=list)
    following: Shift | None = None

    @property
    def label(self) -> str:
        return str(Hours.Kind(self.kind).label) if self.kind else ""

    @property
    def agencies(self) -> list[Agency]:
        return _distinct(agency for each in self.windows for agency in each.agencies)


@dataclass(frozen=True)
class Shift:
    """A session with who stands on the published roster."""

    session: Session
    duties: list[Duty]

    @property
    def agencies(self) -> list[Agency]:
        return _distinct(duty.agency for duty in self.duties)

    @property
    def windows(self) -> list[str]:
        return sorted({duty.window.number for duty in self.duties})


def _distinct(agencies: Iterable[Agency]) -> list[Agency]:
    return sorted({agency.pk: agency for agency in agencies}.values(), key=lambda agency: agency.seq)


def now(site: Site, timetable: Timetable | None = None, queues: list[Queue] | None = None) -> Now:
    """In extended hours the windows on the roster, else those whose officers have signed on."""
    moment = clock.now().astimezone(clock.SHANGHAI)
    today = moment.date()
    timetable = timetable or Timetable.of(site.pk, today, today)
    queues = list(Queue.objects.filter(site=site)) if queues is None else queues
    open_ = [(queue, period) for queue in queues if (period := timetable.open_now(queue, moment))]
    following = _following(site, moment) if timetable.kept else None
    if not open_:
        return Now(site, following=following)
    kind = open_[0][1].kind
    until = datetime.combine(today, max(period.closes for _, period in open_), clock.SHANGHAI)
    rostered = timetable.kept and kind in Hours.EXTENDED
    windows = _rostered(site, today, kind) if rostered else _seated(site)
    return Now(site, kind, until, windows, following)


def _following(site: Site, moment: datetime) -> Shift | None:
    """The next session that somebody is on the roster for, this week or in the next two."""
    ahead = Duty.objects.in_force().filter(roster__site=site, day__range=(moment.date(), moment.date() + timedelta(20)))
    first = next((duty for duty in ahead.order_by("day", "opens", "id")[:60] if duty.starts > moment), None)
    if first is None:
        return None
    duties = ahead.filter(day=first.day, session=first.session).select_related("agency", "window")
    found = list(duties)
    session = Session(first.day, first.session, min(d.opens for d in found), max(d.closes for d in found))
    return Shift(session, found)


def _rostered(site: Site, day: date, kind: str) -> list[Serving]:
    duties = Duty.objects.in_force().filter(roster__site=site, day=day, session=kind).order_by("window__number")
    known = list(duties.select_related("window", "agency").prefetch_related("window__queues"))
    at_work = Sitting.objects.filter(window__in=[duty.window_id for duty in known], ended_at=None, paused_at=None)
    seated = set(at_work.order_by("pk").values_list("window", flat=True))
    return [
        Serving(duty.window, [str(each) for each in duty.window.queues.all()], [duty.agency], duty.window_id in seated)
        for duty in known
    ]


def _seated(site: Site) -> list[Serving]:
    sittings = Sitting.objects.filter(window__site=site, ended_at=None, paused_at=None)
    known = sittings.select_related("window").prefetch_related("window__queues__agencies").order_by("window__number")
    return [
        Serving(
            sitting.window, [str(queue) for queue in sitting.window.queues.all()],
            _distinct(agency for queue in sitting.window.queues.all() for agency in queue.agencies.all()), True,
        )
        for sitting in known
    ]  # fmt: skip


def week(site: Site, monday: date | None = None) -> list[Shift]:
    """The extended sessions of a week with who serves; one nobody is published for is there without duties."""
    monday = monday or monday_of(clock.today())
    duties = Duty.objects.in_force().filter(roster__site=site, roster__monday=monday)
    of_session: dict[tuple[date, str], list[Duty]] = defaultdict(list)
    for duty in duties.select_related("agency", "window", "user").order_by("window__number"):
        of_session[duty.day, duty.session].append(duty)
    sessions = Week.of(site.pk, monday).sessions()
    return [Shift(session, of_session[session.day, session.kind]) for session in sessions]
