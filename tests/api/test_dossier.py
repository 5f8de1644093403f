"""A program downloads the dossier of its user's case, and nobody else's."""

import io
import zipfile

import pytest

from onewindow.cases.actions import intake
from onewindow.kernel.models import Entry
from tests.api.conftest import Program, issue
from tests.factories import applications, cases
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db


def test_the_own_case_as_one_file(citizen, other_citizen):
    case = applications.fill(cases.draft(flagship(), citizen.principal), citizen.principal)
    program = Program(issue(citizen.user))
    assert program.get(f"/cases/{case.number}/dossier").json()["detail"] == "草稿还没有提交，没有卷宗。"
    intake.submit(case, by=citizen.principal)
    case.papers.all().delete()
    reply = program.get(f"/cases/{case.number}/dossier")
    assert reply["Content-Type"] == "application/zip"
    assert "manifest.sig" in zipfile.ZipFile(io.BytesIO(b"".join(reply.streaming_content))).namelist()
    assert Entry.objects.filter(subject=case.number, event="case.dossier_exported").count() == 1
    assert Program(issue(other_citizen.user)).get(f"/cases/{case.number}/dossier").status_code == 404
