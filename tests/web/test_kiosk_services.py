"""At the kiosk: guides found and printed, what is simple enough to apply for, certificates on paper, checking in."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from onewindow.accounts.models import User
from onewindow.catalogue.guide import Guide
from onewindow.hall import simple
from onewindow.hall.actions import booking, printing
from onewindow.hall.models import Device, Printout, Slot, Ticket
from onewindow.kernel import clock
from onewindow.kernel.forms import FormField
from onewindow.kernel.models import Entry
from tests.factories import cases
from tests.factories.catalogue import flagship
from tests.hall.conftest import a_queue
from tests.hall.devices import a_device, at
from tests.web.test_kiosk import address, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def kiosk(db):
    a_queue(rest=True)
    return at(a_device(sheets=10))


def text(response):
    return response.content.decode()


def press(page, action):
    """The `once` of the form that goes there."""
    return re.search(rf'action="{action}".*?name="once" value="([^"]+)"', page, re.S).group(1)


class TestGuides:
    def test_found_by_the_initials_of_its_name(self, client, kiosk):
        item = flagship()
        page = text(kiosk.get(address("kiosk-guides"), {"q": "lnz"}))
        assert reverse("kiosk-guide", args=["510114", item.pk]) in page
        assert "没有找到" in text(kiosk.get(address("kiosk-guides"), {"q": "zzzzqq"}))

    def test_questions_one_by_one_then_the_list_and_its_code(self, kiosk):
        item = flagship()
        first = text(kiosk.get(address("kiosk-guide", item.pk)))
        assert "不清楚，直接看清单" in first and "要带的材料" not in first
        assert "要带的材料" in text(kiosk.get(address("kiosk-guide", item.pk), {"done": "1"}))

    def test_the_sheet_is_made_once_for_a_press_and_paper_counts_down(self, kiosk):
        item = flagship()
        action = address("kiosk-guide-print", item.pk)
        once = press(text(kiosk.get(address("kiosk-guide", item.pk), {"done": "1"})), action)
        for _ in range(2):
            kiosk.post(action, {"once": once})
        page = text(kiosk.get(address("kiosk-printing", once)))
        assert "正在打印" in page and page.count("data:image/png") == Printout.objects.get().pages
        again = text(kiosk.get(address("kiosk-printing", once)))
        assert "已经打印过" in again and "data:image" not in again and "data-print" not in again
        assert Device.objects.get().sheets == 10 - Printout.objects.get().pages

    def test_another_device_gets_nothing_of_it(self, kiosk):
        item = flagship()
        kiosk.post(address("kiosk-guide-print", item.pk), {"once": "a" * 32})
        assert at(a_device("F02")).get(address("kiosk-printing", "a" * 32)).status_code == 404


class TestCertificate:
    @pytest.fixture
    def holder(self, kiosk):
        """Signed in at the kiosk, with a certificate of their own."""
        case = cases.finished()
        User.objects.create(phone="13900001234", username="holder", person=case.person)
        sign_in(kiosk)
        return kiosk

    def test_each_copy_is_counted_on_the_certificates_own_chain(self, holder):
        page = text(holder.get(address("kiosk-certificates")))
        number = re.search(r"certificates/(\w+)/prints/", page).group(1)
        action = address("kiosk-certificate-print", number)
        once = press(page, action)
        for _ in range(2):
            holder.post(action, {"once": once})
        page = text(holder.get(address("kiosk-certificates")))
        assert "已打印 1 份" in page
        holder.post(action, {"once": press(page, action)})
        printed = Entry.objects.filter(kind="certificate", subject=number, event="certificate.printed").order_by("id")
        assert [entry.data["copy"] for entry in printed] == [1, 2]
        assert printing.copies(number) == 2 and Device.objects.get().sheets == 10 - 2 * printed[0].data["pages"]

    def test_the_next_person_gets_neither_list_nor_sheet(self, holder):
        page = text(holder.get(address("kiosk-certificates")))
        number = re.search(r"certificates/(\w+)/prints/", page).group(1)
        once = press(page, address("kiosk-certificate-print", number))
        holder.post(address("kiosk-certificate-print", number), {"once": once})
        holder.post(address("kiosk-end"))
        assert holder.get(address("kiosk-printing", once)).status_code == 404
        sign_in(holder, phone="13900009999")
        assert holder.get(address("kiosk-printing", once)).status_code == 404
        assert holder.post(address("kiosk-certificate-print", number), {"once": "b" * 32}).status_code == 404
        assert number not in text(holder.get(address("kiosk-certificates")))

    def test_without_paper_it_says_so_and_counts_nothing(self, holder):
        page = text(holder.get(address("kiosk-certificates")))
        number = re.search(r"certificates/(\w+)/prints/", page).group(1)
        Device.objects.update(sheets=0)
        shown = text(holder.post(address("kiosk-certificate-print", number), {"once": "c" * 32}, follow=True))
        assert "没有打出来" in shown and printing.copies(number) == 0
        assert not Entry.objects.filter(event="certificate.printed").exists()
        assert "请换一台打印" in text(holder.get(address("kiosk-certificates")))


class TestSimple:
    def guide(self, **field) -> Guide:
        """The flagship's form with one more question."""
        guide = flagship().guide
        page = guide.form.pages[0]
        more = FormField.model_validate({"key": "more", "label": "还有什么", **field})
        form = guide.form.model_copy(update={"pages": (page.model_copy(update={"fields": (*page.fields, more)}),)})
        return guide.model_copy(update={"form": form})

    @pytest.mark.parametrize(
        ("field", "fits"),
        [
            ({"kind": "yes_no"}, True),
            ({"kind": "date"}, True),
            ({"kind": "text"}, False),
            ({"kind": "long_text"}, False),
            ({"kind": "file"}, False),
            ({"kind": "text", "required": False}, True),
            ({"kind": "text", "prefill": "person.address"}, True),
        ],
    )
    def test_what_must_be_answered_is_touched_or_known(self, field, fits):
        assert simple.answerable(self.guide(**field)) is fits

    def test_a_paper_that_is_in_nobodys_vault_sends_to_the_phone(self, citizen):
        item = flagship()
        assert simple.lacking(item.guide, citizen.principal) == ["近期1寸免冠照片"]
        before = cases.finished(item)
        assert simple.lacking(item.guide, cases.citizen()) == []
        assert before.person_id != citizen.principal.person_id

    def test_the_list_says_what_is_lacking(self, kiosk):
        item = flagship()
        apply = reverse("apply-start", args=[item.pk])
        assert apply in text(kiosk.get(address("kiosk-items")))
        sign_in(kiosk)
        page = text(kiosk.get(address("kiosk-items")))
        assert "要传“近期1寸免冠照片”" in page and apply not in page


