"""Days of a hall, event by event, through the acts of the product: arrivals by the hour, log-normal services, breaks,
no-shows, priorities and bookings. What the estimate said when a number was drawn is kept beside the wait there was.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import Principal, from_user
from onewindow.catalogue.models import Item
from onewindow.hall import estimates
from onewindow.hall.actions import calling, drawing, sitting
from onewindow.hall.models import Queue, Sitting, Ticket, Visit, Window, Zone
from onewindow.kernel import clock
from onewindow.kernel.ledger import System
from onewindow.web.desk.window import PAUSES
from tests.factories.accounts import AgencyFactory, SiteFactory
from tests.hall import oracle

KIOSK = System("kiosk", "取号机")
# Share of the day's visitors by hour, 9 to 16 o'clock.
HOURS = (0.17, 0.20, 0.13, 0.05, 0.09, 0.15, 0.13, 0.08)
OPENS, CLOSES = 9 * 60.0, 17 * 60.0


@dataclass(frozen=True)
class Business:
    """A queue with its items: (share, mean minutes); visitors a day; spread of a service as a share of its mean."""

    code: str
    visitors: int
    items: tuple[tuple[float, float], ...]
    spread: float = 0.6
    usual: int = 10

    def mean_of(self, item: str | None) -> float:
        return self.items[int(str(item).rpartition("-")[2])][1]


@dataclass(frozen=True)
class Habits:
    """What people do, as shares and minutes."""

    booked: float = 0.15
    priority: float = 0.06
    absent: float = 0.05
    returns: float = 0.4
    leave: float = 0.02
    walk: tuple[float, float] = (0.3, 1.5)
    between: tuple[float, float] = (0.1, 0.8)
    # Officers who go on a break and say for how long, as the page lets them choose.
    says: float = 0.8
    # Officers differ in pace; windows that do not open at all on a day.
    pace: tuple[float, float] = (0.85, 1.2)
    closed: float = 0.05


@dataclass(frozen=True)
class Said:
    queue: str
    day: date
    least: float
    most: float
    # Those before in the queue, and the windows it had.
    ahead: int
    windows: float
    waited: float
    # What could have been told at best (tests/hall/oracle.py).
    best: float

    @property
    def middle(self) -> float:
        return (self.least + self.most) / 2

    @property
    def error(self) -> float:
        return abs(self.middle - self.waited)

    @property
    def least_error(self) -> float:
        return abs(self.best - self.waited)


@dataclass
class Seat:
    window: Window
    by: Principal
    pace: float
    codes: tuple[str, ...]
    # Minutes of the day at which breaks begin, and how long they take.
    breaks: list[tuple[float, float]] = field(default_factory=list)
    idle: bool = False
    on: bool = False
    # Business, item and since when; and until when it is away.
    serving: tuple[str, str | None, float] | None = None
    back_at: float = 0.0


class Hall:
    """Made once; its days follow one another and leave the product's own rows behind."""

    def __init__(self, businesses: list[Business], windows: list[tuple[str, ...]], seed: int = 1, habits: Any = None):
        self.chance, self.habits, self.serial = random.Random(seed), habits or Habits(), count()
        site, agency = SiteFactory(), AgencyFactory()
        zone = Zone.objects.get_or_create(site=site, code="A", defaults={"name": "综合服务区"})[0]
        self.businesses = {each.code: each for each in businesses}
        self.queues = {
            each.code: Queue.objects.create(
                site=site, zone=zone, code=each.code, name=f"业务{each.code}", usual_minutes=each.usual, seq=n
            )
            for n, each in enumerate(businesses)
        }
        self.items: dict[str, list[Item]] = {
            each.code: [
                Item.objects.create(code=f"{each.code}-{n}", name=f"事项{each.code}{n}", kind="行政许可", agency=agency)
                for n in range(len(each.items))
            ]
            for each in businesses
        }
        self.seats = [self._seat(n, codes, site, agency) for n, codes in enumerate(windows)]

    def _seat(self, n: int, codes: tuple[str, ...], site: Any, agency: Any) -> Seat:
        zone = next(iter(self.queues.values())).zone
        window = Window.objects.create(site=site, zone=zone, number=f"A{n:02}")
        window.queues.set([self.queues[code] for code in codes])
        user = User.objects.create(username=f"replay-{n}", name=f"窗口{n}", kind=User.Kind.STAFF)
        Post.objects.create(user=user, agency=agency, role="clerk", site=site)
        return Seat(window, from_user(user), self.chance.uniform(*self.habits.pace), codes)

    def remember(self, days: list[date]) -> None:
        """What was measured on earlier days, as rows: the same people at the same windows, without their waits."""
        rows = [row for day in days for seat in self.seats for row in self._day_of(seat, day)]
        Ticket.objects.bulk_create(self.chance.sample(rows, len(rows)))

    def _day_of(self, seat: Seat, day: date) -> Iterator[Ticket]:
        at = datetime.combine(day, time(9), clock.SHANGHAI)
        visit = Visit.objects.create(site=seat.window.site, day=day)
        for code in seat.codes:
            windows = sum(code in other.codes for other in self.seats)
            for _ in range(self.businesses[code].visitors // windows):
                which = self.which(code)
                minutes = self.chance.uniform(1, 2.5)
                absent = self.chance.random() < self.habits.absent
                if not absent:
                    minutes = self.chance.uniform(*self.habits.walk) + self.minutes(code, which) * seat.pace
                state = Ticket.State.MISSED if absent else Ticket.State.DONE
                yield Ticket(
                    state=state, site=seat.window.site, day=day, number=f"H{next(self.serial):05}", visit=visit,
                    queue=self.queues[code], item=self.items[code][which], window=seat.window,
                    turn_at=at, issued_at=at, called_at=at, ended_at=at + timedelta(minutes=minutes),
                )  # fmt: skip

    def which(self, code: str) -> int:
        shares = [share for share, _ in self.businesses[code].items]
        return self.chance.choices(range(len(shares)), shares)[0]

    def minutes(self, code: str, which: int) -> float:
        business = self.businesses[code]
        mean, sigma = business.items[which][1], math.sqrt(math.log(1 + business.spread**2))
        return self.chance.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)

    def play(self, day: date, travel: Any) -> list[Said]:
        return Day(self, day, travel).run()


