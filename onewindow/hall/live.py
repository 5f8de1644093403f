"""Live pictures of the hall: what has changed is read once a process and shown by all its screens.

News are told with the transaction that makes them (PostgreSQL NOTIFY). While a process has screens, one thread of it
hears them and another reads what they changed, everything of a kind with the same statements, and writes it once; the
streams of a place hand out the same bytes, and wait without a connection to the database.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection

from onewindow.accounts.models import Site
from onewindow.hall.models import Queue, Window, Zone

log = logging.getLogger(__name__)
CHANNEL = "hall"
# Seconds in which news are gathered before anything is read, and between two tries after the database was lost.
GATHER, AGAIN = 0.04, 2.0
# Seconds between signs of life on a quiet stream, and between two looks whether anybody still watches.
QUIET, LOOK = 10.0, 1.0
# Streams a process holds at once; one more is refused, and its screen polls.
STREAMS = 280

Facts = dict[str, Any]


def tell(*places: Site | Zone | Queue | Window) -> None:
    """What their screens show has changed; told when the transaction commits. A window's news are its zone's too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, names(*places)])


def names(*places: Site | Zone | Queue | Window) -> str:
    return " ".join(sorted({name for place in places for name in _names(place)}))


def _names(place: Site | Zone | Queue | Window) -> list[str]:
    if isinstance(place, Site):
        return [f"site:{place.pk}"]
    zone = place.pk if isinstance(place, Zone) else place.zone_id
    own = [f"window:{place.pk}"] if isinstance(place, Window) else []
    return [f"site:{place.site_id}", f"zone:{zone}", *own]


@dataclass(frozen=True)
class Picture:
    """A kind of screen: `about` says whose news change it (site, zone, window), `read` tells the facts of many at once.

    `rest` seconds lie between two readings of the same place, however much happens.
    """

    about: str
    read: Callable[[Sequence[Any]], Mapping[Any, Facts]]
    rest: float = 0.0

    def of(self, key: int | str) -> Facts:
        """As it is now, for a page or a screen that polls."""
        return self.read([key])[key]

    def stream(self, key: int | str, seen: str = "") -> Generator[bytes]:
        """Server-sent events: the facts, and again whenever they differ. `seen` is the last event a screen had."""
        connection.close()  # what the request asked for is answered; waiting takes none
        frame = NEWSROOM.join(self, key)
        try:
            yield b"retry: 3000\n\n"
            while True:
                seen, event = NEWSROOM.wait(frame, seen)
                yield event
        finally:
            NEWSROOM.leave(frame)


@dataclass(eq=False)
class Frame:
    """What all screens of one place show."""

    picture: Picture
    key: int | str
    fresh: threading.Condition
    streams: int = 0
    # When it is to be read, and since when that is owed; None while it is as it should be.
    due: float | None = None
    owed: float | None = None
    read_at: float = -1e9
    edition: str = ""
    event: bytes = b""

    @property
    def name(self) -> str:
        return f"{self.picture.about}:{self.key}"

    def write(self, facts: Facts) -> None:
        text = json.dumps(facts, ensure_ascii=False).encode()
        edition = hashlib.blake2b(text, digest_size=8).hexdigest()
        if edition != self.edition:
            self.edition, self.event = edition, b"id: %b\ndata: %b\n\n" % (edition.encode(), text)
            self.fresh.notify_all()


