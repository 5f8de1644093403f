"""Whatever is wrong with a request, the answer is problem+json in a sentence."""

import json

import pytest

from tests.api.conftest import FORM, Program, faults, issue

JSON = "application/json"
# path, content, content type, status
MALFORMED = [
    ("/cases", b"", JSON, 422),
    ("/cases", b"{", JSON, 400),
    ("/cases", b'{"item": NaN}', JSON, 400),
    ("/cases", b'{"item": "X", "form": {"name": 1e999}}', JSON, 400),
    ("/cases", b'{"item": "\\u0000"}', JSON, 400),
    ("/cases", b'{"item": "\\ud800"}', JSON, 400),
    ("/cases", b'{"item": "\xff"}', JSON, 400),
    ("/cases", b'{"item": ' + b"9" * 5000 + b"}", JSON, 400),
    ("/cases", b"[" * 100_000, JSON, 400),
    ("/cases", b'{"item": "' + b"x" * 6_000_000 + b'"}', JSON, 400),
    ("/cases", b"[]", JSON, 422),
    ("/cases", b"null", JSON, 422),
    ("/cases", b'{"item": 7}', JSON, 422),
    ("/cases", b'{"item": "XDP0096", "frm": {}}', JSON, 422),
    ("/cases", b'{"item": "XDP0096", "form": []}', JSON, 422),
    ("/cases", b'{"item": "XDP0096", "answers": {"age": [1]}}', JSON, 422),
    ("/cases", b'{"item": "XDP0096", "applicant": {"name": ""}}', JSON, 422),
    ("/items/XDP0096/checklist", b"{", JSON, 400),
    ("/items/XDP0096/checklist", b'{"answers": 3}', JSON, 422),
    ("/items/XDP0096/checklist", b'{"answers": {"who": {"a": 1}}}', JSON, 422),
    ("/verifications", b"", JSON, 400),
    ("/verifications", b"7", JSON, 422),
    ("/verifications", b'{"number": "A"}', JSON, 422),
    ("/verifications", b"--x", "multipart/form-data", 400),
    ("/verifications", b"--x--\r\n", "multipart/form-data; boundary=x", 422),
]


@pytest.mark.parametrize(("path", "content", "kind", "status"), MALFORMED)
def test_a_malformed_request_is_told_so(program, item, path, content, kind, status):
    headers = program.headers | {"Idempotency-Key": "k"}
    reply = program.client.post(f"/api/v1{path}", content, content_type=kind, headers=headers)
    assert (reply.status_code, reply["Content-Type"]) == (status, "application/problem+json")
    problem = reply.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:onewindow:problem:")
    assert problem["title"]
    assert problem["detail"].endswith("。")
    assert bool(problem.get("errors")) == (status == 422)


@pytest.mark.parametrize(
    "value",
    [None, True, 7, 1.5, "x" * 3000, [], [1], [[1]], [{"a": 1}], {}, {"division": [], "detail": {}}, {"cipher": "x"}],
)
def test_any_value_in_any_field_is_kept_or_told(program, draft, value):
    for field in FORM:
        reply = program.put(f"/cases/{draft['number']}/form", FORM | {field: value})
        assert reply.status_code in {200, 422}
        if reply.status_code == 422:
            assert {place.split(".")[0] for place in faults(reply)} == {f"form:{field}"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/", 404),
        ("get", "/api/v1/", 404),
        ("get", "/api/v2/items", 404),
        ("get", "/api/v1/items/", 404),
        ("get", "/api/v1/nothing", 404),
        ("get", "/api/v1/items/%00", 400),
        ("get", "/api/v1/items?q=%00", 400),
        ("delete", "/api/v1/items", 405),
        ("post", "/api/v1/openapi.json", 405),
    ],
)
def test_wrong_addresses_and_methods_speak_json_too(program, method, path, status):
    reply = getattr(program.client, method)(path)
    assert (reply.status_code, reply["Content-Type"]) == (status, "application/problem+json")


def test_a_wrong_method_names_the_right_ones(anyone):
    assert set(anyone.send("put", "/cases", {})["Allow"].split(", ")) == {"GET", "POST"}


def test_a_fault_of_ours_is_recorded_and_says_so(citizen, item, monkeypatch, caplog):
    program = Program(issue(citizen.user))
    program.client.raise_request_exception = False
    monkeypatch.setattr("onewindow.api.v1.track.brief", lambda case: 1 / 0)
    reply = program.post("/cases", {"item": item.code})
    assert (reply.status_code, reply.json()["type"]) == (500, "urn:onewindow:problem:broken")
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivision" not in reply.content.decode()


@pytest.mark.parametrize(
    ("content", "status"), [(b"<html>", 422), (b"", 422), (b"%PDF-1.7\n" + b"0" * 21 * 1024 * 1024, 413)]
)
def test_files_that_are_not_taken_say_why(program, draft, content, status):
    reply = program.upload(f"/cases/{draft['number']}/materials/photo", content)
    assert (reply.status_code, reply["Content-Type"]) == (status, "application/problem+json")
    assert program.get(f"/cases/{draft['number']}").json()["files"] == []


def test_a_material_the_item_does_not_ask_for(program, draft):
    assert program.upload(f"/cases/{draft['number']}/materials/passport", b"x").status_code == 404


def test_answers_of_the_api_are_not_kept_by_browsers(program, draft):
    assert program.get("/cases")["Cache-Control"] == "no-store"
    assert json.loads(program.get("/openapi.json").content)["openapi"] == "3.1.0"
