"""沙箱对端: a whole outside system in little, over real HTTP: takes cases, numbers them, tells of them, and misbehaves
when told to. It imports nothing of the program but the signature, so that it is a stranger to it as a real one is.
"""

from __future__ import annotations

import hashlib
import html
import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from onewindow.exchange.adapters import signing

LABELS = {
    "received": "已收到", "accepted": "已受理", "correcting": "要求补正", "working": "办理中", "decided": "已作出决定",
    "granted": "办结：准予", "denied": "办结：不予", "other": "办结：其他",
}  # fmt: skip
SAYS = {"accepted": "沙箱已受理（演示）", "granted": "沙箱已办结（演示）", "denied": "沙箱没有批准（演示）"}
# What it can be told to do wrong, how many times: see `Peer.faults`.
FAULTS = {
    "status": "答复 500", "slow": "答复很慢", "lost": "收下了却答复 500", "signature": "回调签名不对",
    "twice": "回调发两遍",
}  # fmt: skip


MOST = 64 * 1024 * 1024


@dataclass
class Peer:
    secret: str
    # After so many seconds it accepts and completes by itself; None: only when told.
    auto: tuple[float, float] | None = None
    # Where its memory is kept over a restart.
    path: Path | None = None
    prefix: str = "SB"
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    # Fault → how many times more.
    faults: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    slow_seconds: float = 3.0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        if self.path and self.path.exists():
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            self.cases, self.events = kept["cases"], kept["events"]

    def _save(self) -> None:
        if self.path:
            part = self.path.with_suffix(".part")
            part.write_text(json.dumps({"cases": self.cases, "events": self.events}, ensure_ascii=False), "utf-8")
            part.replace(self.path)

    def misbehaves(self, fault: str) -> bool:
        with self.lock:
            left = self.faults.get(fault, 0)
            self.faults[fault] = max(0, left - 1)
        return left > 0

    def take(self, key: str, said: dict[str, Any]) -> dict[str, Any]:
        """The same key again is the same case, under the same number."""
        with self.lock:
            known = self.cases.get(key)
            if known is None:
                number = f"{self.prefix}{datetime.now(UTC):%y%m%d}{len(self.cases) + 1:05d}"
                known = {"external": number, "status": "received", "at": time.time(), "said": said, "files": {}}
                self.cases[key] = known
                self._save()
        return known

    def fetch(self, case: dict[str, Any]) -> None:
        """The files of a case, each once, looked at by its hash and not kept."""
        for each in case["said"].get("files", []):
            if each["sha256"] not in case["files"]:
                data = self.get(each["url"])
                case["files"][each["sha256"]] = hashlib.sha256(data).hexdigest() == each["sha256"]
        with self.lock:
            self._save()

    def get(self, url: str) -> bytes:
        sent = signing.headers(self.secret, time.time(), "GET", urlsplit(url).path)
        try:
            request = urllib.request.Request(url, headers=sent)  # noqa: S310 - the address we were given
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return bytes(answer.read(MOST))
        except OSError:
            return b""

    def tell(
        self, external: str, status: str, words: str = "", at: datetime | None = None, *, after: str | None = None
    ) -> int:
        """One event, kept for polling and called back; the status of the answer, 0 when nobody answered.

        `after`: only while the case still stands there; somebody may have pressed a button meanwhile.
        """
        with self.lock:
            case = next(case for case in self.cases.values() if case["external"] == external)
            if after is not None and case["status"] != after:
                return 0
            event = {
                "id": f"{self.prefix}-{len(self.events) + 1}", "number": case["said"]["number"], "external": external,
                "status": status, "at": (at or datetime.now(UTC)).isoformat(), "words": words or SAYS.get(status, ""),
            }  # fmt: skip
            case["status"] = status
            self.events.append(event)
            self._save()
        answer = self.call_back(case["said"]["callback"], event)
        return self.call_back(case["said"]["callback"], event) if self.misbehaves("twice") else answer

    def call_back(self, url: str, event: dict[str, Any]) -> int:
        body = json.dumps(event, ensure_ascii=False).encode()
        secret = "somebody-else-altogether" if self.misbehaves("signature") else self.secret
        sent = signing.headers(secret, time.time(), "POST", urlsplit(url).path, body)
        request = urllib.request.Request(url, body, sent | {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the address we were given
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def go_on(self) -> None:
        """By itself: accepts, then completes."""
        if self.auto is None:
            return
        for case in list(self.cases.values()):
            age = time.time() - case["at"]
            if case["status"] == "received" and age > self.auto[0]:
                self.tell(case["external"], "accepted", after="received")
            elif case["status"] == "accepted" and age > self.auto[1]:
                self.tell(case["external"], "granted", after="accepted")


class Handler(BaseHTTPRequestHandler):
    server: PeerServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        peer, parts = self.server.peer, urlsplit(self.path)
        if parts.path == "/":
            self._page()
        elif not self._is_theirs(b""):
            self._json(401, {"error": "签名不对"})
        elif parts.path == "/health":
            self._json(200, {"name": "沙箱对端", "time": time.time(), "protocol": 1, "sandbox": True})
        elif parts.path == "/events":
            after = int(parse_qs(parts.query).get("after", ["0"])[0] or 0)
            found = peer.events[after : after + 100]
            self._json(200, {"events": found, "next": str(after + len(found))})
        else:
            self._json(404, {"error": "没有这个地址"})

    def do_POST(self) -> None:
        peer = self.server.peer
        body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), 1024 * 1024))
        if self.path.startswith("/do/"):
            self._do(body)
            return
        peer.asked.append(self.headers.get("Idempotency-Key", ""))
        if peer.misbehaves("status"):
            self._json(500, {"error": "沙箱故意出错"})
        elif not self._is_theirs(body):
            self._json(401, {"error": "签名不对"})
        elif self.path != "/cases":
            self._json(404, {"error": "没有这个地址"})
        else:
            self._take(body)

    def _take(self, body: bytes) -> None:
        peer = self.server.peer
        if peer.misbehaves("slow"):
            time.sleep(peer.slow_seconds)
        known = peer.take(self.headers.get("Idempotency-Key", ""), json.loads(body))
        if peer.misbehaves("lost"):
            self._json(500, {"error": "沙箱收下了，却没有答好"})
        else:
            self._json(201, {"number": known["external"]})
            peer.fetch(known)

    def _is_theirs(self, body: bytes) -> bool:
        secret = self.server.peer.secret
        return not signing.fault(secret, time.time(), self.command, self.path, self.headers, body)  # type: ignore[arg-type]

    def _do(self, body: bytes) -> None:
        """The page's buttons: only from the page itself."""
        if self.headers.get("Origin", "") not in {"", f"http://{self.headers.get('Host')}"}:
            self._json(403, {"error": "只能从本页操作"})
            return
        said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if self.path == "/do/tell" and said.get("status") in LABELS:
            self.server.peer.tell(said["external"], said["status"])
        elif self.path == "/do/fault" and said.get("fault") in FAULTS:
            self.server.peer.faults[said["fault"]] = 1
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, status: int, said: dict[str, Any]) -> None:
        self._answer(status, "application/json", json.dumps(said, ensure_ascii=False).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _page(self) -> None:
        rows = "".join(map(_row, reversed(self.server.peer.cases.values())))
        faults = "".join(f'<button name="fault" value="{key}">{said}</button> ' for key, said in FAULTS.items())
        body = PAGE.format(rows=rows or '<tr><td colspan="4">还没有收到办件。</td></tr>', faults=faults)
        self._answer(200, "text/html", body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


PAGE = """<!doctype html>
<html lang="zh-Hans"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>沙箱对端</title>
<style>
body {{ font: 16px/1.7 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ border-bottom: 1px solid #ddd8cc; padding: .5rem; text-align: left; overflow-wrap: anywhere; }}
button {{ font: inherit; padding: .3rem .7rem; margin: .15rem 0; min-height: 44px; }}
.mark {{ background: #fdf3dc; padding: .5rem 1rem; border-left: 4px solid #e3a21a; }}
</style>
<h1>沙箱对端</h1>
<p class="mark">这是演示用的外部系统，不是真正的公积金、车管系统。这里的编号和结果没有任何效力。</p>
<table><thead><tr><th>这里的编号<th>办件<th>进展<th>告知对方</thead><tbody>{rows}</tbody></table>
<h2>下一次故意出错</h2><form method="post" action="/do/fault">{faults}</form></html>"""
BUTTONS = ("accepted", "granted", "denied")


def _row(case: dict[str, Any]) -> str:
    external, said, files = html.escape(case["external"]), case["said"], case.get("files", {})
    item = html.escape(f"{said['item']['name']} {said['number']}")
    buttons = "".join(f'<button name="status" value="{status}">{LABELS[status]}</button> ' for status in BUTTONS)
    kept = f'<input type="hidden" name="external" value="{external}">'
    form = f'<form method="post" action="/do/tell">{kept}{buttons}</form>'
    item += f"<br>材料取到 {sum(files.values())} 份，校验一致" if any(files.values()) else ""
    return f"<tr><td>{external}<td>{item}<td>{LABELS[case['status']]}<td>{form}"


class PeerServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, peer: Peer) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.peer = peer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"
