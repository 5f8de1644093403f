"""不得再次申请: false papers bar the same licence for a year, fraud for three, where lives are at stake (§78, §79)."""

from datetime import timedelta

import pytest

from onewindow.cases import bars, readiness
from onewindow.cases.actions import afterwards, barring, discretion, intake, outcome, second
from onewindow.cases.models import State
from onewindow.kernel.flow import WrongState
from onewindow.kernel.models import Entry
from tests.cases.conftest import granted, post, reviewed, submitted, whole
from tests.cases.test_discretion import STANDARD
from tests.cast import officer, sign_in
from tests.factories import cases
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
LICENCE = "XDA0106"
WHY = "提交的检测报告系伪造，检测机构没有出具过"


@pytest.fixture(autouse=True)
def monday(calendar, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def concealed(**changes):
    case = reviewed(submitted(LICENCE, vital=True, **changes))
    return outcome.deny(case, by=post(case, "decider"), reason=WHY, concealed=True)


def draft(code=LICENCE, **changes):
    return cases.draft(flagship(code, **(changes or {"vital": True})))


def at_the_window():
    case = whole(LICENCE, vital=True)
    case.channel = "desk"
    case.save(update_fields=["channel"])
    return case


def test_the_denial_says_until_when_and_a_draft_says_why_it_cannot_be_sent(monday):
    draft, case = whole(LICENCE, vital=True), concealed()
    facts = Entry.objects.get(subject=case.number, event="case.denied").data["paper"]["facts"]
    assert (facts["barred_until"], facts["concealed"]) == ("2027-03-02", True)
    told = readiness.check(draft).problems["barred"]
    assert case.number in told and "2027 年 3 月 2 日以前不得再次申请" in told and "第七十八条" in told
    page = sign_in(draft.filed_by).get(f"/my/cases/{draft.number}/check/").content.decode()
    assert "不得再次申请这项许可" in page and "请到窗口提交" in page
    with pytest.raises(readiness.NotReady, match="不得再次申请"):
        intake.submit(draft, by=cases.citizen())
    monday.move_to("2027-03-02 09:00+08:00")
    assert intake.submit(draft, by=cases.citizen()).state == State.SUBMITTED


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"vital": False}, True), ({"vital": True}, False), ({"kind": "行政确认", "vital": True}, True)],
)  # fmt: skip
def test_only_false_papers_for_a_licence_where_lives_are_at_stake_bar(changes, said):
    case = reviewed(submitted(LICENCE, **changes))
    outcome.deny(case, by=post(case, "decider"), reason=WHY, concealed=said)
    assert case.barred == {} and bars.standing(draft(**changes)) is None


def test_another_person_another_licence_and_what_was_asked_for_before_are_free(monday):
    before = submitted(LICENCE, vital=True)
    monday.shift(timedelta(hours=1))
    concealed()
    assert bars.standing(before) is None
    assert intake.accept(before, by=post(before, "clerk")).state == State.REVIEWING
    stranger = draft()
    stranger.person = cases.person(name="陈静", number="510125198907142128")
    assert bars.standing(stranger) is None
    assert bars.standing(draft("XDA0156", vital=True)) is None


def test_the_same_licence_by_another_item_is_barred_too():
    case = concealed()
    again = draft("XDA0156", vital=True, result=case.guide.result.model_dump())
    assert bars.standing(again) == case


def test_at_the_window_it_is_refused_in_writing_and_the_clerk_is_told(monday):
    case, found = at_the_window(), concealed()
    clerk = officer("clerk", agency=case.agency_id)
    intake.submit(case, by=clerk.principal)
    page = clerk.client.get(f"/desk/cases/{case.number}/").content.decode()
    assert "申请人在不得再次申请的期限之内" in page and found.number in page
    page = clerk.client.post(f"/desk/cases/{case.number}/acceptance/", {"seen": case.revision}).content.decode()
    assert "不能受理" in page and "还在依法不得再次申请的期限之内" in page
    refused = {"seen": case.revision, "ground": "barred", "reason": "还在一年的期限之内"}
    assert clerk.client.post(f"/desk/cases/{case.number}/refusal/", refused).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.barred) == (State.REFUSED, {})


def test_accepted_by_silence_it_is_still_not_granted():
    case, _ = at_the_window(), concealed()
    intake.submit(case, by=post(case, "clerk"))
    case.state, case.accepted_at = State.DECIDING, case.submitted_at
    case.save()
    with pytest.raises(ValueError, match="不能准予"):
        outcome.grant(case, by=post(case, "decider"))


def test_the_ground_is_offered_only_where_it_is_so():
    case = submitted(LICENCE, vital=True)
    with pytest.raises(ValueError, match="请选择"):
        intake.refuse_to_accept(case, by=post(case, "clerk"), ground="barred", reason="还在期限之内")
    page = officer("clerk", agency=case.agency_id).client.get(f"/desk/cases/{case.number}/").content.decode()
    assert 'value="barred"' not in page and "申请人一年内不得再次申请这项许可" in page


def test_the_desk_asks_which_it_is(monday):
    case = reviewed(submitted(LICENCE, vital=True))
    decider = officer("decider", agency=case.agency_id)
    assert "一年内不得再次申请" in decider.client.get(f"/desk/cases/{case.number}/").content.decode()
    said = {"seen": case.revision, "ground": "concealed", "reason": WHY}
    assert decider.client.post(f"/desk/cases/{case.number}/denial/", said).status_code == 302
    case.refresh_from_db()
    assert case.barred["until"] == "2027-03-02"
    assert "2027-03-02 以前不得再次申请" in decider.client.get(f"/desk/cases/{case.number}/").content.decode()
    assert "2027-03-02 以前" in sign_in(case.filed_by).get(f"/my/cases/{case.number}/").content.decode()


def test_by_a_standard_of_discretion_the_same():
    case = reviewed(submitted(LICENCE, vital=True, discretion=STANDARD))
    discretion.decide(
        case, by=post(case, "decider"), outcome="deny", facts={"fire": True, "wide": False}, reason=WHY, concealed=True
    )  # fmt: skip
    assert case.barred["article"] == bars.CONCEALED


def test_fraud_bars_for_three_years():
    case = granted(submitted(LICENCE, vital=True))
    why = {"reason": "现场核查发现检测报告系伪造", "heard": "持证人书面承认，没有提出申辩"}
    afterwards.propose_revocation(case, by=post(case, "decider"), ground="fraud", **why)
    second.sign(case, by=post(case, "head"))
    assert "第七十九条" in bars.why(bars.standing(draft()))
    assert case.barred["until"] == "2029-03-02"


def test_the_head_lifts_it_with_the_reason_once():
    case = concealed()
    head = officer("head", agency=case.agency_id)
    page = head.client.get(f"/desk/cases/{case.number}/").content.decode()
    assert "解除不得再次申请" in page
    said = {"seen": case.revision, "reason": "新府复〔2026〕3号复议决定撤销了原决定"}
    assert head.client.post(f"/desk/cases/{case.number}/bar-lifting/", said).status_code == 302
    assert bars.standing(draft()) is None
    case.refresh_from_db()
    with pytest.raises(WrongState):
        barring.lift(case, by=head.principal, reason=said["reason"])
