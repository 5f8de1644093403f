"""The manager's hall: the map tells what is, alerts come once, windows are moved and moved back, a day is reported."""

import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from onewindow.accounts import principal
from onewindow.accounts.models import Post
from onewindow.feedback.models import Rating
from onewindow.hall import estimates
from onewindow.hall.actions import arranging, calling, consulting, sitting, watching
from onewindow.hall.models import Alert, Device, Move, Rules, Service, Sitting, Ticket
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from tests.cast import member
from tests.factories.accounts import AgencyFactory, PostFactory, SiteFactory, StaffFactory
from tests.hall.conftest import a_queue, a_window, a_zone, drawn, seated

pytestmark = pytest.mark.django_db
CODE = "510114"


def a_manager(site=CODE, name="邓勇", agency=None):
    user = StaffFactory(name=name)
    PostFactory(user=user, role=Post.Role.MANAGER, agency=agency, site=SiteFactory(code=site))
    principal.forget_all()
    return member(user)


@pytest.fixture
def manager(db):
    return a_manager()


@pytest.fixture
def nine(db, time_machine):
    time_machine.move_to("2026-03-02 09:00+08:00", tick=False)
    return time_machine


def wait_until(travel, hour_minute):
    travel.move_to(f"2026-03-02 {hour_minute}+08:00", tick=False)


def facts(client):
    return client.get(reverse("desk-floor-facts", args=[CODE])).json()


class TestMap:
    def test_every_window_says_what_it_does_and_since_when(self, nine, manager):
        queue = a_queue("SB")
        windows = [a_window(f"A0{n}", queue) for n in range(1, 5)]
        staff = [seated(window) for window in windows[1:]]
        drawn(queue), drawn(queue)
        wait_until(nine, "09:05")
        calling.begin(calling.call_next(windows[1], by=staff[0]), by=staff[0])
        sitting.pause(sitting.of(staff[1]), by=staff[1], reason="去取件")
        wait_until(nine, "09:12")
        (zone,) = facts(manager.client)["zones"]
        assert [(each["number"], each["state"]) for each in zone["windows"]] == [
            ("A01", "closed"), ("A02", "serving"), ("A03", "paused"), ("A04", "idle"),
        ]  # fmt: skip
        assert [each["since"][11:16] for each in zone["windows"]] == ["", "01:05", "01:05", "01:00"]
        assert (zone["waiting"], zone["oldest"], zone["open"], zone["all"]) == (1, 12, 2, 4)
        page = manager.client.get(reverse("desk-floor", args=[CODE])).content.decode()
        table = manager.client.get(reverse("desk-floor", args=[CODE]), {"view": "table"}).content.decode()
        for said in ("去取件", "办理中", "未开放"):
            assert said in page and said in table
        assert "<caption" in table and 'aria-label="A03 号窗口"' in table

    def test_service_time_no_shows_and_rating_of_the_day(self, nine, manager):
        queue = a_queue("SB")
        window = a_window("A01", queue)
        by = seated(window)
        for minutes in (4, 10, 6):
            drawn(queue)
            ticket = calling.begin(calling.call_next(window, by=by), by=by)
            nine.shift(timedelta(minutes=minutes))
            calling.finish(ticket, by=by)
        drawn(queue)
        calling.miss(calling.call_next(window, by=by), by=by)
        service = Service.objects.first()
        Rating.objects.create(service=service, stars=4, rated_at=clock.now())
        (zone,) = facts(manager.client)["zones"]
        assert (zone["minutes"], zone["done"], zone["missed"], zone["stars"], zone["rated"]) == (6.0, 3, 1, 4.0, 1)

    def test_the_map_is_the_managers_of_this_hall_alone(self, manager, clerk, citizen):
        a_queue()
        chair = a_manager(agency=AgencyFactory(), name="王磊")
        elsewhere = a_manager("510114001000", "周丽")
        for name in (
            "desk-floor",
            "desk-floor-facts",
            "desk-floor-events",
            "desk-alerts",
            "desk-moves",
            "desk-hall-day",
        ):
            address = reverse(name, args=[CODE])
            assert manager.client.get(address).status_code == 200
            for other in (chair, elsewhere, clerk, citizen):
                assert other.client.get(address).status_code == 404

    def test_two_hundred_windows_ask_no_more_than_two(self, manager, django_assert_max_num_queries):
        for n in range(40):
            window = a_window(f"A{n:02d}", a_queue(f"Q{n}"))
            if n % 4 == 0:
                seated(window)
        with django_assert_max_num_queries(16):
            assert len(facts(manager.client)["zones"][0]["windows"]) == 40


