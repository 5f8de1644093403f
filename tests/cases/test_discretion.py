"""裁量: the standard decides what is offered; departures take two people; forwarding 转报 and the right organ."""

import pytest
from django.core.exceptions import PermissionDenied

from onewindow.cases import weighing
from onewindow.cases.actions import discretion, forwarding, intake, outcome, second
from onewindow.cases.models import State
from onewindow.catalogue.checks import findings
from onewindow.catalogue.guide import Guide
from onewindow.documents.models import Certificate
from onewindow.kernel.flow import WrongState
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, reviewed, submitted
from tests.factories import cases
from tests.factories.catalogue import agency, whole

pytestmark = pytest.mark.django_db
YES_NO = {"kind": "yes_no", "required": True}
STANDARD = {
    "title": "示例裁量基准", "amount": "有效期", "unit": "个月", "validity": True,
    "factors": [
        {"key": "fire", "label": "挡住消防通道", **YES_NO},
        {"key": "wide", "label": "行人能通行", **YES_NO},
    ],
    "rows": [
        {"key": "fire", "text": "挡住消防通道的", "when": "fire == true", "outcomes": ["deny"]},
        {"key": "narrow", "text": "行人不便通行的", "when": "wide == false", "outcomes": ["conditional", "deny"],
         "conditions": ["留出通道"], "least": 1, "most": 6},
        {"key": "usual", "text": "其他情形", "outcomes": ["grant"], "least": 6, "most": 12},
    ],
}  # fmt: skip
WHY = "道路改造期间另有疏散通道，消防部门同意"


