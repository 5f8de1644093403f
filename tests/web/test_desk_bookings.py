"""导办台预约 through its pages: a time for somebody without an account, printed, moved, cancelled, and signed in."""

import pytest
from django.urls import reverse

from onewindow.accounts import principal
from onewindow.accounts.models import Post
from onewindow.hall.actions import booking as acts
from onewindow.hall.models import Booking, Rules
from onewindow.kernel import numbers
from tests.cast import officer
from tests.factories.accounts import PostFactory, SiteFactory
from tests.hall.conftest import a_queue
from tests.hall.test_booking import NINE, a_slot

pytestmark = pytest.mark.django_db


def posted(role, site, agency=True):
    member = officer(role, name="刘敏")
    PostFactory(user=member.user, role=role, agency=member.agency if agency else None, site=site)
    principal.forget_all()
    return member.client


@pytest.fixture
def slot(db, time_machine):
    time_machine.move_to(NINE, tick=False)
    return a_slot(a_queue(), online=2, onsite=2)


@pytest.fixture
def desk(slot):
    return posted(Post.Role.CLERK, SiteFactory())


def book(desk, chosen, **more):
    said = {"queue": chosen.queue_id, "slot": chosen.pk, "once": numbers.share_number(), "card_name": "赵奶奶"}
    return desk.post(reverse("desk-booking-new"), said | {"phone": "13900000001"} | more, follow=True)


def test_booked_by_name_and_phone_found_again_printed_and_signed_in(desk, slot):
    page = desk.get(reverse("desk-bookings"), {"queue": slot.queue_id}).content.decode()
    assert "余 2" in page and "10:00" in page
    paper = book(desk, slot).content.decode()
    made = Booking.objects.get()
    assert made.user is None and made.channel == "onsite"
    assert numbers.grouped(made.number) in paper and "预约单" in paper and "<svg" in paper
    for asked in ("13900000001", made.number):
        assert made.number in desk.get(reverse("desk-bookings"), {"q": asked}).content.decode()
    page = desk.post(reverse("desk-booking-act", args=[made.number, "arrival"]), follow=True).content.decode()
    made.refresh_from_db()
    assert made.state == "arrived" and made.ticket.number in page


def test_whoever_booked_online_is_signed_in_at_the_desk_and_nothing_else(desk, slot, citizen):
    Rules.objects.create(site=slot.queue.site, grace_minutes=5)
    made = acts.confirm(acts.hold(slot, by=citizen.principal), by=citizen.principal)
    assert made.number not in desk.get(reverse("desk-bookings")).content.decode()
    assert made.number in desk.get(reverse("desk-bookings"), {"q": made.number}).content.decode()
    page = desk.get(reverse("desk-booking", args=[made.number])).content.decode()
    assert "签到取号" in page and "取消这个预约" not in page and "晚到 5 分钟以上" in page
    assert "晚到 5 分钟以上" in citizen.client.get(reverse("my-booking", args=[made.number])).content.decode()
    desk.post(reverse("desk-booking-act", args=[made.number, "cancellation"]))
    desk.post(reverse("desk-booking-act", args=[made.number, "arrival"]))
    made.refresh_from_db()
    assert made.state == "arrived"


def test_moved_and_cancelled_at_the_desk(desk, slot):
    book(desk, slot)
    made, later = Booking.objects.get(), a_slot(slot.queue, onsite=1, minute=120)
    page = desk.get(reverse("desk-booking", args=[made.number])).content.decode()
    assert f'value="{later.pk}"' in page
    desk.post(reverse("desk-booking-act", args=[made.number, "move"]), {"slot": later.pk})
    made.refresh_from_db()
    assert made.slot == later
    desk.post(reverse("desk-booking-act", args=[made.number, "cancellation"]))
    later.refresh_from_db()
    assert later.taken_onsite == 0


def test_what_was_typed_stays_when_it_is_refused(desk, slot):
    for more, why in (
        ({"phone": ""}, "请读身份证，或者填姓名和手机号"),
        ({"phone": "12"}, "手机号不对"),
        ({"card_number": "110101199003071234"}, "赵奶奶"),
        ({"slot": ""}, "请选择时间"),
    ):
        refused = book(desk, slot, **more)
        assert refused.status_code == 422 and why in refused.content.decode(), more
        assert 'value="赵奶奶"' in refused.content.decode()
    assert not Booking.objects.exists()


def test_another_hall_neither_sees_nor_changes_it(desk, slot):
    book(desk, slot)
    made = Booking.objects.get()
    elsewhere = posted(Post.Role.CLERK, SiteFactory(code="TOWN", name="别的镇"))
    assert elsewhere.get(reverse("desk-booking", args=[made.number])).status_code == 404
    assert elsewhere.post(reverse("desk-booking-act", args=[made.number, "cancellation"])).status_code == 404
    assert book(elsewhere, slot).status_code == 422


def test_the_manager_says_when_what_is_left_goes_online(slot):
    manager = posted(Post.Role.MANAGER, slot.queue.site, agency=False)
    url = reverse("manage-slot-release", args=[slot.queue.site_id])
    assert "请填 0 到 1440" in manager.post(url, {"minutes": "x"}, follow=True).content.decode()
    page = manager.post(url, {"minutes": "45"}, follow=True).content.decode()
    assert "开始前 45 分钟还没约的放到网上" in page and Rules.objects.get().release_minutes == 45
