"""Photographs of a draft: turned, and several pages bound into one PDF."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import drafts
from onewindow.cases.models import Case, CasePaper
from onewindow.documents import files
from onewindow.documents import photos as pictures


def turn(case: Case, paper: CasePaper, *, by: Principal, quarters: int = 1) -> CasePaper:
    """Clockwise; a picture that lies on its side is the commonest remark of a window."""
    drafts.ensure_editable(case, by)
    assert paper.file is not None
    with files.open_file(paper.file) as stream:
        upright = pictures.turned(stream, paper.file.mime, quarters)
    return drafts.replace_papers(case, [paper], files.store(upright, paper.file.name, by.key), by=by)


def bind(case: Case, pages: Sequence[CasePaper], *, by: Principal) -> CasePaper:
    """The photographs in this order as one PDF named after the paper."""
    drafts.ensure_editable(case, by)
    if len(pages) < 2:
        raise ValueError("至少选两张照片，才能合成一份。")
    with ExitStack() as opened:
        streams = [(opened.enter_context(files.open_file(page.file)), page.file.mime) for page in pages if page.file]
        pdf = pictures.bound(streams)
    return drafts.replace_papers(case, pages, files.store(pdf, f"{pages[0].title}.pdf", by.key), by=by)
