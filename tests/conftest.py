"""What every test starts from."""

import pytest
from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.operations import DatabaseOperations

from onewindow.accounts import divisions
from onewindow.catalogue import publish
from onewindow.kernel import clock
from tests import snapshots

pytest_plugins = ["tests.cast", "tests.kept"]


@pytest.fixture(autouse=True)
def calendar_and_divisions_are_read_anew():
    """Kept in the process; a test's rows are rolled back."""
    clock.forget()
    divisions.forget()


@pytest.fixture(autouse=True, scope="session")
def emptying_the_ledger_between_tests():
    """Tests with real commits empty every table afterwards; only they may, with the database's own keys in hand."""
    flush = DatabaseOperations.execute_sql_flush

    def unguarded(self, sql_list):
        jobs = "TRUNCATE procrastinate_jobs, procrastinate_periodic_defers, procrastinate_events CASCADE"
        whole = ["SET session_replication_role = replica", *sql_list, jobs, "SET session_replication_role = DEFAULT"]
        flush(self, whole)

    patch = pytest.MonkeyPatch()
    patch.setattr(DatabaseOperations, "execute_sql_flush", unguarded)
    yield
    patch.undo()


def load_reference() -> None:
    _, problems = publish.load(settings.DATA_DIR)
    assert not problems.found


@pytest.fixture(scope="module")
def reference(django_db_setup, django_db_blocker):
    """The whole catalogue of the reference district, there for a file of tests and taken away after it."""
    with django_db_blocker.unblock():
        snapshots.take("reference", load_reference)
        with transaction.atomic():
            snapshots.put_back("reference")
            yield
            transaction.set_rollback(True)
