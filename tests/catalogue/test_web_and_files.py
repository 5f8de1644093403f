"""Files and the web write the same items: neither silently undoes the other."""

from io import StringIO

import pytest
from django.core.management import call_command

from onewindow.catalogue import actions, publish
from onewindow.catalogue.models import Draft, Item
from onewindow.kernel import clock
from onewindow.kernel.models import Entry

pytestmark = pytest.mark.django_db
NAMES = "plain_names: [老年证, 老年优待证, 老人证, 敬老卡, 敬老证, 老年卡]"


def written_on_the_web(editor, checker, code="XDP0096", **changes):
    draft = actions.open_draft(Item.objects.get(pk=code), by=editor.principal)
    actions.save(draft, by=editor.principal, values=changes)
    actions.submit(draft, by=editor.principal, note="按新文件改")
    actions.approve(draft, by=checker.principal, publish_on=clock.today())
    assert actions.publish_due() == [draft]
    return Item.objects.get(pk=code)


@pytest.fixture
def loaded(district):
    publish.load(district)


@pytest.fixture
def edited(loaded, editor, checker):
    return written_on_the_web(editor, checker, plain_names=["银龄通行证"])


def test_loading_the_same_files_leaves_what_was_published_on_the_web(district, edited):
    summary, _ = publish.load(district)
    assert (summary.published, summary.conflicts) == (0, ())
    item = Item.objects.get(pk="XDP0096")
    assert (item.current.number, item.guide.plain_names, item.edited) == (2, ("银龄通行证",), True)


def test_a_changed_file_is_reported_by_name_and_left_alone(district, edit, edited):
    edit("catalogue/XDP0096.yaml", NAMES, "plain_names: [敬老证]")
    out = StringIO()
    call_command("load", district, stdout=out)
    assert "没有动：XDP0096" in out.getvalue()
    assert Item.objects.get(pk="XDP0096").guide.plain_names == ("银龄通行证",)
    assert publish.load(district)[0].conflicts == ("XDP0096",)  # until somebody decides


@pytest.mark.parametrize("named", [[], ["XDP0096"]])
def test_the_files_win_when_the_operator_says_so(district, edit, edited, named):
    edit("catalogue/XDP0096.yaml", NAMES, "plain_names: [敬老证]")
    out = StringIO()
    call_command("load", district, take_files=named, stdout=out)
    item = Item.objects.get(pk="XDP0096")
    assert "敬老证" in item.guide.plain_names
    assert "银龄通行证" not in item.guide.plain_names
    assert (item.current.number, item.edited) == (3, False)
    assert publish.load(district)[0].published == 0


def test_only_the_named_items_are_taken(district, edit, edited):
    edit("catalogue/XDP0096.yaml", NAMES, "plain_names: [敬老证]")
    assert publish.load(district, ["XDA0001"])[0].conflicts == ("XDP0096",)


def test_taking_unchanged_files_undoes_nothing(district, edited):
    assert publish.load(district, [])[0].published == 0
    assert Item.objects.get(pk="XDP0096").guide.plain_names == ("银龄通行证",)


def test_a_stricter_rule_reaches_what_was_written_on_the_web(district, loaded, editor, checker):
    """The rules are data: when they change, a load says anew what is complete, and keeps the words."""
    item = written_on_the_web(editor, checker, summary="", plain_names=["银龄通行证"])
    assert item.complete  # this district only warns of a missing sentence (E6)
    assert "E6" in item.warned_by
    summary, _ = publish.load(district)  # a folder without publishing.yaml takes every rule at its word
    item.refresh_from_db()
    assert (summary.published, summary.conflicts) == (1, ())
    assert (item.complete, item.guide.complete, item.blocked_by) == (False, False, ["E6"])
    assert (item.edited, item.guide.plain_names) == (True, ("银龄通行证",))


def test_the_item_knows_which_rules_it_breaks(loaded):
    item = Item.objects.get(pk="XDA0001")
    assert not item.complete
    assert {"E2", "E4", "E5", "R6"} <= set(item.blocked_by)
    assert item.reviewed_on is None
    assert str(Item.objects.get(pk="XDP0096").reviewed_on) == "2026-11-23"


def test_each_version_is_one_row_of_the_ledger(district, edited):
    rows = Entry.objects.filter(kind="item", subject="XDP0096").order_by("seq")
    draft = Draft.objects.get()
    assert [(row.actor, row.data["version"]) for row in rows] == [("system:loader", 1), ("system:timer", 2)]
    assert rows[1].data["draft"] == draft.subject
    assert draft.version == edited.current
