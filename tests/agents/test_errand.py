"""代办 through the agent's pages: no act without a mandate, no paper without a proof, nothing lost on the way."""

import io
from urllib.parse import urlparse

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from openpyxl import load_workbook
from PIL import Image

from onewindow.accounts.models import Mandate
from onewindow.agents import messages
from onewindow.agents.models import Bag, Errand, Held
from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.agents.conftest import ASKED, PHONE
from tests.factories.applications import fill, picture
from tests.factories.cases import officer
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db


def a_photo(name="委托书.jpg"):
    data = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(data, "JPEG")
    data.seek(0)
    data.name = name
    return data


def tell(event):
    for entry in Entry.objects.filter(event=event):
        messages.on_entry(entry)


def take_up(agent, item, **changes):
    return agent.client.post(reverse("desk-errand-new", args=[item.pk]), ASKED | changes, follow=True)


def do(who, errand, verb, **data):
    return who.client.post(reverse("desk-errand-act", args=[errand.number, verb]), data, follow=True)


def entrusted(agent, item, codes):
    take_up(agent, item)
    errand = Errand.objects.get()
    do(agent, errand, "code")
    do(agent, errand, "consent", code=codes["errand-mandate"])
    errand.refresh_from_db()
    return errand


@pytest.fixture
def errand(agent, neighbour, item, codes):
    return entrusted(agent, item, codes)


@pytest.fixture
def taken(errand, agent):
    """The original of the identity card in the agent's hands."""
    drafts.add_paper(errand.case, "id_card", picture(agent.principal), by=agent.principal)
    do(agent, errand, "paper", material="id_card", form="original", copies="1")
    return Held.objects.get()


def granted(errand):
    """Decided by the organ, and over."""
    now = clock.now()
    ended = {"state": "finished", "outcome": "granted", "accepted_at": now, "decided_at": now}
    Case.objects.filter(pk=errand.case_id).update(**ended)


class TestMandate:
    def test_by_the_code_on_the_neighbour_s_own_phone(self, errand, agent, station):
        assert errand.state == "open" and errand.mandate.proven_how == Mandate.Proof.PHONE_CODE
        assert errand.mandate.scope == [errand.item_id] and errand.mandate.agent == agent.person
        case = errand.case
        assert (case.channel, case.site_id, case.agency_id, case.mandate) == (
            "agent",
            station.pk,
            "WJJ",
            errand.mandate,
        )
        assert case.mandate == errand.mandate and case.person == errand.person and case.applicant_phone == PHONE

    def test_a_wrong_code_opens_nothing(self, agent, neighbour, item, codes):
        take_up(agent, item)
        asked = Errand.objects.get()
        do(agent, asked, "code")
        told = Message.objects.get(to=PHONE, template="errand_mandate_code")
        assert f"{agent.user.name}要替您办" in told.text  # whom to trust is said in full
        wrong = "000000" if codes["errand-mandate"] != "000000" else "111111"
        assert do(agent, asked, "consent", code=wrong).status_code == 422
        asked.refresh_from_db()
        assert asked.state == "asked" and not Case.objects.exists() and not Mandate.objects.exists()

    def test_a_phone_the_agent_merely_typed_proves_nothing(self, agent, item, codes):
        """Nobody on record has this phone: a friend's would do as well."""
        take_up(agent, item, phone="13911112222")
        refused = do(agent, Errand.objects.get(), "code")
        assert refused.status_code == 422 and "用纸质委托书" in refused.content.decode() and not codes

    def test_nor_the_agent_s_own(self, agent, item):
        assert "这是您自己的手机号" in take_up(agent, item, phone="13880009999").content.decode()
        assert not Errand.objects.exists()

    def test_by_a_signed_paper_that_is_photographed(self, agent, item, town):
        take_up(agent, item, phone="")
        asked = Errand.objects.get()
        assert do(agent, asked, "signed-mandate", photo=a_photo()).status_code == 422  # the card was not looked at
        assert do(agent, asked, "signed-mandate", seen="yes").status_code == 422  # no photo
        do(agent, asked, "signed-mandate", seen="yes", photo=a_photo())
        asked.refresh_from_db()
        proof = asked.mandate.proofs.get()
        seen = reverse("desk-errand-photo", args=[asked.number, proof.pk])
        assert town.client.get(seen).status_code == 200  # the town looks at it
        do(town, asked, "stop")
        assert not Errand.objects.get().entrusted

    def test_a_number_on_record_under_another_name_is_for_the_window(self, agent, neighbour, item):
        take_up(agent, item, name="王大妈", phone="")
        refused = do(agent, Errand.objects.get(), "signed-mandate", seen="yes", photo=a_photo())
        assert refused.status_code == 422 and "另一个姓名" in refused.content.decode()
        assert "李秀英" not in refused.content.decode() and not Mandate.objects.exists()

    def test_without_one_the_agent_opens_no_case(self, agent, item, neighbour):
        with pytest.raises(PermissionDenied, match="只能为自己申请"):
            drafts.open_case(item, by=agent.principal, person=neighbour.person, channel=Case.Channel.AGENT)

    def test_what_has_to_be_done_in_person_is_not_taken_up(self, agent, station):
        visits = {"count": 1, "reason": "当面核对"}
        alone = flagship("XDP0096", visits=visits, materials=[])
        assert "要本人办" in take_up(agent, alone).content.decode() and not Errand.objects.exists()


