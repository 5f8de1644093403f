"""What every test starts from."""

import pytest
from django.conf import settings
from django.db import transaction
from django.test import TransactionTestCase

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
def tables_are_emptied_quickly():
    """Tests with real commits leave rows behind; Django's flush makes every table of the program anew after each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: snapshots.empty())
        yield


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
