"""A peer that really speaks HTTP, on loopback, and cases on their way to it."""

from __future__ import annotations

import threading

import pytest

from onewindow.cases.actions import intake
from onewindow.cases.models import Case
from onewindow.exchange import outbox, systems
from onewindow.exchange.models import Letter, System
from onewindow.exchange.peer import Peer, PeerServer
from onewindow.kernel.ledger import System as Program
from onewindow.kernel.models import Entry
from tests.factories import cases
from tests.factories.applications import fill
from tests.factories.catalogue import flagship

SECRET = "a-secret-between-two-houses"
OUTSIDE = {"system": "gongjijin", "name": "住房公积金业务系统", "operator": "公积金中心", "road": "adapter"}
BY = Program("test", "测试")


@pytest.fixture
def peer():
    server = PeerServer(0, Peer(SECRET))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.peer.url = server.url
    yield server.peer
    server.shutdown()
    server.server_close()


def wired(url, kind="sandbox", key="gongjijin", **options) -> System:
    said = {"url": url, "poll": True, "timeout": 1} | options
    return systems.save(key, name="住房公积金业务系统", kind=kind, options=said, secrets={"secret": SECRET}, by=BY)


@pytest.fixture
def system(db, peer) -> System:
    return wired(peer.url)


def filed(code="XDP0096", **outside) -> Case:
    by = cases.citizen()
    return intake.submit(fill(cases.draft(flagship(code, outside=OUTSIDE | outside)), by), by=by)


def sent(case: Case) -> Letter:
    """The worker reads the ledger, then comes to the letter; it may be due later."""
    outbox.on_entry(Entry.objects.get(subject=case.number, event="case.submitted"))
    letter = Letter.objects.get(case=case, way="out")
    again(letter)
    return letter


def again(letter: Letter) -> Letter:
    from onewindow.kernel import clock

    Letter.objects.filter(pk=letter.pk, state="waiting").update(next_at=clock.now())
    outbox.deliver(letter.pk)
    letter.refresh_from_db()
    if letter.case:
        letter.case.refresh_from_db()
    return letter
