"""The dossier is checked by its own script, in a process that knows nothing of the program."""

import json
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from onewindow.cases import dossier, readiness
from onewindow.cases.actions import drafts, intake, outcome
from onewindow.cases.dossier.content import SCRIPT
from onewindow.cases.models import Proceeding, SitePhoto
from onewindow.documents import facts, files
from onewindow.documents.models import File, Paper
from onewindow.kernel import ledger
from onewindow.kernel.models import Entry
from tests.cases.conftest import granted, post, rows, submitted, whole
from tests.factories import cases

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


@pytest.fixture
def matter(eve):
    """Decided and delivered, every file really on the disk, the day sealed."""
    case = whole()
    citizen = cases.citizen()
    for paper in case.papers.all():
        drafts.remove_paper(case, paper, by=citizen)
        paper.delete()
    drafts.add_paper(case, "photo", files.store(PDF, "照片.pdf", citizen.key), by=citizen)
    for place in readiness.check(case).problems:
        drafts.add_paper(
            case, place.removeprefix("material:"), files.store(PDF + b"\n", "证明.pdf", citizen.key), by=citizen
        )
    case = granted(intake.submit(case, by=citizen))
    outcome.deliver(case, by=post(case, "clerk"), way="online")
    eve.shift(timedelta(days=1))
    ledger.seal_days()
    return case


def exported(case, by=None, **how):
    made = dossier.export(case, by=by or post(case, "decider"), **({"reason": "法院调取证据"} | how))
    return b"".join(made.chunks)


@pytest.fixture
def check(tmp_path):
    """The script of the project, alone in an empty environment."""

    def run(content, *more):
        path = tmp_path / "卷宗.zip"
        path.write_bytes(content)
        command = [sys.executable, "-I", str(SCRIPT), str(path), *map(str, more)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONIOENCODING": "utf-8"})
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout

    return run


def test_the_whole_dossier_holds(matter, check):
    code, said = check(exported(matter))
    assert code == 0, said
    for name in ("公钥", "封条", "清单签名", "清单", "账本", "日封", "文书", "证照", "材料"):
        assert f"✓ {name}：" in said
    assert "卷宗完整，没有改动。" in said
    assert "1 条记录所在的日子在导出时还没有日封" in said, "the export itself is of today"


def test_it_has_what_a_court_would_ask_for(matter, tmp_path):
    (tmp_path / "a.zip").write_bytes(exported(matter))
    opened = zipfile.ZipFile(tmp_path / "a.zip")
    names = opened.namelist()
    assert {"README.txt", "verify.py", "case.json", "application.pdf", "ledger/case.jsonl", "manifest.sig"} <= set(
        names
    )
    titles = {name.split(" ", 1)[1] for name in names if name.startswith("papers/")}
    assert {"受理通知书.pdf", "准予决定书.pdf", "送达回证.pdf"} <= titles
    events = [json.loads(json.loads(line)["payload"])[3] for line in opened.read("ledger/case.jsonl").splitlines()]
    assert events == rows(matter), "in order, and the last one says who took it"
    assert events[-1] == "case.dossier_exported"
    assert any(name.startswith("files/") for name in names) and any(name.startswith("certificates/") for name in names)
    said = json.loads(opened.read("case.json"))
    assert "number_full" not in said and "3624" not in json.dumps(said["form"])


def test_what_the_organ_has_as_proof_is_in_its_own_and_not_in_the_applicants(matter, check, tmp_path):
    visit = Proceeding.objects.create(case=matter, kind="site_visit", nth=1, on=matter.created_at.date())
    picture = files.store(PDF + b"\n\n", "门头.pdf", "user:1")
    SitePhoto.objects.create(proceeding=visit, point="", file=picture, added_by="user:1")
    matter.deliveries.filter(kind="granted").update(proof=files.store(PDF + b"\n\n\n", "回执.pdf", "user:1"))

    def kept(content):
        (tmp_path / "b.zip").write_bytes(content)
        opened = zipfile.ZipFile(tmp_path / "b.zip")
        manifest = json.loads(opened.read("manifest.json"))
        return "approval.pdf" in opened.namelist(), [each["title"] for each in manifest["files"]]

    whole, own = exported(matter), exported(matter, by=cases.citizen())
    assert check(whole)[0] == check(own)[0] == 0
    approval, titles = kept(whole)
    assert approval and "现场核查照片" in titles and any(title.startswith("送达凭证") for title in titles)
    approval, titles = kept(own)
    assert not approval and "现场核查照片" not in titles


def test_a_key_from_elsewhere_is_compared(matter, check, tmp_path):
    content, key_id = exported(matter), facts.signing_key()[1]
    (tmp_path / "ours.pem").write_bytes(facts.public_pem(key_id))
    assert "与您给的公钥相符" in check(content, "--key", tmp_path / "ours.pem")[1]
    other = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "other.pem").write_bytes(other)
    code, said = check(content, "--key", tmp_path / "other.pem")
    assert code == 1 and "✗ 公钥" in said


def altered(content, tmp_path, change):
    """The same ZIP written again, with one member changed and the seal kept."""
    (tmp_path / "old.zip").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "old.zip") as old, zipfile.ZipFile(tmp_path / "new.zip", "w") as new:
        members = {name: old.read(name) for name in old.namelist()}
        change(members)
        for name, value in members.items():
            new.writestr(name, value)
        new.comment = old.comment
    return (tmp_path / "new.zip").read_bytes()


