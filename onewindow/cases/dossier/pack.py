"""A ZIP that is sent while it is being made: nothing of it is kept but the list of what went in.

Its comment is a seal: a signature over every byte before it. Whoever changes one byte anywhere breaks it.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, cast

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from onewindow.documents import facts
from onewindow.kernel import clock

SEAL = "onewindow-dossier-seal"


class _Sink:
    """What zipfile has written and nobody has taken yet; without `tell` and `seek`, so that it never looks back."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: bytes, /) -> int:
        self.waiting += data
        return len(data)

    def flush(self) -> None:
        pass


class Pack:
    def __init__(self, at: datetime) -> None:
        self._sink, self._sum = _Sink(), hashlib.sha256()
        self._zip = zipfile.ZipFile(cast(IO[bytes], self._sink), "w")
        self._at = at.astimezone(clock.SHANGHAI).timetuple()[:6]
        # Path, SHA-256 and size of everything in it so far.
        self.members: list[dict[str, str | int]] = []

    def add(self, path: str, chunks: Iterable[bytes], *, squeeze: bool = True) -> Iterator[bytes]:
        """Take a member in, chunk by chunk; yields what is ready to be sent."""
        info = zipfile.ZipInfo(path, self._at)
        info.compress_type = zipfile.ZIP_DEFLATED if squeeze else zipfile.ZIP_STORED
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                member.write(chunk)
                yield from self._ready()
        self.members.append({"path": path, "sha256": digest.hexdigest(), "size": size})
        yield from self._ready()

    def _ready(self) -> Iterator[bytes]:
        if self._sink.waiting:
            ready = bytes(self._sink.waiting)
            self._sink.waiting.clear()
            self._sum.update(ready)
            yield ready

    def close(self) -> Iterator[bytes]:
        """The directory, and the seal in the room its comment keeps for it."""
        key_id = facts.signing_key()[1]
        room = f"{SEAL} {key_id} {'0' * 128}".encode()
        self._zip.comment = room
        self._zip.close()
        rest = bytes(self._sink.waiting)
        body = rest[: -len(room)]
        self._sum.update(body)
        signature, _ = facts.sign(f"{SEAL} {self._sum.hexdigest()}".encode())
        r, s = decode_dss_signature(signature)
        yield body + f"{SEAL} {key_id} {r:064x}{s:064x}".encode()
