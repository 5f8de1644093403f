"""The example situations of the complete guides (data/xindu/examples): answers → the exact papers."""

import pytest
import yaml
from django.conf import settings

from onewindow.accounts import loading
from onewindow.catalogue import publish
from onewindow.catalogue.checklist import checklist, read_answers
from onewindow.kernel.tables import Problems

DATA = settings.DATA_DIR
CODES = sorted(path.stem for path in (DATA / "examples").glob("*.yaml"))
PUBLIC_UTILITY = "公用企业"


@pytest.fixture(scope="module")
def agencies():
    return {agency.code: agency for agency in loading.read_agencies(DATA, Problems())}


@pytest.fixture(scope="module")
def guides(agencies):
    return {guide.code: guide for guide in publish.read_guides(DATA, set(agencies), Problems())}


def examples(code):
    return yaml.safe_load((DATA / "examples" / f"{code}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", CODES)
def test_the_answers_give_exactly_these_papers(guides, code):
    guide = guides[code]
    said = examples(code)
    assert len(said) >= 3
    for example in said:
        assert read_answers(guide, example["answers"]) == example["answers"], example["title"]
        found = {"needed": [], "not_needed": [], "unknown": []}
        for material in checklist(guide, example["answers"]).materials:
            status = "needed" if material.status in {"bring", "ready"} else material.status
            found[status].append(material.key)
        assert found == {key: example[key] for key in found}, example["title"]


def test_a_guide_with_a_file_of_its_own_has_examples():
    flagships = {path.stem for path in (DATA / "catalogue").glob("XD[AP][0-9]*.yaml")}
    assert flagships - set(CODES) == set()


@pytest.mark.parametrize("code", CODES)
def test_the_guide_does_not_contradict_itself(guides, agencies, code):
    guide = guides[code]
    assert guide.complete
    assert guide.immediate == (guide.promised.days == 0)
    # Steps that run at once 并联 take as long as the longest of them.
    together = {}
    for at, step in enumerate(guide.steps):
        key = step.group or at
        together[key] = max(step.days, together.get(key, 0))
    assert sum(together.values()) == guide.promised.days
    assert {step.unit for step in guide.steps if step.days} <= {guide.promised.unit}
    assert bool(guide.visits.reason) == (guide.visits.count > 0)
    assert guide.visits.count == 0 or guide.online.depth < 5
    assert (guide.online.depth == 5) == (not guide.online.why_not)
    assert bool(guide.remedies.reconsideration) == (agencies[guide.agency].kind != PUBLIC_UTILITY)
    for material in guide.materials:
        assert material.where and material.standard, material.key
        assert (material.necessity == "conditional") == bool(material.needed_when), material.key
    if guide.kind == "行政许可":
        assert {step.key for step in guide.steps} == {"accept", "review", "decide", "certify", "deliver"}
        assert guide.faq
