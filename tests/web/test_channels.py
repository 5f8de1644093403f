"""One source, every channel: whoever asks with the same answers is told the same papers."""

import html
import json
import re

import pytest
import yaml
from django.conf import settings
from django.urls import reverse

from onewindow.cases import readiness
from onewindow.cases.actions import drafts
from onewindow.catalogue import lists
from onewindow.catalogue.checklist import read_answers
from onewindow.catalogue.models import Item
from tests.cast import officer
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
EXAMPLES = settings.DATA_DIR / "examples"
# Of each flagship one situation in turn, the unanswered ones among them.
CODES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))


def said(answers):
    return {key: {True: "yes", False: "no"}.get(value, value) for key, value in answers.items()}


def names(page, pattern):
    return [html.unescape(found) for found in re.findall(pattern, page.content.decode())]


def situation(code):
    examples = yaml.safe_load((EXAMPLES / f"{code}.yaml").read_text(encoding="utf-8"))
    return examples[CODES.index(code) % len(examples)]["answers"]


@pytest.mark.parametrize("code", CODES)
def test_every_channel_lists_the_same_papers(code, client, citizen):
    item: Item = flagship(code)
    guide, answers = item.guide, situation(code)
    typed, query = read_answers(guide, said(answers)), said(answers)
    asked = [row for row in item.current.checklist(typed).materials if row.status != "not_needed"]
    expected = [row.name for row in asked]
    assert expected

    page = client.get(reverse("item", args=[code]), query)
    shown = page.content.decode().partition('class="ow-spared"')[0]
    assert [html.unescape(name) for name in re.findall(r'ow-paper-name"><b>(.*?)</b>', shown)] == expected

    printed = client.get(reverse("item-print", args=[code]), query)
    assert names(printed, r'class="tick">.</td><td>(.*?)(?:（看情况）)?</td>') == expected

    facts = lists.leaflet(item.current, item.agency.name, typed, "http://testserver/")
    assert [(paper["name"], paper["status"]) for paper in facts["materials"]] == [(r.name, r.status) for r in asked]
    assert client.get(reverse("item-leaflet", args=[code]), query).content.startswith(b"%PDF")

    kept = client.post(reverse("item-lists", args=[code]), query)["Location"]
    shared = client.get(kept)
    on_list = names(shared, r"</i>\s*<span><b>(.*?)</b>")
    assert on_list == [row.name for row in asked if row.status != "ready"]
    assert all(html.escape(row.name) in shared.content.decode() for row in asked)

    reply = client.post(
        f"/api/v1/items/{code}/checklist", json.dumps({"answers": answers}), content_type="application/json"
    )
    assert [m["name"] for m in reply.json()["materials"] if m["status"] != "not_needed"] == expected

    clerk = officer("clerk", agency=item.agency_id)
    at_window = clerk.client.get(reverse("desk-instant", args=[code]), query)
    assert names(at_window, r'name="seen-paper".*?<b>(.*?)</b>') == expected

    case = drafts.open_case(item, by=citizen.principal, person=citizen.person, answers=typed)
    assert [r.name for r in readiness.check(case).checklist.materials if r.status != "not_needed"] == expected
    upload = citizen.client.get(reverse("case-materials", args=[case.number]))
    assert names(upload, r'<h2 id="m-[^"]*">(.*?)</h2>') == expected
