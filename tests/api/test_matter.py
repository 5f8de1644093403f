"""A whole matter by a program: from the list of items to the verified certificate."""

from onewindow.cases.actions import intake, outcome, review
from onewindow.cases.models import Case
from onewindow.kernel.models import Entry
from tests.api.conftest import ANSWERS, FORM, faults, picture

DECLARED = {"declared": True}


def decide(number, clerk, reviewer, decider):
    """What the officers do, by their own actions."""
    case = Case.objects.get(number=number)
    intake.accept(case, by=clerk.principal)
    review.give_opinion(case, by=reviewer.principal, advice="agree", opinion="符合条件")
    outcome.grant(case, by=decider.principal)
    outcome.deliver(case, by=clerk.principal, way="online")


def test_from_the_list_to_the_verified_certificate(program, anyone, item, clerk, reviewer, decider):
    (listed,) = anyone.get("/items").json()["items"]
    guide = anyone.get(f"/items/{listed['code']}").json()["guide"]
    checked = anyone.post(f"/items/{listed['code']}/checklist", {"answers": ANSWERS}).json()
    bring = [material["key"] for material in checked["materials"] if material["status"] == "bring"]
    assert checked["answer"] == "met"
    assert bring == ["photo"]
    assert {field["key"] for page in guide["form"]["pages"] for field in page["fields"]} >= FORM.keys()

    opened = program.post("/cases", {"item": listed["code"], "answers": ANSWERS, "form": FORM})
    number = opened.json()["number"]
    assert [fault["place"] for fault in opened.json()["missing"]] == ["material:photo"]
    refused = program.post(f"/cases/{number}/prereview", DECLARED)
    assert refused.status_code == 422
    assert faults(refused) == {"material:photo": "还缺“近期1寸免冠照片”，请上传"}

    assert program.upload(f"/cases/{number}/materials/photo", picture()).status_code == 201
    assert program.post(f"/cases/{number}/prereview", DECLARED).json()["state"] == "prereview"
    case = Case.objects.get(number=number)
    intake.return_with_remarks(case, by=clerk.principal, remarks=[{"on": "form:phone", "text": "电话少一位，请核对"}])

    seen = program.get(f"/cases/{number}").json()
    assert seen["state_label"] == "待修改"
    said = {"place": "form:phone", "label": "联系电话", "text": "电话少一位，请核对", "fixed": False}
    assert seen["remarks"] == [said]
    assert [fault["place"] for fault in seen["missing"]] == ["form:phone"]
    mended = program.put(f"/cases/{number}/form", seen["form"] | {"phone": "13880001235"}).json()
    assert mended["missing"] == []
    assert program.put(f"/cases/{number}/delivery", {"way": "online"}).json()["chosen"] == "online"
    assert program.post(f"/cases/{number}/submission", DECLARED).json()["state"] == "submitted"

    decide(number, clerk, reviewer, decider)
    done = program.get(f"/cases/{number}").json()
    assert (done["state"], done["outcome"], done["missing"]) == ("delivered", "granted", [])
    assert [date["key"] for date in done["dates"]] == ["intake", "statutory", "promised", "delivery"]
    served = program.get(f"/cases/{number}/deliveries").json()
    assert {each["title"]: each["way"] for each in served["deliveries"]} == {
        "受理通知书": "online",
        "准予决定书": "online",
    }
    assert all(each["effective_on"] for each in served["deliveries"]) and served["remedies"] == []
    secret = done["certificate"]["verify_url"].partition("?c=")[2]
    asked = {"number": done["certificate"]["number"], "secret": secret}
    assert anyone.post("/verifications", asked).json()["state"] == "valid"


def test_dates_come_with_their_derivation(program, draft, clerk):
    number = draft["number"]
    program.upload(f"/cases/{number}/materials/photo", picture())
    (intake_date,) = program.post(f"/cases/{number}/submission", DECLARED).json()["dates"]
    counted = [day["counted"] for day in intake_date["derivation"] if day["counted"]]
    assert counted == [1, 2, 3, 4, 5]
    assert intake_date["derivation"][-1]["date"] == intake_date["due"]
    assert "第三十二条" in intake_date["basis"]


