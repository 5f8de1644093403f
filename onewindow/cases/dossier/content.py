"""What goes into a dossier, in the order it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from onewindow.accounts import divisions
from onewindow.cases import application, approval, notices, timeline
from onewindow.cases.dossier.pack import Pack
from onewindow.cases.models import Case, CasePaper, Delivery, SitePhoto
from onewindow.documents import facts, files, papers, typesetting
from onewindow.documents.models import Certificate, File, Issued
from onewindow.kernel import clock, forms, ledger
from onewindow.kernel.models import Entry
from onewindow.kernel.proofs import SealedDays

FORMAT = "onewindow-dossier/1"
SCRIPT = Path(__file__).with_name("verify.py")
README = """\
一件办件的卷宗

办件编号：{number}
事项：{item}
办理机关：{organ}
导出时间：{at}
导出理由：{reason}

里面有什么
  manifest.json      清单：每一份内容的哈希；manifest.sig 是清单的签名
  case.json          办件的登记内容
  application.pdf    申请书
  approval.pdf       审批表：谁在什么时候签了什么意见（只在机关导出的卷宗里）
  ledger/            账本：每办一步一条，一条扣一条
  papers/            各步出具的文书（PDF，盖有电子印章）
  certificates/      证照
  files/             申请人交来的材料，现场核查的照片，送达的凭证
  templates/         文书的版式
  keys/              核验用的公钥
  verify.py          核验程序

怎么核验（不用联网，不用一窗平台）
  1. 电脑上要有 Python 3，并执行一次：pip install cryptography
  2. 从本区政务服务网“核验”页下载 verify.py 和公钥，不要只用卷宗里的这一份。
  3. 执行：python3 verify.py 卷宗.zip --key 公钥.pem
  每一项都打 ✓，就是从封存起没有改动过。改动任何一个字节，都会打 ✗。
