"""Webhooks: told once, signed, tried again, never about a stranger's case and never into our own network."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from onewindow.api import tasks, webhooks
from onewindow.api.models import Delivery, IdempotentReply, Webhook
from onewindow.cases.actions import intake
from onewindow.kernel import subscribers
from onewindow.kernel.models import Entry
from tests.api.conftest import Program, issue
from tests.factories import cases
from tests.factories.applications import fill

pytestmark = pytest.mark.django_db


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.answer = [], 204
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def watcher(citizen):
    return Program(issue(citizen.user, "cases:read", "webhooks"))


@pytest.fixture
def hook(watcher, receiver):
    reply = watcher.post("/webhooks", {"url": f"http://127.0.0.1:{receiver.server_port}/in?a=1"})
    assert reply.status_code == 201, reply.content.decode()
    return reply.json()


def tell(case_number, event="case.submitted"):
    webhooks.on_entry(Entry.objects.get(subject=case_number, event=event))


def work(attempts=0):
    """The worker comes to every waiting delivery."""
    for delivery in Delivery.objects.filter(state="waiting").order_by("id"):
        tasks.deliver.func(SimpleNamespace(job=SimpleNamespace(attempts=attempts)), delivery.pk)


@pytest.fixture
def sent(citizen):
    return intake.submit(fill(cases.draft(by=citizen.principal), citizen.principal), by=citizen.principal)


def test_an_act_is_told_once_and_signed(hook, receiver, sent):
    tell(sent.number)
    tell(sent.number)
    work()
    ((headers, body),) = receiver.got
    told = json.loads(body)
    assert (told["type"], told["data"]["number"], told["data"]["state"]) == ("case.submitted", sent.number, "submitted")
    signature = webhooks.sign(hook["secret"], headers["webhook-id"], headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == f"v1,{signature}"
    assert headers["Host"].startswith("127.0.0.1:")
    assert sent.person.name not in body.decode() and sent.applicant_phone not in body.decode()


def test_the_ledger_calls_without_being_asked(hook, sent):
    assert "api.webhooks" in subscribers._handlers
    subscribers.follow("api.webhooks", webhooks.on_entry)
    assert {delivery.event for delivery in Delivery.objects.all()} <= set(webhooks.events())


def test_a_stranger_is_told_nothing(other_citizen, receiver, sent):
    stranger = Program(issue(other_citizen.user, "webhooks"))
    stranger.post("/webhooks", {"url": f"http://127.0.0.1:{receiver.server_port}/"})
    tell(sent.number)
    assert not Delivery.objects.exists()


def test_only_what_was_asked_for_is_told(watcher, receiver, sent):
    watcher.post("/webhooks", {"url": f"http://127.0.0.1:{receiver.server_port}/", "events": ["case.accepted"]})
    tell(sent.number)
    assert not Delivery.objects.exists()


def test_what_does_not_arrive_is_tried_again_and_then_given_up(hook, receiver, sent):
    receiver.answer = 500
    tell(sent.number)
    with pytest.raises(webhooks.Undelivered):
        work()
    assert Delivery.objects.get().state == "waiting"
    work(attempts=tasks.MAX_ATTEMPTS - 1)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.answer) == ("failed", 2, "对方答复 500")
    assert Webhook.objects.get().stopped_at is None


def test_gone_stops_the_webhook_until_it_is_tested_again(hook, watcher, receiver, sent):
    receiver.answer = 410
    tell(sent.number)
    work()
    assert watcher.get("/webhooks").json()[0]["stopped_because"] == "对方答复 410"
    receiver.answer = 200
    assert watcher.post(f"/webhooks/{hook['id']}/tests").status_code == 202
    work()
    assert json.loads(receiver.got[-1][1])["type"] == "webhook.test"
    rows = watcher.get(f"/webhooks/{hook['id']}/deliveries").json()["deliveries"]
    assert [row["state"] for row in rows] == ["sent", "failed"]


def test_production_speaks_https_only_and_never_into_the_network(settings, hook, receiver, watcher, sent):
    settings.PRODUCTION = True
    assert watcher.post("/webhooks", {"url": "http://example.com/"}).status_code == 422
    tell(sent.number)
    work()
    assert receiver.got == [] and "内部网络" in Webhook.objects.get().stopped_because


@pytest.mark.parametrize("url", ["ftp://a.example/", "https://", "https://u:p@a.example/", "https://a.example:99999/"])
def test_an_address_nobody_can_reach_is_refused_in_words(watcher, url):
    reply = watcher.post("/webhooks", {"url": url})
    assert reply.status_code == 422 and reply.json()["errors"][0]["place"] == "url"


def test_the_key_is_given_again_to_a_retry_and_kept_nowhere_in_the_clear(watcher, receiver):
    body = {"url": f"http://127.0.0.1:{receiver.server_port}/"}
    first, again = (watcher.post("/webhooks", body, key="one").json() for _ in range(2))
    assert first == again and first["secret"].startswith("whsec_")
    assert Webhook.objects.count() == 1
    assert first["secret"] not in json.dumps([IdempotentReply.objects.get().body, Webhook.objects.get().secret])


def test_a_stranger_does_not_find_it_and_the_scope_is_needed(hook, other_citizen, citizen):
    stranger = Program(issue(other_citizen.user, "webhooks"))
    for call in (lambda p: p.get(f"/webhooks/{hook['id']}/deliveries"), lambda p: p.delete(f"/webhooks/{hook['id']}")):
        assert call(stranger).status_code == 404
    assert Program(issue(citizen.user, "cases:read")).get("/webhooks").status_code == 403
    owner = Program(issue(citizen.user, "webhooks"))
    assert owner.delete(f"/webhooks/{hook['id']}").status_code == 204
    assert owner.get("/webhooks").json() == []
