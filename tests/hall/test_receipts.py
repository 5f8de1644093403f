"""收件凭证: papers taken while the line is cut; the day of receipt stands in law when the case is entered later."""

from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from onewindow.accounts.models import Division, Post
from onewindow.cases.actions import intake
from onewindow.cases.models import Case
from onewindow.cases.tasks import run_timers
from onewindow.hall.actions import receipts
from onewindow.hall.models import Outpost, Receipt
from onewindow.kernel import ledger
from onewindow.kernel.clock import SHANGHAI
from onewindow.kernel.models import Entry
from onewindow.web import node
from tests.cases.conftest import calendar  # noqa: F401
from tests.cast import member, officer, sign_in
from tests.factories.accounts import AgencyFactory, PostFactory, StaffFactory
from tests.factories.catalogue import flagship
from tests.web.test_instant import FILLED, NUMBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("calendar")]
# A Monday.
TAKEN = datetime(2026, 3, 2, 10, 30, tzinfo=SHANGHAI)
NEW = "/desk/receipts/new/XDP0096/"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
SAID = {
    "name": "李秀英", "document": "resident_id", "number": NUMBER, "phone": "13880001234", "once": "a",
    "paper": ["id_card", "photo"], "form.id_card": "copy", "copies.id_card": "1", "form.photo": "original",
    "copies.photo": "2",
}  # fmt: skip


@pytest.fixture
def item(zone):
    Division.objects.create(
        set="present", level="town", code="510114001000", name="大丰街道办事处", short_name="大丰街道"
    )
    return flagship()


@pytest.fixture
def at_the_hall(zone, settings, time_machine):
    """This program as a node that cannot reach its centre; the same rows then stand for what the centre was sent."""
    time_machine.move_to(TAKEN, tick=False)
    settings.HALL_SITE = "510114"
    Outpost.objects.create(site_code="510114", centre="https://centre.example", instance="x", lease=7, state="held")
    node._kept = (0.0, None)

    def leave():
        settings.HALL_SITE = ""
        Outpost.objects.all().delete()
        node._kept = (0.0, None)

    return leave


@pytest.fixture
def chief(zone):
    """首席代表, who has all posts of the item, here in the hall."""
    user = StaffFactory(name="曾小红")
    for role in (Post.Role.CLERK, Post.Role.REVIEWER, Post.Role.DECIDER):
        PostFactory(user=user, role=role, agency=AgencyFactory(code="WJJ"), site=zone.site)
    return member(user)


def given(chief, **more):
    scan = SimpleUploadedFile("照片.pdf", PDF, "application/pdf")
    return chief.client.post(NEW, SAID | {"scan.photo": scan} | more)


