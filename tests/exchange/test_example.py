"""The adapter of docs/extend.md does what the handbook says: handed over, polled, checked, over real HTTP."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings

from onewindow.exchange import inbox, systems
from onewindow.exchange.adapters import ADAPTERS
from onewindow.exchange.models import System
from tests.exchange.conftest import BY, filed, sent

pytestmark = pytest.mark.django_db
KEY = "a-key-of-sixteen-signs"


class TheirSystem(BaseHTTPRequestHandler):
    def _answer(self, text):
        self.send_response(200 if self.headers["X-Key"] == KEY else 403)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        self.server.taken.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._answer("L-1\n")

    def do_GET(self):
        done = self.path == "/results?after=" and self.server.taken
        self._answer("7,L-1,2026-11-02T10:00:00+08:00\n" if done else "")

    def log_message(self, *args):
        pass


@pytest.fixture
def theirs():
    server = ThreadingHTTPServer(("127.0.0.1", 0), TheirSystem)
    server.taken = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_example_of_the_handbook_runs(theirs, monkeypatch):
    text = (settings.BASE_DIR / "docs" / "extend.md").read_text(encoding="utf-8")
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.S) if "class Lines(" in block]
    names: dict = {"__name__": "example"}
    exec(code, names)  # noqa: S102 - our own handbook
    monkeypatch.setitem(ADAPTERS, "lines", names["Lines"])
    options = {"url": f"http://127.0.0.1:{theirs.server_port}"}
    with pytest.raises(systems.Misconfigured, match="太短"):
        systems.save("gongjijin", name="x", kind="lines", options=options, secrets={"key": "short"}, by=BY)
    system = systems.save("gongjijin", name="公积金", kind="lines", options=options, secrets={"key": KEY}, by=BY)
    assert [finding.good for finding in systems.check(system)] == [True]
    case = sent(filed()).case
    assert (case.state, case.outside_number, len(theirs.taken)) == ("outside", "L-1", 1)
    assert (inbox.poll(System.objects.get()), inbox.poll(System.objects.get())) == (1, 0)
    case.refresh_from_db()
    assert case.state == "outside_done"
