"""Who may open the pages behind the catalogue (the other posts and the public: tests/test_permissions.py)."""

import pytest
from django.urls import get_resolver, reverse

from onewindow.accounts.models import Post
from onewindow.cases.models import Transfer
from onewindow.catalogue import actions, words
from onewindow.kernel import clock
from tests import cast
from tests.factories.catalogue import agency, published, whole

ROLES = ["editor", "checker", "editor of another agency"]
# name: (method, editor, checker, editor of another agency)
PAGES = {
    "manage-home": ("GET", 200, 200, 200),
    "manage-catalogue": ("GET", 200, 200, 200),
    "manage-report": ("GET", 200, 200, 200),
    "manage-export": ("GET", 200, 200, 200),
    "manage-import": ("GET", 200, 404, 200),
    "manage-item-new": ("GET", 200, 404, 200),
    "manage-item": ("GET", 200, 200, 200),
    "manage-comparison": ("GET", 200, 200, 200),
    "manage-draft-new": ("POST", 302, 404, 404),
    "manage-draft": ("GET", 200, 200, 404),
    "manage-preview": ("GET", 200, 200, 404),
    "manage-touched": ("GET", 200, 200, 404),
    "manage-edit": ("GET", 200, 404, 404),
    "manage-act": ("POST", 302, 403, 404),
    "manage-transfers": ("GET", 200, 200, 404),
    "manage-transfer-new": ("GET", 200, 404, 404),
    "manage-transfer": ("GET", 200, 200, 404),
    "manage-transfer-edit": ("GET", 200, 404, 404),
    "manage-transfer-items": ("GET", 200, 200, 404),
    "manage-transfer-act": ("POST", 302, 403, 404),
    "manage-vocabulary": ("GET", 200, 200, 200),
    "manage-word": ("GET", 200, 200, 200),
    "manage-word-retirement": ("POST", 302, 404, 404),
    "manage-unanswered": ("GET", 200, 200, 200),
    "manage-translations": ("GET", 200, 200, 200),
    "manage-translation": ("GET", 200, 200, 200),
    "manage-translation-file": ("GET", 200, 200, 200),
}


@pytest.fixture
def draft(db, editor):
    return actions.open_draft(published(whole()), by=editor.principal)


def test_every_page_is_in_the_table():
    """The pages of calendar, exchange and hall belong to other posts (tests/test_permissions.py)."""
    hall = ("device", "doors", "extended", "hours", "node", "roster", "slot")
    others = ("manage-calendar", "manage-exchange", *(f"manage-{each}" for each in hall))
    ours = {name for name in get_resolver().reverse_dict if isinstance(name, str) and name.startswith("manage-")}
    assert {name for name in ours - set(PAGES) if not name.startswith(others)} == set()


def plan_of(draft, editor) -> Transfer:
    said = {"document": "新府发〔2026〕9号", "basis": "改革方案", "effective_on": clock.today()}
    return Transfer.objects.create(giver_id="WJJ", taker=agency("XSPJ"), items=[draft.code], author=editor.user, **said)


@pytest.mark.parametrize("name", PAGES)
def test_who_may_open(name, draft, editor, checker):
    known = {"code": draft.code, "pk": draft.pk, "section": "base", "act": "discard"}
    if "transfer" in name:
        known |= {"pk": plan_of(draft, editor).pk, "act": "cancellation"}
    if "word" in name:
        known["pk"] = words.add("widen", "敬老本", ["老年证"], by=editor.principal).pk
    arguments = get_resolver().reverse_dict.getlist(name)[0][0][0][1]
    address = reverse(name, kwargs={key: known[key] for key in arguments})
    address += "?a=1&b=1" if name == "manage-comparison" else ""
    method, *expected = PAGES[name]
    stranger = cast.officer(Post.Role.EDITOR, agency="MZJ", name="外局编辑")
    # The stranger and the checker first: what the editor does changes the draft.
    found = [member.client.generic(method, address).status_code for member in (stranger, checker, editor)]
    assert dict(zip(ROLES, found[::-1], strict=True)) == dict(zip(ROLES, expected, strict=True))


def test_they_start_at_their_own_workplace(editor):
    page = editor.client.get("/").content.decode()
    assert 'href="/manage/"' in page
    assert 'href="/desk/"' not in page