class TestCheckIn:
    @pytest.fixture
    def booked(self, citizen, kiosk, time_machine):
        time_machine.move_to("2026-03-02 09:00+08:00", tick=False)
        queue = a_queue("SB")
        slot = Slot.objects.create(
            queue=queue, starts=clock.now() + timedelta(minutes=30), ends=clock.now() + timedelta(hours=1), online=2
        )
        made = booking.hold(slot, by=citizen.principal, item=None, case=None, people=1, wait=False)
        return booking.confirm(made, by=citizen.principal)

    def test_the_card_finds_todays_booking_and_signs_nobody_in(self, booked, citizen, kiosk):
        page = kiosk.post(address("kiosk-check-in"), {"number": citizen.person.number}, follow=True)
        assert Ticket.objects.get().number in text(page)
        assert "结束服务" not in text(page) and "onewindow" not in kiosk.cookies

    def test_a_card_is_read_only_at_a_device_of_ours(self, booked, citizen, client):
        said = text(client.post(address("kiosk-check-in"), {"number": citizen.person.number}))
        assert "没有找到" in said and not Ticket.objects.exists()

    def test_a_card_without_a_booking_is_not_written_into_the_page(self, kiosk):
        number = "510114199001011234"
        page = text(kiosk.post(address("kiosk-check-in"), {"number": number}, follow=True))
        assert "没有找到" in page and number not in page
