"""From a draft to a version: who may, in which order, and only once."""

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from onewindow.accounts.models import Post
from onewindow.catalogue import actions, drafting, tasks
from onewindow.catalogue.models import Draft, ItemVersion
from onewindow.kernel import clock, flow, ledger
from onewindow.kernel.flow import Conflict, Stale, WrongState
from onewindow.kernel.models import Entry
from tests import cast
from tests.factories.accounts import PostFactory
from tests.factories.catalogue import published, whole
from tests.kernel.test_flow import at_once

State = Draft.State


@pytest.fixture
def item(db):
    return published(whole())


@pytest.fixture
def draft(item, editor):
    return actions.open_draft(item, by=editor.principal)


def submitted(draft, editor, **values):
    actions.save(draft, by=editor.principal, values=values or {"plain_names": ["敬老优惠新名"]})
    return actions.submit(draft, by=editor.principal, note="加一个俗称")


def test_a_draft_starts_from_the_current_version_and_is_one_per_item(item, draft, editor):
    assert draft.content == drafting.content_of(item.guide)
    assert actions.open_draft(item, by=editor.principal).pk == draft.pk
    with pytest.raises(Conflict, match="已有一份没完成的草稿"):
        actions.open_draft(item, by=editor.principal, version=item.current)


def test_what_was_typed_is_kept_even_when_it_cannot_be_read(draft, editor):
    actions.save(draft, by=editor.principal, values={"promised": {"days": "三"}, "summary": ""})
    draft.refresh_from_db()
    assert draft.content["promised"] == {"days": "三"}
    assert "summary" not in draft.content
    assert [fault.place for fault in drafting.read(draft.content).faults] == ["promised.days"]
    with pytest.raises(ValueError, match="1 处写法有误"):
        actions.submit(draft, by=editor.principal, note="改时限")


def test_two_in_the_same_part_the_second_is_told(draft, editor):
    seen = drafting.mark(draft.content, ["summary"])
    other = Draft.objects.get(pk=draft.pk)
    actions.save(draft, by=editor.principal, values={"summary": "甲写的"}, was=seen)
    with pytest.raises(Stale, match="别人已经改过"):
        actions.save(other, by=editor.principal, values={"summary": "乙写的"}, was=seen)
    draft.refresh_from_db()
    assert draft.content["summary"] == "甲写的"


def test_two_in_different_parts_do_not_disturb_each_other(draft, editor):
    other = Draft.objects.get(pk=draft.pk)
    actions.save(draft, by=editor.principal, values={"summary": "甲"}, was=drafting.mark(draft.content, ["summary"]))
    actions.save(other, by=editor.principal, values={"quota": "乙"}, was=drafting.mark(other.content, ["quota"]))
    draft.refresh_from_db()
    assert (draft.content["summary"], draft.content["quota"]) == ("甲", "乙")


def test_a_complete_guide_cannot_be_made_incomplete(draft, editor):
    actions.save(draft, by=editor.principal, values={"basis": []})
    with pytest.raises(ValueError, match="不合规则"):
        actions.submit(draft, by=editor.principal, note="删依据")


def test_an_incomplete_guide_may_become_better_step_by_step(editor, checker):
    poor = published(whole(basis=[], conditions=[], situations=[], materials=[], questions=[]))
    draft = submitted(actions.open_draft(poor, by=editor.principal), editor, basis=[{"law": "《某法》"}])
    actions.approve(draft, by=checker.principal, publish_on=clock.today())
    actions.publish_due()
    poor.refresh_from_db()
    assert (poor.current.number, poor.complete, poor.guide.complete) == (2, False, False)


def test_nothing_new_is_nothing_to_check(draft, editor):
    with pytest.raises(ValueError, match="没有不同"):
        actions.submit(draft, by=editor.principal, note="没改")
    actions.save(draft, by=editor.principal, values={"summary": "改了"})
    with pytest.raises(ValueError, match="为什么改"):
        actions.submit(draft, by=editor.principal, note=" ")


