"""结果样本 (R12): made from the guide, no seal, across it what it is."""

import pytest
from django.conf import settings

from onewindow.catalogue import specimens
from onewindow.documents import typesetting
from tests.factories.catalogue import flagship, whole

CODES = [path.stem for path in sorted((settings.DATA_DIR / "catalogue").glob("XD[AP]*.yaml"))][:8]


@pytest.mark.parametrize("code", CODES)
def test_every_certificate_of_a_guide_can_be_shown_before(code):
    guide = whole(code)
    if specimens.has_specimen(guide):
        assert specimens.specimen(guide, "成都市新都区示例局").startswith(b"%PDF")


def test_it_bears_no_seal_and_names_the_lines(monkeypatch):
    seen = {}
    monkeypatch.setattr(specimens, "render", lambda template, facts: seen.update(facts, template=template) or b"%PDF")
    specimens.specimen(whole(), "成都市新都区卫生健康局")
    assert (seen["template"], seen["specimen"], seen["verify_url"]) == ("specimen", True, "")
    assert ["现住址", "现在住在哪里（示例）"] in seen["lines"]
    sealed = typesetting.render("certificate", seen | {"specimen": False})
    assert len(typesetting.render("certificate", seen)) < len(sealed)


@pytest.mark.django_db
def test_the_guide_page_leads_to_it_and_what_has_no_paper_has_none(client):
    item = flagship()
    assert f"/items/{item.code}/specimen.pdf" in client.get(f"/items/{item.code}/").content.decode()
    assert client.get(f"/items/{item.code}/specimen.pdf")["Content-Type"] == "application/pdf"
    paid = flagship("XDP0052", result={"name": "高龄津贴", "kind": "benefit"})
    assert client.get(f"/items/{paid.code}/specimen.pdf").status_code == 404
