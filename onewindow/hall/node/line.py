"""The line to the centre, from the node: one round of contact, rows, errands and brief; it may fail at any point."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from onewindow.documents import files
from onewindow.hall.actions import errands
from onewindow.hall.models import Outpost
from onewindow.hall.node import authority, mirror, outbox, tables
from onewindow.kernel import clock, outgoing
from onewindow.kernel.outgoing import Unreachable

log = logging.getLogger(__name__)
# Seconds a request may take: a word, or a brief with all guides, which is some megabytes.
SHORT, PATIENCE, LARGEST = 8.0, 30.0, 64 * 1024 * 1024
# Seconds between two questions for news of places, staff, items and bookings.
BRIEF_EVERY = 20.0


class Line:
    """What the process keeps between two rounds."""

    def __init__(self, site: str, centre: str, token: str) -> None:
        self.site, self.centre, self.token = site, centre.rstrip("/"), token
        self.host = urlsplit(centre).hostname or ""
        self.program = tables.program()
        self.brief_at: float | None = None

    def round(self, now: float) -> bool:
        """Whether there is more to send at once; Unreachable when the centre does not answer."""
        outpost = Outpost.objects.get(pk=self.site)
        outbox.number(outpost)
        said = self._contact(outpost)
        if said is None:
            return False
        self._obey(outpost, said)
        if not self._settle(outpost, said):
            return False
        if said["fault"]:
            return False
        more = self._send(outpost)
        for each in said["errands"]:
            errands.carry_out(self.site, each)
        if outpost.state == Outpost.State.HELD and (self.brief_at is None or now - self.brief_at >= BRIEF_EVERY):
            mirror.take(outpost, self._ask("brief/", {"have": outpost.parts, "begin": False}))
            self.brief_at = now
        return more

    def _contact(self, outpost: Outpost) -> dict[str, Any] | None:
        """None when the centre refused: the reason is kept for the page."""
        last, waiting, oldest = outbox.standing(outpost)
        said = {
            "instance": outpost.instance, "program": self.program, "clock": clock.now().isoformat(),
            "lease": outpost.lease, "sent": outpost.sent, "last": last, "head": outpost.head, "waiting": waiting,
            "oldest_at": oldest.isoformat() if oldest else None,
        }  # fmt: skip
        try:
            answer = self._ask("contact/", said)
        except Refused as refusal:
            if refusal.fenced and outpost.state == Outpost.State.HELD:
                self._stop(outpost, refusal.message)
            outpost.said, outpost.contact_at = refusal.message[:300], clock.now()
            outpost.save(update_fields=["said", "contact_at"])
            return None
        outpost.said, outpost.contact_at = answer["fault"], clock.now()
        outpost.save(update_fields=["said", "contact_at"])
        return answer

    def _obey(self, outpost: Outpost, said: dict[str, Any]) -> None:
        if said["state"] == "live" and outpost.state == Outpost.State.NEW:
            parts = self._ask("brief/", {"have": {}, "begin": True})
            with transaction.atomic():
                mirror.take(outpost, parts)
                mirror.begin(outpost, said["lease"])
            log.warning("开始主持大厅 %s", self.site)
        elif said["state"] != "live" and outpost.state == Outpost.State.HELD:
            self._stop(outpost, {"leaving": "正在把大厅交回中心。"}.get(said["state"], "主持权已由中心收回。"))

    def _stop(self, outpost: Outpost, why: str) -> None:
        """Nobody draws or calls here any more; who was at it has finished, and is in the outbox."""
        log.error("这个节点已停止主持大厅 %s：%s", self.site, why)
        with transaction.atomic():
            authority.hold(self.site)
            outpost.state, outpost.said = Outpost.State.FENCED, why[:300]
            outpost.save(update_fields=["state", "said"])

    def _send(self, outpost: Outpost) -> bool:
        rows = outbox.next_rows(outpost)
        if not rows:
            return False
        for file in outbox.files_of(rows):
            with files.open_file(file) as content:
                self._call("PUT", f"files/{file.sha256}/", content.read(), "application/octet-stream")
        self._settle(outpost, self._ask("rows/", {"rows": outbox.on_the_wire(rows)}))
        return len(rows) > 1

    def _settle(self, outpost: Outpost, said: dict[str, Any]) -> bool:
        """What the centre has must be ours: else another machine with the same books runs, or ours were set back."""
        same = outbox.settle(outpost, said["taken"], said["head"])
        if not same and outpost.state == Outpost.State.HELD:
            self._stop(outpost, "中心收到的和这台机器的账不一样：可能另有一台相同的机器在运行，或者库被还原过。")
        return same

    def _ask(self, path: str, said: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(said, ensure_ascii=False).encode()
        answer: dict[str, Any] = json.loads(self._call("POST", path, body, "application/json"))
        return answer

    def _call(self, method: str, path: str, body: bytes, kind: str) -> bytes:
        url = f"{self.centre}/api/nodes/{self.site}/{path}"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        answer = outgoing.call(
            method, url, body, headers, timeout=SHORT if path == "contact/" else PATIENCE, most=LARGEST,
            inside=settings.EXCHANGE_INSIDE | {self.host},
        )  # fmt: skip
        if answer.status == 409 or answer.status in {401, 422}:
            raise Refused(_words(answer.body), fenced=answer.headers.get("Node-Fenced") == "1")
        if answer.status != 200:
            raise Unreachable(f"中心答复 {answer.status}")
        return answer.body


class Refused(Exception):
    def __init__(self, message: str, *, fenced: bool) -> None:
        super().__init__(message)
        self.message, self.fenced = message, fenced


def _words(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return "中心没有说明原因"
