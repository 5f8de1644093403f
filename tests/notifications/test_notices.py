"""Notices: written with the act, delivered by the worker, kept out of sight when they are secret."""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.urls import reverse
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from onewindow.cases import messages
from onewindow.feedback import invitations
from onewindow.kernel import clock
from onewindow.notifications import actions, checks, texts
from onewindow.notifications.gateways import sms
from onewindow.notifications.gateways.base import DeliveryFailed
from onewindow.notifications.gateways.http_sms import HttpSms
from onewindow.notifications.gateways.sandbox import SandboxSms
from onewindow.notifications.models import Message
from tests.factories.accounts import UserFactory

CONTEXT = {"item": "老年人优待证", "number": "5101142600000018", "due_on": "10月13日"}
OUTSIDE = {"system": "住房公积金业务系统", "what": "5 次都没连上，已暂停发送"}
CALENDAR = {
    "agency": "区卫健局",
    "cases": 12,
    "shorter": 3,
    "overdue": 1,
    "before": "10月12日",
    "applicant": "李**",
} | {"year": 2027, "days": 30}
RENEWAL = {"certificate": "公共场所卫生许可证", "until": "2027年3月1日", "apply_by": "2027年1月30日"}
ERRAND = {"receipt": "DB202603050001-01", "link": "https://zw.xindu.gov.cn/errands/0123456789AB/"}
HALL = {"device": "综合服务区 F05 综合自助终端", "trouble": "A4 纸快用完了"}
PARTIES = {"agent": "王*", "principal": "李**", "ground": "未成年人的监护人"}
SECRET = "a-secret-of-the-gateway"


def tell(user=None, **kwargs):
    return actions.notify(user=user, template="accepted", context=CONTEXT, subject="5101142600000018", **kwargs)


def delivery_of(message: Message) -> ProcrastinateJob:
    return ProcrastinateJob.objects.get(task_name="notifications.deliver", args__message_id=message.pk)


def work() -> None:
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(wait=False, queues=["notices"], install_signal_handlers=False, listen_notify=False)


@pytest.mark.django_db
class TestWriting:
    def test_in_the_app_at_once_and_by_sms_later(self):
        user = UserFactory()
        in_app, text = tell(user, link="/my/cases/5101142600000018/")
        assert (in_app.channel, in_app.state, in_app.user) == ("in_app", "sent", user)
        assert (text.channel, text.state, text.to) == ("sms", "waiting", user.phone)
        assert "老年人优待证" in text.text and "最迟 10月13日 办结" in text.text
        assert delivery_of(text).queue_name == "notices"

    def test_a_person_without_an_account_gets_the_sms_and_one_without_a_phone_the_app(self):
        assert [m.channel for m in tell(phone="13800000001")] == ["sms"]
        assert [m.channel for m in tell(UserFactory(phone=None))] == ["in_app"]
        assert tell() == []

    def test_a_replayed_ledger_row_tells_nobody_twice(self):
        user = UserFactory()
        assert len(tell(user, entry=77)) == 2
        assert tell(user, entry=77) == []
        assert ProcrastinateJob.objects.count() == 1

    def test_what_is_rolled_back_was_never_said(self):
        with pytest.raises(RuntimeError), transaction.atomic():
            tell(UserFactory())
            raise RuntimeError
        assert not Message.objects.exists()
        assert not ProcrastinateJob.objects.exists()

    def test_a_notice_with_a_hole_is_not_sent(self):
        with pytest.raises(KeyError):
            actions.notify(template="accepted", context={"item": "x"}, phone="13800000001")
        assert not Message.objects.exists()

    def test_every_notice_of_the_cases_has_its_text(self):
        assert set(messages.TOLD.values()) | {"rating_invitation", actions.SIGN_IN_CODE} <= set(texts.codes())
        assert invitations
        for code in texts.codes():
            facts = CONTEXT | PARTIES | OUTSIDE | CALENDAR | RENEWAL | HALL | ERRAND | {"code": "123456"}
            assert len(texts.render(code, facts)) <= 80


class Gateway(BaseHTTPRequestHandler):
    """A peer that answers as told and remembers what it was asked."""

    asked: list[tuple[dict, bytes]]
    answers: list[int]

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((dict(self.headers), body))
        self.send_response(self.server.answers.pop(0))
        self.end_headers()
        self.wfile.write(b'{"reference": "ref-1"}')

    def log_message(self, *args):
        pass