class TestInTheHall:
    def test_the_papers_are_listed_and_the_time_is_that_of_the_receipt(self, item, at_the_hall, chief):
        page = given(chief)
        receipt = Receipt.objects.get()
        assert (receipt.number, receipt.received_at) == ("SJ202603020070001", TAKEN)
        assert page["Location"] == f"/desk/receipts/{receipt.number}/"
        shown = chief.client.get(page["Location"]).content.decode()
        assert "3月2日 10:30" in shown and NUMBER not in shown and "不表示已经受理" in shown
        assert [paper["copies"] for paper in receipt.papers] == [1, 2] or {p["copies"] for p in receipt.papers} == {
            1,
            2,
        }
        entry = Entry.objects.get(kind="receipt")
        assert entry.event == "receipt.given" and NUMBER not in str(entry.data)
        assert given(chief)["Location"] == page["Location"] and Receipt.objects.count() == 1

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"number": "510125195603128625"}, "身份证号码"),
            ({"paper": []}, "至少一份"),
            ({"paper": ["id_card"]}, "有扫描件的材料请一并勾选"),
            ({"copies.photo": "0"}, "份数或形式不对"),
            ({"name": ""}, "姓名"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(self, item, at_the_hall, chief, wrong, words):
        page = given(chief, **wrong)
        text = page.content.decode()
        assert page.status_code == 422 and words in text and "13880001234" in text
        assert not Receipt.objects.exists()

    def test_nothing_is_done_on_cases_there(self, item, at_the_hall, chief, client):
        assert chief.client.get("/desk/")["Location"] == "/desk/window/"
        for path in ("/desk/cases/5101262600000013/", "/desk/new/XDP0096/", "/my/cases/", "/items/", "/manage/nodes/"):
            page = chief.client.get(path)
            assert page.status_code == 404 and "这一页在中心" in page.content.decode()
        assert client.get("/api/v1/items").status_code == 404
        window = chief.client.get("/desk/window/").content.decode()
        assert "中心未连通·本地运行" in window and "/desk/new/" not in window

    def test_a_fenced_node_takes_nothing(self, item, at_the_hall, chief):
        Outpost.objects.update(state="fenced", said="主持权已由中心收回。")
        assert "不再主持大厅" in given(chief).content.decode() and not Receipt.objects.exists()

    def test_clerks_of_other_halls_take_nothing(self, item, at_the_hall):
        assert "只有本大厅的窗口" in given(officer(Post.Role.CLERK)).content.decode()


class TestAtTheCentre:
    @pytest.fixture
    def receipt(self, item, at_the_hall, chief):
        given(chief)
        at_the_hall()
        return Receipt.objects.get()

    @pytest.fixture
    def on(self, chief, time_machine):
        """Another day: one signs in again."""

        def move(moment):
            time_machine.move_to(moment, tick=False)
            sign_in(chief.user, chief.client)

        return move

    def enter(self, chief, receipt, **more):
        said = FILLED | {"seen-paper": [], "go-on": "accept", "from-receipt": receipt.number} | more
        return chief.client.post("/desk/new/XDP0096/", said, follow=True)

    def test_entered_two_days_later_it_was_received_on_the_day_of_the_receipt(self, receipt, chief, on):
        on(TAKEN + timedelta(days=2))
        listed = chief.client.get("/desk/receipts/").content.decode()
        assert receipt.number in listed and "3月9日" in listed
        page = chief.client.get(f"/desk/new/XDP0096/?from-receipt={receipt.number}").content.decode()
        assert 'value="李秀英"' in page and NUMBER not in page and receipt.number in page
        self.enter(chief, receipt)
        case = Case.objects.get()
        assert (case.submitted_at, case.complete_at, case.received_at) == (TAKEN, TAKEN, TAKEN)
        assert case.created_at == TAKEN + timedelta(days=2)
        rows = {entry.event: entry.data for entry in Entry.objects.filter(subject=case.number)}
        assert rows["case.received"]["paper"]["facts"]["received_on"] == "2026-03-02"
        assert rows["case.submitted"]["receipt"] == receipt.number
        assert {paper.material: bool(paper.file) for paper in case.papers.all() if paper.file} == {"photo": True}
        assert case.papers.get(material="id_card").paper_form == "copy"
        receipt.refresh_from_db()
        assert receipt.case == case and "没有待录入" in chief.client.get("/desk/receipts/").content.decode()

    def test_five_working_days_of_silence_accept_it_as_of_that_day(self, receipt, chief, on):
        """行政许可法 §32: the organ had the papers on 2 March and had until 9 March to say what is missing."""
        on(TAKEN + timedelta(days=4))
        self.enter(chief, receipt)
        on(TAKEN + timedelta(days=7))
        run_timers(0)
        assert Case.objects.get().state == "received"
        on(TAKEN + timedelta(days=8))
        run_timers(0)
        case = Case.objects.get()
        assert case.accepted_at == TAKEN and case.state != "received"

    def test_entered_when_the_five_days_are_over_it_counts_as_accepted_then(self, receipt, chief, on):
        on(TAKEN + timedelta(days=10))
        assert "视为受理" in chief.client.get("/desk/receipts/").content.decode()
        self.enter(chief, receipt)
        case = Case.objects.get()
        intake.accept(case, by=chief.principal)
        assert case.accepted_at == TAKEN

    def test_a_paper_that_came_later_makes_it_whole_later(self, receipt, chief, on):
        Receipt.objects.update(papers=[paper for paper in receipt.papers if paper["key"] == "photo"])
        later = TAKEN + timedelta(days=2)
        on(later)
        self.enter(chief, receipt, **{"seen-paper": ["id_card"]})
        case = Case.objects.get()
        assert (case.received_at, case.complete_at) == (TAKEN, later)

    def test_it_is_entered_once_and_for_whom_it_names(self, receipt, chief):
        other = self.enter(chief, receipt, **{"applicant-number": "510125198506211032", "applicant-name": "王强"})
        assert "和收件凭证上的不一致" in other.content.decode() and not Case.objects.exists()
        self.enter(chief, receipt)
        again = self.enter(chief, receipt, **{"send-once": "page-2"})
        assert "已经录入或作废" in again.content.decode() and Case.objects.count() == 1

    def test_voided_with_a_reason_it_is_no_case(self, receipt, chief):
        path = f"/desk/receipts/{receipt.number}/voiding/"
        assert "为什么作废" in chief.client.post(path, {"reason": "错"}, follow=True).content.decode()
        chief.client.post(path, {"reason": "开错事项，材料已退本人"})
        receipt.refresh_from_db()
        assert receipt.voided_at and Entry.objects.filter(event="receipt.voided").exists()
        assert "已经录入或作废" in self.enter(chief, receipt).content.decode()

    def test_another_agency_finds_no_such_receipt(self, receipt, other_agency_clerk):
        for path in (f"/desk/receipts/{receipt.number}/", NEW):
            assert other_agency_clerk.client.get(path).status_code == 404
        assert receipt.number not in other_agency_clerk.client.get("/desk/receipts/").content.decode()
        with pytest.raises(ValueError, match="不用开凭证"):
            receipts.take_papers(
                receipt.item, by=other_agency_clerk.principal, name="王强", number=NUMBER, papers={}, once="x"
            )
        assert list(ledger.verify([Case])) == []
