"""What stands on a roster, who may be put on it, what it still lacks: read once, in a fixed number of statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.db.models import Q

from onewindow.accounts.models import Absence, Post, User
from onewindow.hall.actions.sitting import STAFF
from onewindow.hall.models import Attendance, Duty, Roster, Window
from onewindow.hall.sessions import Session, Week, label_of
from onewindow.kernel import clock


@dataclass(frozen=True)
class Officer:
    """Somebody with a window post, for one of the agencies they may serve."""

    user_id: int
    name: str
    username: str
    agency_id: str
    agency: str
    starts: date
    ends: date | None

    def holds_on(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True)
class Placing:
    """One line of a roster as it is asked for."""

    session: Session
    window: Window
    officer: Officer


class Plan:
    def __init__(self, roster: Roster, *, ahead_cleared: bool = False) -> None:
        """`ahead_cleared`: as if what is not over yet had been taken off."""
        self.roster = roster
        self.week = Week.of(roster.site_id, roster.monday)
        self.sessions = {session.key: session for session in self.week.sessions()}
        known = Duty.objects.standing().filter(day__range=(roster.monday, roster.sunday))
        everywhere = [
            duty
            for duty in known.select_related("window", "user", "agency")
            if not (ahead_cleared and duty.roster_id == roster.pk and duty.ends > clock.now())
        ]
        self.duties = [duty for duty in everywhere if duty.roster_id == roster.pk]
        self._at = {(duty.window_id, duty.day, duty.session): duty for duty in everywhere}
        self._of = {(duty.user_id, duty.day, duty.session): duty for duty in everywhere}

    @cached_property
    def windows(self) -> dict[str, Window]:
        windows = Window.objects.filter(site=self.roster.site_id).prefetch_related("queues")
        return {window.number: window for window in windows}

    @cached_property
    def officers(self) -> dict[tuple[int, str], Officer]:
        """By user and agency; of the site, or of none in particular."""
        here = Q(site=self.roster.site_id) | Q(site=None)
        posts = Post.objects.filter(here, role__in=STAFF, agency__isnull=False, user__is_active=True)
        posts = posts.filter(Q(ends=None) | Q(ends__gte=self.roster.monday), starts__lte=self.roster.sunday)
        found: dict[tuple[int, str], Officer] = {}
        for post in posts.select_related("user", "agency").order_by("agency__seq", "user__name", "starts"):
            assert post.agency is not None
            officer = Officer(
                post.user_id, post.user.name, post.user.username, post.agency.pk, str(post.agency), post.starts,
                post.ends,
            )  # fmt: skip
            found.setdefault((post.user_id, post.agency.pk), officer)
        return found

    @cached_property
    def _away(self) -> list[tuple[int, date, date]]:
        away = Absence.objects.filter(ended_at=None, starts__lte=self.roster.sunday, ends__gte=self.roster.monday)
        return list(away.order_by("pk").values_list("user", "starts", "ends"))

    @cached_property
    def attendance(self) -> list[Attendance]:
        return list(Attendance.objects.filter(site=self.roster.site_id))

    def problem(self, asked: Placing, without: Duty | None = None) -> str:
        """Why it cannot stand; `without` a duty that goes at the same moment."""
        session, window, officer = asked.session, asked.window, asked.officer
        if session.over:
            return f"{session}已经过去，不能再改。"
        if self.week.hours_of(window, session.day, session.kind) is None:
            return f"{window} 号窗口的业务在{session}不开放。"
        if not officer.holds_on(session.day):
            return f"{officer.name}在{officer.agency}的岗位那天不在有效期内。"
        if any(user == officer.user_id and starts <= session.day <= ends for user, starts, ends in self._away):
            return f"{officer.name} {session.day:%-m月%-d日} 登记了离岗。"
        at = self._at.get((window.pk, session.day, session.kind))
        if at and at != without:
            return f"{session} {window} 号窗口已经排了{at.user.name}。"
        of = self._of.get((officer.user_id, session.day, session.kind))
        if of and of != without:
            return f"{officer.name}{session}已经排在 {of.window} 号窗口。"
        return ""

    def take(self, asked: Placing) -> Duty:
        """The duty, unsaved, and remembered for those that follow."""
        hours = self.week.hours_of(asked.window, asked.session.day, asked.session.kind)
        assert hours is not None
        duty = Duty(
            roster=self.roster, day=asked.session.day, session=asked.session.kind, opens=hours.opens,
            closes=hours.closes, window=asked.window, agency_id=asked.officer.agency_id,
            user=User(pk=asked.officer.user_id, name=asked.officer.name),
        )  # fmt: skip
        self._at[duty.window_id, duty.day, duty.session] = self._of[duty.user_id, duty.day, duty.session] = duty
        self.duties.append(duty)
        return duty

    def staffed(self) -> Counter[tuple[date, str, int]]:
        """How many windows serve a queue in a session."""
        windows = {window.pk: window for window in self.windows.values()}
        return Counter(
            (duty.day, duty.session, queue.pk) for duty in self.duties for queue in windows[duty.window_id].queues.all()
        )

    def missing(self) -> dict[Session, list[str]]:
        """必到部门 that nobody serves for, session by session; what is over is not asked for any more."""
        there: dict[str, set[str]] = {}
        for duty in self.duties:
            there.setdefault(f"{duty.day.isoformat()}.{duty.session}", set()).add(duty.agency_id)
        found = {}
        for key, session in self.sessions.items():
            lacks = [
                row.name
                for row in self.attendance
                if session.kind in row.kinds and not there.get(key, set()) & set(row.agencies)
            ]
            if lacks and not session.over:
                found[session] = lacks
        return found


class Incomplete(ValueError):
    """必到部门: who is missing in which session still ahead."""

    title = "还不能发布，必到部门没有到齐"

    def __init__(self, missing: dict[Session, list[str]]) -> None:
        super().__init__(f"{self.title}：{missing_words(missing)}。")
        self.rows = [f"{session}：缺{'、'.join(names)}" for session, names in missing.items()]


def missing_words(missing: dict[Session, list[str]]) -> str:
    return "；".join(f"{session}缺{'、'.join(names)}" for session, names in missing.items())


def told(duties: Iterable[Duty]) -> list[str]:
    """As the ledger keeps it."""
    return [f"{label_of(duty)} {duty.window} 号窗口 {duty.user.name}（{duty.agency}）" for duty in duties]
