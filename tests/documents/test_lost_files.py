"""A file whose content is gone from the disk: said in words, and in nobody's way."""

import pytest

from onewindow.documents import files
from onewindow.documents.models import File
from tests.documents.conftest import picture
from tests.factories.applications import fill
from tests.factories.cases import draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost(citizen):
    case = fill(draft(by=citizen.principal), citizen.principal)
    paper = case.papers.filter(file__isnull=False).first()
    assert not files.path_of(paper.file.sha256).exists()
    return case, paper


def test_whoever_opens_it_reads_what_happened(citizen, lost, caplog):
    case, paper = lost
    page = citizen.client.get(f"/cases/{case.number}/files/{paper.id}/")
    assert page.status_code == 404
    assert "读不到了，请联系工作人员" in page.content.decode()
    assert citizen.client.get(f"/my/cases/{case.number}/papers/{paper.id}/small/").status_code == 404
    assert str(paper.file_id) in caplog.text


def test_it_does_not_keep_other_files_from_their_check(citizen, lost, media):
    _, paper = lost
    later = files.store(picture(), "照片.jpg", citizen.principal.key)
    File.objects.filter(pk__in=[paper.file_id, later.pk]).update(scan=File.Scan.WAITING)
    assert files.scan_waiting() == 1
    later.refresh_from_db()
    assert later.scan == File.Scan.CLEAN