def lines(members, change):
    told = members["ledger/case.jsonl"].splitlines()
    members["ledger/case.jsonl"] = b"\n".join(change(told)) + b"\n"


def first(members, folder):
    return next(name for name in members if name.startswith(folder))


TAMPERED = {
    "row": (lambda m: lines(m, lambda told: [*told[:3], told[3].replace(b"case.", b"cose."), *told[4:]]), "账本"),
    "order": (lambda m: lines(m, lambda told: [told[1], told[0], *told[2:]]), "账本"),
    "missing row": (lambda m: lines(m, lambda told: told[:2] + told[3:]), "账本"),
    "cut off": (lambda m: lines(m, lambda told: told[:-1]), "账本"),
    "file": (lambda m: m.update({first(m, "files/"): PDF + b"%"}), "材料"),
    "paper": (lambda m: m.update({first(m, "papers/"): b"%PDF-1.4 %%EOF"}), "清单"),
    "template": (lambda m: m.update({first(m, "templates/"): b"#let x = 1"}), "文书"),
    "added": (lambda m: m.update({"files/999 多出来的.pdf": PDF}), "清单"),
    "removed": (lambda m: m.pop(first(m, "papers/")), "清单"),
    "manifest": (
        lambda m: m.update({"manifest.json": m["manifest.json"].replace("法院".encode(), "某院".encode())}), "清单签名"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TAMPERED)
def test_whatever_is_changed_is_found(matter, check, tmp_path, kind):
    change, where = TAMPERED[kind]
    code, said = check(altered(exported(matter), tmp_path, change))
    assert code == 1 and "✗ 封条" in said and f"✗ {where}：" in said, said


def test_any_single_byte(matter, check):
    """Also where no member lies: headers, directory, the seal itself."""
    content = exported(matter)
    for at in [*range(11, len(content), len(content) // 12), len(content) - 30, len(content) - 200]:
        broken = bytearray(content)
        broken[at] ^= 1
        assert check(bytes(broken))[0] == 1, at


def test_a_file_lost_or_altered_before_the_export_is_said(matter, check):
    kept = matter.papers.first().file
    path = files.path_of(kept.sha256)
    original = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(original + b"x")
    code, said = check(exported(matter))
    assert code == 1 and "与收下时的哈希不符" in said
    path.unlink()
    code, said = check(exported(matter))
    assert code == 1 and "磁盘上的文件不见了" in said
    path.write_bytes(original)


def test_facts_altered_in_the_database_are_said(matter, check):
    exported(matter)
    paper = Paper.objects.filter(subject=matter.number, kind="granted").get()
    Paper.objects.filter(pk=paper.pk).update(facts=paper.facts | {"applicant": "别人"}, pdf=None)
    code, said = check(exported(matter))
    assert code == 1 and "✗ 文书" in said


class TestWho:
    def test_the_applicant_sees_no_inner_rows_and_it_still_holds(self, matter, check, tmp_path):
        content = exported(matter, by=cases.citizen(), reason="")
        code, said = check(content)
        assert code == 0 and "内部记录，内容没有给出" in said
        (tmp_path / "a.zip").write_bytes(content)
        text = zipfile.ZipFile(tmp_path / "a.zip").read("ledger/case.jsonl").decode()
        assert "符合条件" not in text and "case.reviewed" not in text and "case.granted" in text

    def test_a_stranger_and_the_clerk_do_not_take_it_along(self, matter):
        for by in (cases.citizen("chen", name="陈静", number="510125198907142128"), post(matter, "clerk")):
            with pytest.raises(PermissionDenied):
                exported(matter, by=by)

    def test_an_officer_says_why(self, matter):
        with pytest.raises(ValueError, match="导出的理由"):
            exported(matter, reason="要")

    def test_full_numbers_only_when_asked_and_on_record_with_the_person(self, matter, tmp_path):

        (tmp_path / "a.zip").write_bytes(exported(matter, numbers=True))
        assert (
            json.loads(zipfile.ZipFile(tmp_path / "a.zip").read("case.json"))["number_full"] == cases.GRANNY["number"]
        )
        assert Entry.objects.filter(kind="person", event="person.number_viewed").exists()
        with pytest.raises(PermissionDenied):
            exported(matter, by=post(matter, "supervisor"), numbers=True)


def test_the_command(matter, tmp_path, check, capsys):
    out = tmp_path / "out.zip"
    call_command("dossier", matter.number, reason="档案移交", out=out)
    assert check(out.read_bytes())[0] == 0
    with pytest.raises(CommandError, match="没有办件"):
        call_command("dossier", "0", reason="档案移交")


def test_large_files_do_not_lie_in_memory(eve):
    """30 MB handed in: no more than a few chunks wait at once."""
    case = submitted()
    big = files.path_of("0" * 64)
    big.parent.mkdir(parents=True, exist_ok=True)
    with big.open("wb") as file:
        file.truncate(30_000_000)
    File.objects.filter(case_papers__case=case).update(sha256="0" * 64)
    made = dossier.export(case, by=cases.citizen())
    assert max(map(len, made.chunks)) < 2_000_000
    big.unlink()
