"""What strangers, scripts and borrowed computers try at the doors."""

from __future__ import annotations

from datetime import timedelta
from zlib import crc32

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from onewindow.accounts.models import Post
from onewindow.cases.models import Case
from onewindow.kernel import clock, forms, limits, wire
from onewindow.kernel.models import Entry
from tests.cast import sign_in
from tests.factories import cases
from tests.factories.accounts import PostFactory, UserFactory, citizen_number
from tests.factories.catalogue import flagship
from tests.test_permissions import OK, PAGES, ROLES, address, doors, matter, people, settled  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
HOSTILE = ["\0", "²", "9" * 5000, "1e300", "'\"><svg onload=1>%(x)s%", "WyIiLCJhIl0=", "[", "\u202e" + "x" * 2000]
ASKED = ["q", "after", "who", "theme", "agency", "next", "view", "removed", "seen", "c", "method", "age"]
TYPED = [
    "stars", "tags", "go", "once", "reason", "advice", "opinion", "remark.x", "members.².a", "name", "number", "items",
    "document", "text", "declared", "sure", "identifier", "password", "phone", "code", "applicant", "language",
]  # fmt: skip


class TestDoors:
    @pytest.mark.parametrize("name", PAGES)
    def test_no_page_breaks(self, name, doors):  # noqa: F811
        case, clients = doors
        url = address(name, case)
        for role in ["visitor", "owner", "clerk"]:
            for value in hostile(name, role):
                assert clients[role].get(url, dict.fromkeys(ASKED, value)).status_code < 500
                assert clients[role].post(url, dict.fromkeys([*ASKED, *TYPED], value)).status_code < 500

    # A program's door: it is opened by the client's secret, never by a cookie.
    @pytest.mark.parametrize("name", sorted(set(PAGES) - {"sandbox-oidc-token"}))
    def test_no_form_is_taken_from_another_site(self, name, doors):  # noqa: F811
        case, clients = doors
        for role in ["visitor", "owner", "clerk"]:
            strict = Client(enforce_csrf_checks=True)
            strict.cookies = clients[role].cookies
            assert strict.post(address(name, case), {"next": "/"}).status_code == 403


def hostile(name: str, role: str) -> list[str]:
    """All of it where the door is open; where it is closed to everybody of the kind, two, at each door two others."""
    if PAGES[name][1][ROLES.index(role)] == OK:
        return HOSTILE
    return HOSTILE[crc32(name.encode()) % 4 :: 4]


def test_a_shared_computer_keeps_nothing(matter, people):  # noqa: F811
    pages = {"owner": ["home", "my-cases", "my-case", "my-clock", "my-notices"], "clerk": ["desk-list", "desk-case"]}
    for role, names in pages.items():
        for name in names:
            response = people[role].get(address(name, matter))
            assert (response.status_code, "no-store" in response.headers["Cache-Control"]) == (200, True)
    assert "no-store" in Client().get(address("rate", matter)).headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [("/nowhere/", {}, 404), ("/", {"Host": "a b"}, 400), ("/search/?q=%00", {}, 400), ("/\0/", {}, 400)],
)
def test_refusals_are_as_closed_as_pages(client, path, headers, status):
    response = client.get(path, headers=headers)
    assert response.status_code == status
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/verify/", "/api/v1/verifications"])
@pytest.mark.parametrize(
    ("kind", "length", "status"),
    [
        ("multipart/form-data; boundary=x; charset=utf-7", None, 400),
        ("multipart/form-data; boundary=x; charset=rot13", None, 400),
        ("multipart/form-data; boundary=x", wire.FILES_AT_ONCE * settings.UPLOAD_MAX_BYTES + 1, 413),
    ],
)
def test_what_cannot_be_read_is_refused_before_it_is_read(client, path, kind, length, status):
    size = {"CONTENT_LENGTH": str(length)} if length else {}
    assert client.generic("POST", path, b"--x--\r\n", content_type=kind, **size).status_code == status


@pytest.mark.parametrize(
    "following",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "nowhere", "javascript:alert(1)", "/" * 501],
)
def test_signing_in_leads_nowhere_else(citizen, following):
    response = citizen.client.get("/sign-in/", {"next": following})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_a_broken_address_of_the_page_before(client):
    response = client.get("/my/cases/", headers={"HX-Request": "true", "HX-Current-URL": "http://["})
    assert response.headers["HX-Redirect"] == "/sign-in/?next=%2F"


def test_names_and_numbers_cannot_be_tried_out(client):
    user = UserFactory(person=None)
    sign_in(user, client)
    cases.person()
    guess = {"name": "张三", "document": "resident_id", "number": cases.GRANNY["number"]}
    words = [client.post("/my/identity/", guess).content.decode() for _ in range(11)]
    assert "次数太多" not in words[9] and "次数太多" in words[10]
    stated = client.post("/my/identity/", guess | {"number": citizen_number(7)})
    assert "次数太多" in stated.content.decode() and user.person is None


