"""开放时间 and 预约容量 through the manager's pages."""

import pytest
from django.urls import reverse

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.hall import slots
from onewindow.hall.actions import booking, capacity
from onewindow.hall.models import Booking, Hours, Slot, SpecialDay
from tests.cast import Member, sign_in
from tests.factories.accounts import UserFactory
from tests.hall.conftest import a_zone
from tests.hall.rostered import Hall, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(db, time_machine):
    a_zone()
    time_machine.move_to(at(2), tick=False)
    made = Hall()
    slots.make(made.site.pk, days=14)
    return made


@pytest.fixture
def manager(hall):
    return sign_in(User.objects.get(pk=hall.manager.user_id))


@pytest.fixture
def guest(hall):
    """Somebody who has booked Tuesday at ten."""
    user = UserFactory(name="王强")
    slot = Slot.objects.get(queue=hall.queues["SW"], starts=at(3, "10:00"))
    booking.confirm(booking.hold(slot, by=from_user(user)), by=from_user(user))
    return Member(user, sign_in(user))


def week(*lines):
    """The form of the hours: (weekdays, from, to, kind)."""
    data = {"lines": len(lines)}
    for n, (days, opens, closes, kind) in enumerate(lines):
        data |= {f"weekday-{n}": list(days), f"opens-{n}": opens, f"closes-{n}": closes, f"kind-{n}": kind}
    return data


class TestHours:
    def test_preview_then_save(self, manager, hall, guest):
        page = manager.get(reverse("manage-hours")).content.decode()
        assert "09:00–17:00" in page and "夜间延时" in page
        wanted = week(("12", "13:00", "17:00", "regular"), ("6", "09:00", "17:00", "saturday"))
        shown = manager.post(reverse("manage-hours"), wanted | {"do": "preview"}).content.decode()
        assert "还没有保存" in shown and "<b>1</b> 个预约" in shown and "13:00–17:00" in shown
        assert Hours.objects.count() == 4 and Booking.objects.get().state == "booked"
        said = manager.post(reverse("manage-hours"), wanted | {"do": "save"}, follow=True).content.decode()
        assert "1 个预约的人会收到改约通知" in said
        assert Hours.objects.count() == 3 and Booking.objects.get().state == "displaced"
        assert "请改一个时间，不算爽约" in guest.client.get(
            reverse("my-booking", args=[Booking.objects.get().number])
        ).content.decode()  # fmt: skip

    def test_a_wrong_line_keeps_what_was_typed(self, manager, hall):
        wrong = manager.post(reverse("manage-hours"), week(("12", "17:00", "09:00", "regular")) | {"do": "save"})
        page = wrong.content.decode()
        assert wrong.status_code == 422 and "结束要晚于开始" in page and 'value="17:00"' in page
        assert Hours.objects.count() == 4

    def test_an_exception_is_looked_at_before_it_holds(self, manager, hall, guest):
        storm = {"site": hall.site.pk, "of": "", "day": "2026-03-03", "open": "no", "reason": "暴雨红色预警"}
        shown = manager.post(reverse("manage-hours-days"), storm).content.decode()
        assert "<b>1</b> 个预约" in shown and not SpecialDay.objects.exists()
        manager.post(reverse("manage-hours-days"), storm | {"do": "save"})
        assert Booking.objects.get().state == "displaced"
        gone = reverse("manage-hours-day-removal", args=[SpecialDay.objects.get().pk])
        assert "照平常的时间开放" in manager.post(gone, follow=True).content.decode()
        assert not SpecialDay.objects.exists()


class TestSlots:
    def address(self, hall):
        return f"{reverse('manage-slots')}?queue={hall.queues['SW'].pk}&day=2026-03-03"

    def test_who_has_booked_is_seen_and_fewer_places_refused(self, manager, hall, guest):
        slot = Booking.objects.get().slot
        capacity.set_places(slot, online=1, onsite=1, by=hall.manager)
        page = manager.get(self.address(hall)).content.decode()
        assert "网上 1 / 1 · 现场 0 / 1" in page and "约满" in page and "王*" in page and "王强" not in page
        act = reverse("manage-slot-act", args=[slot.pk, "places"])
        refused = manager.post(act, {"online": "0", "onsite": "5"})
        assert refused.status_code == 422 and 'value="5"' in refused.content.decode()
        assert "网上已约出 1 个，不能改成 0 个" in refused.content.decode()
        assert "名额已改" in manager.post(act, {"online": "3", "onsite": "5"}, follow=True).content.decode()

    def test_closing_offers_the_booked_other_times_which_one_press_takes(self, manager, hall, guest):
        mine = Booking.objects.get()
        close = reverse("manage-slot-act", args=[mine.slot_id, "closing"])
        assert "请写关闭的原因" in manager.post(close, {"why": ""}).content.decode()
        assert "1 个预约的人会收到" in manager.post(close, {"why": "系统检修"}, follow=True).content.decode()
        page = guest.client.get(reverse("my-booking", args=[mine.number])).content.decode()
        assert "系统检修" in page and "可以改到" in page
        other = capacity.others(Booking.objects.select_related("slot").get())[0]
        hold = reverse("hall-hold", args=[hall.site.pk, hall.queues["SW"].pk])
        guest.client.post(hold, {"move": mine.number, "slot": other.pk})
        mine.refresh_from_db()
        assert (mine.state, mine.slot) == ("booked", other)

    def test_strangers_find_neither(self, hall, guest, clerk):
        slot = Booking.objects.get().slot
        for client in (guest.client, clerk.client):
            assert client.get(reverse("manage-slots")).status_code in {302, 404}
            assert client.post(reverse("manage-slot-act", args=[slot.pk, "closing"]), {"why": "x"}).status_code in {
                302, 404,
            }  # fmt: skip
        assert Slot.objects.get(pk=slot.pk).closed_at is None

    def test_a_full_day_asks_the_same_questions(self, manager, hall, guest, django_assert_max_num_queries):
        for moment in ("11:00", "11:30", "14:00"):
            who = from_user(UserFactory())
            booking.hold(Slot.objects.get(queue=hall.queues["SW"], starts=at(3, moment)), by=who)
        with django_assert_max_num_queries(9):
            assert manager.get(self.address(hall)).status_code == 200
