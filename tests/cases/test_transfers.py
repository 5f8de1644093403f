"""Moving the power over items: history, dates, certificates and doors stay whole; every case goes once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from time_machine import travel

from onewindow.accounts.models import Post, User
from onewindow.accounts.principal import from_user
from onewindow.cases import changeover, deadlines, notices, transfers
from onewindow.cases.actions import afterwards, drafts, intake, outcome, pause, review, transfer
from onewindow.cases.models import Case, State, Transfer
from onewindow.catalogue.models import Item
from onewindow.documents import certificates, verification
from onewindow.documents.models import Certificate
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import Conflict, flowing_models
from onewindow.kernel.models import Entry
from tests.cases.conftest import granted, post, rows, submitted, whole
from tests.factories import cases
from tests.factories.catalogue import agency, flagship

pytestmark = pytest.mark.django_db
LICENCE = "XDA0106"
MONDAY = "2026-03-02 10:00+08:00"
GROUND = "《行政许可法》第二十五条，相对集中行政许可权"
STAY = transfer.PRESETS["accepted_stay"][1]


@pytest.fixture
def monday(calendar, time_machine):
    time_machine.move_to(MONDAY)
    return time_machine


def district(name: str, *roles: str):
    user, _ = User.objects.get_or_create(username=name, defaults={"name": name, "kind": User.Kind.STAFF})
    for role in roles:
        Post.objects.get_or_create(user=user, role=role, agency=None)
    return from_user(user)


def staffed(code: str = "XSPJ", *without: str) -> str:
    agency(code)
    for role in {"clerk", "reviewer", "decider"} - set(without):
        cases.officer(f"{code}-{role}", code, role)
    return code


def planned(*codes: str, **values) -> Transfer:
    codes = codes or (LICENCE,)
    giver = Item.objects.get(pk=codes[0]).agency_id
    said = {
        "giver_id": giver, "taker_id": "XSPJ" if giver != "XSPJ" else "WJJ", "items": list(codes),
        "document": "新府发〔2026〕9号", "basis": GROUND, "effective_on": clock.today(),
        "rule": transfer.PRESETS["all"][1], "author_id": district("拟稿人", "editor").user_id,
    }  # fmt: skip
    return Transfer.objects.create(**said | values)


def approved(*codes: str, **values) -> Transfer:
    plan = transfer.propose(planned(*codes, **values), by=district("拟稿人", "editor"))
    return transfer.approve(plan, by=district("批准人", "checker"))


def carried_out(plan: Transfer) -> Transfer:
    transfers.run()
    for entry in Entry.objects.filter(event="item.published").order_by("id"):
        changeover.on_entry(entry)
    changeover.run()
    return Transfer.objects.get(pk=plan.pk)


def again(case: Case) -> Case:
    return Case.objects.select_related("version", "item", "agency").get(pk=case.pk)


def dates(case: Case):
    found = again(case)
    return {each.key: each.date for each in deadlines.all_of(found)} | {"cached": found.due_on}


@pytest.fixture(scope="class")
def begun(django_db_setup, django_db_blocker):
    """One of every stage, of an item of the health bureau; there for a class of tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        with travel(MONDAY):
            clock.load_holidays(settings.DATA_DIR / "holidays.json")
            made = {name: case.pk for name, case in each_stage().items()}
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def lives(begun, db, time_machine):
    time_machine.move_to(MONDAY)
    return {name: Case.objects.select_related("version", "item", "agency").get(pk=pk) for name, pk in begun.items()}


def each_stage() -> dict[str, Case]:
    flagship(LICENCE, agency="WJJ")
    staffed()
    found = {"draft": whole(LICENCE), "filed": submitted(LICENCE), "accepted": submitted(LICENCE)}
    intake.accept(found["accepted"], by=post(found["accepted"], "clerk"))
    found["prereview"] = intake.request_prereview(whole(LICENCE), by=cases.citizen())
    found["paused"] = intake.accept(submitted(LICENCE), by=post(found["filed"], "clerk"))
    examiner = post(found["filed"], "reviewer")
    pause.pause(found["paused"], by=examiner, procedure="testing", days=5, reason="检测空气质量")
    found["decided"] = granted(submitted(LICENCE))
    found["finished"] = granted(submitted(LICENCE))
    outcome.deliver(found["finished"], by=post(found["finished"], "clerk"), way="online")
    outcome.finish(found["finished"], by=post(found["finished"], "clerk"))
    return found


