"""A hall that keeps rosters: evenings on Tuesday, Saturdays, and the four agencies that must attend."""

from datetime import date, datetime, time

from django.conf import settings

from onewindow.accounts.models import Post
from onewindow.accounts.principal import from_user
from onewindow.hall.actions import rostering
from onewindow.hall.models import Attendance, Duty, Hours
from onewindow.hall.planning import Plan
from onewindow.kernel import clock
from onewindow.kernel.clock import SHANGHAI
from tests.factories.accounts import AgencyFactory, PostFactory, SiteFactory, StaffFactory
from tests.hall.conftest import a_queue, a_window

MONDAY = date(2026, 3, 2)
MUST = {"房管": ["FCZ"], "国土": ["BDC"], "税务": ["TAX"], "公积金": ["GJJ"]}


def at(day, hour="09:00"):
    return datetime.fromisoformat(f"2026-03-{day:02d}T{hour}").replace(tzinfo=SHANGHAI)


class Hall:
    """Evenings on Tuesday, Saturdays, and the four agencies that must attend; an officer and a window of each."""

    def __init__(self):
        clock.load_holidays(settings.DATA_DIR / "holidays.json")
        self.site = SiteFactory()
        self.queues = {code: a_queue(code) for code in ("FG", "GT", "SW", "GJ", "ZH")}
        self.windows, self.officers = {}, {}
        agencies = dict(zip(self.queues, ("FCZ", "BDC", "TAX", "GJJ", "WJJ"), strict=True))
        for queue, agency in agencies.items():
            row = AgencyFactory(code=agency, name=f"区{agency}局", short_name="")
            self.queues[queue].agencies.add(row)
            self.windows[agency] = a_window(f"A{len(self.windows) + 1:02d}", self.queues[queue])
            self.officers[agency] = self.officer(agency)
        for name, codes in MUST.items():
            Attendance.objects.create(site=self.site, name=name, agencies=codes, kinds=["noon", "evening", "saturday"])
        for weekday, opens, closes, kind in (
            (1, 9, 17, "regular"), (2, 9, 17, "regular"), (2, 18, 21, "evening"), (6, 9, 17, "saturday"),
        ):  # fmt: skip
            Hours.objects.create(site=self.site, weekday=weekday, opens=time(opens), closes=time(closes), kind=kind)
        manager = StaffFactory(name="邓勇")
        PostFactory(user=manager, role=Post.Role.MANAGER, agency=None, site=self.site)
        self.manager = from_user(manager)

    def officer(self, agency, name=""):
        user = StaffFactory(name=name or f"{agency}的人")
        PostFactory(user=user, role=Post.Role.CLERK, agency=AgencyFactory(code=agency), site=self.site)
        return user

    def roster(self, monday=MONDAY):
        return rostering.open_week(self.site, monday, by=self.manager)

    def put(self, roster, agency, *kinds, user=None, window=None):
        plan = Plan(roster)
        return rostering.assign(
            roster, by=self.manager, window=plan.windows[str(window or self.windows[agency])],
            officer=plan.officers[(user or self.officers[agency]).pk, agency],
            sessions=[each for each in plan.sessions.values() if not kinds or each.kind in kinds],
        )  # fmt: skip

    def published(self, monday=MONDAY):
        roster = self.roster(monday)
        for agency in ("FCZ", "BDC", "TAX", "GJJ"):
            self.put(roster, agency)
        return rostering.publish(roster, by=self.manager)


def duty(roster, agency, kind):
    return Duty.objects.standing().get(roster=roster, agency=agency, session=kind)