class Day:
    def __init__(self, hall: Hall, day: date, travel: Any) -> None:
        self.hall, self.day, self.travel, self.chance, self.habits = hall, day, travel, hall.chance, hall.habits
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.order, self.now = count(), OPENS
        self.said: dict[int, tuple[str, float, float, int, float, float]] = {}
        self.called: dict[int, float] = {}
        self.drawn: dict[int, float] = {}
        self.minutes: dict[int, float] = {}

    def run(self) -> list[Said]:
        for seat in self.hall.seats:
            if self.chance.random() >= self.habits.closed:
                self.at(OPENS + self.chance.uniform(-5, 8), self._begin, seat)
        for code, business in self.hall.businesses.items():
            for minute in self._arrivals(business.visitors):
                self.at(minute, self._arrive, code)
        while self.events:
            self.now, _, act = heapq.heappop(self.events)
            self.travel.move_to(self._moment(self.now), tick=False)
            act()
        return list(self._outcome())

    def at(self, minute: float, act: Callable[..., None], *args: Any) -> None:
        heapq.heappush(self.events, (max(minute, self.now), next(self.order), lambda: act(*args)))

    def _moment(self, minute: float) -> datetime:
        midnight = datetime.combine(self.day, datetime.min.time(), clock.SHANGHAI)
        return midnight + timedelta(minutes=minute)

    def _arrivals(self, visitors: int) -> Iterator[float]:
        for hour, share in enumerate(HOURS):
            rate = visitors * share / 60
            minute = OPENS + hour * 60 + self.chance.expovariate(rate)
            while minute < OPENS + (hour + 1) * 60:
                yield minute
                minute += self.chance.expovariate(rate)

    def _arrive(self, code: str) -> None:
        habits, which = self.habits, self.hall.which(code)
        booked = self._moment(self.now + self.chance.uniform(-5, 20)) if self.chance.random() < habits.booked else None
        wish = drawing.Wish(
            self.hall.queues[code], item=self.hall.items[code][which], booked_for=booked,
            priority=Ticket.Priority.ELDERLY if self.chance.random() < habits.priority else "",
        )  # fmt: skip
        source = Ticket.Source.BOOKING if booked else Ticket.Source.KIOSK
        (ticket,) = drawing.draw([wish], by=KIOSK, source=source)
        # What the page and the paper of the number say at this moment.
        load, ahead = estimates.loads([ticket.queue])[ticket.queue_id], estimates.ahead_of(ticket)
        wait, best = load.wait(ahead), oracle.told(self, ticket)
        if wait is not None and best is not None:
            self.said[ticket.pk] = code, wait.least, wait.most, ahead, load.windows, best
        self.drawn[ticket.pk] = self.now
        self.minutes[ticket.pk] = self.hall.minutes(code, which)
        self._wake(code)

    def _wake(self, code: str) -> None:
        for seat in self.chance.sample(self.hall.seats, len(self.hall.seats)):
            if seat.idle and code in seat.codes:
                seat.idle = False
                self.at(self.now + self.chance.uniform(0.05, 0.4), self._press, seat)
                break

    def _begin(self, seat: Seat) -> None:
        sitting.sign_on(seat.window, by=seat.by)
        seat.on, seat.back_at = True, 0.0
        chance = self.chance
        seat.breaks = [
            (chance.uniform(600, 660), chance.uniform(8, 15)), (chance.uniform(690, 780), chance.uniform(25, 45)),
            (chance.uniform(880, 960), chance.uniform(8, 15)),
        ]  # fmt: skip
        for minute, _ in seat.breaks:
            self.at(minute, self._rest, seat)
        self._press(seat)

    def _rest(self, seat: Seat) -> None:
        """An idle window rests at once, another when the next is to be called."""
        if seat.idle:
            self._press(seat)

    def _press(self, seat: Seat) -> None:
        seat.idle = False
        mine = Sitting.objects.get(window=seat.window, ended_at=None)
        if seat.breaks and seat.breaks[0][0] <= self.now:
            _, long = seat.breaks.pop(0)
            near = min(PAUSES, key=lambda minutes: abs(minutes - long))
            says = near if self.chance.random() < self.habits.says else None
            sitting.pause(mine, by=seat.by, reason="休息", minutes=says)
            seat.back_at = self.now + long
            self.at(seat.back_at, self._resume, seat)
            return
        ticket = calling.call_next(seat.window, by=seat.by)
        if ticket is not None:
            self._serve(seat, ticket)
        elif self.now >= CLOSES:
            sitting.sign_off(mine, by=seat.by)
            seat.on = False
        else:
            seat.idle = True
            self.at(CLOSES, self._close, seat)

    def _close(self, seat: Seat) -> None:
        if seat.idle:
            self._press(seat)

    def _resume(self, seat: Seat) -> None:
        sitting.go_on(Sitting.objects.get(window=seat.window, ended_at=None), by=seat.by)
        self._press(seat)

    def _serve(self, seat: Seat, ticket: Ticket) -> None:
        first = ticket.pk not in self.called
        self.called.setdefault(ticket.pk, self.now)
        seat.serving = ticket.queue.code, ticket.item_id, self.now
        if first and self.chance.random() < self.habits.absent + self.habits.leave:
            self.at(self.now + self.chance.uniform(1, 2.5), self._miss, seat, ticket)
            return
        begun = self.now + self.chance.uniform(*self.habits.walk)
        self.at(begun, lambda: calling.begin(ticket, by=seat.by))
        self.at(begun + self.minutes[ticket.pk] * seat.pace, self._finish, seat, ticket)

    def _miss(self, seat: Seat, ticket: Ticket) -> None:
        calling.miss(ticket, by=seat.by)
        seat.serving = None
        if self.chance.random() < self.habits.returns and self.now < CLOSES - 30:
            self.at(self.now + self.chance.uniform(3, 25), self._return, ticket)
        self.at(self.now + self.chance.uniform(*self.habits.between), self._press, seat)

    def _return(self, ticket: Ticket) -> None:
        calling.come_back(ticket, by=KIOSK)
        self._wake(ticket.queue.code)

    def _finish(self, seat: Seat, ticket: Ticket) -> None:
        calling.finish(ticket, by=seat.by)
        seat.serving = None
        self.at(self.now + self.chance.uniform(*self.habits.between), self._press, seat)

    def _outcome(self) -> Iterator[Said]:
        for pk, (code, least, most, ahead, windows, best) in self.said.items():
            if pk in self.called:
                yield Said(code, self.day, least, most, ahead, windows, self.called[pk] - self.drawn[pk], best)
