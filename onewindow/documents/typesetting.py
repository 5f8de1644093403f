"""Facts in, PDF out: typst templates, one kept compiler each, and the same bytes for the same facts."""

from __future__ import annotations

import hashlib
import io
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import cvttf_NotoSansCJK_Regular
import segno
import typst
from django.conf import settings

from onewindow.kernel.ledger import canonical

SOURCES = Path(__file__).parent / "templates_typst"
FONTS = Path(cvttf_NotoSansCJK_Regular.__file__).parent
# The time of the making is no part of the paper: it says its own date.
TIMESTAMP = datetime(2000, 1, 1, tzinfo=UTC)

_PAPER = frozenset({"title", "number", "organ", "date", "applicant", "item", "case_number"})
# Facts without which a paper would be faulted; every template names further ones it shows when they are there.
NEEDS: dict[str, frozenset[str]] = {
    "receipt": _PAPER,
    "acceptance": _PAPER,
    "refusal_to_accept": _PAPER | {"reason"},
    "decision_granted": _PAPER,
    "decision_denied": _PAPER | {"reason"},
    "withdrawal": _PAPER,
    "prereview_remarks": _PAPER | {"remarks"},
    "correction": _PAPER | {"remarks"},
    "special_procedure": _PAPER | {"procedure", "days", "until", "stop_basis"},
    "extension": _PAPER | {"days", "reason", "due_on"},
    "termination": _PAPER | {"reason"},
    "promise_letter": _PAPER | {"sentences"},
    "gap_lapse": _PAPER | {"reason", "gap_until"},
    "later_check": _PAPER | {"result", "findings", "officers"},
    "correction_order": _PAPER | {"what", "correct_by"},
    "proceeding": _PAPER | {"rows"},
    "transfer": _PAPER | {"taker", "document", "effective_on"},
    "delivery": _PAPER | {"way", "delivered_papers"},
    "forwarding": _PAPER | {"upper_organ", "opinion"},
    "certificate_ended": _PAPER | {"act", "certificate", "certificate_type", "ground", "reason"},
    "certificate": frozenset({"title", "number", "identifier", "holder", "organ", "issued_on", "valid_from"}),
    "specimen": frozenset({"title", "number", "identifier", "holder", "organ", "issued_on", "valid_from"}),
    "approval_form": frozenset({"title", "item", "organ", "case_number", "applicant", "date", "opinions"}),
    "application_form": frozenset({"item", "organ", "applicant", "date"}),
    "mandate": frozenset({"title", "item", "organ"}),
    "leaflet": frozenset({"title", "language", "organ", "materials", "glance", "verify_url"}),
}


def require(template: str, facts: dict[str, Any]) -> None:
    if missing := sorted(NEEDS[template] - facts.keys()):
        raise ValueError(f"文书 {template} 缺少：{'、'.join(missing)}")


@cache
def digest(template: str) -> str:
    """SHA-256 of the template with its base, as they are now; a copy is kept so that old papers keep their look."""
    now = {name: (SOURCES / name).read_bytes() for name in ("base.typ", f"{template}.typ")}
    value = hashlib.sha256(b"\0".join(now.values())).hexdigest()
    kept = _kept(value)
    if not (kept / f"{template}.typ").exists():
        kept.mkdir(parents=True, exist_ok=True)
        for name, source in now.items():
            (kept / name).write_bytes(source)
    return value


def sources(template: str, value: str) -> dict[str, bytes]:
    """The template as it was when its digest was `value`; empty where the kept copy is gone."""
    if value == digest(template):
        return {name: (SOURCES / name).read_bytes() for name in ("base.typ", f"{template}.typ")}
    kept = [_kept(value) / name for name in ("base.typ", f"{template}.typ")]
    return {path.name: path.read_bytes() for path in kept if path.exists()}


def _kept(value: str) -> Path:
    return settings.MEDIA_ROOT / "templates" / value


@dataclass
class _Press:
    """A compiler and the lock that lets one thread at a time use it."""

    compiler: typst.Compiler
    lock: threading.Lock = field(default_factory=threading.Lock)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


@cache
def _press(folder: Path, template: str) -> _Press:
    source = folder / f"{template}.typ"
    return _Press(typst.Compiler(source, root=folder, font_paths=_fonts(), ignore_system_fonts=True))


def render(template: str, facts: dict[str, Any], template_digest: str | None = None) -> bytes:
    """The PDF; about 3 ms once the template is warm. `template_digest` asks for the template as it was at the act."""
    require(template, facts)
    old = template_digest is not None and template_digest != digest(template)
    press = _press(_kept(template_digest) if old and template_digest else SOURCES, template)
    inputs = {"facts": canonical(facts), "qr": qr_svg(str(facts.get("verify_url", "")))}
    with press.lock:
        pdf = press.compiler.compile(format="pdf", sys_inputs=inputs, timestamp=TIMESTAMP)
    assert isinstance(pdf, bytes)
    return pdf


def qr_svg(text: str, *, scalable: bool = False) -> str:
    """`scalable`: as large as the element it stands in, for pages; papers keep the bytes they were sealed with."""
    if not text:
        return ""
    svg = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(svg, kind="svg", border=0, dark="#123C4A", xmldecl=False, omitsize=scalable)
    return svg.getvalue().decode()