@pytest.fixture
def monday(calendar, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def waiting(**more):
    return reviewed(submitted("XDA0106", discretion=STANDARD, **more))


def decided(case, result, fire=False, wide=True, **more):
    facts = {"fire": fire, "wide": wide}
    return discretion.decide(case, by=post(case, "decider"), outcome=result, facts=facts, **more)


def row(case, event):
    return Entry.objects.filter(subject=case.number, event=event).latest("seq").data


class TestWithin:
    def test_the_first_row_that_applies_counts_and_what_is_missing_is_named(self, monday):
        case = waiting()
        assert weighing.weigh(case, {"fire": True}).row.key == "fire"
        assert weighing.weigh(case, {"fire": False}).labels == ("行人能通行",)
        assert weighing.weigh(case, {"fire": False, "wide": True}).row.key == "usual"

    def test_a_decision_within_the_standard_takes_effect_with_its_range(self, monday):
        case = decided(waiting(), "grant", amount=12)
        issued = Certificate.objects.get(case_number=case.number)
        assert (case.outcome, issued.valid_until.isoformat()) == ("granted", "2027-03-02")
        told = row(case, "case.granted")["paper"]["facts"]
        assert (told["standard_row"], told["amount"]) == ("其他情形", "12个月")
        assert ["行人能通行", "是"] in told["found"]

    def test_conditions_stand_on_the_paper(self, monday):
        case = decided(waiting(), "conditional", wide=False, amount=3)
        assert row(case, "case.granted")["paper"]["facts"]["conditions"] == "留出通道"
        assert case.weighed["conditions"] == ["留出通道"]

    def test_without_facts_nothing_is_decided(self, monday):
        case = waiting()
        with pytest.raises(ValueError, match="裁量基准"):
            outcome.grant(case, by=post(case, "decider"))
        with pytest.raises(ValueError):
            discretion.decide(case, by=post(case, "decider"), outcome="grant", facts={"fire": False})
        assert case.state == State.DECIDING


class TestDepartures:
    @pytest.mark.parametrize(("result", "more"), [("grant", {"fire": True, "amount": 6}), ("grant", {"amount": 24})])
    def test_outside_the_standard_a_reason_is_asked(self, monday, result, more):
        case = waiting()
        with pytest.raises(ValueError, match="基准不允许"):
            decided(case, result, **more)
        assert case.proposal == {}

    def test_it_waits_for_another_signature_which_is_the_decision(self, monday):
        case = decided(waiting(), "grant", fire=True, amount=6, departure=WHY)
        assert (case.state, case.outcome) == (State.DECIDING, "")
        with pytest.raises(PermissionDenied):
            second.sign(case, by=post(case, "decider"))
        second.sign(case, by=cases.officer("局长", case.agency_id, "head"))
        told = row(case, "case.granted")
        assert (told["departure"], told["signed_by"]) == (WHY, "局长")
        assert told["paper"]["facts"]["proposed_by"] == "XSPJ-decider"
        assert Certificate.objects.get(case_number=case.number).valid_until.isoformat() == "2026-09-02"

    def test_conditions_the_standard_does_not_write_are_written(self, monday):
        case = waiting()
        with pytest.raises(ValueError, match="一行一条"):
            decided(case, "conditional", amount=6, departure=WHY)
        decided(case, "conditional", amount=6, departure=WHY, conditions="夜间撤场\n\n留出盲道")
        case.refresh_from_db()
        assert dict(case.proposal["said"])["附带的条件"] == "夜间撤场；留出盲道"
        assert case.proposal["said"][0][0] == "拟作决定"  # as written, not as the database sorts
        second.sign(case, by=cases.officer("局长", case.agency_id, "head"))
        assert row(case, "case.granted")["paper"]["facts"]["conditions"] == "夜间撤场；留出盲道"

    def test_nobody_goes_round_the_second_signature(self, monday):
        case = waiting()
        weighed = {
            "facts": {"fire": True},
            "outcome": "grant",
            "amount": 6,
            "conditions": [],
            "row": "",
            "departure": WHY,
        }
        with pytest.raises(WrongState, match="一人提请、另一人签字"):
            outcome.grant(case, by=post(case, "decider"), weighed=weighed)

    def test_sent_back_it_is_decided_within_the_standard(self, monday):
        case = decided(waiting(), "grant", fire=True, amount=6, departure=WHY)
        second.send_back(case, by=cases.officer("局长", case.agency_id, "head"), reason="理由不充分")
        assert decided(case, "deny", fire=True, reason="占用后挡住消防通道，依法不予").outcome == "denied"


def test_a_standard_that_cannot_decide_is_a_finding():
    rows = [{"key": "a", "text": "x", "when": "unknown == 1", "outcomes": ["conditional"]}]
    body = whole("XDA0106").model_dump(mode="json") | {"discretion": STANDARD | {"rows": rows}}
    said = " ".join(text for path, text in findings(Guide.model_validate(body)) if path[0] == "discretion")
    for words in ("不认识的变量", "要写明附款", "最后一个情形要留空"):
        assert words in said


class TestForwarding:
    def test_it_ends_here_and_the_upper_organs_word_is_kept(self, monday):
        case = reviewed(submitted("XDA0106", forwarding={"organ": "四川省卫生健康委员会"}))
        with pytest.raises(ValueError, match="初审后请转报"):
            outcome.grant(case, by=post(case, "decider"))
        with pytest.raises(ValueError, match="初审后请转报"):
            outcome.deny(case, by=post(case, "decider"), reason="初审认为不符合规定的条件")
        forwarding.forward(case, by=post(case, "decider"), opinion="材料齐全，同意上报")
        assert (case.state, case.due_on) == (State.FORWARDED, None)
        assert row(case, "case.forwarded")["paper"]["facts"]["upper_organ"] == "四川省卫生健康委员会"
        clerk = post(case, "clerk")
        forwarding.note_upper(case, by=clerk, number="川卫2026-18")
        forwarding.note_upper(case, by=clerk, result="granted")
        assert (case.forwarded["number"], case.forwarded["result"]) == ("川卫2026-18", "granted")
        with pytest.raises(ValueError, match="不能再改"):
            forwarding.note_upper(case, by=clerk, result="denied")

    def test_an_item_decided_here_is_not_forwarded(self, monday):
        case = reviewed(submitted("XDA0106"))
        with pytest.raises(WrongState):
            forwarding.forward(case, by=post(case, "decider"), opinion="材料齐全，同意上报")


def test_a_refusal_names_the_right_organ_with_its_phone(monday):
    right = agency("WJJ")
    right.phone = "028-83990001"
    right.save()
    case = submitted("XDA0106")
    said = {"ground": "other_organ", "reason": "属于区卫健局的职权", "right_agency": "WJJ"}
    intake.refuse_to_accept(case, by=post(case, "clerk"), **said)
    told = row(case, "case.refused")["paper"]["facts"]
    assert (told["right_organ"], told["right_phone"]) == (right.name, "028-83990001")
