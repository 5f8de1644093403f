"""The hall survives (docs/decisions/0025): two hours without the centre, under load, killed in the middle."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from onewindow.accounts.models import Post
from onewindow.accounts.principal import from_user
from onewindow.accounts.providers import totp
from onewindow.hall.actions import booking, drawing, leases
from onewindow.hall.models import Booking, Slot
from onewindow.kernel import clock, flow, ledger, secrecy
from tests.factories.accounts import AgencyFactory, PostFactory, StaffFactory, UserFactory, citizen_number
from tests.factories.catalogue import flagship
from tests.hall.conftest import KIOSK, a_queue, a_window
from tests.hall.processes import Browser, Cable, Process, copy_database, drop_database

pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]
SITE = "510114"
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=clock.SHANGHAI)
PASSWORD = "osmanthus-2017"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
# Everything in a row but what the centre keeps to itself.
HALL = {
    "hall_visit": ["person_id"], "hall_ticket": ["case_id"], "hall_sitting": [], "hall_consultation": [],
    "hall_receipt": ["case_id", "number_cipher"], "hall_receiptfile": [], "hall_service": ["case_id"],
    "feedback_rating": ["case_id"],
}  # fmt: skip


class Clock:
    """The time both programs tell; moved by hand, and running between."""

    def __init__(self, path: Path, settings) -> None:
        self.path = path
        settings.CLOCK_FILE = str(path)
        self.move_to(NINE)

    def move_to(self, moment: datetime) -> None:
        self._tell((moment - timezone.now()).total_seconds())

    def forward(self, minutes: float) -> None:
        self._tell(float(self.path.read_text()) + 60 * minutes)

    def _tell(self, seconds: float) -> None:
        """At one stroke: who reads half a file takes the machine's own time."""
        beside = self.path.with_suffix(".new")
        beside.write_text(str(seconds))
        beside.replace(self.path)


class World:
    """Four windows, their officers, an item, a booking for today; five numbers were drawn before the node began."""

    def __init__(self) -> None:
        clock.load_holidays(settings.DATA_DIR / "holidays.json")
        AgencyFactory(code="WJJ")
        self.item = flagship()
        self.queues = [a_queue("ZH", rest=True), a_queue("SB")]
        self.windows = [a_window(f"A0{n}", *self.queues[: 1 + n % 2]) for n in range(1, 5)]
        self.officers = [self.officer(f"clerk-{n}") for n in range(1, 5)]
        holder = UserFactory(name="李秀英")
        slot = Slot.objects.create(
            queue=self.queues[0], starts=NINE + timedelta(minutes=60), ends=NINE + timedelta(minutes=90), online=5
        )
        self.holder = from_user(holder)
        self.booking = booking.confirm(booking.hold(slot, by=self.holder), by=self.holder)
        self.before = [
            drawing.draw([drawing.Wish(self.queues[n % 2])], by=KIOSK, source="kiosk")[0].number for n in range(5)
        ]

    def officer(self, username: str):
        user = StaffFactory(username=username, name=username, password=PASSWORD)
        user.totp_cipher = secrecy.encrypt(SECRET, purpose=totp.PURPOSE)
        user.save()
        site = self.queues[0].site
        PostFactory(user=user, role=Post.Role.CLERK, agency=AgencyFactory(code="WJJ"), site=site)
        return user


def sign_in(process: Process, username: str, ahead: int = 0) -> Browser:
    """Password and authenticator, through the pages."""
    browser = process.browser()
    page = browser.post("/staff/sign-in/", {"identifier": username, "password": PASSWORD})
    assert page.status == 302, page.text
    page = browser.post("/staff/sign-in/totp/", {"code": totp.code_at(SECRET, totp.current_step() + ahead)})
    assert page.status == 302, page.text
    return browser


