"""Calling opens the file: what the clerk sees, does and leaves behind, number by number."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from onewindow.accounts import principal
from onewindow.accounts.models import Person, Post
from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case
from onewindow.feedback.models import Rating
from onewindow.hall.actions import devices, drawing
from onewindow.hall.models import Device, Queue, Service, Ticket, Visit, Window, Zone
from onewindow.kernel.models import Entry
from onewindow.web.halls import at_device
from tests.cast import officer
from tests.factories import applications, cases
from tests.factories.accounts import PostFactory, SiteFactory
from tests.factories.catalogue import agency, flagship
from tests.hall.conftest import KIOSK, a_queue, a_window, drawn
from tests.web.conftest import do

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def queue(db):
    made = a_queue("ZH")
    made.agencies.add(agency("WJJ"))
    return made


def of_granny(*queues):
    """Numbers drawn by 李秀英 with her card."""
    wishes = [drawing.Wish(queue) for queue in queues]
    made = drawing.draw(wishes, by=KIOSK, source=Ticket.Source.KIOSK, person=cases.person())
    return made[0] if len(made) == 1 else made


def passed():
    """Pre-reviewed, and found good."""
    by = cases.citizen()
    case = intake.request_prereview(applications.fill(cases.draft(by=by), by), by=by)
    return intake.pass_prereview(case, by=cases.officer("受理员", case.agency_id, "clerk"))


class TestOpening:
    def test_the_called_number_opens_the_prereviewed_application(self, desk, queue):
        case = passed()
        of_granny(queue)
        page = do(desk, "call")
        assert str(case.item) in page and "预审通过" in page and "正式提交" in page and "李秀英" in page

    def test_filing_it_in_person_takes_the_original_and_lands_on_the_number(self, desk, queue):
        case = passed()
        by = cases.citizen()
        lacking = case.papers.filter(removed_at__isnull=True).first()
        drafts.remove_paper(case, lacking, by=by)
        ticket = of_granny(queue)
        assert f"还缺：{lacking.title}" in do(desk, "call")
        address = reverse("desk-act", args=[case.number, "submission"])
        assert "请选择来的是谁" in desk.post(address, {"back-to": "window"}).content.decode()
        said = {"present": "self", "papers": [lacking.material], "back-to": "window"}
        shown = desk.post(address, said, follow=True)
        assert shown.redirect_chain[-1][0] == reverse("desk-window")
        case.refresh_from_db()
        assert case.state == "received" and case.papers.filter(paper_form="original", removed_at=None).exists()
        assert Entry.objects.get(subject=case.number, event="case.submitted").data["present"].startswith("本人到场")
        served = Service.objects.get()
        assert (served.ticket, served.case, [act["label"] for act in served.acts]) == (ticket, case, ["正式提交"])

    def test_what_needs_no_word_is_done_from_the_window(self, desk, queue):
        case = cases.submitted()
        of_granny(queue)
        assert 'name="back-to" value="window"' in do(desk, "call")
        address = reverse("desk-act", args=[case.number, "acceptance"])
        page = desk.post(address, {"seen": case.revision, "back-to": "window"}, follow=True).content.decode()
        assert "这个号办了" in page and "受理" in page
        assert Ticket.objects.get().state == "serving"

    def test_another_agencys_matter_is_not_there(self, desk, queue):
        theirs = cases.submitted(flagship(agency="MZJ"))
        assert theirs.agency_id == "MZJ"
        of_granny(queue)
        assert theirs.number not in do(desk, "call").replace(" ", "")

    def test_a_matter_outside_the_queues_group_is_a_line_without_acts(self, desk, queue):
        case = cases.submitted()
        queue.agencies.clear()
        of_granny(queue)
        page = do(desk, "call")
        assert str(case.item) in page and "desk/cases" in page and "acceptance" not in page

    def test_the_card_on_the_counter_opens_the_file_of_who_drew_without_a_name(self, desk, queue):
        case = cases.submitted()
        ticket = drawn(queue)
        assert "来的是谁" in do(desk, "call")
        page = do(desk, "identity", card_name="李秀英", card_number="510125195603128625")
        assert "号码" in page and 'value="李秀英"' in page and str(case.item) not in page
        assert str(case.item) in do(desk, "identity", card_name="李秀英", card_number=cases.GRANNY["number"])
        ticket.visit.refresh_from_db()
        assert ticket.visit.person == cases.person()
        assert cases.GRANNY["number"] not in str(list(Entry.objects.values_list("data", flat=True)))

    def test_a_case_done_in_between_for_somebody_else_stays_off_the_number(self, desk, queue):
        other = cases.submitted()
        Visit.objects.filter(pk=drawn(queue).visit_id).update(person=cases.person(number="510125198801011234"))
        do(desk, "call")
        desk.post(reverse("desk-act", args=[other.number, "acceptance"]), {"seen": other.revision})
        assert not Service.objects.exists() and Ticket.objects.get().case is None

    def test_the_file_leads_back_to_the_number(self, desk, queue):
        case = cases.submitted()
        of_granny(queue)
        do(desk, "call")
        assert "回到窗口（A001 号" in desk.get(reverse("desk-case", args=[case.number])).content.decode()

    def test_the_console_asks_the_same_number_of_questions(self, desk, queue, django_assert_max_num_queries):
        for _ in range(2):
            cases.submitted()
        of_granny(queue)
        do(desk, "call")
        with django_assert_max_num_queries(60):
            desk.get(reverse("desk-window"))


class TestTakingIn:
    FORM = {
        "applicant-phone": "13880001234", "age": "70", "household": "sichuan", "who": "self",
        "address.division": "510114001000", "address.detail": "香城大道1号", "pickup": "window",
        "seen-paper": ["id_card"], "send-once": "page-1", "go-on": "accept", "back-to": "window",
    }  # fmt: skip

    @pytest.fixture(autouse=True)
    def towns(self, db):
        from onewindow.accounts.models import Division

        facts = {"code": "510114001000", "name": "大丰街道办事处", "short_name": "大丰街道"}
        Division.objects.create(set="present", level="town", **facts)

    def test_the_holders_name_is_not_typed_again_and_the_photo_is_scanned(self, desk, queue):
        flagship()
        ticket = of_granny(queue)
        do(desk, "call")
        page = desk.get("/desk/new/XDP0096/").content.decode()
        assert "A001 号 李秀英" in page and cases.GRANNY["number"] not in page
        photo = SimpleUploadedFile("照片.png", _png(), "image/png")
        refused = {**self.FORM, "number-holder": ticket.pk, "address.detail": "", "scan-photo": photo}
        page = desk.post("/desk/new/XDP0096/", refused).content.decode()
        assert "已收下：照片" in page
        kept = page.split('name="scanned-before" value="')[1].split('"')[0]
        said = {**self.FORM, "number-holder": ticket.pk, "scanned-before": kept}
        assert desk.post("/desk/new/XDP0096/", said)["Location"] == reverse("desk-window")
        case = Case.objects.get()
        assert (case.state, case.person, case.channel) == ("received", cases.person(), "desk")
        assert case.papers.get(material="photo").file.name.startswith("照片")
        assert Service.objects.get().case == case and Ticket.objects.get().state == "serving"

    def test_an_item_that_calls_a_question_holder_is_taken_in_for_the_number_all_the_same(self, desk, queue):
        """开具税收完税证明 and thirty others do."""
        kinds = [{"value": "person", "label": "个人"}, {"value": "firm", "label": "单位"}]
        flagship(questions=[{"key": "holder", "ask": "以什么身份办？", "choices": kinds}])
        ticket = of_granny(queue)
        do(desk, "call")
        said = {"number-holder": ticket.pk, "holder": "person", "seen-paper": ["id_card", "photo"]}
        desk.post("/desk/new/XDP0096/", self.FORM | said)
        assert (Case.objects.get().person, Case.objects.get().answers["holder"]) == (cases.person(), "person")

    def test_whoever_came_without_a_name_is_known_from_the_first_case(self, desk, queue):
        flagship()
        ticket = drawn(queue)
        do(desk, "call")
        said = {**self.FORM, "applicant-name": "李秀英", "applicant-number": cases.GRANNY["number"]}
        desk.post("/desk/new/XDP0096/", said | {"seen-paper": ["id_card", "photo"]})
        ticket.visit.refresh_from_db()
        assert ticket.visit.person == Person.find(cases.GRANNY["number"])


def _png():
    import io

    from PIL import Image

    kept = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(kept, "PNG")
    return kept.getvalue()


class TestOneVisit:
    def test_the_next_number_of_the_same_visitor_goes_on_here(self, desk, queue, window):
        second = a_queue("YB")
        window.queues.add(second)
        first, following = of_granny(queue, second)
        assert f"{following.number}</b>" in do(desk, "call")
        page = do(desk, "following", ticket=following.pk)
        first.refresh_from_db()
        following.refresh_from_db()
        assert (first.state, following.state, following.window) == ("done", "called", window)
        assert f'hall-now-number">{following.number}' in page

    def test_not_past_somebody_who_came_half_an_hour_earlier(self, desk, queue, window, time_machine):
        time_machine.move_to("2026-03-02 09:00+08:00", tick=False)
        second = a_queue("YB")
        window.queues.add(second)
        first = of_granny(queue)
        early = drawn(second)
        time_machine.move_to("2026-03-02 09:31+08:00", tick=False)
        (late,) = drawing.draw([drawing.Wish(second)], by=KIOSK, source="kiosk", visit=first.visit)
        do(desk, "call")
        assert "要按顺序等叫" in do(desk, "following", ticket=late.pk)
        assert Ticket.objects.get(pk=late.pk).state == Ticket.objects.get(pk=early.pk).state == "waiting"


class TestTownCentre:
    """便民服务中心: one queue, the same console, the same door."""

    @pytest.fixture
    def town(self, db):
        site = SiteFactory(code="510114001000", name="大丰街道便民服务中心", level="town")
        zone = Zone.objects.create(site=site, code="A", name="便民服务区")
        queue = Queue.objects.create(site=site, zone=zone, code="ZH", name="综合受理", rest=True)
        window = Window.objects.create(site=site, zone=zone, number="A01")
        window.queues.add(queue)
        return site, queue, window

    def test_a_town_clerk_calls_and_opens_the_file(self, client, town, window):
        site, queue, counter = town
        member = officer(Post.Role.CLERK, name="罗兰")
        PostFactory(user=member.user, role=Post.Role.CLERK, agency=member.agency, site=site)
        principal.forget_all()
        case = cases.submitted()
        ticket = of_granny(queue)
        elsewhere = member.client.post(reverse("desk-window-sign-on"), {"window": window.pk})
        assert elsewhere.status_code == 404
        member.client.post(reverse("desk-window-sign-on"), {"window": counter.pk})
        page = do(member.client, "call")
        assert ticket.number in page and str(case.item) in page and "acceptance" in page
        board = client.get(reverse("screen-board", args=[site.pk, "A"])).json()
        assert [call["number"] for call in board["calls"]] == [ticket.number]


class TestRating:
    def rate(self, client, token, stars="5"):
        return client.post(reverse("window-rating", args=["510114", "A01", token]), {"stars": stars})

    def board(self, client):
        return client.get(reverse("window-board", args=["510114", "A01"])).json()

    def test_the_window_asks_for_the_step_that_was_done_there(self, client, desk, queue):
        case = cases.submitted()
        ticket = of_granny(queue)
        do(desk, "call")
        desk.post(reverse("desk-act", args=[case.number, "acceptance"]), {"seen": case.revision})
        assert "请群众在窗口屏上评价" in do(desk, "done")
        shown = self.board(desk)
        assert (shown["state"], shown["number"]) == ("rating", "A001") and "<svg" in shown["qr"]
        assert str(case.item) in client.get(reverse("rate", args=[shown["token"]])).content.decode()
        assert self.rate(desk, shown["token"]).status_code == 204
        assert self.rate(desk, shown["token"], "1").status_code == 409
        rating = Rating.objects.get()
        assert (rating.stars, rating.channel, rating.case, rating.service.ticket) == (5, "desk", None, ticket)
        said = Entry.objects.get(event="rating.given").data
        assert (said["act"], said["window"], said["ticket"]) == ("受理", "A01", ticket.subject)
        assert self.board(desk)["state"] == "idle"

    def test_a_question_is_rated_like_any_service(self, client, desk, queue):
        drawn(queue)
        do(desk, "call")
        do(desk, "consultation", about="新生儿上户口要带什么")
        token = self.board(desk)["token"]
        assert self.rate(desk, token, "4").status_code == 204
        served = Service.objects.get()
        assert served.consultation.number == Entry.objects.get(event="rating.given").subject
        assert Rating.objects.get().service == served

    def test_a_matter_finished_at_the_window_is_rated_once(self, client, desk, queue):
        """The completion's own invitation and the number's are one."""
        case = cases.decided()
        of_granny(queue)
        do(desk, "call")
        desk.post(reverse("desk-act", args=[case.number, "delivery"]), {"way": "window"})
        desk.post(reverse("desk-act", args=[case.number, "completion"]), {})
        do(desk, "done")
        rating = Rating.objects.get()
        assert (rating.case, rating.service.case) == (case, case)

    def test_nobody_rates_from_afar(self, client, citizen, desk, queue):
        drawn(queue)
        do(desk, "call")
        do(desk, "done")
        assert "token" not in self.board(client) and "token" not in self.board(citizen.client)
        token = self.board(desk)["token"]
        assert self.rate(client, token).status_code == self.rate(citizen.client, token).status_code == 404

    def test_a_registered_screen_asks(self, client, desk, queue):
        screen = Device.objects.create(site=queue.site, zone=queue.zone, code="S01", name="窗口屏", kind="screen")
        client.cookies[at_device.COOKIE] = devices.issue_token(screen, by=cases.officer("邓勇", None, "operator"))
        drawn(queue)
        do(desk, "call")
        do(desk, "done")
        assert self.rate(client, self.board(client)["token"]).status_code == 204

    def test_another_windows_device_rates_nothing(self, client, desk, queue):
        a_window("A02", queue)
        drawn(queue)
        do(desk, "call")
        do(desk, "done")
        token = self.board(desk)["token"]
        assert desk.post(reverse("window-rating", args=["510114", "A02", token]), {"stars": "1"}).status_code == 404

    def test_the_question_ends_with_the_next_call_or_after_a_while(self, client, desk, queue, time_machine):
        time_machine.move_to("2026-03-02 09:00+08:00", tick=False)
        drawn(queue)
        do(desk, "call")
        do(desk, "done")
        assert self.board(desk)["seconds"] == 90
        time_machine.move_to("2026-03-02 09:02+08:00", tick=False)
        assert self.board(desk)["state"] == "idle"

    def test_the_ticket_page_leads_to_the_rating(self, client, desk, queue):
        ticket = drawn(queue)
        do(desk, "call")
        do(desk, "done")
        page = client.get(reverse("ticket", args=[ticket.visit.secret])).content.decode()
        assert reverse("rate", args=[Rating.objects.get().token]) in page


def test_the_window_of_yesterday_is_one_press_away(desk, window):
    do(desk, "sign-off")
    page = desk.get(reverse("desk-window"))
    assert "还在 A01，上岗" in page.content.decode()
