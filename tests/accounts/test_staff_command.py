import pytest
from django.core.management import CommandError, call_command

from onewindow.accounts.models import Post, User
from tests.factories.accounts import AgencyFactory

pytestmark = pytest.mark.django_db


def appoint(username="liumin", role="clerk", **options):
    call_command("staff", username, name="刘敏", role=role, **options)


def test_the_operator_appoints_a_new_clerk_with_a_password_shown_once(capsys):
    AgencyFactory(code="WJJ")
    appoint(agency="WJJ")
    said = capsys.readouterr().out
    password = said.split("：")[1].split("；")[0]
    user = User.objects.get(username="liumin")
    assert user.check_password(password) and user.is_staff_member
    appoint(role="reviewer", agency="WJJ")
    assert "初始密码" not in capsys.readouterr().out
    assert set(user.posts.values_list("role", flat=True)) == {Post.Role.CLERK, Post.Role.REVIEWER}


@pytest.mark.parametrize(
    ("options", "said"), [({"agency": "NONE"}, "没有代码为“NONE”的部门"), ({}, "必须属于一个部门")]
)
def test_a_wrong_appointment_leaves_no_account(options, said):
    with pytest.raises(CommandError, match=said):
        appoint(**options)
    assert not User.objects.exists()
