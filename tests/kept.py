"""The suite's database, kept from one run to the next: migrating an empty one takes longer than most files of tests.

Its name says which migrations made it; another set makes another, and those no longer asked for go.
"""

from __future__ import annotations

import hashlib
import os

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from psycopg import sql

from config.testing import BASE
from tests import snapshots

# Those of another's server are made and dropped as always.
EMBEDDED = os.environ["ONEWINDOW_VAR"] != str(BASE)


def _name() -> str:
    digest = hashlib.sha256()
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for file in sorted((settings.BASE_DIR / app.path / "migrations").glob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return f"test_{digest.hexdigest()[:12]}"


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    return EMBEDDED or request.config.getvalue("reuse_db")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    if EMBEDDED:
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = _name()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """A run that was killed may have left rows; nobody else's database is touched."""
    if EMBEDDED:
        with django_db_blocker.unblock():
            _forget_others()
            snapshots.empty()


def _forget_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%' AND datname <> current_database()"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
