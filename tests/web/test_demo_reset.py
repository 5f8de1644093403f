import io

import pytest
from django.core.management import CommandError, call_command

from onewindow.accounts.models import User
from tests.factories.accounts import UserFactory


@pytest.mark.django_db
def test_a_server_of_ones_own_is_not_emptied_without_a_word(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://ow@db.example/onewindow")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    UserFactory()
    with pytest.raises(CommandError, match="demo_reset --yes"):
        call_command("demo_reset")
    assert User.objects.exists()
