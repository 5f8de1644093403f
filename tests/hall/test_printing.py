"""Numbers on paper: the bytes a printer gets, what is said when it gets none, and never twice for one press."""

import struct

import pytest
from django.urls import reverse
from PIL import Image

from onewindow.hall import slips
from onewindow.hall.actions import printing
from onewindow.hall.models import Device, Printout, Ticket
from onewindow.kernel import numbers
from onewindow.kernel.models import Entry
from tests.hall.conftest import a_queue
from tests.hall.devices import a_device, at, listening

pytestmark = pytest.mark.django_db
SLIP = slips.Slip(
    "新都区政务服务中心", "A001", "综合服务区 · 㑇䶮受理", "前面 3 人", "11月28日 20:30", "http://127.0.0.1/t/1/"
)
RASTER, CUT = b"\x1dv0\x00", b"\x1dV"


def pictures(job: bytes) -> list[Image.Image]:
    """GS v 0 m xL xH yL yH and the dots, as a printer reads them."""
    found, at_ = [], 0
    while (at_ := job.find(RASTER, at_)) >= 0:
        width, height = struct.unpack("<HH", job[at_ + 4 : at_ + 8])
        dots = job[at_ + 8 : at_ + 8 + width * height]
        found.append(Image.frombytes("1", (width * 8, height), bytes(255 - byte for byte in dots)))
        at_ += 8 + width * height
    return found


def put_together(parts: list[Image.Image]) -> Image.Image:
    whole = Image.new("1", (parts[0].width, sum(part.height for part in parts)))
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    return whole


@pytest.fixture
def queue(db):
    return a_queue(rest=True)


def press(client, queue, once=None):
    data = {"queue": queue.pk, "once": once or numbers.share_number()}
    return client.post(reverse("kiosk-draw", args=["510114"]), data, follow=True).content.decode()


@pytest.mark.parametrize("dots", [384, 576])
def test_the_printer_gets_the_ticket_as_dots_and_a_cut(dots):
    with listening() as printer:
        slips.send(SLIP, Device(printer_host="127.0.0.1", printer_port=printer.port, printer_dots=dots))
    (job,) = printer.jobs
    assert job.startswith(b"\x1b@") and CUT in job[job.rfind(RASTER) :]
    got = put_together(pictures(job))
    assert got.size[0] == dots
    assert got.tobytes() == slips.draw(SLIP, dots).tobytes()


def test_rare_characters_are_drawn_and_none_is_an_empty_box():
    missing = slips._font(40).getmask("\U0001fffe").getbbox()
    for character in "㑇䶮堃":
        assert slips._font(40).getmask(character).getbbox() != missing


@pytest.mark.parametrize(
    ("status", "said"),
    [({"paper": 0x72}, "没有纸"), ({"offline": 0x16}, "盖子"), ({"paper": 0x12}, "")],
)
def test_what_the_printer_says_of_itself_decides(status, said):
    with listening(**status) as printer:
        device = Device(printer_host="127.0.0.1", printer_port=printer.port)
        if said:
            with pytest.raises(slips.NotPrinted, match=said):
                slips.send(SLIP, device)
        else:
            slips.send(SLIP, device)
    assert len(printer.jobs) == (0 if said else 1)


def test_a_press_at_the_machine_prints_once_however_often_it_arrives(queue):
    with listening() as printer:
        device = a_device("Q1", "tickets", roll=10, printer_host="127.0.0.1", printer_port=printer.port)
        machine, once = at(device), numbers.share_number()
        first, second = press(machine, queue, once), press(machine, queue, once)
        machine.get(reverse("kiosk-ticket", args=["510114", Ticket.objects.get().visit.secret]))
        assert "A001" in first and "A001" in second and len(printer.jobs) == 1
        again = {"once": numbers.share_number()}
        machine.post(reverse("kiosk-ticket-print", args=["510114", Ticket.objects.get().visit.secret]), again)
    assert len(printer.jobs) == 2
    device.refresh_from_db()
    assert device.roll == 8 and "data-print" not in first


def test_a_printer_that_is_off_is_told_on_the_screen_and_the_number_counts(queue):
    device = a_device("Q1", "tickets", roll=10, printer_host="127.0.0.1", printer_port=9)
    shown = press(at(device), queue)
    assert "没有打出号票" in shown and "请拍照保存号码" in shown
    assert Ticket.objects.get().state == "waiting"
    assert Printout.objects.get().state == "failed"
    assert Entry.objects.get(event="device.print_failed").data["why"]


def test_without_paper_nothing_is_sent(queue):
    with listening() as printer:
        device = a_device("Q1", "tickets", roll=0, printer_host="127.0.0.1", printer_port=printer.port)
        assert "没有纸了" in press(at(device), queue)
    assert printer.jobs == []


def test_a_browser_prints_the_page_once(queue):
    machine = at(a_device("Q1", "tickets", roll=10))
    page = press(machine, queue)
    again = machine.get(reverse("kiosk-ticket", args=["510114", Ticket.objects.get().visit.secret]))
    assert "data-print" in page and "data-print" not in again.content.decode()


def test_paper_running_low_is_told_once(queue):
    device = a_device("Q1", "tickets", roll=52)
    machine = at(device)
    for _ in range(4):
        press(machine, queue)
    low = Entry.objects.get(event="device.paper_low")
    assert low.data == {"what": "roll", "level": "low"}
    device.refresh_from_db()
    assert device.roll == 48 and printing.copies("X") == 0