def at(lives) -> dict:
    return {name: again(case).agency_id for name, case in lives.items()}


class TestTheDay:
    def test_everything_goes_and_no_date_moves(self, lives):
        before = {name: dates(case) for name, case in lives.items()}
        plan = carried_out(approved(consult="028-96123"))
        assert plan.state == Transfer.State.DONE
        assert at(lives) == dict.fromkeys(lives, "XSPJ")
        assert {name: dates(case) for name, case in lives.items()} == before
        assert (plan.moved, plan.certificates) == (6, 2)
        assert list(ledger.verify(flowing_models())) == []

    def test_accepted_ones_may_be_finished_by_the_old_organ(self, lives):
        carried_out(approved(rule=STAY))
        stay = {"accepted", "paused", "decided"}
        assert at(lives) == {name: "WJJ" if name in stay else "XSPJ" for name in lives}
        assert {name: again(case).version.number for name, case in lives.items()} == {
            name: 1 if name in {*stay, "finished"} else 2 for name in lives
        }

    def test_the_old_organ_finishes_and_the_new_one_answers_for_the_certificate(self, lives):
        carried_out(approved(rule=STAY))
        case = again(lives["accepted"])
        old = post(case, "reviewer", "decider")
        while case.state == State.REVIEWING:
            review.give_opinion(case, by=old, advice="agree", opinion="符合条件")
        outcome.grant(case, by=old)
        certificate = Certificate.objects.get(case_number=case.number)
        transfers.run()
        certificate.refresh_from_db()
        assert (certificate.agency_id, certificate.managed_by_id) == ("WJJ", None)
        window = post(case, "clerk")
        outcome.finish(outcome.deliver(case, by=window, way="online"), by=window)
        transfers.run()
        certificate.refresh_from_db()
        assert (certificate.managed_by_id, again(case).agency_id, again(case).former) == ("XSPJ", "XSPJ", ["WJJ"])

    def test_each_stage_its_own_rule(self, lives):
        carried_out(approved(rule={"prereview": "stay", "filed": "move", "accepted": "stay", "decided": "move"}))
        assert at(lives) == {
            "draft": "XSPJ", "prereview": "WJJ", "filed": "XSPJ", "accepted": "WJJ", "paused": "WJJ",
            "decided": "XSPJ", "finished": "XSPJ",
        }  # fmt: skip

    def test_item_and_guide_name_the_new_organ_and_the_ground(self, lives):
        carried_out(approved(consult="028-96123"))
        item = Item.objects.select_related("current").get(pk=LICENCE)
        assert (item.agency_id, item.guide.agency, item.guide.contacts.consult) == ("XSPJ", "XSPJ", "028-96123")
        assert "新府发〔2026〕9号" in item.guide.division
        assert item.versions.get(number=1).guide.agency == "WJJ"
        assert Entry.objects.get(event="item.published", data__version=2).data["transfer"].startswith("T")

    def test_the_notice_is_the_old_organs_and_tells_both(self, lives):
        case = lives["accepted"]
        carried_out(approved())
        told = Entry.objects.get(subject=case.number, event="case.transferred").data["paper"]["facts"]
        assert (told["organ"], told["taker"]) == ("成都市新都区卫健局", "成都市新都区行政审批局")
        assert told["number"].startswith("新卫健移字") and told["due_on"] == case.due_on.isoformat()
        accepted = Entry.objects.get(subject=case.number, event="case.accepted")
        assert notices.paper_of(accepted).facts["organ"] == "成都市新都区卫健局"
        assert "paper" not in Entry.objects.get(subject=lives["draft"].number, event="case.transferred").data

    def test_what_was_decided_before_is_delivered_under_its_own_number(self, lives):
        case = lives["decided"]
        number = Entry.objects.get(subject=case.number, event="case.granted").data["paper"]["facts"]["number"]
        carried_out(approved())
        case = again(case)
        outcome.deliver(case, by=cases.officer("XSPJ-clerk", "XSPJ", "clerk"), way="online")
        proof = Entry.objects.get(subject=case.number, event="case.delivered").data["paper"]["facts"]
        assert number in proof["delivered_papers"][0]
        assert proof["organ"] == "成都市新都区行政审批局"

    def test_certificates_stay_valid_and_say_who_answers_for_them(self, lives):
        carried_out(approved())
        certificate = Certificate.objects.get(case_number=lives["finished"].number)
        verdict = verification.by_number_and_name(certificate.number, certificate.holder)
        shown = verification.shown(verdict.certificate)
        assert (verdict.state, shown.organ, shown.manager) == (
            "valid", "成都市新都区卫健局", "成都市新都区行政审批局",
        )  # fmt: skip
        with pytest.raises(PermissionDenied):
            certificates.cancel(certificate, by=cases.officer("旧决定", "WJJ", "decider"), ground="持证人注销")
        new = cases.officer("XSPJ-decider", "XSPJ", "decider")
        afterwards.cancel(again(lives["finished"]), by=new, ground="given_back", reason="持证人自愿交回证照，不再经营")
        certificate.refresh_from_db()
        assert certificate.state == Certificate.State.CANCELLED

    def test_a_later_day_is_waited_for(self, lives, monday):
        plan = approved(effective_on=date(2026, 3, 16))
        assert transfers.run() == 0 and at(lives)["filed"] == "WJJ"
        monday.move_to("2026-03-16 00:10+08:00")
        assert carried_out(plan).state == Transfer.State.DONE

    def test_back_again_by_another_transfer(self, lives):
        carried_out(approved())
        staffed("WJJ")
        carried_out(approved())
        assert at(lives)["filed"] == "WJJ"
        assert again(lives["filed"]).former == ["WJJ", "XSPJ"]
        carried_out(approved())
        numbers = [
            row.data["paper"]["facts"]["number"]
            for row in Entry.objects.filter(subject=lives["filed"].number, event="case.transferred")
        ]
        assert len(set(numbers)) == 3
        certificate = Certificate.objects.get(case_number=lives["finished"].number)
        assert certificate.managed_by_id == "XSPJ"

    def test_statistics_know_who_had_it_when(self, lives, monday):
        case = lives["filed"]
        monday.move_to("2026-03-03 09:00+08:00")
        carried_out(approved())
        then, now = datetime.fromisoformat("2026-03-02 12:00+08:00"), clock.now()
        assert [transfers.responsible(again(case), moment) for moment in (then, now)] == ["WJJ", "XSPJ"]
        assert transfers.responsible(again(lives["finished"]), then) == "WJJ"