def test_a_stolen_cookie_becomes_no_password(citizen, monkeypatch):
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    refused = citizen.client.post("/my/account/password/", {"new": "xiangcheng-2026"})
    assert refused.status_code == 422 and "重新登录后再设置密码" in refused.content.decode()
    citizen.user.refresh_from_db()
    assert not citizen.user.has_usable_password()


def test_the_mark_of_a_page_is_ones_own(citizen, other_citizen):
    item = flagship()
    for member in (citizen, other_citizen, citizen):
        response = member.client.post(f"/apply/{item.code}/", {"applicant": "self", "once": "x" * 300})
        assert response.status_code == 302
    assert Case.objects.count() == 2


def test_a_reason_with_the_number_keeps_it_out_of_the_ledger(matter, clerk):  # noqa: F811
    number = matter.person.number
    clerk.client.post(f"/desk/cases/{matter.number}/number/", {"reason": f"核对原件 {number}"})
    kept = Entry.objects.filter(event__in=["case.number_viewed", "person.number_viewed"])
    assert [number in entry.data["reason"] for entry in kept] == [False, False]


def test_nobody_works_on_the_own_matter(matter, citizen):  # noqa: F811
    PostFactory(user=citizen.user, role=Post.Role.CLERK, agency=matter.agency)
    type(citizen.user).objects.filter(pk=citizen.user.pk).update(kind="staff")
    official = Client()
    sign_in(citizen.user, official)
    assert official.post(f"/desk/cases/{matter.number}/acceptance/").status_code == 403
    matter.refresh_from_db()
    assert matter.state == "received"


def test_a_deep_body_is_no_matter(client):
    for body in ('{"a":' * 300 + "1" + "}" * 300, "[" * 20 + "]" * 20):
        response = client.post("/api/v1/items/XDP0096/checklist", body, content_type="application/json")
        assert response.status_code == 400


@pytest.mark.parametrize("sign", ["\u202e", "\u2066"])
def test_no_text_runs_the_other_way(sign):
    schema = forms.FormSchema(pages=({"title": "一", "fields": [{"key": "name", "label": "姓名"}]},))
    assert "不能保存的字符" in forms.validate(schema, {"name": f"王{sign}强"}).errors["name"]


@pytest.mark.parametrize(
    ("came", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"), ("::ffff:203.0.113.9", "203.0.113.9"), ("unix", "unix"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
    ],
)  # fmt: skip
def test_one_line_at_home_is_one_address(came, counted):
    assert limits.address(RequestFactory().get("/", REMOTE_ADDR=came)) == counted


def test_nobody_fills_the_disk(citizen, monkeypatch):
    monkeypatch.setattr("onewindow.documents.uploads.FILES_A_DAY", 2)
    case = cases.drafts.open_case(flagship(), by=citizen.principal, person=citizen.person)
    sent = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.4 " + n.encode() + b" %%EOF") for n in ("a", "b", "c")]
    answer = citizen.client.post(f"/my/cases/{case.number}/materials/photo/", {"file": sent})
    assert "c.pdf：今天上传的文件太多了" in answer.content.decode()
    assert case.papers.count() == 2


@pytest.mark.parametrize("path", ["items/XDP0096/versions/{}/", "my/cases/{}/form/{}/", "my/mandates/{}/revocation/"])
@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000])
def test_no_number_is_too_long(citizen, path, number):
    flagship()
    assert citizen.client.get("/" + path.format(number, number)).status_code == 404


def test_no_entry_number_is_too_long(matter, clerk):  # noqa: F811
    assert clerk.client.get(f"/cases/{matter.number}/documents/{'9' * 30}/").status_code == 404


def test_nothing_typed_becomes_code(matter, citizen, clerk):  # noqa: F811
    code = "\"'><svg onload=1>{{ 7*7 }}"
    texts = {field.key for field in matter.guide.form.walk() if field.kind in {"text", "long_text"}}
    form = matter.form | dict.fromkeys(texts & matter.form.keys(), code)
    remarks = [{"on": "", "text": code, "fixed": False}]
    Case.objects.filter(pk=matter.pk).update(form=form, remarks=remarks, applicant_name=code)
    type(matter.papers.get().file).objects.update(name=code)
    for person, name in [(citizen, "my-case"), (clerk, "desk-case"), (clerk, "desk-list")]:
        page = person.client.get(address(name, matter), {"view": "open", "q": code} if name == "desk-list" else {})
        assert "<svg onload" not in page.content.decode() and "&lt;svg onload" in page.content.decode()
