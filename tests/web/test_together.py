"""Several people at one application: who was asked reads and writes the draft, and nothing else."""

import pytest

from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import CoFiller
from onewindow.kernel.models import Entry
from tests.factories.applications import fill
from tests.factories.catalogue import flagship
from tests.web.test_photos import hand_in, shot

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(citizen):
    return drafts.open_case(flagship("XDP0032"), by=citizen.principal, person=citizen.person)


@pytest.fixture
def invitation(citizen, draft):
    citizen.client.post(f"/my/cases/{draft.number}/co-fillers/", {"label": "女儿"})
    return CoFiller.objects.get()


def join(member, invitation):
    return member.client.post(f"/together/{invitation.number}/")


def typed(citizen, **changes):
    return {
        "name": "李秀英", "number": citizen.person.number_masked, "ethnic": "汉族", "phone": "13880001234",
        "hukou_address.division": "0" * 12, "hukou_address.detail": "德阳市长江路1号",
    } | changes  # fmt: skip


def test_the_daughter_fills_in_and_hands_in_and_the_mother_sends(citizen, other_citizen, draft, invitation):
    form = f"/my/cases/{draft.number}/form/1/"
    assert other_citizen.client.get(form).status_code == 404
    assert "女儿" in other_citizen.client.get(f"/together/{invitation.number}/").content.decode()
    join(other_citizen, invitation)
    assert draft.number in other_citizen.client.get("/my/cases/").content.decode()
    assert other_citizen.client.post(form, typed(citizen)).status_code == 302
    paper = hand_in(other_citizen, draft, shot())
    assert other_citizen.client.get(f"/cases/{draft.number}/files/{paper.pk}/").status_code == 200
    draft.refresh_from_db()
    assert draft.form["ethnic"] == "汉族"
    page = other_citizen.client.get(f"/my/cases/{draft.number}/check/").content.decode()
    assert "由申请人自己核对、提交" in page and "正式提交" not in page
    for act in ("prereview", "submission", "withdrawal", "co-fillers"):
        refused = other_citizen.client.post(f"/my/cases/{draft.number}/{act}/", {"declared": "yes", "label": "我"})
        assert refused.status_code == 404
    events = [row.event for row in Entry.objects.filter(subject=draft.number).order_by("seq")]
    assert events == ["case.opened", "case.shared", "case.joined"]


def test_the_number_stays_masked_for_who_helps(citizen, other_citizen, draft, invitation):
    citizen.client.post(f"/my/cases/{draft.number}/form/1/", typed(citizen))
    join(other_citizen, invitation)
    page = other_citizen.client.get(f"/my/cases/{draft.number}/form/1/").content.decode()
    assert citizen.person.number_masked in page and citizen.person.number not in page


def test_an_invitation_is_for_one(citizen, other_citizen, clerk, draft, invitation):
    join(other_citizen, invitation)
    join(clerk, invitation)
    assert CoFiller.objects.get().user == other_citizen.user
    assert clerk.client.get(f"/my/cases/{draft.number}/form/1/").status_code == 404


def test_taken_back_and_after_sending_the_door_is_shut(citizen, other_citizen, draft, invitation):
    join(other_citizen, invitation)
    citizen.client.post(f"/my/cases/{draft.number}/co-fillers/{invitation.number}/removal/")
    assert other_citizen.client.get(f"/my/cases/{draft.number}/check/").status_code == 404
    citizen.client.post(f"/my/cases/{draft.number}/co-fillers/", {"label": "儿子"})
    join(other_citizen, CoFiller.objects.get(label="儿子"))
    assert other_citizen.client.get(f"/my/cases/{draft.number}/check/").status_code == 200
    draft.refresh_from_db()
    intake.submit(fill(draft, citizen.principal), by=citizen.principal)
    assert other_citizen.client.get(f"/my/cases/{draft.number}/check/").status_code == 404
    assert "不能用了" in other_citizen.client.get(f"/together/{invitation.number}/").content.decode()


def test_two_on_one_page_see_each_other_and_lose_nothing(citizen, other_citizen, draft, invitation):
    join(other_citizen, invitation)
    form = f"/my/cases/{draft.number}/form/1/"
    seen = _seen(other_citizen.client.get(form))
    citizen.client.post(form, typed(citizen, **{"form-seen": _seen(citizen.client.get(form))}))
    late = other_citizen.client.post(form, typed(citizen, **{"form-seen": seen}, ethnic="彝族"))
    page = late.content.decode()
    assert late.status_code == 409 and "民族：汉族" in page and 'value="彝族"' in page
    draft.refresh_from_db()
    assert draft.form["ethnic"] == "汉族"
    other_citizen.client.post(form, typed(citizen, **{"form-seen": _seen(late)}, ethnic="彝族"))
    draft.refresh_from_db()
    assert draft.form["ethnic"] == "彝族"


def _seen(page):
    return page.content.decode().split('name="form-seen" value="')[1].split('"')[0]
