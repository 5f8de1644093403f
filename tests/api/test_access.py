"""Who may call what: scopes, strangers, revoked tokens, and how often."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client

from onewindow.accounts import principal as principals
from onewindow.accounts import tokens
from onewindow.accounts.models import ApiToken, Person, User
from onewindow.api import auth, nodes
from onewindow.cases.models import Case, Party
from onewindow.hall.actions import leases
from onewindow.hall.models import Node
from onewindow.kernel import clock, ledger
from tests.api.conftest import ANSWERS, FORM, Program, faults, issue, picture
from tests.factories.accounts import MandateFactory, StaffFactory, citizen_number
from tests.factories.catalogue import flagship
from tests.hall.conftest import a_zone

# Every address behind a token: method, path, scope.
DOORS = [
    ("get", "/cases", "cases:read"),
    ("post", "/cases", "cases:write"),
    ("get", "/cases/{number}", "cases:read"),
    ("put", "/cases/{number}/answers", "cases:write"),
    ("put", "/cases/{number}/form", "cases:write"),
    ("post", "/cases/{number}/prereview", "cases:write"),
    ("post", "/cases/{number}/submission", "cases:write"),
    ("post", "/cases/{number}/corrections", "cases:write"),
    ("post", "/cases/{number}/withdrawal", "cases:write"),
    ("post", "/cases/{number}/materials/photo", "cases:write"),
    ("get", "/cases/{number}/files/{file}", "cases:read"),
    ("delete", "/cases/{number}/files/{file}", "cases:write"),
    ("get", "/cases/{number}/papers/1", "cases:read"),
    ("get", "/cases/{number}/certificate", "cases:read"),
    ("get", "/cases/{number}/deliveries", "cases:read"),
    ("put", "/cases/{number}/delivery", "cases:write"),
    ("get", "/cases/{number}/dossier", "cases:read"),
    ("get", "/cases/{number}/promises", "cases:read"),
    ("post", "/cases/{number}/gaps/photo", "cases:write"),
    ("post", "/cases/{number}/promise-withdrawal", "cases:write"),
    ("post", "/cases/{number}/correction-report", "cases:write"),
    ("get", "/cases/{number}/hearings", "cases:read"),
    ("post", "/cases/{number}/hearings/{hearing}/request", "cases:write"),
    ("post", "/cases/{number}/hearings/{hearing}/waiver", "cases:write"),
    ("post", "/cases/{number}/changes/0a1b2c3d/consent", "cases:write"),
    ("post", "/cases/{number}/changes/0a1b2c3d/refusal", "cases:write"),
    ("get", "/cases/{number}/certificates", "cases:read"),
    ("put", "/cases/{number}/concerns", "cases:write"),
    ("post", "/cases/{number}/parties", "cases:write"),
    ("delete", "/cases/{number}/parties/{party}", "cases:write"),
    ("get", "/parties/{party}", "cases:read"),
    ("post", "/parties/{party}/joining", "cases:write"),
    ("post", "/parties/{party}/confirmation", "cases:write"),
    ("post", "/parties/{party}/refusal", "cases:write"),
]
OTHER = {"cases:read": "cases:write", "cases:write": "cases:read"}
BODIES = {
    "prereview": {"declared": True},
    "submission": {"declared": True},
    "corrections": {"declared": True},
    "delivery": {"way": "window"},
    "correction-report": {"answer": "已经按要求改正"},
    "concerns": {"number": "XDA20260000001K"},
    "parties": {"need": "seller", "name": "王强"},
    "confirmation": {"seen": "x"},
}


def knock(program, method, path):
    if "/materials/" in path or "/gaps/" in path:
        return program.upload(path, picture())
    said = BODIES.get(path.rpartition("/")[2], {}) if method in {"post", "put"} else None
    if path.startswith("/parties/") and path.endswith("/refusal"):
        said = {"reason": "价格不是这样谈的"}
    return program.send(method, path, said)


@pytest.fixture
def filled(program, draft):
    file = program.upload(f"/cases/{draft['number']}/materials/photo", picture()).json()
    asked = Party.objects.create(case=Case.objects.get(), need="seller", label="卖方", name="王强")
    return {"number": draft["number"], "file": file["id"], "party": asked.number, "hearing": uuid.uuid4()}


@pytest.mark.parametrize(("method", "path", "scope"), DOORS)
def test_no_token_no_scope_no_stranger(citizen, stranger, anyone, filled, method, path, scope):
    path = path.format(**filled)
    unknown = knock(anyone, method, path)
    assert (unknown.status_code, unknown["WWW-Authenticate"]) == (401, "Bearer")
    limited = knock(Program(issue(citizen.user, OTHER[scope])), method, path)
    assert limited.status_code == 403
    assert scope in limited.json()["detail"]
    if path != "/cases":
        assert knock(stranger, method, path).status_code == 404
    assert Case.objects.get(number=filled["number"]).state == "draft"


def test_the_table_of_doors_is_whole(anyone):
    paths = anyone.get("/openapi.json").json()["paths"]
    behind = {
        (method, path.removeprefix("/api/v1"))
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "security" in operation and path.startswith(("/api/v1/cases", "/api/v1/parties"))
    }
    names = {
        "materials/photo": "materials/{key}", "gaps/photo": "gaps/{key}", "papers/1": "papers/{entry}",
        "changes/0a1b2c3d": "changes/{change}", "^/parties/{party}": "/parties/{number}",
    }  # fmt: skip
    table = {(method, _named(path, names)) for method, path, _ in DOORS}
    assert behind == table


def _named(path, names):
    for known, name in names.items():
        path = re.sub(known, name, path)
    return path


def test_a_stranger_sees_only_their_own_list(program, stranger, draft):
    assert [case["number"] for case in program.get("/cases").json()["cases"]] == [draft["number"]]
    assert stranger.get("/cases").json() == {"cases": [], "next": None}


def test_an_officers_token_opens_no_citizens_case(clerk, program, draft):
    program.post(f"/cases/{draft['number']}/submission", {"declared": True})
    assert Program(issue(clerk.user)).get(f"/cases/{draft['number']}").status_code == 404


@pytest.mark.parametrize("spoil", ["revoked", "expired", "invented", "wrong scheme"])
def test_a_dead_token_opens_nothing(citizen, clock_free, spoil):
    secret = issue(citizen.user)
    token = ApiToken.objects.get()
    if spoil == "revoked":
        tokens.revoke(token, by=ledger.System("test"))
    if spoil == "expired":
        ApiToken.objects.update(expires_at=token.created_at - timedelta(seconds=1))
    program = Program(secret + "x" if spoil == "invented" else secret)
    if spoil == "wrong scheme":
        program.headers["Authorization"] = f"Token {secret}"
    assert program.get("/cases").status_code == 401


@pytest.fixture
def clock_free():
    """Nothing of the token is remembered yet."""
    tokens.forget_all()


def test_a_wrong_token_is_refused_even_where_none_is_needed(db):
    assert Program("ow_wrong").get("/items").status_code == 401


def test_an_inactive_user_has_no_token(citizen):
    secret = issue(citizen.user)
    User.objects.filter(pk=citizen.user.pk).update(is_active=False)
    principals.forget(citizen.user.pk)
    assert Program(secret).get("/cases").status_code == 401


def test_too_many_requests_of_one_token(program, monkeypatch):
    monkeypatch.setattr(auth, "TOKEN_PER_MINUTE", 2)
    assert [program.get("/cases").status_code for _ in range(3)] == [200, 200, 429]
    reply = program.get("/items")
    assert (reply.status_code, reply["Retry-After"]) == (429, "60")


def test_too_many_requests_of_one_address(anyone, monkeypatch):
    monkeypatch.setattr(auth, "ADDRESS_PER_MINUTE", 2)
    assert [anyone.get("/items").status_code for _ in range(3)] == [200, 200, 429]
    assert Program("ow_guess").get("/cases").status_code == 429


def test_behind_a_proxy_addresses_are_counted_by_its_word(anyone, monkeypatch, settings):
    settings.PRODUCTION = True
    monkeypatch.setattr(auth, "ADDRESS_PER_MINUTE", 1)
    seen = [anyone.get("/items", **{"X-Forwarded-For": f"forged, 10.0.0.{last}"}).status_code for last in (1, 2, 1)]
    assert seen == [200, 200, 429]


APPLICANT = {"name": "张建国", "number": citizen_number(14, "19490307"), "phone": "13900000001"}


@pytest.fixture
def partner(db):
    """A platform of the city: an account without a person of its own."""
    return Program(issue(StaffFactory(name="蓉城平台")))


def test_a_partner_files_for_whom_it_names(partner, item):
    reply = partner.post("/cases", {"item": item.code, "answers": ANSWERS, "form": FORM, "applicant": APPLICANT})
    opened = reply.json()
    assert (opened["applicant"], opened["applicant_phone"]) == ("张**", "139****0001")
    assert APPLICANT["number"] not in reply.content.decode()
    person = Person.find(APPLICANT["number"])
    assert (person.name, person.phone) == ("张建国", "")
    assert Case.objects.get().person == person
    assert partner.post("/cases", {"item": item.code}).status_code == 422


def test_a_number_on_record_is_not_filed_under_another_name(partner, item, citizen):
    Person.with_number(name="张建国", number=APPLICANT["number"]).save()
    reply = partner.post("/cases", {"item": item.code, "applicant": APPLICANT | {"name": "张建"}})
    assert set(faults(reply)) == {"applicant.name"}
    assert not Case.objects.exists()


def test_a_number_with_a_slip_is_told(partner, item):
    slip = APPLICANT | {"number": APPLICANT["number"][:-1] + "?"}
    reply = partner.post("/cases", {"item": item.code, "applicant": slip})
    assert set(faults(reply)) == {"applicant.number"}


def test_a_person_files_for_another_only_under_a_mandate(program, citizen, item):
    asked = {"item": item.code, "applicant": APPLICANT}
    assert program.post("/cases", asked).status_code == 403
    father = Person.with_number(name="张建国", number=APPLICANT["number"])
    father.save()
    assert program.post("/cases", asked).status_code == 403
    mandate = MandateFactory(principal_person=father, agent=citizen.person)
    assert program.post("/cases", asked).status_code == 201
    assert Case.objects.get().mandate == mandate


def test_an_item_without_a_form_cannot_be_filed(program, item):
    flagship("XDP0052", complete=False)
    assert set(faults(program.post("/cases", {"item": "XDP0052"}))) == {"item"}
    assert set(faults(program.post("/cases", {"item": "NONE"}))) == {"item"}


class TestNodes:
    """The addresses of hall nodes: a token of its own kind, for its own site, and nothing else opens them."""

    NODE_DOORS = [
        ("post", "contact/"),
        ("post", "brief/"),
        ("post", "rows/"),
        ("put", f"files/{'0' * 64}/"),
    ]  # fmt: skip

    @pytest.fixture
    def token(self, db):
        hall = a_zone().site
        return leases.issue(hall, "一楼机房", by=ledger.System("test"))[1]

    def knock(self, method, path, token="", site="510114", body=b"{}"):
        header = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
        address = f"/api/nodes/{site}/{path}"
        return Client().generic(method.upper(), address, body, content_type="application/json", **header)

    @pytest.mark.parametrize(("method", "path"), NODE_DOORS)
    def test_no_token_a_wrong_one_or_a_citizens_opens_nothing(self, method, path, token, citizen):
        for wrong in ("", token + "x", issue(citizen.user)):
            reply = self.knock(method, path, wrong)
            assert (reply.status_code, reply["WWW-Authenticate"]) == (401, "Bearer")
        assert self.knock(method, path, token, site="510115").status_code == 401
        assert Program(token).get("/cases").status_code == 401
        assert self.knock("get", path, token).status_code == 405

    def test_a_token_that_was_not_begun_learns_and_brings_nothing(self, token):
        for method, path, body in [
            ("post", "brief/", b'{"have": {}, "begin": true}'),
            ("post", "rows/", b'{"rows": []}'),
            ("put", f"files/{'0' * 64}/", b"content"),
        ]:
            assert self.knock(method, path, token, body=body).status_code == 409

    @pytest.mark.parametrize("path", ["contact/", "rows/"])
    @pytest.mark.parametrize("body", [b"", b"[]", b'{"rows": 5}', b'{"rows": [{"n": 1}]}', b'{"clock": "soon"}'])
    def test_nonsense_is_refused(self, token, path, body):
        assert self.knock("post", path, token, body=body).status_code in {400, 422}

    def test_a_file_that_is_not_what_it_says_is_not_kept(self, token):
        Node.objects.update(state="live", contact_at=clock.now())
        assert self.knock("put", f"files/{'0' * 64}/", token, body=b"content").status_code == 422
        assert self.knock("put", "files/..%2Fsecrets/", token, body=b"content").status_code in {400, 404}

    def test_guesses_of_one_address_are_counted(self, token, monkeypatch):
        monkeypatch.setattr(nodes, "GUESSES", 2)
        assert [self.knock("post", "contact/", f"own_{n}").status_code for n in range(3)] == [401, 401, 429]