class TestAlerts:
    def test_a_long_wait_is_told_once_and_acknowledged_once(self, nine, manager):
        queue = a_queue("SB")
        site = queue.site
        by = seated(window := a_window("A01", queue))
        drawn(queue), drawn(queue)
        calling.call_next(window, by=by)
        wait_until(nine, "09:29")
        watching.watch(site)
        assert not Alert.objects.exists()
        wait_until(nine, "09:31")
        watching.watch(site), watching.watch(site)
        alert = Alert.objects.get()
        manager = member(manager.user)
        assert "“业务SB”等得最久的已等 31 分钟" in alert.words
        page = manager.client.get(reverse("desk-floor", args=[CODE])).content.decode()
        assert alert.words in page and "知道了" in page
        address = reverse("desk-alert", args=[CODE, alert.pk])
        manager.client.post(address), manager.client.post(address)
        alert.refresh_from_db()
        assert alert.seen_by == manager.user
        assert Entry.objects.filter(event="hall.alert_seen").count() == 1
        calling.finish(calling.at(window), by=by)
        calling.call_next(window, by=by)
        watching.watch(site)
        alert.refresh_from_db()
        assert alert.ended_at is not None

    def test_people_without_a_window_a_long_pause_and_a_silent_device(self, nine, manager):
        queue = a_queue("SB")
        by = seated(a_window("A01", queue))
        Device.objects.create(site=queue.site, zone=a_zone(), code="T1", name="取号机", token_hash="x", silent=True)
        Device.objects.create(site=queue.site, zone=a_zone(), code="T2", name="停用", silent=True, closed_reason="检修")
        drawn(queue)
        sitting.pause(sitting.of(by), by=by, reason="开会")
        Rules.objects.create(site=queue.site, long_pause_minutes=20)
        wait_until(nine, "09:15")
        watching.watch(queue.site)
        assert set(Alert.objects.values_list("kind", flat=True)) == {"unserved", "device"}
        wait_until(nine, "09:21")
        watching.watch(queue.site)
        assert Alert.objects.filter(kind="paused", words__contains="开会").count() == 1

    def test_the_limits_are_the_managers(self, manager):
        queue = a_queue()
        address = reverse("desk-hall-rules", args=[CODE])
        said = {"long_wait_minutes": "45", "unserved_minutes": "3", "long_pause_minutes": "900"}
        wrong = manager.client.post(address, said)
        assert wrong.status_code == 422 and 'value="900"' in wrong.content.decode()
        manager.client.post(address, said | {"long_pause_minutes": "30"})
        rules = Rules.objects.get(site=queue.site)
        assert (rules.long_wait_minutes, rules.unserved_minutes, rules.return_minutes) == (45, 3, 30)

    def test_so_is_how_booked_and_late_are_mixed_as_far_as_is_promised_to_the_others(self, manager):
        queue = a_queue()
        address = reverse("desk-hall-rules", args=[CODE])
        wrong = manager.client.post(address, {"booked_minutes": "20", "grace_minutes": "20"})
        assert wrong.status_code == 422 and "加起来最多 30 分钟" in wrong.content.decode()
        assert manager.client.post(address, {"elder_age": "x"}).status_code == 422
        manager.client.post(address, {"booked_minutes": "20", "grace_minutes": "5", "elder_age": "65"})
        rules = Rules.objects.get(site=queue.site)
        assert (rules.booked_minutes, rules.grace_minutes, rules.elder_age, rules.long_wait_minutes) == (20, 5, 65, 30)


