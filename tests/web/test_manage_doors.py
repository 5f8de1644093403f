"""Who may open the pages behind the catalogue (the other posts and the public: tests/test_permissions.py)."""

import pytest
from django.urls import reverse

OK, NO = 200, 404
# name: (method, editor, checker)
PAGES = {"manage-home": ("GET", OK, OK)}


@pytest.mark.parametrize("name", PAGES)
def test_who_may_open(name, editor, checker):
    method, *expected = PAGES[name]
    found = [member.client.generic(method, reverse(name)).status_code for member in (editor, checker)]
    assert found == expected


def test_they_start_at_their_own_workplace(editor):
    page = editor.client.get("/").content.decode()
    assert 'href="/manage/"' in page
    assert 'href="/desk/"' not in page
