"""What every test starts from."""

import gc
from collections import Counter

import pytest
from django.conf import settings
from django.db import transaction
from django.test import TransactionTestCase

from onewindow.accounts import divisions
from onewindow.catalogue import publish
from onewindow.kernel import clock
from tests import snapshots

pytest_plugins = ["tests.cast", "tests.kept"]


# Files of few tests that take as long as a walk.
LONG = {"test_node_cut_off", "test_machine", "test_estimates", "test_oversold", "test_killed", "test_dossier"}


def pytest_collection_modifyitems(items):
    """The longest first: at the end no worker is left alone with one of them. A file stays together."""
    many = Counter(item.path for item in items)

    def place(item):
        is_long = bool(item.get_closest_marker("e2e")) or item.path.stem in LONG
        return not is_long, -many[item.path], item.path

    items.sort(key=place)


def pytest_collection_finish():
    """The program and four thousand tests stay to the end; the collector need not walk over them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


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