class Newsroom:
    """One a process; its two threads come with the first screen and go after the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owing = threading.Condition(self._lock)
        self._frames: dict[tuple[Picture, int | str], Frame] = {}
        self._hearing = self._reading = self._closing = False
        # When the database last answered.
        self._pulse = -1e9
        atexit.register(self._close)

    def _close(self) -> None:
        """The program ends: a database that goes before it is no news."""
        self._closing = True

    @property
    def full(self) -> bool:
        with self._lock:
            return sum(frame.streams for frame in self._frames.values()) >= STREAMS

    def join(self, picture: Picture, key: int | str) -> Frame:
        """Whoever comes has the place read anew: some facts change by the clock alone."""
        with self._lock:
            frame = self._frames.setdefault((picture, key), Frame(picture, key, threading.Condition(self._lock)))
            frame.streams += 1
            self._owe([frame])
            if not self._hearing:
                self._hearing = True
                threading.Thread(target=self._hear, daemon=True, name="hall-news").start()
            if not self._reading:
                self._reading = True
                threading.Thread(target=self._read, daemon=True, name="hall-pictures").start()
        return frame

    def leave(self, frame: Frame) -> None:
        with self._lock:
            frame.streams -= 1
            if not frame.streams:
                del self._frames[frame.picture, frame.key]
                self._owing.notify_all()

    def wait(self, frame: Frame, seen: str) -> tuple[str, bytes]:
        """The facts if they differ from those seen, else a sign of life; mere breath where they are not known."""
        with self._lock:
            if frame.fresh.wait_for(lambda: frame.edition not in {"", seen}, QUIET):
                return frame.edition, frame.event
            late = time.monotonic() - QUIET
            known = self._pulse > late and (frame.owed is None or frame.owed > late)
            return seen, b"event: alive\ndata:\n\n" if known else b":\n\n"

    def _owe(self, frames: Iterable[Frame]) -> None:
        now = time.monotonic()
        for frame in frames:
            if frame.due is None:
                frame.due = max(now + GATHER, frame.read_at + frame.picture.rest)
            frame.owed = frame.owed or now
        self._owing.notify_all()

    def _hear(self) -> None:
        parameters = connection.get_connection_params()
        known = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if parameters.get(key)}
        while True:
            try:
                with psycopg.connect(**known, autocommit=True, application_name="hall-news") as heard:
                    heard.execute(f"LISTEN {CHANNEL}")
                    self._heard(None)
                    while self._watched():
                        for notice in heard.notifies(timeout=LOOK):
                            self._heard(set(notice.payload.split()))
                        heard.execute("SELECT 1")
                        self._pulse = time.monotonic()
                return
            except psycopg.Error:
                if not self._watched():
                    return
                log.warning("大厅消息的数据库连接断了，%s 秒后再连", AGAIN)
                time.sleep(AGAIN)

    def _watched(self) -> bool:
        with self._lock:
            self._hearing = bool(self._frames) and not self._closing
            return self._hearing

    def _heard(self, names: set[str] | None) -> None:
        """None: whatever may have happened while nobody listened."""
        with self._lock:
            self._owe(frame for frame in self._frames.values() if names is None or frame.name in names)

    def _read(self) -> None:
        while due := self._due():
            for picture, frames in due.items():
                try:
                    facts = picture.read([frame.key for frame in frames])
                except Exception as fault:  # one kind that cannot be read must not darken the others
                    connection.close()
                    log.warning("大厅画面没有读成，%s 秒后再读", AGAIN, exc_info=fault)
                    self._put_off(frames)
                else:
                    self._show(frames, facts)
        connection.close()

    def _due(self) -> dict[Picture, list[Frame]]:
        """What is to be read now, the quick kinds first; waits for it. Nothing when nobody watches any more."""
        with self._lock:
            while self._frames and not self._closing:
                now = time.monotonic()
                owed = [(frame.due, frame) for frame in self._frames.values() if frame.due is not None]
                first = min((due for due, _ in owed), default=now + QUIET)
                if first <= now:
                    return self._taken([frame for due, frame in owed if due <= now + GATHER], now)
                self._owing.wait(first - now)
            self._reading = False
            return {}

    def _taken(self, ready: list[Frame], now: float) -> dict[Picture, list[Frame]]:
        found: dict[Picture, list[Frame]] = defaultdict(list)
        for frame in sorted(ready, key=lambda frame: frame.picture.rest):
            frame.due, frame.read_at = None, now
            found[frame.picture].append(frame)
        return found

    def _show(self, frames: list[Frame], facts: Mapping[Any, Facts]) -> None:
        with self._lock:
            for frame in frames:
                frame.owed = frame.due
                if frame.key in facts:
                    frame.write(facts[frame.key])

    def _put_off(self, frames: list[Frame]) -> None:
        with self._lock:
            for frame in frames:
                frame.due = time.monotonic() + AGAIN


NEWSROOM = Newsroom()