class TestDoors:
    def test_the_old_officers_read_and_the_new_ones_work(self, lives):
        case = lives["filed"]
        old, new = post(case, "clerk"), cases.officer("XSPJ-clerk", "XSPJ", "clerk")
        assert not Case.objects.open_to(new).filter(pk=case.pk).exists()
        carried_out(approved())
        case = again(case)
        assert Case.objects.open_to(old).filter(pk=case.pk).exists()
        with pytest.raises(PermissionDenied):
            intake.accept(case, by=old)
        intake.accept(case, by=new)

    def test_a_draft_was_never_theirs(self, lives):
        old = post(lives["draft"], "clerk")
        agency("MZJ")
        carried_out(approved())
        assert not Case.objects.open_to(old).filter(pk=lives["draft"].pk).exists()
        assert not Case.objects.open_to(cases.officer("外局", "MZJ", "clerk")).exists()

    def test_what_a_colleague_had_taken_on_is_anybodys_at_the_new_agency(self, lives):
        case = lives["accepted"]
        holder = post(case, "reviewer")
        Case.objects.filter(pk=case.pk).update(
            open_steps=[step | {"user": holder.user_id, "holder": holder.name} for step in again(case).open_steps]
        )
        carried_out(approved())
        assert {step["user"] for step in again(case).open_steps} == {0}
        assert any(mark.startswith("XSPJ/reviewer") for mark in again(case).awaits)