class TestTakingUp:
    def test_sent_twice_it_is_taken_up_once(self, agent, item):
        for _ in range(2):
            assert take_up(agent, item).status_code == 200
        assert Errand.objects.count() == 1

    def test_a_fault_keeps_what_was_typed(self, agent, item):
        shown = take_up(agent, item, number="5101251956", note="腿脚不便")
        assert shown.status_code == 422 and "腿脚不便" in shown.content.decode() and "李秀英" in shown.content.decode()

    def test_neighbours_of_other_villages_are_recorded_as_such(self, agent, item, station):
        take_up(agent, item, home=station.pk, once="1")
        take_up(agent, item, home="", once="2")
        assert [each.from_elsewhere for each in Errand.objects.order_by("id")] == [False, True]
        assert "外村：区外" in agent.client.get(reverse("desk-errands")).content.decode()

    def test_another_agent_and_a_stranger_find_nothing(self, errand, citizen, clerk):
        for who in (citizen, clerk):
            assert who.client.get(reverse("desk-errand", args=[errand.number])).status_code == 404


class TestPapers:
    def test_no_original_without_its_photo(self, errand, agent):
        refused = do(agent, errand, "paper", material="id_card", form="original", copies="1")
        assert refused.status_code == 422 and "还没有照片" in refused.content.decode() and not Held.objects.exists()

    def test_each_has_its_receipt_and_a_retry_takes_it_once(self, taken, errand, agent):
        do(agent, errand, "paper", material="id_card", form="original", copies="1")
        assert Held.objects.get().receipt == f"{errand.number}-01"
        tell("errand.paper_taken")
        told = Message.objects.filter(to=PHONE, template="errand_paper_taken").get()
        assert taken.receipt in told.text and f"/errands/{errand.secret}/" in told.text

    def test_in_the_bag_to_the_town_and_what_was_not_in_it(self, taken, errand, agent, town):
        drafts.add_paper(errand.case, "photo", picture(agent.principal), by=agent.principal)
        do(agent, errand, "paper", material="photo", form="copy", copies="2")
        for _ in range(2):
            do(agent, errand, "bag")
        bag = Bag.objects.get()
        slip = do(town, errand, "receipt", bag=bag.pk, paper=[str(taken.pk)])
        assert slip.status_code == 422 and "没有打勾" in slip.content.decode()
        assert set(Held.objects.values_list("holder", flat=True)) == {"bag"}
        shown = do(town, errand, "receipt", bag=bag.pk, paper=[str(taken.pk)], short="yes").content.decode()
        assert "少 1 份，仍由代办员负责" in shown
        holders = dict(Held.objects.values_list("material", "holder"))
        assert holders == {"id_card": "town", "photo": "agent"}
        assert do(town, errand, "receipt", bag=bag.pk).status_code == 422  # once

    def test_the_agent_signs_for_nothing_of_the_agent_s_own(self, taken, errand, agent):
        do(agent, errand, "bag")
        assert do(agent, errand, "receipt", bag=Bag.objects.get().pk, paper=[str(taken.pk)]).status_code == 422
        assert Held.objects.get().holder == "bag"

    def test_back_home_only_against_a_proof(self, taken, errand, agent, codes):
        assert do(agent, errand, "return", paper=[str(taken.pk)]).status_code == 422
        do(agent, errand, "return", paper=[str(taken.pk)], photo=a_photo("签收单.jpg"))
        taken.refresh_from_db()
        assert taken.returned_how == "signed" and taken.signed.name.startswith("签收单")

    def test_a_lost_paper_is_told_to_the_neighbour_and_stands_at_the_town(self, taken, errand, agent, town):
        do(agent, errand, "loss", paper=str(taken.pk), how="路上雨大，袋子破了")
        tell("errand.paper_lost")
        assert Message.objects.filter(to=PHONE, template="errand_paper_lost").exists()
        assert "登记遗失 1 份" in town.client.get(reverse("desk-errands-town")).content.decode()


