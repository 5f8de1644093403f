"""团队预约, and booking from a case whose papers may have to be looked at first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from onewindow.accounts.models import User
from onewindow.accounts.principal import from_user
from onewindow.cases.actions import intake
from onewindow.hall.actions import booking, parties
from onewindow.hall.actions.parties import Guest
from onewindow.hall.models import Booking, Party, Slot
from onewindow.kernel import clock
from tests.cast import sign_in
from tests.factories import applications, cases
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import flagship
from tests.hall.conftest import KIOSK, a_queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(db):
    return a_queue(rest=True)


def a_slot(queue, online=5, hours=2):
    starts = clock.now() + timedelta(hours=hours)
    return Slot.objects.create(queue=queue, starts=starts, ends=starts + timedelta(minutes=30), online=online)


def taken(slot):
    return Slot.objects.get(pk=slot.pk).taken_online


class TestParties:
    def post(self, member, queue, **data):
        return member.client.post(reverse("hall-party", args=[queue.site_id, queue.pk]), data, follow=True)

    def test_a_firm_books_all_and_cancels_some(self, citizen, queue, time_machine):
        time_machine.move_to("2026-03-02 09:00+08:00", tick=False)
        slot, item = a_slot(queue), flagship()
        people = f"王强\n李秀英，{item.name}\n\n陈静, {item.pk}"
        page = self.post(citizen, queue, slot=slot.pk, name="香城示例科技", people=people).content.decode()
        assert "已约好" in page and "李秀英" in page and taken(slot) == 3
        one, two, three = Booking.objects.order_by("pk")
        assert [each.item for each in (one, two, three)] == [None, item, item]
        waits = booking.hold(slot, by=from_user(UserFactory()), people=3, wait=True)
        party = Party.objects.get()
        cancelled = {"party": party.pk}
        page = citizen.client.post(reverse("my-booking-act", args=[one.number, "cancellation"]), cancelled, follow=True)
        assert "已取消" in page.content.decode() and "香城示例科技" in page.content.decode()
        waits.refresh_from_db()
        assert waits.state == "offered" and taken(slot) == 5
        booking.check_in(Booking.objects.select_related("slot__queue__site").get(pk=two.pk), by=KIOSK)
        assert Booking.objects.get(pk=two.pk).ticket and not Booking.objects.get(pk=three.pk).ticket

    def test_all_or_nobody_and_what_was_typed_stays(self, citizen, queue):
        slot = a_slot(queue, online=2)
        refused = self.post(citizen, queue, slot=slot.pk, name="香城示例科技", people="王强\n李秀英\n陈静")
        page = refused.content.decode()
        assert refused.status_code == 422 and "只剩 2 个名额，不够 3 人，一个也没有约" in page
        assert "王强\n李秀英\n陈静" in page and 'value="香城示例科技"' in page
        assert not Booking.objects.exists() and taken(slot) == 0

    @pytest.mark.parametrize(
        ("people", "said"),
        [
            ("王强", "是 2 到 20 人"),
            ("王强\n王强", "“王强”写了两次"),
            ("王强\n李秀英，没有的事", "第 2 行：没有找到事项"),
        ],
    )
    def test_a_wrong_list_says_what_to_mend(self, citizen, queue, people, said):
        slot = a_slot(queue)
        assert said in self.post(citizen, queue, slot=slot.pk, name="香城示例", people=people).content.decode()
        assert taken(slot) == 0

    def test_anothers_party_does_not_exist(self, citizen, other_citizen, queue):
        self.post(citizen, queue, slot=a_slot(queue).pk, name="香城示例", people="王强\n李秀英")
        assert other_citizen.client.get(reverse("my-party", args=[Party.objects.get().pk])).status_code == 404


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_six_firms_of_ten_on_twenty_five_places():
    slot = a_slot(a_queue(), online=25)
    firms = [from_user(UserFactory(name=f"经办{n}")) for n in range(6)]
    people = [Guest(f"员工{n}") for n in range(10)]

    def press(who):
        try:
            return parties.book(Slot.objects.get(pk=slot.pk), name="某公司", guests=people, by=who)
        except ValueError:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        made = [each for each in pool.map(press, firms) if each]
    assert (len(made), taken(slot), Booking.objects.count()) == (2, 20, 20)


class TestFromTheCase:
    def test_the_hall_the_time_and_the_case_belong_together(self, queue):
        by = cases.citizen()
        case, slot = cases.draft(by=by), a_slot(queue)
        client = sign_in(User.objects.get(pk=by.user_id))
        assert "预约到大厅办" in client.get(reverse("my-case", args=[case.number])).content.decode()
        page = client.get(reverse("case-appointments", args=[case.number])).content.decode()
        assert "新都区政务服务中心" in page and f"?case={case.number}" in page and "最早" in page
        hold = reverse("hall-hold", args=[queue.site_id, queue.pk])
        client.post(hold, {"slot": slot.pk, "people": "1", "case": case.number})
        made = Booking.objects.get()
        assert (made.case, made.item) == (case, case.item)
        assert made.number in client.get(reverse("case-appointments", args=[case.number])).content.decode()

    def test_prereview_first_says_so_and_leads_there(self, queue):
        by = cases.citizen()
        case = cases.draft(flagship(prereview_first=True), by=by)
        slot, client = a_slot(queue), sign_in(User.objects.get(pk=by.user_id))
        page = client.get(reverse("case-appointments", args=[case.number])).content.decode()
        assert "先通过预审，再来预约" in page and reverse("case-check", args=[case.number]) in page
        times = reverse("hall-appointments", args=[queue.site_id, queue.pk])
        shown = client.get(times, {"item": case.item_id}).content.decode()
        assert "先在网上预审" in shown and reverse("apply-start", args=[case.item_id]) in shown
        hold = reverse("hall-hold", args=[queue.site_id, queue.pk])
        refused = client.post(hold, {"slot": slot.pk, "people": "1", "case": case.number})
        assert refused.status_code == 422 and not Booking.objects.exists()
        applications.fill(case, by)
        intake.request_prereview(case, by=by)
        intake.pass_prereview(case, by=cases.officer("受理员", case.agency_id, "clerk"))
        client.post(hold, {"slot": slot.pk, "people": "1", "case": case.number})
        assert Booking.objects.get().case == case

    def test_what_is_only_written_into_an_outside_system_is_done_here_and_booked_here(self, queue):
        by, road = cases.citizen(), {"system": "dengji", "name": "登记系统", "operator": "登记机构", "road": "hand"}
        road |= {"track": "问登记机构。", "source": "试", "confidence": "K"}
        offered = []
        for code, procedure in (("XDP0096", "here"), ("XDP0104", "outside")):
            case = cases.draft(flagship(code, outside=road | {"procedure": procedure}), by=by)
            client = sign_in(User.objects.get(pk=by.user_id))
            offered.append("预约到大厅办" in client.get(reverse("my-case", args=[case.number])).content.decode())
        assert offered == [True, False]

    def test_a_strangers_case_offers_nothing(self, queue, other_citizen):
        case = cases.draft(by=cases.citizen())
        assert other_citizen.client.get(reverse("case-appointments", args=[case.number])).status_code == 404