"""


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _read(file: File) -> Iterator[bytes]:
    with files.open_file(file) as stream:
        while chunk := stream.read(files.CHUNK):
            yield chunk


class Content:
    def __init__(self, case: Case, *, upto: int, whole: bool, full_number: str, reason: str) -> None:
        self.case, self.upto, self.whole, self.full_number, self.reason = case, upto, whole, full_number, reason
        self.at = clock.now()
        self.pack = Pack(self.at)
        self.days = SealedDays()
        self.listed: dict[str, list[dict[str, Any]]] = {"chains": [], "papers": [], "certificates": [], "files": []}
        self.keys: set[str] = set()
        self.templates: dict[str, str] = {}

    def chunks(self) -> Iterator[bytes]:
        case = self.case
        said = README.format(
            number=case.number, item=case.guide.name, organ=case.agency.name, reason=self.reason or "申请人本人导出",
            at=f"{self.at.astimezone(clock.SHANGHAI):%Y年%-m月%-d日 %H:%M}",
        )  # fmt: skip
        yield from self.pack.add("README.txt", [said.encode()])
        yield from self.pack.add("verify.py", [SCRIPT.read_bytes()])
        yield from self.pack.add("case.json", [_json(self._registered())])
        yield from self.pack.add("application.pdf", [application.pdf(case)], squeeze=False)
        if self.whole and case.accepted_at:
            yield from self.pack.add("approval.pdf", [approval.pdf(case)], squeeze=False)
        rows = Entry.objects.filter(kind="case", subject=case.number, seq__lte=self.upto)
        yield from self._chain("case", case.number, "ledger/case.jsonl", rows)
        yield from self._papers(rows)
        yield from self._certificates()
        yield from self._handed_in()
        yield from self._keys()
        yield from self._manifest()

    def _registered(self) -> dict[str, Any]:
        """As it stands now, personal numbers masked."""
        case = self.case
        moments = ("submitted", "complete", "received", "accepted", "decided", "delivered", "finished")
        found: dict[str, Any] = {
            "number": case.number, "item": case.item_id, "item_name": case.guide.name, "version": case.version.number,
            "version_digest": case.version.digest, "agency": case.agency.name, "channel": case.get_channel_display(),
            "state": case.get_state_display(), "outcome": case.get_outcome_display(),
            "applicant": case.applicant_name, "applicant_phone": case.applicant_phone,
            "number_masked": case.person.number_masked if case.person else "",
            "statutory_due": str(case.statutory_due or ""), "promised_due": str(case.promised_due or ""),
            "corrections": case.corrections, "stops": case.stops, "extension": case.extension,
            "form": [
                {"page": title, "rows": [list(row) for row in rows]}
                for title, rows in forms.display(case.guide.form, case.form, divisions.name)
            ],
        }  # fmt: skip
        found |= {f"{name}_at": str(getattr(case, f"{name}_at") or "") for name in moments}
        return found | ({"number_full": self.full_number} if self.full_number else {})

    def _chain(self, kind: str, subject: str, path: str, rows: Iterable[Entry]) -> Iterator[bytes]:
        head, count = b"", 0

        def lines() -> Iterator[bytes]:
            nonlocal head, count
            for entry in rows.order_by("seq").iterator(chunk_size=100):  # type: ignore[attr-defined]
                head, count = bytes(entry.hash), entry.seq
                yield self._line(entry)

        yield from self.pack.add(path, lines())
        said = {"kind": kind, "subject": subject, "file": path, "rows": count, "head": head.hex()}
        self.listed["chains"].append(said)

    def _line(self, entry: Entry) -> bytes:
        day, path = self.days.path(entry)
        text = ledger.payload_of(entry) if self._may_read(entry) else None
        row = {"seq": entry.seq, "hash": bytes(entry.hash).hex(), "payload": text, "day": day.isoformat(), "path": path}
        return ledger.canonical(row).encode() + b"\n"

    def _may_read(self, entry: Entry) -> bool:
        """An applicant's dossier has the inner rows by their hash alone: the chain still holds."""
        if self.whole:
            return True
        return entry.event not in timeline.INNER and not timeline.INNER_WORDS.get(entry.event, set()) & set(entry.data)

    def _papers(self, rows: Any) -> Iterator[bytes]:
        for entry in rows.filter(data__has_key="paper").order_by("seq").iterator(chunk_size=20):
            paper, issued = notices.paper_of(entry), entry.data["paper"]
            if paper is None or not self._may_read(entry):
                continue
            problem = "" if paper.facts == issued["facts"] else "文书库里的内容与账本不一致"
            path = f"papers/{entry.seq:03d} {paper.title}.pdf"
            pdf, problem = self._pdf(lambda paper=paper: papers.paper_pdf(paper), problem)
            if pdf:
                yield from self.pack.add(path, _read(pdf), squeeze=False)
            self.listed["papers"].append(
                {"seq": entry.seq, "number": paper.number, "title": paper.title, "pdf": path if pdf else "",
                 "problem": problem} | self._sealing(paper)
            )  # fmt: skip

    def _pdf(self, made: Any, problem: str) -> tuple[File | None, str]:
        try:
            file: File = made()
        except papers.Forged as forged:
            return None, problem or str(forged)
        fault = files.fault_of(file)
        said = {"lost": "PDF 文件不见了", "altered": "PDF 文件被改动过"}.get(fault, "")
        return (None if fault == "lost" else file), problem or said

    def _sealing(self, issued: Issued) -> dict[str, Any]:
        """How it was sealed; its key and its template come along at the end, each once."""
        digest = issued.template_digest
        self.keys.add(issued.key_id)
        self.templates[digest] = issued.template
        names = [f"templates/{digest}/{name}" for name in typesetting.sources(issued.template, digest)]
        return {"template_digest": digest, "key_id": issued.key_id, "template_files": names}

    def _certificates(self) -> Iterator[bytes]:
        for certificate in Certificate.objects.filter(case_number=self.case.number).order_by("issued_at"):
            base = f"certificates/{certificate.number}"
            kept = {
                "facts": certificate.facts, "signature": certificate.signature, "key_id": certificate.key_id,
                "template_digest": certificate.template_digest, "state": certificate.get_state_display(),
            }  # fmt: skip
            yield from self.pack.add(f"{base}.json", [_json(kept)])
            pdf, problem = self._pdf(lambda one=certificate: papers.certificate_pdf(one), "")
            if pdf:
                yield from self.pack.add(f"{base}.pdf", _read(pdf), squeeze=False)
            rows = Entry.objects.filter(kind="certificate", subject=certificate.number)
            yield from self._chain("certificate", certificate.number, f"ledger/{certificate.number}.jsonl", rows)
            self.listed["certificates"].append(
                {"number": certificate.number, "file": f"{base}.json", "pdf": f"{base}.pdf" if pdf else "",
                 "problem": problem} | self._sealing(certificate)
            )  # fmt: skip

    def _handed_in(self) -> Iterator[bytes]:
        """What was taken out again stays with the case, so it is here too; harmful files are named, not handed on."""
        for n, (title, file, added, removed) in enumerate(self._files(), start=1):
            path, problem = f"files/{n:03d} {file.name}", ""
            if file.scan == File.Scan.INFECTED:
                path = ""
            elif not files.path_of(file.sha256).exists():
                path, problem = "", "磁盘上的文件不见了"
            else:
                yield from self.pack.add(path, _read(file), squeeze=False)
            self.listed["files"].append({
                "path": path, "title": title, "name": file.name, "mime": file.mime, "sha256": file.sha256,
                "scan": file.get_scan_display(), "added_at": added.isoformat(),
                "removed_at": removed.isoformat() if removed else "", "problem": problem,
            })  # fmt: skip

    def _files(self) -> Iterator[tuple[str, File, datetime, datetime | None]]:
        """Papers, and what the organ itself has as proof: pictures of a site visit, of who left a paper behind."""
        mine = CasePaper.objects.filter(case=self.case, file__isnull=False).select_related("file").order_by("added_at")
        for paper in mine.iterator(chunk_size=50):
            assert paper.file is not None
            yield paper.title, paper.file, paper.added_at, paper.removed_at
        if not self.whole:
            return
        taken = SitePhoto.objects.filter(proceeding__case=self.case).select_related("file").order_by("added_at")
        for photo in taken.iterator(chunk_size=50):
            yield "现场核查照片", photo.file, photo.added_at, photo.removed_at
        for served in Delivery.objects.filter(case=self.case, proof__isnull=False).select_related("proof"):
            assert served.proof is not None
            yield f"送达凭证：{served.title}", served.proof, served.sent_at or served.created_at, None

    def _keys(self) -> Iterator[bytes]:
        self.keys.add(facts.signing_key()[1])
        for digest, template in self.templates.items():
            for name, source in typesetting.sources(template, digest).items():
                yield from self.pack.add(f"templates/{digest}/{name}", [source])
        for key_id in sorted(self.keys):
            if pem := facts.public_pem(key_id):
                yield from self.pack.add(_key_path(key_id), [pem])

    def _manifest(self) -> Iterator[bytes]:
        seals = [
            {"day": day.isoformat(), "root": bytes(seal.root).hex(), "entries": seal.entries}
            for day, seal in sorted(self.days.seals.items())
        ]
        said = {
            "format": FORMAT, "case": self.case.number, "district": settings.DISTRICT_NAME, "sandbox": settings.SANDBOX,
            "made_at": self.at.astimezone(clock.SHANGHAI).isoformat(timespec="seconds"), "reason": self.reason,
            "whole": self.whole, "key_id": facts.signing_key()[1], "seals": seals,
            "keys": [{"id": key, "path": _key_path(key)} for key in sorted(self.keys) if facts.public_pem(key)],
            "members": list(self.pack.members), **self.listed,
        }  # fmt: skip
        text = _json(said)
        yield from self.pack.add("manifest.json", [text])
        yield from self.pack.add("manifest.sig", [facts.sign64(text).encode()])
        yield from self.pack.close()


def _key_path(key_id: str) -> str:
    return f"keys/{key_id.removeprefix('p256:')}.pem"