class TestThePlan:
    def test_nobody_there_who_could_act_stands_in_the_way(self, monday):
        flagship(LICENCE, agency="WJJ")
        staffed("XSPJ", "decider")
        with pytest.raises(ValueError, match="还没有人在“决定岗”"):
            transfer.propose(planned(), by=district("拟稿人", "editor"))

    def test_a_post_that_ended_meanwhile_stops_it_on_the_day(self, lives):
        plan = approved()
        Post.objects.filter(agency="XSPJ", role="decider").update(ends=date(2026, 3, 1))
        plan = carried_out(plan)
        assert plan.state == Transfer.State.DRAFTING and "决定岗" in plan.remark
        assert at(lives)["filed"] == "WJJ"

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"items": []}, "还没有事项"),
            ({"items": [LICENCE, "XDX9999"]}, "没有这些事项：XDX9999"),
            ({"giver_id": "MZJ"}, "不属于"),
            ({"effective_on": date(2026, 3, 1)}, "已经过了"),
        ],
    )
    def test_what_does_not_hold_is_said(self, lives, values, said):
        agency("MZJ")
        with pytest.raises(ValueError, match=said):
            transfer.propose(planned(**values), by=district("拟稿人", "editor"))

    def test_an_item_is_in_one_transfer_at_a_time(self, lives):
        approved()
        with pytest.raises(ValueError, match="另一份划转"):
            transfer.propose(planned(), by=district("拟稿人", "editor"))

    def test_nobody_approves_what_they_wrote(self, lives):
        both = district("一身两职", "editor", "checker")
        plan = transfer.save(planned(), by=both, document="新府发〔2026〕10号")
        transfer.propose(plan, by=both)
        with pytest.raises(PermissionDenied):
            transfer.approve(plan, by=both)
        with pytest.raises(PermissionDenied):
            transfer.approve(plan, by=cases.officer("本局审核", "WJJ", "checker"))

    def test_impact_needs_as_many_queries_for_many_cases(self, lives, django_assert_num_queries):
        plan = planned()
        with django_assert_num_queries(7):
            found = transfers.impact(Transfer.objects.select_related("giver", "taker").get(pk=plan.pk))
        assert found.stages == {"draft": 1, "prereview": 1, "filed": 1, "accepted": 2, "decided": 1}
        assert (found.paused, found.certificates, found.obstacles) == (1, 2, [])


class TestExactlyOnce:
    def test_killed_in_the_middle_it_goes_on(self, monday, monkeypatch):
        monkeypatch.setattr(transfers, "BATCH", 2)
        flagship(LICENCE, agency="WJJ")
        staffed()
        begun = [submitted(LICENCE) for _ in range(5)]
        plan = transfer.begin(approved(), by=transfer.BY)
        assert transfers.step(plan.pk) == 2
        real, calls = transfer.hand_over, []

        def killed(case, **kwargs):
            calls.append(case)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return real(case, **kwargs)

        monkeypatch.setattr(transfer, "hand_over", killed)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            transfers.step(plan.pk)
        monkeypatch.setattr(transfer, "hand_over", real)
        assert carried_out(plan).state == Transfer.State.DONE
        assert [rows(case).count("case.transferred") for case in begun] == [1] * 5

    def test_one_that_fails_keeps_it_open_and_is_tried_again(self, lives, monkeypatch):
        real = notices.paper

        def failing(case, *args, **kwargs):
            return 1 / 0 if case.pk == lives["filed"].pk else real(case, *args, **kwargs)

        monkeypatch.setattr(notices, "paper", failing)
        plan = carried_out(approved())
        assert (plan.state, plan.failed) == (Transfer.State.RUNNING, [lives["filed"].pk])
        monkeypatch.setattr(notices, "paper", real)
        assert carried_out(plan).state == Transfer.State.DONE
        assert at(lives)["filed"] == "XSPJ"


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_several_workers_and_people_at_the_window(monkeypatch):
    """Four workers, and somebody who applies in that minute: once each, and nobody is left with the old organ."""
    monkeypatch.setattr(transfers, "BATCH", 2)
    item = flagship(LICENCE, agency="WJJ")
    staffed()
    begun, by, person = [submitted(LICENCE) for _ in range(7)], cases.citizen(), cases.person()
    plan = approved()

    def alone(job):
        try:
            return job()
        finally:
            connection.close()

    def apply():
        return [drafts.open_case(item, by=by, person=person) for _ in range(4)]

    with ThreadPoolExecutor(5) as pool:
        jobs = [pool.submit(alone, job) for job in (transfers.run, transfers.run, apply, transfers.run, transfers.run)]
        found = [job.result() for job in jobs]
    transfers.run()
    plan.refresh_from_db()
    assert plan.state == Transfer.State.DONE
    assert [rows(case).count("case.transferred") for case in begun] == [1] * 7
    assert {again(case).agency_id for case in [*begun, *found[2]]} == {"XSPJ"}
    with pytest.raises(Conflict):
        transfer.hand_over(again(begun[0]), by=transfer.BY, plan=plan)
