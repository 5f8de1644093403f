"""A program with a token, speaking JSON to the API."""

from __future__ import annotations

import io
import itertools
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from onewindow.accounts import tokens
from onewindow.accounts.models import Division
from onewindow.kernel import ledger
from tests.factories.catalogue import flagship

EVERYTHING = ("cases:read", "cases:write")
FORM = {
    "name": "李秀英", "number": "510125195603128624", "phone": "13880001234", "who": "self", "pickup": "online",
    "address": {"division": "510114001000", "detail": "三河社区1组2号"},
}  # fmt: skip
ANSWERS = {"age": 70, "household": "sichuan", "who": "self"}


class Program:
    """Requests in the words of the docs; every act has a fresh Idempotency-Key unless one is given."""

    serial = itertools.count(1)

    def __init__(self, secret: str = "") -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str):
        return self.client.get(f"/api/v1{path}", query, headers=self.headers | headers)

    def send(self, method: str, path: str, body: Any = None, key: str | None = None, **extra: Any):
        headers = self.headers | {"Idempotency-Key": key or f"key-{next(self.serial)}"} | extra.pop("headers", {})
        call = getattr(self.client, method)
        return call(f"/api/v1{path}", body, content_type="application/json", headers=headers, **extra)

    def post(self, path: str, body: Any = None, key: str | None = None):
        return self.send("post", path, {} if body is None else body, key)

    def put(self, path: str, body: Any):
        return self.send("put", path, body)

    def delete(self, path: str):
        return self.client.delete(f"/api/v1{path}", headers=self.headers)

    def upload(self, path: str, content: bytes, name: str = "photo.jpg", key: str | None = None):
        file = io.BytesIO(content)
        file.name = name
        headers = self.headers | {"Idempotency-Key": key or f"key-{next(self.serial)}"}
        return self.client.post(f"/api/v1{path}", {"file": file}, headers=headers)


def issue(user, *scopes: str) -> str:
    return tokens.issue(user, "测试程序", scopes or EVERYTHING, 30, by=ledger.System("test"))


@pytest.fixture
def anyone(db) -> Program:
    return Program()


@pytest.fixture
def program(citizen) -> Program:
    """Acts as 李秀英."""
    return Program(issue(citizen.user))


@pytest.fixture
def stranger(other_citizen) -> Program:
    return Program(issue(other_citizen.user))


@pytest.fixture
def item(db):
    Division.objects.create(
        set="present", level="town", code="510114001000", name="大丰街道办事处", short_name="大丰街道", kind="街道",
        parent_code="510114000000",
    )  # fmt: skip
    return flagship("XDP0096")


@pytest.fixture
def draft(program, item) -> dict[str, Any]:
    """A filled-in draft that lacks only the photo."""
    reply = program.post("/cases", {"item": item.code, "answers": ANSWERS, "form": FORM})
    assert reply.status_code == 201, reply.content.decode()
    return reply.json()


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def picture(colour: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 60), colour).save(out, "JPEG")
    return out.getvalue()


def faults(reply) -> dict[str, str]:
    """place → text of a problem."""
    assert reply["Content-Type"] == "application/problem+json"
    return {fault["place"]: fault["text"] for fault in reply.json().get("errors", [])}
