"""The schema is a promise: its snapshot is committed, and what the API does agrees with it."""

import json

import pytest
import schemathesis
from django.core.management import CommandError, call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from config.wsgi import application
from onewindow.accounts import tokens
from onewindow.accounts.models import ApiToken
from onewindow.api.management.commands import openapi
from onewindow.api.v1 import api
from onewindow.kernel.models import Entry
from tests.api.conftest import Program

# A NUL the schema cannot forbid is refused; a query parameter nobody knows is overlooked.
LENIENT = [positive_data_acceptance, negative_data_rejection]
SAFE = {"items_index", "items_show", "items_checklist", "cases_index", "cases_show", "certificates_create"}


def test_the_committed_schema_is_the_schema_we_speak():
    kept = openapi.SNAPSHOT.read_text(encoding="utf-8")
    assert kept == openapi.text(), "the API changed: look at the difference, then run `onewindow openapi`"


def test_every_operation_has_its_own_name_and_says_what_it_does():
    operations = [each for path in json.loads(openapi.text())["paths"].values() for each in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] and "default" in operation["responses"] for operation in operations)


schema = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
schema.app = lambda environ, start: application(environ | {"REMOTE_ADDR": "127.0.0.1"}, start)


@pytest.fixture
def one_connection():
    """The WSGI application keeps the test's connection instead of closing it after each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.include(operation_id=sorted(SAFE)).parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@pytest.mark.django_db
def test_what_is_read_agrees_with_the_schema(case, program, item, one_connection):
    case.call_and_validate(headers=program.headers, excluded_checks=LENIENT)


def test_a_token_is_printed_once(citizen, capsys):
    call_command("token", citizen.user.username, name="街道平台", scopes="cases:read,cases:write")
    secret = capsys.readouterr().out.strip()
    token = ApiToken.objects.get()
    assert secret.startswith("ow_")
    assert secret not in str(vars(token)) + str(Entry.objects.values_list("data"))
    assert tokens.resolve(secret).scopes == {"cases:read", "cases:write"}
    assert Program(secret).get("/cases").status_code == 200


@pytest.mark.parametrize("wrong", [{"username": "nobody"}, {"scopes": "cases:all"}, {"days": 0}])
def test_a_token_for_nobody_or_nothing_is_not_issued(citizen, wrong):
    wanted = {"username": citizen.user.username, "name": "x", "scopes": "cases:read", "days": 1} | wrong
    with pytest.raises(CommandError):
        call_command("token", wanted.pop("username"), **wanted)
    assert not ApiToken.objects.exists()