class TestStopping:
    def test_the_neighbour_stops_it_by_the_link_and_the_agent_may_only_bring_things_back(
        self, client, taken, errand, agent
    ):
        page = reverse("my-errand", args=[errand.secret])
        assert "您的材料在谁手上" in client.get(page).content.decode()
        client.post(reverse("my-errand-stop", args=[errand.secret]))
        assert "委托已经停止" in agent.client.get(reverse("desk-errand", args=[errand.number])).content.decode()
        assert agent.client.get(reverse("case-materials", args=[errand.case.number])).status_code == 404
        refused = do(agent, errand, "paper", material="id_card", form="copy", copies="1")
        assert refused.status_code == 422
        assert do(agent, errand, "drop", reason="本人停止了").status_code == 422  # the card is still here
        do(agent, errand, "return", paper=[str(taken.pk)], photo=a_photo())
        do(agent, errand, "drop", reason="本人停止了")
        errand.refresh_from_db()
        assert errand.state == "dropped"

    def test_who_was_stopped_fetches_no_result(self, client, errand, agent):
        Case.objects.filter(pk=errand.case_id).update(decided_at=clock.now())
        client.post(reverse("my-errand-stop", args=[errand.secret]))
        assert "结果已领到" not in agent.client.get(reverse("desk-errand", args=[errand.number])).content.decode()
        refused = do(agent, errand, "result")
        assert refused.status_code == 422 and "不能再收材料、领结果" in refused.content.decode()
        assert not Held.objects.exists()

    def test_a_result_is_fetched_once(self, errand, agent):
        Case.objects.filter(pk=errand.case_id).update(decided_at=clock.now())
        assert "结果已领到" in agent.client.get(reverse("desk-errand", args=[errand.number])).content.decode()
        for _ in range(2):
            do(agent, errand, "result")
        assert Held.objects.get().form == "result"

    def test_not_done_while_the_result_is_not_in_the_neighbour_s_hands(self, errand, agent):
        """Granted and over: fetched and signed for, or the agent says how else it came."""
        Case.objects.filter(pk=errand.case_id).update(
            decided_at=clock.now(), accepted_at=clock.now(), state="finished", outcome="granted"
        )
        refused = do(agent, errand, "end", without="寄了")
        assert refused.status_code == 422 and "结果还没有领回来交给本人签收" in refused.content.decode()
        assert 'value="寄了"' in refused.content.decode()
        do(agent, errand, "result")
        assert "还有材料没有交还本人" in do(agent, errand, "end", without="本人自己领了").content.decode()
        do(agent, errand, "return", paper=[str(Held.objects.get().pk)], photo=a_photo())
        do(agent, errand, "end")
        errand.refresh_from_db()
        assert (errand.state, errand.why_ended) == ("done", "")

    def test_a_result_that_came_another_way_is_said(self, errand, agent):
        Case.objects.filter(pk=errand.case_id).update(
            decided_at=clock.now(), accepted_at=clock.now(), state="finished", outcome="granted"
        )
        do(agent, errand, "end", without="邮寄到家了")
        errand.refresh_from_db()
        assert errand.state == "done" and "邮寄到家了" in errand.why_ended

    def test_a_wrong_link_is_nobody_s(self, client, errand):
        assert client.get(reverse("my-errand", args=["0" * 12])).status_code == 404


def test_from_the_doorstep_to_the_result_in_the_hand(errand, agent, neighbour, town, codes, clerk):
    """Filed under the mandate, decided by the organ, the result brought and signed for; the mandate ends with it."""
    case = fill(errand.case, agent.principal)
    sent = agent.client.post(reverse("case-submission", args=[case.number]), {"declared": "yes"})
    assert urlparse(sent.url).path == reverse("my-case", args=[case.number])
    case.refresh_from_db()
    assert case.state == "submitted" and town.client.get(reverse("desk-case", args=[case.number])).status_code == 200
    staff = officer("审批员", "WJJ", "clerk", "reviewer", "decider")
    intake.refuse_to_accept(case, by=staff, ground="not_required", reason="这位老人已经领过证了")
    assert do(agent, errand, "end").status_code == 200
    errand.refresh_from_db()
    assert errand.state == "done" and not errand.entrusted


def test_the_record_book_as_a_page_and_as_a_workbook(errand, agent, town):
    assert errand.number in str(agent.client.get(reverse("desk-errands")).content)
    shown = town.client.get(reverse("desk-errands-town")).content.decode()
    assert "李**" in shown or "李*" in shown
    Errand.objects.update(note="=1+1 下午\x0b在家")
    for who in (agent, town):
        book = load_workbook(io.BytesIO(who.client.get(reverse("desk-errands-book")).content))
        assert [row[0].value for row in book.active.iter_rows(min_row=2)] == [errand.number]
        assert [row[-1].value for row in book.active.iter_rows(min_row=2)] == ["=1+1 下午在家"]
    assert "李秀英" not in shown


def test_as_many_queries_for_forty_errands_as_for_one(errand, agent, town, item, django_assert_max_num_queries):
    for name in ("desk-errands", "desk-errands-town"):
        who = agent if name == "desk-errands" else town
        with django_assert_max_num_queries(14) as one:
            who.client.get(reverse(name))
        asked = len(one)
        for n in range(15):
            take_up(agent, item, once=f"{name}-{n}")
        with django_assert_max_num_queries(asked):
            who.client.get(reverse(name))