def test_the_timeline_names_the_papers_and_hands_them_out(program, draft, clerk):
    number = draft["number"]
    program.upload(f"/cases/{number}/materials/photo", picture())
    program.post(f"/cases/{number}/submission", DECLARED)
    intake.accept(Case.objects.get(number=number), by=clerk.principal)
    events = program.get(f"/cases/{number}").json()["timeline"]
    assert [event["event"] for event in events] == ["case.opened", "case.submitted", "case.accepted"]
    assert events[-1]["paper"] == "受理通知书"
    paper = program.client.get(events[-1]["paper_url"], headers=program.headers)
    assert b"".join(paper.streaming_content).startswith(b"%PDF-")


def test_personal_numbers_are_kept_sealed_and_shown_masked(program, draft):
    assert draft["form"]["number"] == "5101**********8624"
    kept = Case.objects.get(number=draft["number"])
    assert FORM["number"] not in str(kept.form)
    assert FORM["number"] not in str(Entry.objects.values_list("data"))


def test_the_mask_sent_back_keeps_the_number(program, draft):
    before = Case.objects.get(number=draft["number"]).form["number"]
    program.put(f"/cases/{draft['number']}/form", draft["form"] | {"pickup": "window"})
    kept = Case.objects.get(number=draft["number"]).form
    assert (kept["number"], kept["pickup"]) == (before, "window")


def test_sealed_values_of_ones_own_making_are_refused(program, draft):
    forged = {"cipher": "k1:AAAA", "masked": "5101**********0000", "index": "0"}
    reply = program.put(f"/cases/{draft['number']}/form", draft["form"] | {"number": forged})
    assert faults(reply) == {"form:number": "老人身份证号码应是文字"}


def test_other_answers_change_the_papers(program, draft):
    answers = {"age": 70, "household": "elsewhere", "resident_year": True, "who": "self"}
    reply = program.put(f"/cases/{draft['number']}/answers", answers).json()
    assert {fault["place"] for fault in reply["missing"]} == {"material:photo", "material:residence_proof"}


def test_a_file_taken_out_is_missing_again(program, draft):
    number = draft["number"]
    file = program.upload(f"/cases/{number}/materials/photo", picture()).json()
    assert program.get(f"/cases/{number}/files/{file['id']}").streaming
    assert program.delete(f"/cases/{number}/files/{file['id']}").status_code == 204
    assert program.delete(f"/cases/{number}/files/{file['id']}").status_code == 204
    reply = program.get(f"/cases/{number}").json()
    assert (reply["files"], reply["missing"][0]["place"]) == ([], "material:photo")


def test_what_has_been_submitted_cannot_be_changed(program, draft):
    number = draft["number"]
    program.upload(f"/cases/{number}/materials/photo", picture())
    program.post(f"/cases/{number}/submission", DECLARED)
    for reply in (
        program.put(f"/cases/{number}/form", FORM | {"name": "王强"}),
        program.put(f"/cases/{number}/answers", {}),
        program.upload(f"/cases/{number}/materials/photo", picture("red")),
        program.post(f"/cases/{number}/submission", DECLARED),
    ):
        assert (reply.status_code, reply.json()["type"]) == (409, "urn:onewindow:problem:conflict")
    assert Case.objects.get(number=number).form["name"] == "李秀英"


def test_a_withdrawn_case_is_over(program, draft):
    reply = program.post(f"/cases/{draft['number']}/withdrawal", {"reason": "下个月再办"})
    assert reply.json()["state_label"] == "已撤回"
    assert program.post(f"/cases/{draft['number']}/withdrawal").status_code == 409


def test_nothing_is_sent_without_the_declaration(program, draft):
    program.upload(f"/cases/{draft['number']}/materials/photo", picture())
    reply = program.post(f"/cases/{draft['number']}/submission", {"declared": False})
    assert faults(reply) == {"declared": "只能是 true"}
    assert Case.objects.get(number=draft["number"]).submitted_at is None
