"""The catalogue to take along, and what machines read on a guide's page."""

import csv
import io
import json
import re

import pytest

from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db


def body(response):
    return b"".join(response.streaming_content).decode()


def test_items_and_papers_open_in_a_spreadsheet(client):
    item = flagship("XDP0032")
    text = body(client.get("/open-data/items.csv"))
    assert text.startswith("\ufeffcode,")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["code"], row["promised_days"], row["promised_unit"]) == ("XDP0032", "7", "natural")
    papers = list(csv.DictReader(io.StringIO(body(client.get("/open-data/materials.csv")).removeprefix("\ufeff"))))
    assert [paper["key"] for paper in papers] == [material.key for material in item.guide.materials]


def test_the_whole_catalogue_is_one_json_document_and_unchanged_is_not_sent_again(client):
    item = flagship("XDP0032")
    response = client.get("/open-data/catalogue.json")
    (entry,) = json.loads(body(response))["items"]
    assert entry["guide"] == item.current.body
    assert client.get("/open-data/catalogue.json", headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert client.get("/open-data/../settings.py").status_code == 404


def test_a_guide_tells_machines_what_service_it_is_and_nothing_in_it_becomes_markup(client):
    item = flagship("XDP0032", summary="给</script><script>alert(1)</script>的")
    page = client.get(f"/items/{item.code}/").content.decode()
    (said,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    found = json.loads(said)
    assert (found["@type"], found["identifier"]) == ("GovernmentService", "XDP0032")
    assert found["description"] == "给</script><script>alert(1)</script>的"
    assert "<script>alert" not in page
