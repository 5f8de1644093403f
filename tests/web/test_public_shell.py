"""The shell: headers, elder mode, languages, refusals; and the verification of certificates."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from onewindow.documents import verification
from onewindow.kernel import clock
from onewindow.kernel.flow import Stale
from onewindow.web.middleware import Conflicts
from tests.documents.test_papers import certificate
from tests.factories.catalogue import agency

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued():
    return certificate(agency("WJJ"))


def post(path="/desk/cases/1/decision/", data=None, **headers):
    request = RequestFactory().post(path, data or {}, headers=headers)
    request.htmx = "HX-Request" in headers
    request.principal, request._messages = None, ()
    return request


def test_every_answer_forbids_foreign_code(client):
    headers = client.get("/help/").headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert client.get("/nowhere/").headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/help/", "/verify/", "/items/", "/search/"])
def test_pages_carry_no_inline_code(client, path):
    page = client.get(path).content.decode()
    assert " style=" not in page and "<style" not in page and " onclick=" not in page
    assert page.count("<script ") == page.count("<script src=")
    assert "演示环境，短信与印章均为沙箱" in page


def test_elder_mode_is_kept(client):
    assert 'class="elder ' not in client.get("/help/").content.decode()
    client.cookies["elder"] = "1"
    assert 'class="elder ' in client.get("/help/").content.decode()


def test_language_is_kept(client):
    client.post("/language/", {"language": "en", "next": "/help/"})
    assert '<html lang="en"' in client.get("/help/").content.decode()


def test_the_one_who_came_second_loses_nothing():
    subject = SimpleNamespace(state="decided")
    request = post(data={"opinion": "材料齐全，<b>建议准予</b>", "password": "geheim", "csrfmiddlewaretoken": "x"})
    page = Conflicts(lambda r: None).process_exception(request, Stale(subject, "有人先办理了这件事。"))
    assert page.status_code == 409
    body = page.content.decode()
    assert "有人先办理了这件事。" in body and "意见" in body
    assert "材料齐全，&lt;b&gt;建议准予&lt;/b&gt;</textarea>" in body
    assert "geheim" not in body


def test_an_htmx_conflict_goes_to_the_message_box():
    request = post(data={"opinion": "同意"}, **{"HX-Request": "true"})
    answer = Conflicts(lambda r: None).process_exception(request, Stale(SimpleNamespace(), "有人先办理了这件事。"))
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#messages"
    assert "<html" not in answer.content.decode() and "同意</textarea>" in answer.content.decode()


def test_a_refusal_says_why():
    request = post(**{"HX-Request": "true"})
    answer = Conflicts(lambda r: None).process_exception(request, PermissionDenied("您没有“决定”的权限。"))
    assert (answer.status_code, "您没有“决定”的权限。" in answer.content.decode()) == (403, True)


def test_a_page_left_open_too_long_says_so():
    answer = Client(enforce_csrf_checks=True).post("/verify/", {"number": "X", "name": "张三"})
    assert answer.status_code == 403
    assert "停留太久" in answer.content.decode() and "CSRF" not in answer.content.decode()


def test_staff_find_their_desk(clerk, citizen):
    assert "工作台" in clerk.client.get("/").content.decode()
    assert "工作台" not in citizen.client.get("/").content.decode()


@pytest.mark.parametrize("referer", ["https://evil.example/x", "javascript:alert(1)", ""])
def test_the_way_back_stays_here(referer):
    page = Conflicts(lambda r: None).process_exception(post(Referer=referer), Stale(SimpleNamespace(), "先一步"))
    assert 'href="/">看最新情况' in page.content.decode()


def test_a_broken_page_needs_nothing():
    assert "不是您的错" in render_to_string("layout/500.html")


def test_the_process_is_alive(client):
    assert client.get("/healthz").content == b"ok"


def test_the_qr_shows_the_public_facts_only(client, issued):
    page = client.get(f"/verify/{issued.number}/", {"c": issued.secret})
    body = page.content.decode()
    assert "核验通过，真实有效" in body and issued.type_name in body
    assert issued.holder not in body and issued.case_number not in body
    assert page.headers["Cache-Control"] == "no-store"


def test_without_the_secret_the_name_is_asked(client, issued):
    body = client.get(f"/verify/{issued.number}/").content.decode()
    assert issued.number in body and issued.type_name not in body
    answer = client.post("/verify/", {"number": issued.number, "name": issued.holder})
    assert "核验通过" in answer.content.decode()


def test_wrong_number_and_wrong_name_look_alike(client, issued):
    wrong_name = client.post("/verify/", {"number": issued.number, "name": "王五"}).content.decode()
    assert verification.UNKNOWN in wrong_name and issued.type_name not in wrong_name
    assert "请填写证照编号" in client.post("/verify/", {"number": issued.number}).content.decode()


def test_a_certificate_past_its_day_is_true_but_of_no_use(client, issued):
    type(issued).objects.filter(pk=issued.pk).update(valid_until=clock.today() - timedelta(days=1))
    body = client.get(f"/verify/{issued.number}/", {"c": issued.secret}).content.decode()
    assert "现在不能用" in body and "已过有效期" in body


def test_a_dropped_file_is_judged(client, issued):
    other = client.post("/verify/", {"file": SimpleUploadedFile("x.pdf", b"%PDF-1.4 hello", "application/pdf")})
    assert "没有核验到" in other.content.decode()


def test_nobody_tries_numbers_out(client, monkeypatch):
    monkeypatch.setattr("onewindow.web.public.verification.TRIES", 2)
    guess = {"number": "XDP20260000001X", "name": "张三"}
    assert [client.post("/verify/", guess).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/verify/XDP20260000001X/", {"c": "guess"})
    assert refused.status_code == 429 and refused.headers["Retry-After"] == "600"
