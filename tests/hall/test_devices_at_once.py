"""Many print at one device at once: the last sheets are given out once."""

import pytest

from onewindow.hall.actions import devices, printing
from onewindow.hall.models import Device, Printout
from onewindow.kernel.models import Entry
from tests.hall.devices import a_device
from tests.hall.test_at_once import together

pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]


def test_forty_presses_on_twenty_five_sheets():
    device = a_device(sheets=25)

    def press(n):
        own = Device.objects.select_related("site", "zone").get(pk=device.pk)
        return printing.guide("XDP0001", own, pages=2, once=f"press-{n}").state

    states = together(press, range(40))
    device.refresh_from_db()
    assert (states.count("failed"), states.count("sending"), device.sheets) == (28, 12, 1)


def test_one_press_arriving_eight_times_takes_paper_once():
    device = a_device(sheets=25)

    def press(_):
        own = Device.objects.select_related("site", "zone").get(pk=device.pk)
        return printing.begin(printing.guide("XDP0001", own, pages=1, once="one press"))

    assert together(press, range(8)).count(True) == 1
    device.refresh_from_db()
    assert device.sheets == 24 and Printout.objects.count() == 1


def test_a_silent_device_is_told_of_once_by_two_workers():
    device = a_device(token_hash="x" * 64, seen_at="2026-01-01T00:00+08:00")
    assert sum(together(lambda _: devices.sweep(), range(6))) == 1
    assert Entry.objects.filter(event="device.unreachable", subject=device.key).count() == 1
