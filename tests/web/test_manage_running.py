"""Publishing over applications under way, through the pages: whom it touches, which rule, what each side sees."""

import pytest
from django.urls import reverse

from onewindow.cases import changeover
from onewindow.cases.actions import intake
from onewindow.catalogue import actions
from onewindow.catalogue.models import Draft, ItemVersion
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from tests.factories import applications, cases
from tests.factories.catalogue import published
from tests.factories.catalogue import whole as guide


@pytest.fixture
def item(db):
    return published(guide())


@pytest.fixture
def filed(item, citizen, clerk):
    """One application accepted and one draft, of the cast's citizen."""
    by = citizen.principal
    begun = cases.draft(item, by)
    accepted = intake.submit(applications.fill(cases.draft(item, by), by), by=by)
    intake.accept(accepted, by=clerk.principal)
    return begun, accepted


@pytest.fixture
def draft(filed, item, editor):
    draft = actions.open_draft(item, by=editor.principal)
    extra = {"key": "extra", "name": "居住证明", "why": "证明常住"}
    values = {"materials": [*draft.content["materials"], extra]}
    actions.save(draft, by=editor.principal, values=values)
    return actions.submit(draft, by=editor.principal, note="多要一份材料")


def approve(member, draft, **said):
    answer = member.client.post(
        reverse("manage-act", args=[draft.pk, "approval"]), {"publish_on": str(clock.today()), **said}
    )
    draft.refresh_from_db()
    return answer


def carried_out():
    for entry in Entry.objects.filter(event="item.published").order_by("id"):
        changeover.on_entry(entry)
    changeover.run()


def test_the_checker_sees_whom_it_touches_and_is_asked(draft, checker, filed):
    page = checker.client.get(reverse("manage-draft", args=[draft.pk])).content.decode()
    assert "会影响 2 件在办的件" in page
    assert "还要交“居住证明”" in page
    assert "已受理、未决定 1 件" in page and "按旧版办完（0 件换）" in page
    listed = checker.client.get(reverse("manage-touched", args=[draft.pk])).content.decode()
    assert filed[1].number.replace(" ", "") in listed.replace(" ", "")
    assert filed[1].applicant_name not in listed


def test_all_move_for_accepted_ones_needs_a_ground_and_keeps_what_was_chosen(draft, checker):
    refused = approve(checker, draft, rule_accepted="all", rule_draft="old")
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "请写明依据" in page
    assert '<option value="all" selected>全部换新版（1 件换）' in page
    assert draft.state == Draft.State.REVIEWING


def test_the_rule_is_kept_with_the_version_and_carried_out(draft, checker, filed, citizen, clerk, item):
    approve(checker, draft, rule_accepted="old", rule_draft="all")
    version = ItemVersion.objects.get(item=item, number=2)
    assert version.running["accepted"] == "old"
    assert Entry.objects.get(event="item.published", data__version=2).data["running"] == version.running
    page = checker.client.get(reverse("manage-item", args=[item.code])).content.decode()
    assert "等待处理" in page
    carried_out()
    page = checker.client.get(reverse("manage-item", args=[item.code])).content.decode()
    assert "换了 1 件，1 件按旧版" in page and "已受理、未决定：按旧版办完" in page
    mine = citizen.client.get(reverse("my-case", args=[filed[0].number])).content.decode()
    assert "办理规程换了新版" in mine and "还要交“居住证明”" in mine
    assert "居住证明" in citizen.client.get(reverse("case-check", args=[filed[0].number])).content.decode()
    kept = clerk.client.get(reverse("desk-case", args=[filed[1].number])).content.decode()
    assert "现行是第 2 版" in kept and "按旧版办完" in kept and "本件仍按第 1 版办" in kept


def test_on_a_later_day_the_rule_waits_with_the_draft(draft, checker, filed, time_machine, item):
    day = clock.today().replace(year=clock.today().year + 1, month=1, day=15)
    approve(checker, draft, publish_on=str(day), rule_accepted="all", why="条例第十二条适用于在办的申请")
    time_machine.move_to(f"{day} 08:00+08:00")
    actions.publish_due()
    assert ItemVersion.objects.get(item=item, number=2).running["why"] == "条例第十二条适用于在办的申请"
    carried_out()
    filed[1].refresh_from_db()
    assert filed[1].version.number == 2


def test_rolling_back_asks_the_same(draft, checker, editor, filed, item):
    approve(checker, draft, rule_draft="all")
    carried_out()
    editor.client.post(reverse("manage-draft-new", args=[item.code]), {"version": "1"})
    back = Draft.objects.unfinished().get()
    actions.submit(back, by=editor.principal, note="退回")
    page = checker.client.get(reverse("manage-draft", args=[back.pk])).content.decode()
    assert "不再要“居住证明”" in page and "对申请人有利" in page


def test_the_page_of_a_touched_draft_needs_no_more_queries_for_more_cases(
    draft, checker, citizen, item, django_assert_max_num_queries
):
    for _ in range(5):
        cases.draft(item, citizen.principal)
    with django_assert_max_num_queries(12):
        checker.client.get(reverse("manage-draft", args=[draft.pk]))
