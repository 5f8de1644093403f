"""补正: a second notice only for what is new (行政许可法 §32), and a correction brought to the window."""

import re

import pytest
from django.core.exceptions import PermissionDenied

from onewindow.cases import deadlines, readiness
from onewindow.cases.actions import correction, drafts, intake
from onewindow.cases.actions.correction import Brought
from onewindow.cases.models import Case, State
from onewindow.kernel import forms
from onewindow.kernel.flow import Stale
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, submitted, whole
from tests.factories import applications, cases
from tests.factories.applications import picture
from tests.factories.catalogue import agency, flagship

pytestmark = pytest.mark.django_db
LICENCE = "XDA0106"
DARK = {"on": "material:photo", "text": "照片太暗，看不清五官"}
PHONE = {"on": "form:phone", "text": "这个号码打不通"}
WHY = "新交的照片不是本人"


@pytest.fixture
def monday(calendar, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def asked(case, *remarks, **more):
    return correction.ask_for_corrections(case, by=post(case, "clerk"), remarks=list(remarks), **more)


def mended(case, monday, **form):
    by = cases.citizen()
    monday.shift(60)
    for remark in case.open_remarks:
        if remark["on"].startswith("material:"):
            drafts.add_paper(case, remark["on"].removeprefix("material:"), picture(by), by=by)
    if form:
        drafts.save_form(case, case.form | form, by=by, changed=list(form))
    return correction.hand_in_corrections(case, by=by)


class TestAgain:
    def test_what_lay_there_all_the_time_cannot_be_asked_for_a_second_time(self, monday):
        case = mended(asked(submitted(), DARK), monday)
        other = next(f.key for f in case.guide.form.walk() if f.key != "phone")
        for place in (f"form:{other}", "form:phone", ""):
            with pytest.raises(ValueError, match="第一次就应当一次告知全部内容"):
                asked(case, {"on": place, "text": "这里也不对"}, why_again=WHY)
        with pytest.raises(ValueError, match="没有新交"):
            asked(case, DARK, {"on": "form:phone", "text": "顺便改一下"}, why_again=WHY)
        assert (case.state, len(case.corrections)) == (State.RECEIVED, 1)
        assert asked(case, DARK, why_again=WHY).state == State.CORRECTING

    def test_an_answer_changed_meanwhile_may_be_asked_about(self, monday):
        case = mended(asked(submitted(), PHONE), monday, phone="13880007777")
        assert correction.places_again(case) == {"form:phone"}
        assert asked(case, PHONE, why_again="新写的号码还是打不通").state == State.CORRECTING

    def test_a_number_sealed_anew_is_no_other_answer(self, monday):
        case = asked(submitted(), DARK)
        secret = next(f for f in case.guide.form.walk() if f.kind == "person_number")
        again = forms.seal(case.guide.form, {secret.key: applications.SAMPLES["person_number"]})
        case = mended(case, monday, **again)
        assert correction.places_again(case) == {"material:photo"}

    def test_the_page_offers_boxes_only_where_something_is_new(self, monday, clerk):
        case = submitted()
        page = clerk.client.get(f"/desk/cases/{case.number}/").content.decode()
        assert "remark.form:phone" in page and "再次告知的原因" not in page
        mended(asked(case, DARK), monday)
        page = clerk.client.get(f"/desk/cases/{case.number}/").content.decode()
        assert re.findall(r'name="remark\.([^"]+)"', page) == ["material:photo"]
        assert "再次告知的原因" in page and "对整份申请的补正要求" not in page


def at_window(code="XDP0096"):
    """Filed at the window by somebody who has no account."""
    item = flagship(code)
    clerk = cases.officer(f"{item.agency_id}-clerk", item.agency_id, "clerk")
    case = applications.fill(drafts.open_case(item, by=clerk, person=cases.person(), channel="desk"), clerk)
    return intake.submit_in_person(case, by=clerk)


class TestAtTheWindow:
    def test_who_has_no_account_brings_it_back_and_the_day_counts(self, monday):
        case = asked(at_window(), DARK)
        clerk = post(case, "clerk")
        with pytest.raises(ValueError, match="核对来人"):
            correction.hand_in_corrections(case, by=clerk)
        monday.move_to("2026-03-09 10:00+08:00")
        correction.take_in(case, by=clerk, brought=Brought("self", papers=["photo"]))
        assert (case.state, deadlines.on(case.complete_at).isoformat()) == (State.RECEIVED, "2026-03-09")
        row = Entry.objects.get(subject=case.number, event="case.corrected")
        assert row.data["who"] == "本人到场，已核对身份证件" and row.data["paper"]["kind"] == "receipt"
        seen = case.papers.filter(material="photo", removed_at__isnull=True, file=None)
        assert [deadlines.on(paper.added_at).isoformat() for paper in seen] == ["2026-03-09"]
        assert correction.places_again(case) == {"material:photo"}

    def test_what_began_online_is_taken_in_there_too_and_by_nobody_else(self, monday):
        case = asked(submitted(), DARK)
        for stranger in (post(case, "reviewer"), cases.officer("fremd", agency("ZJJ").code, "clerk")):
            with pytest.raises(PermissionDenied):
                correction.take_in(case, by=stranger, brought=Brought("self", papers=["photo"]))
        correction.take_in(case, by=post(case, "clerk"), brought=Brought("agent", papers=["photo"]))
        assert case.state == State.RECEIVED

    def test_an_answer_is_changed_only_by_signature_and_both_stand_in_the_ledger(self, monday):
        case = asked(at_window(), PHONE)
        clerk, form = post(case, "clerk"), case.form | {"phone": "13880007777"}
        with pytest.raises(ValueError, match="签名确认"):
            correction.take_in(case, by=clerk, brought=Brought("self", form=form))
        case = Case.objects.get(pk=case.pk)
        assert case.state == State.CORRECTING and case.form["phone"] != "13880007777"
        correction.take_in(case, by=clerk, brought=Brought("self", form=form, signed="更正确认书，3月2日签名"))
        row = Entry.objects.get(subject=case.number, event="case.corrected")
        assert case.form["phone"] == "13880007777"
        assert "→ 13880007777" in row.data["told"] and "更正确认书" in row.data["told"]

    def test_nothing_is_taken_in_while_something_is_missing(self, monday):
        case = asked(at_window(), DARK, {"on": "", "text": "请补上经办人的说明"})
        with pytest.raises(ValueError, match="怎么补的"):
            correction.take_in(case, by=post(case, "clerk"), brought=Brought("self", papers=["photo"]))
        case = Case.objects.get(pk=case.pk)
        with pytest.raises(readiness.NotReady, match="看不清五官"):
            correction.take_in(case, by=post(case, "clerk"), brought=Brought("self", general="补了说明"))
        with pytest.raises(Stale):
            correction.take_in(case, by=post(case, "clerk"), brought=Brought("self"), seen=case.revision - 1)
        since = case.corrections[0]["asked_at"]
        assert not case.papers.filter(material="photo", file=None, added_at__gt=since).exists()

    def test_on_the_page(self, monday, clerk, other_agency_clerk):
        case = asked(at_window(), DARK, PHONE)
        url = f"/desk/cases/{case.number}/corrections/"
        assert url in clerk.client.get(f"/desk/cases/{case.number}/").content.decode()
        assert other_agency_clerk.client.get(url).status_code == 404
        page = clerk.client.get(url).content.decode()
        assert DARK["text"] in page and PHONE["text"] in page
        data = {"form-seen": case.revision, "seen-paper": "photo", "phone": "13880007777", "who-present": "self"}
        refused = clerk.client.post(url, data)
        assert refused.status_code == 422 and "签名确认" in refused.content.decode()
        assert "13880007777" in refused.content.decode(), "what was typed is still there"
        done = clerk.client.post(url, data | {"signed-on": "更正确认书，3月2日签名"}, follow=True).content.decode()
        assert "已收到补正" in done
        case.refresh_from_db()
        assert case.state == State.RECEIVED
        assert clerk.client.get(url).status_code == 404


def test_a_draft_is_no_correction(monday):
    with pytest.raises(PermissionDenied):
        drafts.save_form(whole(), {}, by=cases.officer("fremd", agency("ZJJ").code, "clerk"), at_window=True)
