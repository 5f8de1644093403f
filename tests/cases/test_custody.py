"""A file lost or altered on the disk is found, with the cases it belongs to."""

import pytest
from django.core.management import call_command

from onewindow.cases import custody, notices, tasks
from onewindow.cases.actions import drafts, intake
from onewindow.documents import files, papers
from onewindow.documents.models import File, Paper
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, whole
from tests.factories import cases

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


@pytest.fixture
def matter(calendar, settings, tmp_path):
    """One file handed in, one paper issued, on a disk of its own."""
    settings.MEDIA_ROOT = tmp_path
    from onewindow.documents import typesetting

    typesetting.digest.cache_clear()
    case, citizen = whole(), cases.citizen()
    for paper in case.papers.all():
        paper.delete()
    File.objects.all().delete()
    drafts.add_paper(case, "photo", files.store(PDF, "照片.pdf", citizen.key), by=citizen)
    intake.submit(case, by=citizen)
    intake.receive(case, by=post(case, "clerk"))
    row = Entry.objects.get(subject=case.number, event="case.received")
    papers.paper_pdf(notices.paper_of(row))
    yield case
    typesetting.digest.cache_clear()


def verified(capsys, *options):
    try:
        call_command("documents", "verify", *options)
        code = 0
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr()
    return code, said.out + said.err


def spoil(file, content=None):
    path = files.path_of(file.sha256)
    path.chmod(0o600)
    path.unlink() if content is None else path.write_bytes(content)


def test_all_is_there(matter, capsys):
    assert verified(capsys) == (0, "看了 2 个文件，都在，没有改动。\n")


@pytest.mark.parametrize(("content", "words"), [(None, "文件不见了"), (PDF[:-1] + b"G", "文件被改动过")])
def test_lost_and_altered_with_the_number_of_the_case(matter, capsys, content, words):
    spoil(matter.papers.get().file, content)
    code, said = verified(capsys)
    assert code == 1 and f"{words}：照片.pdf（办件 {matter.number}" in said and "1 处不对" in said


def test_a_paper_of_ours_too(matter, capsys):
    spoil(Paper.objects.get().pdf, PDF)
    code, said = verified(capsys)
    assert code == 1 and "文件被改动过：材料接收凭证" in said and matter.number in said


def test_a_quick_look_reads_nothing(matter, capsys):
    spoil(matter.papers.get().file, PDF[:-1] + b"G")
    assert verified(capsys, "--quick")[0] == 0
    spoil(matter.papers.get().file, PDF + b"x")
    assert verified(capsys, "--quick")[0] == 1


def test_another_pdf_under_the_right_hash(matter, capsys):
    """Row and disk changed together: the seal names another paper, or none."""
    paper = Paper.objects.get()
    Paper.objects.filter(pk=paper.pk).update(pdf=files.keep_made(PDF + b" ", "假的.pdf"))
    assert "印章不是这份文书的" in verified(capsys)[1]


def test_facts_changed_in_the_database(matter, capsys):
    paper = Paper.objects.get()
    Paper.objects.filter(pk=paper.pk).update(facts=paper.facts | {"applicant": "别人"})
    assert "登记内容与签发时的签名不符" in verified(capsys)[1]


def test_one_goes_on_where_one_stopped(matter, capsys, monkeypatch):
    monkeypatch.setattr(custody, "BATCH", 1)
    first, second = File.objects.order_by("pk")
    report = custody.Report()
    next(custody.verify(report))
    assert (report.looked, report.after, report.whole) == (1, first.pk, False)
    assert verified(capsys, "--after", str(first.pk)) == (0, "看了 1 个文件，都在，没有改动。\n")
    assert verified(capsys, "--after", str(second.pk)) == (0, "看了 0 个文件，都在，没有改动。\n")


def test_the_weekly_look_hands_on_and_writes_each_fault_once(matter, monkeypatch):
    monkeypatch.setattr(custody, "BATCH", 1)
    monkeypatch.setattr(tasks, "PART", 1)
    handed_on = []
    monkeypatch.setattr(tasks.look_at_part, "defer", lambda after: handed_on.append(after))
    spoil(matter.papers.get().file)
    for _week in range(2):
        handed_on[:] = [str(custody.NOBODY)]
        for after in handed_on:  # grows while it is walked
            tasks.look_at_part(after=after)
        assert len(handed_on) == 3
    found = Entry.objects.get(kind="file", event="file.fault_found")
    assert found.data["cases"] == [matter.number] and found.data["what"] == "lost"


def test_a_thousand_files_in_few_statements(matter, capsys, django_assert_max_num_queries):
    File.objects.bulk_create(
        File(name=f"{n}.pdf", mime="application/pdf", size=1, sha256=f"{n:064x}", owner="user:1") for n in range(1000)
    )
    report = custody.Report()
    with django_assert_max_num_queries(20):
        list(custody.verify(report, quick=True))
    assert report.looked == 1002 and len(report.faults) == 1000