class TestSecondPerson:
    def test_never_the_author_even_with_both_posts(self, draft, editor):
        PostFactory(user=editor.user, role=Post.Role.CHECKER, agency=None)
        cast.principals.forget_all()
        submitted(draft, editor)
        for act, more in [(actions.approve, {"publish_on": clock.today()}), (actions.send_back, {"remarks": [{}]})]:
            with pytest.raises(PermissionDenied):
                act(draft, by=editor.principal, **more)

    def test_nor_anybody_who_has_written_in_it(self, draft, editor, checker):
        PostFactory(user=checker.user, role=Post.Role.EDITOR, agency=None)
        cast.principals.forget_all()
        actions.save(draft, by=checker.principal, values={"summary": "审核的人也写了一句"})
        submitted(draft, editor)
        with pytest.raises(PermissionDenied):
            actions.approve(draft, by=checker.principal, publish_on=clock.today())

    def test_of_another_agency_neither_writes_nor_checks(self, item, draft, editor):
        stranger = cast.officer(Post.Role.EDITOR, agency="MZJ", name="外局编辑")
        with pytest.raises(PermissionDenied):
            actions.open_draft(item, by=stranger.principal)
        submitted(draft, editor)
        other = cast.officer(Post.Role.CHECKER, agency="MZJ", name="外局审核")
        with pytest.raises(PermissionDenied):
            actions.approve(draft, by=other.principal, publish_on=clock.today())
        assert Draft.objects.open_to(other.principal).count() == 0

    def test_of_the_agency_may(self, draft, editor):
        submitted(draft, editor)
        own = cast.officer(Post.Role.CHECKER, agency="WJJ", name="本局审核")
        actions.approve(draft, by=own.principal, publish_on=clock.today())
        assert Draft.objects.open_to(own.principal).get().checked_by == own.user

    def test_returns_it_with_remarks_at_the_fields(self, draft, editor, checker):
        submitted(draft, editor)
        with pytest.raises(ValueError, match="哪里要改"):
            actions.send_back(draft, by=checker.principal, remarks=[])
        actions.send_back(draft, by=checker.principal, remarks=[{"on": "plain_names", "text": "没人这么叫"}])
        assert (draft.state, draft.remarks[0]["on"], draft.remarks[0]["by"]) == ("returned", "plain_names", "叶青")
        actions.save(draft, by=editor.principal, values={"plain_names": ["老年卡"]})
        actions.submit(draft, by=editor.principal, note="改好了")
        assert draft.state == State.REVIEWING

    def test_while_it_is_checked_nobody_writes(self, draft, editor):
        submitted(draft, editor)
        with pytest.raises(WrongState):
            actions.save(draft, by=editor.principal, values={"summary": "再改一下"})
        actions.take_back(draft, by=editor.principal)
        actions.save(draft, by=editor.principal, values={"summary": "再改一下"})


class TestOnTheDay:
    @pytest.fixture
    def scheduled(self, draft, editor, checker):
        with time_machine.travel(dt.datetime(2026, 11, 27, 9, tzinfo=clock.SHANGHAI), tick=False):
            submitted(draft, editor)
            return actions.approve(draft, by=checker.principal, publish_on=dt.date(2026, 12, 1))

    def test_not_before_and_then_once(self, item, scheduled):
        with time_machine.travel(dt.datetime(2026, 11, 30, 23, 59, tzinfo=clock.SHANGHAI)):
            tasks.publish_due(0)
            item.refresh_from_db()
            assert item.current.number == 1
        with time_machine.travel(dt.datetime(2026, 12, 1, 0, 5, tzinfo=clock.SHANGHAI)):
            tasks.publish_due(0)
            tasks.publish_due(0)
        item.refresh_from_db()
        assert (item.current.number, item.guide.plain_names) == (2, ("敬老优惠新名",))
        assert (item.guide.updated, item.edited) == ("2026-12-01", True)
        events = list(Entry.objects.filter(kind="draft").order_by("seq").values_list("event", flat=True))
        assert events == [f"draft.{word}" for word in ("opened", "saved", "submitted", "approved", "published")]
        assert list(ledger.verify(flow.flowing_models())) == []

    def test_called_back_before_the_day(self, item, scheduled, checker):
        actions.recall(scheduled, by=checker.principal)
        with time_machine.travel(dt.datetime(2026, 12, 2, tzinfo=clock.SHANGHAI)):
            assert actions.publish_due() == []
        assert scheduled.state == State.DRAFTING

    def test_another_version_in_between_stops_it_and_says_why(self, item, scheduled):
        published(whole(summary="文件里又改了"))
        with time_machine.travel(dt.datetime(2026, 12, 2, tzinfo=clock.SHANGHAI)):
            assert actions.publish_due() == []
        scheduled.refresh_from_db()
        assert scheduled.state == State.RETURNED
        assert "新的版本" in scheduled.remarks[0]["text"]
        item.refresh_from_db()
        assert item.guide.summary == "文件里又改了"

    def test_no_date_in_the_past(self, draft, editor, checker):
        submitted(draft, editor)
        with pytest.raises(ValueError, match="从今天起"):
            actions.approve(draft, by=checker.principal, publish_on=clock.today() - dt.timedelta(days=1))


def test_rolling_back_is_a_draft_from_an_older_version(item, editor, checker):
    draft = submitted(actions.open_draft(item, by=editor.principal), editor)
    actions.approve(draft, by=checker.principal, publish_on=clock.today())
    actions.publish_due()
    item.refresh_from_db()
    back = actions.open_draft(item, by=editor.principal, version=item.versions.get(number=1))
    actions.submit(back, by=editor.principal, note="改错了，退回第 1 版")
    actions.approve(back, by=checker.principal, publish_on=clock.today())
    actions.publish_due()
    item.refresh_from_db()
    assert (item.current.number, item.guide.plain_names[0]) == (3, "老年证")


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_many_workers_publish_it_once():
    editor, checker = cast._of_the_district("editor", "苏文"), cast._of_the_district("checker", "叶青")
    item = published(whole())
    draft = submitted(actions.open_draft(item, by=editor.principal), editor)
    actions.approve(draft, by=checker.principal, publish_on=clock.today())
    done = at_once(actions.publish_due, 4)
    assert not [problem for problem in done if isinstance(problem, Exception)]
    assert sum(len(drafts) for drafts in done) == 1
    assert ItemVersion.objects.filter(item=item).count() == 2
    assert Entry.objects.filter(event="item.published", subject=item.code, data__version=2).count() == 1


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_many_editors_open_one_draft():
    editor = cast._of_the_district("editor", "苏文")
    item = published(whole())
    found = at_once(lambda: actions.open_draft(item, by=editor.principal).pk, 4)
    assert len(set(found)) == 1
