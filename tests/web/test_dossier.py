"""The dossier through its doors: desk, applicant, program; script and key at the verification page."""

import io
import json
import zipfile

import pytest
from django.urls import reverse

from onewindow.cases.actions import intake
from onewindow.cases.dossier.content import SCRIPT
from onewindow.documents import facts
from onewindow.kernel.models import Entry
from tests.factories import applications, cases
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db


@pytest.fixture
def matter(citizen):
    draft = cases.draft(flagship(), citizen.principal)
    case = intake.submit(applications.fill(draft, citizen.principal), by=citizen.principal)
    for paper in case.papers.all():
        paper.delete()  # rows without bytes; what is handed in is tested in tests/cases/test_dossier.py
    return case


def opened(response):
    assert response.status_code == 200 and response["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def taken(case):
    return Entry.objects.filter(subject=case.number, event="case.dossier_exported")


class TestDesk:
    def test_the_decider_says_why_and_has_it(self, decider, matter):
        address = reverse("desk-dossier", args=[matter.number])
        assert address in decider.client.get(reverse("desk-case", args=[matter.number])).content.decode()
        assert "导出的理由" in decider.client.get(address).content.decode()
        manifest = json.loads(opened(decider.client.post(address, {"reason": "复议机关调取"})).read("manifest.json"))
        assert manifest["case"] == matter.number and manifest["reason"] == "复议机关调取" and manifest["whole"]
        assert taken(matter).get().actor_name == decider.user.name

    def test_without_a_reason_nothing_leaves_and_what_was_typed_stays(self, decider, matter):
        page = decider.client.post(reverse("desk-dossier", args=[matter.number]), {"reason": "要", "numbers": "yes"})
        assert page.status_code == 422 and "至少四个字" in page.content.decode()
        assert 'value="要"' in page.content.decode() and " checked" in page.content.decode()
        assert not taken(matter).exists()

    def test_the_clerk_has_no_such_page(self, clerk, matter):
        assert clerk.client.get(reverse("desk-dossier", args=[matter.number])).status_code == 404
        assert "导出卷宗" not in clerk.client.get(reverse("desk-case", args=[matter.number])).content.decode()


class TestApplicant:
    def test_one_click_and_the_own_matter(self, citizen, other_citizen, matter):
        address = reverse("case-dossier", args=[matter.number])
        assert address in citizen.client.get(reverse("my-case", args=[matter.number])).content.decode()
        assert not json.loads(opened(citizen.client.post(address)).read("manifest.json"))["whole"]
        assert other_citizen.client.post(address).status_code == 404
        assert "导出卷宗" not in citizen.client.get(reverse("my-case", args=[matter.number])).content.decode()

    def test_not_without_end(self, citizen, matter, monkeypatch):
        monkeypatch.setattr("onewindow.web.my.dossier.MOST", 1)
        address = reverse("case-dossier", args=[matter.number])
        assert citizen.client.post(address).status_code == 200
        assert citizen.client.post(address).status_code == 429

    def test_a_draft_has_none(self, citizen):
        draft = cases.draft(flagship(), citizen.principal)
        assert citizen.client.post(reverse("case-dossier", args=[draft.number])).status_code == 302
        assert not taken(draft).exists()


def test_script_and_key_are_here_and_not_only_in_the_dossier(client):
    page = client.get(reverse("verify")).content.decode()
    key_id = facts.signing_key()[1]
    assert key_id in page and "/verify/verify.py" in page and "/verify/key.pem" in page
    assert client.get("/verify/verify.py").content == SCRIPT.read_bytes()
    assert client.get("/verify/key.pem").content == facts.public_pem(key_id)
    assert client.get("/verify/secret.pem").status_code == 404
