"""/manage/nodes/: the operator's view of the hall nodes, and the say taken back."""

import re
from datetime import timedelta

import pytest

from onewindow.hall.models import Node, NodeConflict
from onewindow.hall.node import centre
from onewindow.kernel import clock
from tests.hall.conftest import a_queue, drawn, zone  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("zone")]
HOME = "/manage/nodes/"


@pytest.fixture
def live(operator):
    page = operator.client.post(f"{HOME}tokens/", {"site": "510114", "name": "一楼机房"}).content.decode()
    token = re.search(r"own_[\w-]{43}", page)[0]
    node = Node.objects.get()
    assert centre.known(token, "510114") == node and token not in node.token_hash
    Node.objects.update(state="live", begun_at=clock.now(), contact_at=clock.now(), waiting=3, oldest_at=clock.now())
    return node


def test_the_token_is_shown_once(live, operator):
    pages = operator.client.get(HOME).content.decode() + operator.client.get(f"{HOME}{live.pk}/").content.decode()
    assert "own_" not in pages and "一楼机房" in pages and "主持中" in pages and "3 行" in pages


def test_only_operators(live, operator, clerk, citizen, client):
    for path in (HOME, f"{HOME}{live.pk}/"):
        assert operator.client.get(path).status_code == 200
        assert [member.client.get(path).status_code for member in (clerk, citizen)] == [404, 404]
    for act in ("tokens/", f"{live.pk}/return/", f"{live.pk}/removal/", f"{live.pk}/conflicts/1/"):
        assert clerk.client.post(HOME + act).status_code == 404
        assert client.post(HOME + act).status_code == 302
    assert Node.objects.get().state == "live"


def test_silence_a_wrong_clock_and_another_program_are_seen(live, operator):
    Node.objects.update(skew_ms=-75_000)
    assert "时钟慢 75 秒，请校准" in operator.client.get(HOME).content.decode()
    Node.objects.update(fault="程序版本不同")
    assert "程序版本不同" in operator.client.get(HOME).content.decode()
    Node.objects.update(contact_at=clock.now() - timedelta(minutes=5))
    assert "断开，大厅在本地运行" in operator.client.get(HOME).content.decode()


def test_taken_away_only_with_its_name_and_a_reason(live, operator):
    path = f"{HOME}{live.pk}/removal/"
    for wrong in ({"name": "二楼", "reason": "机器坏了"}, {"name": "一楼机房", "reason": "坏"}):
        operator.client.post(path, wrong)
        assert Node.objects.get().state == "live"
    operator.client.post(path, {"name": "一楼机房", "reason": "机器烧坏，换新机"})
    assert (Node.objects.get().state, Node.objects.get().forced) == ("ended", True)
    assert drawn(a_queue()).number == "A1001"


def test_a_conflict_is_settled_with_what_came_of_it(live, operator):
    found = NodeConflict.objects.create(node=live, n=5, table="hall_booking", row={"id": 1}, reason="预约已取消")
    page = operator.client.get(f"{HOME}{live.pk}/").content.decode()
    assert "第 5 行" in page and "预约已取消" in page
    path = f"{HOME}{live.pk}/conflicts/{found.pk}/"
    operator.client.post(path, {"note": ""})
    assert NodeConflict.objects.get().settled_at is None
    operator.client.post(path, {"note": "已告诉大厅"})
    assert NodeConflict.objects.get().settled_by == "蒋维"
    assert "没有疑点" in operator.client.get(f"{HOME}{live.pk}/").content.decode()
    assert "已告诉大厅" in operator.client.get(f"{HOME}{live.pk}/?view=all").content.decode()


def test_called_back_it_is_leaving(live, operator):
    operator.client.post(f"{HOME}{live.pk}/return/")
    assert "正在交回" in operator.client.get(HOME).content.decode()
