"""许可公示: what anybody may read of a licence that was granted, and what nobody learns (行政许可法 §40)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onewindow.accounts.models import Organisation
from onewindow.cases import grants, timers
from onewindow.cases.actions import afterwards, outcome, second
from onewindow.cases.models import Case, Grant
from onewindow.catalogue import publish
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Item
from onewindow.documents.models import Certificate
from onewindow.kernel.ledger import System
from onewindow.kernel.models import Entry
from tests.cases.conftest import granted, post, reviewed, submitted
from tests.cases.test_concerning import asked
from tests.factories import cases

pytestmark = pytest.mark.django_db
FIRM, CODE, WHO = "成都香城骨汤餐饮有限公司", "91510114MA62000018", "李秀英"
OWN_NAME = {"kind": "certificate", "name": "公共场所卫生许可证", "valid_months": 48}


@pytest.fixture(autouse=True)
def monday(db, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def register():
    """The worker reads the ledger."""
    for entry in Entry.objects.order_by("id"):
        grants.on_entry(entry)


def licence(**changes):
    case = granted(submitted("XDA0106", **{"scrutiny": {}, "result": OWN_NAME, **changes}))
    register()
    return case


def of_firm(**changes):
    """Applied for by a body."""
    case = submitted("XDA0106", **{"scrutiny": {}, "result": OWN_NAME, **changes})
    case.organisation, case.applicant_name = Organisation.objects.create(name=FIRM, credit_code=CODE), FIRM
    case.save()
    outcome.grant(reviewed(Case.objects.get(pk=case.pk)), by=post(case, "decider"))
    register()
    return Case.objects.get(pk=case.pk)


def read(client, **asked):
    return client.get("/granted/", asked).content.decode()


def test_a_firms_licence_stands_there_whole(client):
    assert "这里还没有准予的许可" in read(client)
    case = of_firm()
    page, held = read(client), Certificate.objects.get(case_number=case.number)
    decided = Entry.objects.get(subject=case.number, event="case.granted").data["paper"]["facts"]["number"]
    for said in (
        FIRM,
        CODE,
        decided,
        held.number,
        "公共场所卫生许可证",
        "2026年3月2日",
        "2030年3月2日",
        case.agency.name,
    ):
        assert said in page
    assert "有效" in page and case.number not in page


def test_of_a_person_only_the_masked_name_and_no_number(client):
    case = licence()
    page = read(client)
    assert "李**" in page and WHO not in page
    assert case.person.number not in page and case.applicant_phone not in page
    assert WHO not in read(client, q="查无此人")
    assert "没有查到" in read(client, q=WHO)


@pytest.mark.parametrize("typed", ["香城骨汤", "骨汤餐饮 卫生许可", CODE, " 91510114 ma62000018 "])
def test_found_by_part_of_a_name_or_a_whole_number(client, typed):
    of_firm()
    assert FIRM in read(client, q=typed)


def test_found_by_the_number_of_the_decision_and_of_the_licence(client):
    case = of_firm()
    for typed in (Grant.objects.get().number, Certificate.objects.get(case_number=case.number).number.lower()):
        assert FIRM in read(client, q=typed)


@pytest.mark.parametrize("typed", ["骨", "91510114", "香城面馆", "%", "\x00骨汤", "x" * 500])
def test_what_is_not_there_is_said_to_be_not_there(client, typed):
    of_firm()
    found = client.get("/granted/", {"q": typed})
    assert found.status_code in {200, 400} and FIRM not in found.content.decode()


def test_a_refusal_is_nowhere(client):
    case = reviewed(submitted("XDA0106", scrutiny={}))
    outcome.deny(case, by=post(case, "decider"), reason="场所的卫生设施不符合标准的要求")
    register()
    assert not Grant.objects.exists()


@pytest.mark.parametrize("changes", [{"kind": "公共服务"}, {"publicity": "none"}])
def test_what_is_no_licence_or_kept_back_by_its_guide_is_nowhere(changes):
    licence(**changes)
    assert not Grant.objects.exists()


def test_an_item_kept_back_later_hides_what_was_granted_before(client):
    licence()
    assert "李**" in read(client)
    guide = Guide.model_validate(Item.objects.get(pk="XDA0106").guide.model_dump(mode="json") | {"publicity": "none"})
    publish.release(guide, after=Item.objects.get(pk="XDA0106").current_id, by=System("test"))
    assert "李**" not in read(client) and client.get("/api/v1/granted").json()["granted"] == []


def test_revoked_the_line_says_so_the_same_day(client):
    case = licence()
    afterwards.propose_revocation(
        case, by=post(case, "decider"), ground="unqualified", reason="场所不具备发证的条件", heard="没有提出意见",
    )  # fmt: skip
    second.sign(case, by=cases.officer("第二决定人", case.agency_id, "decider"))
    assert "已撤销" in read(client) and "3月2日" in read(client)
    assert client.get("/api/v1/granted").json()["granted"][0]["state"] == "已撤销"


def test_the_worker_may_read_a_row_twice(client):
    licence()
    register()
    assert Grant.objects.count() == 1


def test_pages_by_key_and_of_one_item(client, monkeypatch):
    monkeypatch.setattr("onewindow.web.public.granted.PAGE", 2)
    for _ in range(3):
        licence()
    last, first = Grant.objects.latest("pk"), Grant.objects.earliest("pk")
    page = read(client)
    assert last.number in page and first.number not in page
    more = read(client, after=last.pk - 1)
    assert first.number in more and "回到开头" in more
    assert last.number in read(client, item="XDA0106") and last.number in read(client, item="no-such", after="x")
    answer = client.get("/api/v1/granted", {"limit": 2}).json()
    assert [each["number"] for each in answer["granted"]] == [last.number, page_before(last)]
    rest = client.get("/api/v1/granted", {"limit": 2, "after": answer["next"]}).json()
    assert ([each["number"] for each in rest["granted"]], rest["next"]) == ([first.number], None)


def page_before(last):
    return Grant.objects.filter(pk__lt=last.pk).latest("pk").number


def test_it_asks_as_often_for_three_as_for_one(client):
    counts = []
    for _ in range(2):
        licence()
        read(client)
        with CaptureQueriesContext(connection) as queries:
            read(client)
        counts.append(len(queries))
        licence()
    assert counts[0] == counts[1]


def test_renewed_by_silence_it_stands_there_beside_the_one_it_replaced(client, monday):
    monday.move_to("2026-03-02 10:00+08:00")
    old = Certificate.objects.get(case_number=licence().number)
    monday.move_to("2030-01-10 10:00+08:00")
    asked(old)
    monday.move_to("2030-03-04 10:00+08:00")
    timers.run()
    register()
    page = read(client)
    assert page.count("公共场所卫生许可") > 2 and "已被新证替代" in page and "2034年3月2日" in page


def test_who_gave_a_licence_up_is_said_at_the_licence(client):
    old = Certificate.objects.get(case_number=licence().number)
    case = asked(old, "cancel")
    outcome.grant(reviewed(case), by=post(case, "decider"))
    register()
    assert Grant.objects.count() == 1 and "已注销" in read(client)