class Traffic:
    """People at the machine and officers at the windows, until it is over; remembers what people were told."""

    def __init__(self, node: Process, world: World) -> None:
        self.node, self.world = node, world
        self.told: dict[str, str] = {}
        self.acts: Counter[str] = Counter()
        self.over = threading.Event()
        self.threads: list[threading.Thread] = []

    def run(self, officers: list[Browser]) -> None:
        self.over.clear()
        works = [lambda: self._draw(0), lambda: self._draw(1), *(lambda b=b: self._serve(b) for b in officers)]
        self.threads = [threading.Thread(target=self._on, args=(work,), daemon=True) for work in works]
        for each in self.threads:
            each.start()

    def end(self) -> None:
        self.over.set()
        for each in self.threads:
            each.join(timeout=30)

    def until(self, drawn: int) -> None:
        until(lambda: len(self.told) >= drawn)

    def _on(self, work) -> None:
        while not self.over.is_set():
            try:
                work()
            except (OSError, HTTPException):
                time.sleep(0.05)  # the machine has no power

    def _draw(self, n: int) -> None:
        browser = self.node.browser()
        page = browser.post(f"/kiosk/{SITE}/tickets/", {"queue": self.world.queues[n].pk})
        if match := re.search(r"/tickets/(\w{12})/", page.location):
            shown = browser.get(page.location).text
            if number := re.search(r"\bA\d{3,4}\b", shown):
                self.told[match[1]] = number[0]
        time.sleep(0.04)

    def _serve(self, browser: Browser) -> None:
        for verb in ("call", "start", "recall" if self.acts["call"] % 5 == 0 else "start", "done"):
            page = browser.post(f"/desk/window/{verb}/")
            if page.status == 302:
                self.acts[verb] += 1
        if self.acts["call"] % 7 == 0:
            browser.post("/desk/window/call/")
            self.acts["miss"] += browser.post("/desk/window/miss/").status == 302


@pytest.fixture
def hall(tmp_path, settings):
    """A centre, a node that has begun, and the line between them."""
    made: list[Process] = []
    names = ["onewindow_node", "onewindow_centre"]
    node_database = copy_database(names[0])
    time_ = Clock(tmp_path / "clock", settings)
    world = World()
    _, token = leases.issue(world.queues[0].site, "一楼机房", by=ledger.System("test"))
    shared = {"ONEWINDOW_CLOCK_AHEAD": str(time_.path)}
    keys = {
        "ONEWINDOW_SECRET_KEY": settings.SECRET_KEY, "ONEWINDOW_SECRECY_INDEX_KEY": settings.SECRECY_INDEX_KEY,
        "ONEWINDOW_SECRECY_KEY": next(iter(settings.SECRECY_KEYS.values())),
    }  # fmt: skip
    try:
        centre = Process(tmp_path / "centre", copy_database(names[1]), ["serve", "--workers", "1"], **shared, **keys)
        made.append(centre.start())
        cable = Cable(centre.port)
        command = ["hall-node", "--site", SITE, "--centre", f"http://127.0.0.1:{cable.port}"]
        node = Process(tmp_path / "node", node_database, command, **shared, ONEWINDOW_NODE_TOKEN=token)
        made.append(node.start())
        centre.until_up()
        node.until_up()
        yield world, time_, centre, node, cable
    finally:
        for each in made:
            each.stop()
        for name in names:
            drop_database(name)


@contextmanager
def inside(process: Process):
    """The program's own eyes on the other database."""
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = urlsplit(process.database).path.lstrip("/")
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = own


def images(process: Process, table: str, without: list[str]) -> list:
    rows = process.rows(f"SELECT to_jsonb(t) - %s::text[] FROM {table} t", without)
    return sorted((row for (row,) in rows), key=repr)


