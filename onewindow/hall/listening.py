"""One listener a process hears the news of the hall and wakes the screens that wait for them."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

from onewindow.hall.live import CHANNEL
from onewindow.hall.models import Zone

log = logging.getLogger(__name__)
# Seconds between two tries after the database was lost, and between signs of life on a quiet stream.
AGAIN, QUIET = 2.0, 10.0
# Streams a process holds at once; one more is refused, and its screen polls.
STREAMS = 280
# Seconds for which the streams of a zone may say what one of them has read, unless there was news.
FRESH = 1.0


class Listener:
    """Started by the first screen, gone after the last; after a lost connection all look anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, set[queue.SimpleQueue[bool]]] = defaultdict(set)
        self._thread: threading.Thread | None = None
        # How often each zone has changed since this process began.
        self.edition: dict[int, int] = defaultdict(int)

    @property
    def full(self) -> bool:
        with self._lock:
            return sum(map(len, self._waiting.values())) >= STREAMS

    @contextmanager
    def news_of(self, *zones: int) -> Iterator[queue.SimpleQueue[bool]]:
        box: queue.SimpleQueue[bool] = queue.SimpleQueue()
        with self._lock:
            for zone in zones:
                self._waiting[zone].add(box)
            if self._thread is None:
                parameters = connection.get_connection_params()
                self._thread = threading.Thread(target=self._listen, args=(parameters,), daemon=True, name="hall-news")
                self._thread.start()
        try:
            yield box
        finally:
            with self._lock:
                for zone in zones:
                    self._waiting[zone].discard(box)

    def _listen(self, parameters: dict[str, object]) -> None:
        known = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if parameters.get(key)}
        while True:
            try:
                with psycopg.connect(**known, autocommit=True) as heard:  # type: ignore[arg-type]
                    heard.execute(f"LISTEN {CHANNEL}")
                    self._wake(None)
                    while self._watched():
                        for notice in heard.notifies(timeout=QUIET):
                            self._wake(int(notice.payload))
                return
            except psycopg.Error:
                log.warning("大厅消息的数据库连接断了，%s 秒后再连", AGAIN)
                time.sleep(AGAIN)

    def _watched(self) -> bool:
        """Whether a screen still waits; the last one's going ends the thread."""
        with self._lock:
            if any(self._waiting.values()):
                return True
            self._thread = None
            return False

    def _wake(self, zone: int | None) -> None:
        with self._lock:
            zones = list(self._waiting) if zone is None else [zone]
            for each in zones:
                self.edition[each] += 1
                for box in self._waiting[each]:
                    box.put(True)


LISTENER = Listener()


class Shared:
    """What all streams of a zone say after one piece of news is read once a process, by whichever comes first."""

    def __init__(self, read: Callable[[Zone], Any]) -> None:
        self._read = read
        self._locks: dict[int, threading.Lock] = defaultdict(threading.Lock)
        self._kept: dict[int, tuple[int, float, Any]] = {}

    def of(self, zone: Zone) -> Any:
        with self._locks[zone.pk]:
            edition = LISTENER.edition[zone.pk]
            kept = self._kept.get(zone.pk)
            if kept and kept[0] == edition and time.monotonic() - kept[1] < FRESH:
                return kept[2]
            found = self._read(zone)
            self._kept[zone.pk] = edition, time.monotonic(), found
            return found


def wait(box: queue.SimpleQueue[bool]) -> bool:
    """Whether there was news before it was time for a sign of life; several at once count as one."""
    try:
        box.get(timeout=QUIET)
    except queue.Empty:
        return False
    while True:
        try:
            box.get_nowait()
        except queue.Empty:
            return True
