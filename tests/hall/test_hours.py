"""Opening hours: holidays, make-up workdays, evenings and Saturdays; they never touch the legal clock."""

from datetime import date, datetime, time

import pytest
from django.conf import settings
from django.db import transaction

from onewindow.accounts.loading import read_agencies, read_divisions, read_sites, store_places
from onewindow.hall import loading
from onewindow.hall.actions import drawing
from onewindow.hall.hours import Timetable
from onewindow.hall.models import Device, Queue, SpecialDay, Window
from onewindow.kernel import clock
from onewindow.kernel.clock import SHANGHAI
from onewindow.kernel.tables import Problems

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def hall(django_db_setup, django_db_blocker):
    """The reference district's real rows, once for these tests."""
    problems, folder = Problems(), settings.DATA_DIR
    with django_db_blocker.unblock(), transaction.atomic():
        divisions = read_divisions(folder, problems)
        store_places(read_agencies(folder, problems), divisions, read_sites(folder, divisions, problems))
        clock.load_holidays(folder / "holidays.json")
        written, found = loading.load(folder)
        assert not found.found
        yield written
        transaction.set_rollback(True)
    clock.forget()


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def queue(code, site="510114"):
    return Queue.objects.get(site=site, code=code)


def test_the_district_has_its_windows_and_devices(hall):
    assert Window.objects.filter(site="510114").count() == 220
    assert Device.objects.exclude(kind="door").count() == 76
    assert Queue.objects.filter(site__level="town").count() == 13
    assert not Window.objects.filter(queues=None).exists()
    again, problems = loading.load(settings.DATA_DIR)
    assert (again, problems.found) == (0, [])


@pytest.mark.parametrize(
    ("code", "moment", "kind"),
    [
        ("ZH", "2026-03-02 09:00", "regular"),
        ("ZH", "2026-03-02 12:30", "noon"),
        ("ZH", "2026-03-02 17:00", None),
        ("SW", "2026-03-03 18:00", "evening"),
        ("SW", "2026-03-04 18:00", None),
        ("GJ", "2026-03-07 10:00", "saturday"),
        ("JT", "2026-03-07 10:00", None),
        ("ZH", "2026-10-03 10:00", None),  # Saturday of the National Day holiday
        ("ZH", "2026-10-10 10:00", "regular"),  # Saturday that is worked
        ("ZH", "2026-03-08 10:00", None),
    ],
)
def test_when_a_queue_is_served(hall, code, moment, kind):
    found = Queue.objects.filter(site="510114", code=code).first() or queue("JN")
    period = Timetable.of("510114").open_now(found, at(moment))
    assert (period.kind if period else None) == kind


def test_the_next_opening_skips_the_holiday(hall):
    assert Timetable.of("510114").next_opening(queue("QY"), at("2026-09-30 18:00")) == at("2026-10-08 09:00")


def test_a_special_day_of_the_queue_goes_before_the_sites(hall, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    SpecialDay.objects.create(site_id="510114", day=date(2026, 3, 2), reason="停电检修")
    SpecialDay.objects.create(
        site_id="510114", queue=queue("SB"), day=date(2026, 3, 2), opens=time(9), closes=time(11), reason="照常办社保"
    )
    timetable = Timetable.of("510114")
    assert timetable.now(queue("SB")) and timetable.now(queue("YB")) is None
    with pytest.raises(ValueError, match="3月3日 09:00 开始服务"):
        drawing.ensure_open(queue("YB"))


def test_evenings_and_saturdays_have_the_four_that_must_take_part(hall):
    """房管、国土、税务、公积金."""
    for kind in ("evening", "saturday"):
        served = set(Queue.objects.filter(opening__kind=kind, site="510114").values_list("code", flat=True))
        assert {"BD", "SW", "GJ"} <= served