def until(fact, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def waiting(node: Process) -> int:
    return node.rows("SELECT count(*) FROM hall_outgoing, hall_outpost WHERE n IS NULL OR n > sent")[0][0]


def take_papers(browser: Browser, once: str):
    data = {
        "name": "王强", "document": "resident_id", "number": citizen_number(7), "phone": "13880001234", "once": once,
        "paper": "photo", "form.photo": "original", "copies.photo": "2",
    }  # fmt: skip
    return browser.post_files("/desk/receipts/new/XDP0096/", data, {"scan.photo": PDF + once.encode()})


def test_two_hours_without_the_centre(hall):
    world, time_, centre, node, cable = hall
    seats = [sign_in(node, officer.username) for officer in world.officers]
    for browser, window in zip(seats, world.windows, strict=True):
        page = browser.post("/desk/window/sign-on/", {"window": window.pk})
        assert page.location == "/desk/window/", (page.status, page.text, node.words())
    assert "中心未连通" not in seats[0].get("/desk/window/").text
    traffic = Traffic(node, world)
    traffic.run(seats[1:])
    traffic.until(10)

    cable.cut()
    traffic_before = len(traffic.told)
    receipts = []
    for quarter in range(8):
        traffic.until(traffic_before + 5 * (quarter + 1))
        time_.forward(15)
        until(lambda: "中心未连通·本地运行，自" in seats[0].get("/desk/window/").text)
        if quarter == 1:
            receipts.append(take_papers(seats[0], "first").location)
            take_papers(seats[0], "first")  # a double click
        if quarter == 3:
            browser = node.browser()
            page = browser.post(f"/kiosk/{SITE}/check-in/", {"number": world.booking.number})
            assert page.status == 302, page.text
            traffic.told[re.search(r"/tickets/(\w{12})/", page.location)[1]] = re.search(
                r"\bA\d{3,4}\b", browser.get(page.location).text
            )[0]
            with inside(centre):
                booking.cancel(Booking.objects.select_related("slot").get(), by=world.holder)
        if quarter == 4:
            node.kill()
            node.start().until_up()
        if quarter == 5:
            receipts.append(take_papers(seats[0], "second").location)
    # The password and the authenticator work without the centre too.
    sign_in(node, "clerk-1", ahead=1)
    assert waiting(node) > 300
    assert len(centre.rows("SELECT 1 FROM hall_ticket")) < len(node.rows("SELECT 1 FROM hall_ticket"))

    cable.mend()
    traffic.until(traffic_before + 60)
    traffic.end()
    until(lambda: waiting(node) == 0)
    assert_reconciled(world, centre, node, traffic, receipts)


def assert_reconciled(world, centre, node, traffic, receipts):
    """Every number once, with its moments and the order of calls; papers and hashes equal; receipt days stand."""
    for table, without in HALL.items():
        assert images(centre, table, without) == images(node, table, without), table
    numbers = dict(centre.rows("SELECT v.secret, t.number FROM hall_ticket t JOIN hall_visit v ON v.id = t.visit_id"))
    assert {secret: numbers.get(secret) for secret in traffic.told} == traffic.told
    everything = [number for (number,) in centre.rows("SELECT number FROM hall_ticket")]
    serials = sorted(int(number[1:]) for number in everything)
    assert serials == list(range(1, len(serials) + 1)) and len(serials) >= 60

    chain = "SELECT kind, subject, seq, event, hash, at FROM kernel_entry WHERE kind IN ('ticket', 'window', 'receipt')"
    there, here = set(centre.rows(chain)), set(node.rows(chain))
    assert here <= there
    assert {row[3] for row in there - here} == {"ticket.drawn"} and len(there - here) == len(world.before)
    calls = "SELECT subject, at FROM kernel_entry WHERE event = 'ticket.called' ORDER BY at"
    assert centre.rows(calls) == node.rows(calls)
    with inside(centre):
        assert list(ledger.verify(flow.flowing_models())) == []
    assert centre.rows("SELECT name, value FROM kernel_counter WHERE name LIKE 'ticket:%' ORDER BY 1") == node.rows(
        "SELECT name, value FROM kernel_counter WHERE name LIKE 'ticket:%' ORDER BY 1"
    )
    assert centre.rows("SELECT event FROM kernel_entry WHERE kind = 'user' AND data->>'node' <> ''")

    given = centre.rows("SELECT number, received_at FROM hall_receipt ORDER BY received_at")
    assert [f"/desk/receipts/{number}/" for number, _ in given] == receipts
    assert given[1][1] - given[0][1] >= timedelta(minutes=59)
    for (digest,) in centre.rows("SELECT f.sha256 FROM documents_file f JOIN hall_receiptfile r ON r.file_id = f.id"):
        kept = (centre.var / "files" / digest[:2] / digest[2:]).read_bytes()
        assert hashlib.sha256(kept).hexdigest() == digest == hashlib.sha256(kept).hexdigest()
    assert centre.rows("SELECT count(*) FROM hall_receiptfile") == [(2,)]

    came = centre.rows("SELECT state, ticket_id IS NOT NULL FROM hall_booking")
    assert came == [("arrived", True)]
    conflicts = centre.rows('SELECT "table", reason FROM hall_nodeconflict')
    assert [table for table, _ in conflicts] == ["hall_booking"] and "已取消" in conflicts[0][1]
