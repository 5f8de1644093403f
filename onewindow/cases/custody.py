"""保管: whether everything that was handed in and issued still lies on the disk as it was taken in.

Walked in order of the key, a batch at a time, so that a walk through millions of files can be broken off and gone on
with; reading and hashing run beside each other, for the disk is what one waits for.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from onewindow.cases.models import CasePaper, Delivery, SitePhoto
from onewindow.documents import files, papers, verification
from onewindow.documents.models import Certificate, File, Issued, Paper
from onewindow.kernel import ledger

log = logging.getLogger(__name__)
BATCH, READERS = 500, 4
NOBODY = uuid.UUID(int=0)
WORDS = {
    "lost": "文件不见了", "altered": "文件被改动过", "size": "文件大小不对", "facts": "登记内容与签发时的签名不符",
    "seal": "PDF 上的印章不是这份文书的",
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    what: str
    name: str
    cases: tuple[str, ...]
    digest: str

    def __str__(self) -> str:
        where = "、".join(self.cases) or "不属于办件"
        return f"{WORDS[self.what]}：{self.name}（办件 {where}；{self.digest[:16]}）"


@dataclass
class Report:
    """One walk, or part of one: `after` is the last file seen, from where the next part goes on."""

    looked: int = 0
    after: uuid.UUID = NOBODY
    whole: bool = False
    faults: list[Fault] = field(default_factory=list)


def verify(report: Report, *, quick: bool = False, most: int | None = None) -> Iterator[Report]:
    """Goes on from `report.after`; yields after every batch. `quick` looks at presence and size only."""
    with ThreadPoolExecutor(READERS) as readers:
        while most is None or report.looked < most:
            batch = list(File.objects.filter(pk__gt=report.after).order_by("pk")[:BATCH])
            if not batch:
                report.whole = True
                break
            found = dict(zip(batch, readers.map(_size if quick else files.fault_of, batch), strict=True))
            report.faults += _with_cases({file: what for file, what in found.items() if what})
            if not quick:
                sound = [file for file, what in found.items() if not what]
                report.faults += _issued(Paper, sound) + _issued(Certificate, sound)
            report.looked, report.after = report.looked + len(batch), batch[-1].pk
            yield report
    yield report


def _size(file: File) -> str:
    try:
        same = files.path_of(file.sha256).stat().st_size == file.size
    except OSError:
        return "lost"
    return "" if same else "size"


def _with_cases(found: dict[File, str]) -> list[Fault]:
    """Whose files they are: handed in, taken on the spot, proof of a delivery, issued as a paper or a certificate."""
    owners: dict[uuid.UUID, set[str]] = defaultdict(set)
    pairs: list[tuple[uuid.UUID | None, str]] = [
        *CasePaper.objects.filter(file__in=found).values_list("file_id", "case__number"),
        *SitePhoto.objects.filter(file__in=found).values_list("file_id", "proceeding__case__number"),
        *Delivery.objects.filter(proof__in=found).values_list("proof_id", "case__number"),
        *Paper.objects.filter(pdf__in=found).values_list("pdf_id", "subject"),
        *Certificate.objects.filter(pdf__in=found).values_list("pdf_id", "case_number"),
    ]
    for file_id, number in pairs:
        if file_id:
            owners[file_id].add(number)
    return [Fault(what, file.name, tuple(sorted(owners[file.pk])), file.sha256) for file, what in found.items()]


def _issued(kind: type[Paper] | type[Certificate], sound: list[File]) -> list[Fault]:
    """Papers whose PDF is as it was kept: the facts must be those that were sealed, the seal that of this number."""
    faults = []
    for issued in kind._default_manager.filter(pdf__in=sound).select_related("pdf"):
        if what := _fault(issued):
            number = issued.subject if isinstance(issued, Paper) else issued.case_number
            faults.append(Fault(what, issued.number, (number,), issued.pdf.sha256 if issued.pdf else ""))
    return faults


def _fault(issued: Issued) -> str:
    if not papers.check_facts(issued.facts, papers.sealed_of(issued)):
        return "facts"
    assert issued.pdf is not None
    with files.open_file(issued.pdf) as stream:
        return "" if verification.seal_names(stream.read(), issued.number) else "seal"


def keep(report: Report) -> None:
    """On the log and the ledger: that it was looked, what was found; a fault once, however often it is found again."""
    by = ledger.System("custody", "系统（文件核对）")
    for fault in report.faults:
        log.error("%s", fault)
        subject = ("file", fault.digest[:64])
        known = {(row.event, row.data.get("what")) for row in ledger.timeline(*subject)}
        if ("file.fault_found", fault.what) not in known:
            data = {"what": fault.what, "name": fault.name, "cases": list(fault.cases)}
            ledger.record(subject, "file.fault_found", by=by, data=data)
    log.info("文件核对：看了 %d 个，%d 处不对", report.looked, len(report.faults))