class TestMoving:
    def test_the_effect_is_seen_then_done_and_taken_back(self, nine, manager):
        busy, quiet = a_queue("SB", usual_minutes=10), a_queue("YB", usual_minutes=10)
        one, two = a_window("A01", busy), a_window("A02", quiet)
        by, other = seated(one), seated(two)
        for _ in range(8):
            drawn(busy)
        page = manager.client.get(reverse("desk-moves", args=[CODE]), {"window": two.pk, "queue": [busy.pk, quiet.pk]})
        assert "马上调整" in page.content.decode()
        effects = {effect.queue: effect for effect in arranging.effects([two], [busy, quiet])}
        assert effects[busy].before.wait(8).middle == pytest.approx(80, abs=2)
        assert effects[busy].after.wait(8).middle == pytest.approx(40, abs=2)
        assert effects[quiet].after.wait(0).middle > effects[quiet].before.wait(0).middle
        said = {"window": two.pk, "queue": [busy.pk, quiet.pk], f"edition-{two.pk}": "0"}
        shown = manager.client.post(reverse("desk-moves", args=[CODE]), said, follow=True).content.decode()
        assert "A02 → 业务SB、业务YB" in shown and "撤销" in shown
        assert calling.call_next(two, by=other).queue == busy
        manager.client.post(reverse("desk-move-reversal", args=[CODE, Move.objects.get().pk]))
        assert list(two.queues.all()) == [quiet]
        events = Entry.objects.filter(subject=f"{CODE}-A02").values_list("event", flat=True)
        assert list(events)[-2:] == ["window.moved", "window.moved_back"]
        assert calling.finish(calling.at(two), by=other).state == "done" and calling.call_next(one, by=by)

    def test_taking_the_last_window_from_who_waits_is_said_aloud(self, nine, manager):
        one, two = a_queue("SB"), a_queue("YB")
        window = a_window("A01", one)
        seated(window)
        drawn(one)
        page = manager.client.get(reverse("desk-moves", args=[CODE]), {"window": window.pk, "queue": two.pk})
        assert "有人等候，却没有窗口办了" in page.content.decode()

    def test_the_second_manager_learns_that_the_first_was_faster(self, nine, manager):
        one, two = a_queue("SB"), a_queue("YB")
        window = a_window("A01", one)
        second = a_manager(name="冯清")
        said = {"window": window.pk, "queue": two.pk, f"edition-{window.pk}": "0"}
        assert manager.client.post(reverse("desk-moves", args=[CODE]), said).status_code == 302
        late = second.client.post(reverse("desk-moves", args=[CODE]), said | {"queue": one.pk})
        assert late.status_code == 409 and "A01 号窗口刚刚由别人调整过" in late.content.decode()
        assert list(window.queues.all()) == [two]
        move = Move.objects.get()
        arranging.move({window.pk: 1}, [one, two], by=second.principal)
        with pytest.raises(arranging.Overtaken):
            arranging.undo(move, by=manager.principal)

    def test_what_a_window_offers(self, nine, manager):
        window = a_window("A01", queue := a_queue())
        address = reverse("desk-floor-window", args=[CODE, "A01"])
        assert manager.client.post(address, {"language": "en", "accessible": "on", "edition": "0"}).status_code == 302
        late = manager.client.post(address, {"edition": "0"})
        assert late.status_code == 409
        window.refresh_from_db()
        assert (window.languages, window.accessible) == (["en"], True)
        ticket = drawn(queue, language="en", accessible=True)
        assert calling.call_next(window, by=seated(window)) == ticket

    def test_a_window_without_a_profile_is_refused(self, manager):
        window = a_window("A01", a_queue())
        refused = manager.client.post(
            reverse("desk-moves", args=[CODE]), {"window": window.pk, f"edition-{window.pk}": "0"}
        )
        assert refused.status_code == 422 and "请至少选择一个业务组" in refused.content.decode()


class TestDay:
    def test_an_empty_day_says_so(self, manager):
        a_queue()
        page = manager.client.get(reverse("desk-hall-day", args=[CODE]), {"day": "2026-01-05"}).content.decode()
        assert "2026年1月5日没有人取号" in page

    def test_a_past_day_as_a_workbook(self, nine, manager):
        queue = a_queue("SB")
        window = a_window("A01", queue)
        by = seated(window)
        for _ in range(3):
            drawn(queue)
        nine.shift(timedelta(minutes=6))
        ticket = calling.begin(calling.call_next(window, by=by), by=by)
        nine.shift(timedelta(minutes=10))
        consulting.answer(ticket, by=by, about="=HYPERLINK(新生儿上户口)")
        calling.miss(calling.call_next(window, by=by), by=by)
        sitting.pause(sitting.of(by), by=by, reason="午饭")
        nine.shift(timedelta(minutes=30))
        sitting.go_on(sitting.of(by), by=by)
        sitting.sign_off(sitting.of(by), by=by)
        nine.shift(timedelta(days=1))
        reply = member(manager.user).client.get(
            reverse("desk-hall-day", args=[CODE]), {"day": "2026-03-02", "format": "xlsx"}
        )
        book = load_workbook(io.BytesIO(reply.content))
        assert book.sheetnames == ["全天", "各区", "业务组", "各时段", "窗口", "人员", "咨询"]
        (zone,) = list(book["各区"].iter_rows(min_row=2, values_only=True))
        assert zone[:6] == ("综合服务区", 3, 1, 1, 0, 1) and zone[11] == 1
        (line,) = list(book["窗口"].iter_rows(min_row=2, values_only=True))
        assert line[:5] == ("A01", 1, 10, 46, 30)
        cell = book["咨询"]["D2"]
        assert (cell.value, cell.data_type) == ("=HYPERLINK(新生儿上户口)", "s")
        assert Sitting.objects.get().ended_at and Ticket.objects.filter(state="waiting").count() == 1


def test_the_wait_is_that_of_the_line_played_forward(nine):
    """Two windows, one of them shared with another queue whose people came first."""
    one, two = a_queue("SB", usual_minutes=10), a_queue("YB", usual_minutes=20)
    seated(a_window("A01", one)), seated(a_window("A02", one, two))
    drawn(two)
    nine.shift(timedelta(minutes=1))
    for _ in range(3):
        drawn(one)
    load = estimates.loads([one])[one.pk]
    # 0 (A01), 10 and 20 minutes; the second window serves the other queue for twenty minutes first.
    assert [turn.at for turn in load.turns] == [0, 10, 20, 20]
    assert re.fullmatch(r"\d+–\d+ 分钟", str(load.wait(3)))
