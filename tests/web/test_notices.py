"""Messages of the office: mine, newest first, new ones marked once."""

import pytest

from onewindow.notifications.actions import notify

pytestmark = pytest.mark.django_db
TOLD = {"item": "申领《四川省老年人优待证》", "number": "5101142600000013", "due_on": "2026-11-30"}


def test_a_message_is_new_until_it_has_been_looked_at(citizen, other_citizen):
    notify(template="accepted", context=TOLD, user=citizen.user, link="/my/cases/5101142600000013/")
    assert "消息（1 条新）" in citizen.client.get("/my/cases/").content.decode()
    page = citizen.client.get("/my/notices/").content.decode()
    assert "已受理" in page and 'href="/my/cases/5101142600000013/"' in page
    assert "条新" not in citizen.client.get("/my/cases/").content.decode()
    assert "还没有消息" in other_citizen.client.get("/my/notices/").content.decode()


def test_older_messages_page_by_key(citizen, monkeypatch, django_assert_max_num_queries):
    from onewindow.web.my import notices

    monkeypatch.setattr(notices, "PAGE", 2)
    for _ in range(3):
        notify(template="accepted", context=TOLD, user=citizen.user)
    citizen.client.get("/my/notices/")
    with django_assert_max_num_queries(1):
        page = citizen.client.get("/my/notices/").content.decode()
    assert page.count("已受理") == 2
    after = page.split("?after=")[1].split('"')[0]
    assert citizen.client.get(f"/my/notices/?after={after}").content.decode().count("已受理") == 1
