"""News of the hall on their way to the screens: read once, the same bytes for all, told again only when they differ."""

import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection
from django.urls import reverse

from onewindow.hall import live
from onewindow.hall.actions import calling, sitting
from onewindow.hall.models import Ticket
from tests.hall.conftest import a_queue, a_window, drawn, seated
from tests.hall.test_floor import a_manager
from tests.hall.test_node import Machine, a_number

pytestmark = pytest.mark.django_db(transaction=True)
ALIVE, BREATH = "event: alive\ndata:\n\n", ":\n\n"


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """A second is long here; afterwards no thread of the newsroom is left."""
    for name, seconds in {"GATHER": 0.1, "AGAIN": 0.3, "QUIET": 0.5, "LOOK": 0.1}.items():
        monkeypatch.setattr(live, name, seconds)
    yield
    end = time.monotonic() + 10
    while any(thread.name.startswith("hall-") for thread in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(0.05)


class Screen:
    """Keeps what the stream says, as a browser would."""

    def __init__(self, stream, close):
        self.said: list[str] = []
        self._stream, self._close, self._off = stream, close, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        for event in self._stream:
            self.said.append(event.decode())
            if self._off.is_set():
                break
        self._close()
        connection.close()

    @property
    def news(self):
        return [event for event in self.said if event.startswith("id: ")]

    def until(self, count):
        self.wait(lambda: len(self.news) >= count)
        return self

    def hears(self, what):
        self.wait(lambda: what in self.said)

    def wait(self, there):
        end = time.monotonic() + 10
        while not there():
            assert time.monotonic() < end, self.said
            time.sleep(0.02)

    def off(self):
        self._off.set()
        self._thread.join()


@contextmanager
def screens(picture, *keys, seen=""):
    streams = [picture.stream(key, seen) for key in keys]
    on = [Screen(stream, stream.close) for stream in streams]
    try:
        yield on
    finally:
        for each in on:
            each.off()


def counted(read=lambda keys: {key: {"facts": 1} for key in keys}, **more):
    """A picture that remembers what was read together."""
    asked: list[list] = []

    def reading(keys):
        asked.append(sorted(keys))
        return read(keys)

    return live.Picture("window", reading, **more), asked


class TestReading:
    def test_all_screens_of_a_place_are_read_once_and_get_the_same(self):
        picture, asked = counted()
        with screens(picture, 1, 1, 1, 2) as on:
            assert len({each.until(1).news[0] for each in on}) == 1
            assert asked[0] == [1, 2] and len(asked) <= 2  # and once more when the line stands

    def test_news_that_come_together_are_read_together_and_other_windows_not(self, monkeypatch):
        monkeypatch.setattr(live, "GATHER", 0.5)  # six tells, however busy the machine
        queue = a_queue()
        windows = [a_window(f"A0{n}", queue) for n in range(3)]
        pks = [window.pk for window in windows]
        facts = dict.fromkeys(pks, 0)
        picture, asked = counted(lambda keys: {key: {"facts": facts[key]} for key in keys})
        with screens(picture, *pks) as on:
            for each in on:
                each.until(1)
            time.sleep(1)  # the listening connection is there, and what it made be read is over
            asked.clear()
            for pk in pks[:2] * 3:
                facts[pk] += 1
                live.tell(windows[pks.index(pk)])
            assert ['"facts": 3' in each.until(2).news[-1] for each in on[:2]] == [True, True]
            assert asked == [pks[:2]]
            assert len(on[2].news) == 1

    def test_what_has_not_changed_is_not_told_again(self):
        window = a_window("A01", a_queue())
        picture, asked = counted()
        with screens(picture, window.pk) as (screen,):
            screen.until(1)
            before = len(asked)
            live.tell(window)
            screen.wait(lambda: len(asked) > before)
            screen.said.clear()
            screen.hears(ALIVE)
            assert not screen.news

    def test_a_browser_that_comes_back_is_told_what_it_has_not_seen(self):
        picture, _ = counted()
        with screens(picture, 1) as (screen,):
            edition = screen.until(1).news[0].split("\n")[0].removeprefix("id: ")
        with screens(picture, 1, seen=edition) as (same,), screens(picture, 1, seen="before") as (other,):
            other.until(1)
            same.hears(ALIVE)
            assert not same.news

    def test_a_picture_that_rests_is_read_no_more_often(self):
        window = a_window("A01", a_queue())
        picture, asked = counted(rest=1.0)
        with screens(picture, window.pk) as (screen,):
            screen.until(1)
            began = time.monotonic()
            while time.monotonic() - began < 1.5:
                live.tell(window)
                time.sleep(0.05)
            assert len(asked) <= 2 + (time.monotonic() - began)


class TestLoss:
    def test_after_a_lost_connection_screens_hear_what_they_missed(self):
        """Nothing is told while nobody listens: all is read anew when the line is back."""
        facts = {"now": 1}
        picture, _ = counted(lambda keys: {key: dict(facts) for key in keys})
        with screens(picture, 1) as (screen,):
            screen.until(1)
            time.sleep(0.5)
            facts["now"] = 2
            with connection.cursor() as cursor:
                lines = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hall-news'"
                cursor.execute(f"SELECT pg_terminate_backend(pid) {lines}")
                assert cursor.rowcount == 1
            assert '"now": 2' in screen.until(2).news[-1]

    def test_a_screen_that_nobody_can_tell_the_facts_hears_no_sign_of_life(self):
        """It says then itself how old it is."""
        state = {"well": True}

        def read(keys):
            if not state["well"]:
                raise RuntimeError
            return {key: {"facts": 1} for key in keys}

        window = a_window("A01", a_queue())
        picture, _ = counted(read)
        with screens(picture, window.pk) as (screen,):
            screen.until(1)
            state["well"] = False
            live.tell(window)
            time.sleep(1.2)
            screen.said.clear()
            time.sleep(1)
            assert set(screen.said) == {BREATH}
            state["well"] = True
            screen.said.clear()
            screen.hears(ALIVE)

    def test_waiting_screens_hold_no_connection(self):
        picture, _ = counted()
        with screens(picture, *range(40)) as on:
            for each in on:
                each.until(1)
            pool = connection.pool.get_stats()
            assert pool["pool_size"] - pool["pool_available"] <= 2  # the reader's, this one's


class TestThePages:
    """Through HTTP; facts as they are in the database."""

    def on(self, client, name, *args):
        response = client.get(reverse(name, args=["510114", *args]))
        return Screen(response.streaming_content, response.close)

    def test_a_call_is_heard_by_its_zone_its_window_and_the_managers_map(self, client):
        queue = a_queue(rest=True)
        window, _ = a_window("A01", queue), a_window("A02", queue)
        by = seated(window)
        drawn(queue)
        manager = a_manager()
        on = [
            self.on(client, "screen-events", "A"), self.on(client, "window-events", "A01"),
            self.on(client, "window-events", "A02"), self.on(manager.client, "desk-floor-events"),
        ]  # fmt: skip
        try:
            zone, own, other, floor = [each.until(1) for each in on]
            calling.call_next(window, by=by)
            assert '"number": "A001"' in zone.until(2).news[-1] and '"waiting": 0' in zone.news[-1]
            assert '"state": "called"' in own.until(2).news[-1]
            sitting.pause(sitting.of(by), by=by, reason="取材料")
            assert '"reason": "取材料"' in own.until(3).news[-1]
            floor.until(2)
            assert len(other.news) == 1
        finally:
            for each in on:
                each.off()


def test_what_a_hall_node_sends_is_news_at_the_centre(zone):
    a_window("A01", queue := a_queue("ZH"))
    machine = Machine(zone).begin()
    map_of_hall, _ = counted(lambda keys: {key: {"numbers": Ticket.objects.count()} for key in keys})
    with screens(replace(map_of_hall, about="site"), zone.site_id) as (on,):
        on.until(1)
        machine.bring(*a_number(machine, queue, 1))
        assert '"numbers": 1' in on.until(2).news[1]
