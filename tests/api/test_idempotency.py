"""A retried request acts once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction

from onewindow.accounts.models import ApiToken
from onewindow.api import idempotency
from onewindow.api.models import IdempotentReply
from onewindow.cases.models import Case, CasePaper
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from tests.api.conftest import Program, faults, picture


def test_the_same_key_gives_the_same_reply(program, item):
    first, second = (program.post("/cases", {"item": item.code}, key="a") for _ in range(2))
    assert first.json() == second.json()
    assert (second.status_code, second["Idempotent-Replayed"]) == (201, "true")
    assert Case.objects.count() == 1


def test_another_request_under_a_used_key_is_refused(program, item, draft):
    program.post("/cases", {"item": item.code}, key="a")
    other = program.post("/cases", {"item": item.code, "answers": {"age": 70}}, key="a")
    elsewhere = program.post(f"/cases/{draft['number']}/withdrawal", {"item": item.code}, key="a")
    assert other.json()["type"] == "urn:onewindow:problem:key-reused"
    assert elsewhere.status_code == 422
    assert Case.objects.get(number=draft["number"]).state == "draft"


def test_keys_of_two_tokens_have_nothing_in_common(program, stranger, item):
    numbers = {each.post("/cases", {"item": item.code}, key="a").json()["number"] for each in (program, stranger)}
    assert len(numbers) == 2


def test_a_refused_act_frees_its_key(program, draft):
    path, declared = f"/cases/{draft['number']}/submission", {"declared": True}
    assert program.post(path, declared, key="s").status_code == 422
    program.upload(f"/cases/{draft['number']}/materials/photo", picture())
    assert program.post(path, declared, key="s").json()["state"] == "submitted"
    assert program.post(path, declared, key="s").json()["state"] == "submitted"
    assert Entry.objects.filter(event="case.submitted").count() == 1


def test_an_upload_is_known_by_its_content(program, draft):
    path = f"/cases/{draft['number']}/materials/photo"
    first, again = (program.upload(path, picture(), key="u") for _ in range(2))
    assert first.json() == again.json()
    assert CasePaper.objects.count() == 1
    assert program.upload(path, picture("red"), key="u").status_code == 422


@pytest.mark.parametrize("key", ["", "两", "a b", "x" * 101])
def test_a_key_must_be_given_in_plain_characters(program, item, key):
    reply = program.client.post(
        "/api/v1/cases", {"item": item.code}, "application/json", headers=program.headers | {"Idempotency-Key": key}
    )
    assert (reply.status_code, set(faults(reply))) == (400, {"Idempotency-Key"})


def test_without_a_key_nothing_happens(program, item):
    reply = program.client.post("/api/v1/cases", {"item": item.code}, "application/json", headers=program.headers)
    assert faults(reply) == {"Idempotency-Key": "缺少这一项"}
    assert not Case.objects.exists()


def test_old_replies_are_forgotten(program, item):
    program.post("/cases", {"item": item.code}, key="old")
    IdempotentReply.objects.update(created_at=clock.now() - idempotency.KEPT - timedelta(seconds=1))
    program.post("/cases", {"item": item.code}, key="new")
    assert idempotency.forget_old() == 1
    assert IdempotentReply.objects.get().key == "new"


def at_once(times, act):
    def run(_):
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_eight_twins_open_one_case(program, item):
    secret = program.headers["Authorization"].removeprefix("Bearer ")
    replies = at_once(8, lambda: Program(secret).post("/cases", {"item": item.code}, key="twin"))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["number"] for reply in replies}) == 1
    assert sum("Idempotent-Replayed" not in reply for reply in replies) == 1
    assert Case.objects.count() == Entry.objects.filter(event="case.opened").count() == 1


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_a_twin_that_waits_too_long_is_told_to_come_again(program, item, monkeypatch):
    monkeypatch.setattr(idempotency, "WAIT", "200ms")
    slow = IdempotentReply(token=ApiToken.objects.get(), key="slow", request_digest="x")
    with transaction.atomic():
        slow.save()
        (reply,) = at_once(1, lambda: program.post("/cases", {"item": item.code}, key="slow"))
    assert (reply.status_code, reply["Retry-After"]) == (409, "1")
    assert not Case.objects.exists()
