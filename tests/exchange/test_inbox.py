"""What an outside system tells: believed when signed, kept once, in any order, written into the case it is about."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from onewindow.cases import timeline
from onewindow.cases.models import Case
from onewindow.exchange import inbox, outbox
from onewindow.exchange.adapters import signing
from onewindow.exchange.models import Completion, Letter, System
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.exchange.conftest import OUTSIDE, SECRET, filed, sent, wired
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
PATH = "/api/exchange/gongjijin/"


def event(case=None, status="accepted", **more):
    said = {"id": f"e-{status}", "status": status, "at": clock.now().isoformat(), "words": ""}
    return said | {"number": case.number if case else "", "external": case.outside_number if case else "X-1"} | more


def post(client, said, secret=SECRET, stamp=None, path=PATH):
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    stamp = clock.now().timestamp() if stamp is None else stamp
    given = {
        f"HTTP_{name.upper().replace('-', '_')}": v
        for name, v in signing.headers(secret, stamp, "POST", path, body).items()
    }
    return client.post(path, body, content_type="application/json", **given)


@pytest.fixture
def case(system):
    return sent(filed()).case


class TestOverRealHttp:
    """Our server and theirs, both on loopback."""

    @pytest.mark.django_db(transaction=True)
    def test_a_case_goes_out_and_its_completion_comes_back(self, peer, live_server, settings):
        settings.PUBLIC_URL = live_server.url
        wired(peer.url)
        case = sent(filed()).case
        peer.faults |= {"twice": 1}
        assert peer.tell(case.outside_number, "accepted") == 200
        peer.faults |= {"signature": 1}
        assert peer.tell(case.outside_number, "working") == 401
        assert peer.tell(case.outside_number, "granted") == 200
        case.refresh_from_db()
        assert (case.state, case.outcome) == ("outside_done", "granted")
        told = [each.data["status"] for each in timeline.of(case) if each.event == "case.told_outside"]
        assert told == ["accepted"]  # once, though it came twice; what was not signed by them never happened here
        assert System.objects.get().refused == 1
        # Polling hears the same again, and what the wrong signature lost.
        assert inbox.poll(System.objects.get()) == 3
        assert Letter.objects.filter(way="in").count() == 3
        assert Entry.objects.filter(subject=case.number, event="case.told_outside").count() == 2
        assert inbox.poll(System.objects.get()) == 0

    def test_what_was_told_while_we_were_away_is_fetched(self, case, peer):
        peer.tell(case.outside_number, "accepted", "请于三日内到柜台签字")
        assert inbox.poll(System.objects.get()) == 1
        case.refresh_from_db()
        assert (case.outside["status"], case.outside["words"]) == ("accepted", "请于三日内到柜台签字")


class TestBelieving:
    @pytest.mark.parametrize("how", ["secret", "old", "future", "path", "none"])
    def test_what_is_not_signed_now_by_them_is_refused(self, client, case, how):
        now = clock.now().timestamp()
        if how == "secret":
            answer = post(client, event(case), secret="somebody-else-altogether")
        elif how == "path":
            body = json.dumps(event(case)).encode()
            given = signing.headers(SECRET, now, "POST", "/api/exchange/other/", body)
            answer = client.post(
                PATH,
                body,
                content_type="application/json",
                HTTP_X_ONEWINDOW_TIMESTAMP=given[signing.TIMESTAMP],
                HTTP_X_ONEWINDOW_SIGNATURE=given[signing.SIGNATURE],
            )
        elif how == "none":
            answer = client.post(PATH, json.dumps(event(case)), content_type="application/json")
        else:
            answer = post(client, event(case), stamp=now + (400 if how == "future" else -400))
        assert answer.status_code == 401 and not Letter.objects.filter(way="in").exists()
        case.refresh_from_db()
        assert (case.outside["status"], System.objects.get().refused) == ("handed", 1)

    @pytest.mark.parametrize("said", [b"", b"[]", b"null", b"{", b'{"events": 3}', b'{"id": "1"}'])
    def test_what_cannot_be_read_is_said_so(self, client, case, said):
        assert post(client, said).status_code == 422

    def test_size_method_and_unknown_systems(self, client, case):
        assert post(client, b"x" * (256 * 1024 + 1)).status_code == 413
        assert client.get(PATH).status_code == 405
        assert post(client, event(case), path="/api/exchange/nobody/").status_code == 404


class TestOrder:
    def test_twice_is_once(self, client, case):
        said = event(case)
        for _ in range(2):
            assert post(client, said).json() == {"events": [{"id": "e-accepted", "state": "done"}]}
        assert Entry.objects.filter(event="case.told_outside").count() == 1

    def test_the_end_before_the_middle(self, client, case):
        post(client, event(case, "granted"))
        earlier = clock.now() - timedelta(hours=1)
        post(client, event(case, "accepted", at=earlier.isoformat()))
        case.refresh_from_db()
        assert (case.state, case.outcome) == ("outside_done", "granted")
        kept = Entry.objects.get(event="case.told_outside").data
        assert kept["late"] and "消息晚到，只作记录" in kept["told"]

    def test_a_word_faster_than_our_own_handover_waits_for_it(self, client, system, peer):
        case, number = filed(), f"SB{datetime.now(UTC):%y%m%d}00001"
        answer = post(client, event(case, external=number))
        assert answer.json()["events"][0]["state"] == "waiting"
        assert sent(case).case.outside_number == number
        Letter.objects.filter(way="in").update(next_at=clock.now())
        inbox.run_due()
        case.refresh_from_db()
        assert (case.outside["status"], Letter.objects.get(way="in").state) == ("accepted", "done")

    def test_a_word_under_another_number_is_a_matter_for_people(self, client, case):
        said = event(case, external="another")
        assert post(client, said).json()["events"][0]["state"] == "parked"
        assert "对不上" in Letter.objects.get(way="in").answer

    def test_another_result_than_the_one_we_have_is_put_aside(self, client, case, operator):
        post(client, event(case, "granted"))
        assert post(client, event(case, "denied")).json()["events"][0]["state"] == "parked"
        assert post(client, event(case, "granted", id="again")).json()["events"][0]["state"] == "done"
        case.refresh_from_db()
        assert case.outcome == "granted"
        assert Message.objects.filter(user=operator.user).exists()

    @pytest.mark.threads
    @pytest.mark.django_db(transaction=True)
    def test_many_at_once_are_written_once(self, peer):
        system = wired(peer.url)
        case = sent(filed()).case
        word = inbox.Word.model_validate(event(case, "granted"))

        def tell(_):
            try:
                return inbox.take(system, [word])[0].state
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(tell, range(4)))
        assert Entry.objects.filter(subject=case.number, event="case.finished_outside").count() == 1
        assert Letter.objects.get(way="in").state == "done"


class TestWhatIsKept:
    def test_personal_numbers_are_masked_in_log_and_story(self, client, case):
        post(client, event(case, words="申请人510125195603128624请补签字", applicant="李秀英"))
        letter = Letter.objects.get(way="in")
        assert "510125195603128624" not in str(vars(letter)) + str(Entry.objects.values_list("data"))
        assert letter.shown["申请人"] == "李**"

    def test_what_was_never_a_case_here_is_counted_apart(self, client, system):
        flagship("XDP0096", outside=OUTSIDE)
        said = event(status="granted", item="XDP0096", applicant="李秀英")
        assert post(client, said).json()["events"][0]["state"] == "done"
        row = Completion.objects.get()
        assert (row.number, row.item_id, row.agency_id, row.applicant) == ("X-1", "XDP0096", "WJJ", "李**")
        assert not Case.objects.exists()
        assert (
            post(client, event(status="granted", id="2", external="X-2", item="nothing")).json()["events"][0]["state"]
            == "parked"
        )

    def test_while_something_of_ours_is_on_its_way_it_may_be_that(self, client, system):
        case = filed()
        outbox.on_entry(Entry.objects.get(subject=case.number, event="case.submitted"))
        answer = post(client, event(status="granted", item="XDP0096"))
        assert answer.json()["events"][0]["state"] == "waiting" and not Completion.objects.exists()

    def test_a_case_of_another_system_is_not_theirs_to_speak_of(self, client, system):
        case = filed(system="jiaoguan")
        assert post(client, event(case, external="X-9")).json()["events"][0]["state"] == "parked"