@pytest.fixture
def peer(settings):
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    server.asked, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.SMS_URL, settings.SMS_SECRET = f"http://127.0.0.1:{server.server_port}/sms", SECRET
    yield server
    server.shutdown()
    server.server_close()


class TestHttpGateway:
    def test_the_message_is_signed_and_named(self, peer):
        peer.answers = [200]
        assert sms().send("13800000001", "您好", key="message-7") == "ref-1"
        headers, body = peer.asked[0]
        assert json.loads(body) == {"id": "message-7", "to": "13800000001", "text": "您好"}
        assert headers["Idempotency-Key"] == "message-7"
        signed = headers["X-Onewindow-Timestamp"].encode() + b"." + body
        expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        assert headers["X-Onewindow-Signature"] == f"sha256={expected}"

    @pytest.mark.parametrize("status, lasting", [(400, True), (403, True), (408, False), (429, False), (500, False)])
    def test_a_refusal_lasts_and_a_breakdown_passes(self, peer, status, lasting):
        peer.answers = [status]
        with pytest.raises(DeliveryFailed) as failure:
            sms().send("13800000001", "您好", key="k")
        assert failure.value.lasting is lasting

    def test_nobody_there(self):
        with pytest.raises(DeliveryFailed, match="无法连接"):
            HttpSms("http://127.0.0.1:9/sms", SECRET).send("13800000001", "您好", key="k")


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
class TestDelivery:
    @pytest.fixture(autouse=True)
    def _empty_queue(self):
        """The queue's tables are not Django's to empty."""
        yield
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs CASCADE")

    def test_the_sandbox_takes_it_at_once(self):
        [message] = tell(phone="13800000001")
        work()
        message.refresh_from_db()
        assert (message.state, message.reference) == ("sent", f"sandbox-message-{message.pk}")

    def test_a_gateway_that_is_down_is_asked_again(self, peer):
        peer.answers = [503, 200]
        [message] = tell(phone="13800000001")
        work()
        message.refresh_from_db()
        job = delivery_of(message)
        assert (message.state, message.error) == ("waiting", "短信网关答复 503")
        assert job.status == "todo" and job.scheduled_at > clock.now()

    def test_a_lasting_refusal_is_not_repeated(self, peer):
        peer.answers = [400]
        [message] = tell(phone="13800000001")
        work()
        message.refresh_from_db()
        assert (message.state, delivery_of(message).status) == ("failed", "succeeded")


@pytest.mark.django_db
class TestSecrets:
    def test_a_real_gateway_leaves_no_code_in_our_tables(self, client, peer):
        peer.answers = [200]
        client.post(reverse("sign-in"), {"phone": "13800000001"})
        code = json.loads(peer.asked[0][1])["text"].split("验证码 ")[1][:6]
        assert code.isdigit()
        message = Message.objects.get()
        assert "******" in message.text and code not in message.text and message.state == "sent"
        assert not ProcrastinateJob.objects.exists()
        assert client.post(reverse("sign-in-code"), {"code": code}).status_code == 302

    def test_a_gateway_that_is_down_is_explained(self, client, peer):
        peer.answers = [500]
        response = client.post(reverse("sign-in"), {"phone": "13800000001"})
        assert response.status_code == 422 and "短信暂时发不出去" in response.content.decode()
        assert Message.objects.get().state == "failed"


@pytest.mark.django_db
class TestSandbox:
    def test_the_page_shows_the_last_twenty_and_says_what_it_is(self, client):
        for serial in range(22):
            actions.send_code("13800000001", f"{serial:06d}")
        page = client.get(reverse("sandbox-sms")).content.decode()
        assert "沙箱</h1>" in page
        assert "000021" in page and "000002" in page and "000001，" not in page
        assert "13800000001" not in page

    def test_production_has_neither_page_nor_gateway(self, client, settings):
        assert checks.gateway_is_real(None) == []
        settings.SANDBOX = False
        assert client.get(reverse("sandbox-sms")).status_code == 404
        assert [error.id for error in checks.gateway_is_real(None)] == ["notifications.E001"]
        with pytest.raises(ImproperlyConfigured):
            SandboxSms()
        settings.SMS_URL = "https://sms.example/send"
        assert checks.gateway_is_real(None) == []
