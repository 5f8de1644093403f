"""Writing, checking and publishing through the pages."""

import datetime as dt
import re
from html import unescape

import pytest
from django.http import QueryDict
from django.urls import reverse

from onewindow.catalogue import actions, drafting
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Draft, Item
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from onewindow.web.manage import typed
from onewindow.web.manage.sections import OF_FIELD, SECTIONS
from tests import cast
from tests.factories.catalogue import published, whole

State = Draft.State


@pytest.fixture
def item(db):
    return published(whole())


@pytest.fixture
def draft(item, editor):
    return actions.open_draft(item, by=editor.principal)


def address(draft, section):
    return reverse("manage-edit", args=[draft.pk, section])


def boxes(page):
    """What a browser would post: every box of the page's form as it stands."""
    text = page.content.decode()
    form = text[text.index('class="mg-form"') : text.index("</form>", text.index('class="mg-form"'))]
    post = QueryDict(mutable=True)
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or " checked" in tag):
            post.appendlist(name[1], unescape(value[1]) if value else "")
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        post.appendlist(name, unescape(value))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        post.appendlist(name, unescape(chosen[1]))
    return post


def post(member, draft, section, button="save", **changed):
    form = boxes(member.client.get(address(draft, section)))
    for name, value in changed.items():
        form[name.replace("__", ".")] = value
    form["_do"] = button
    return member.client.post(address(draft, section), form.urlencode(), "application/x-www-form-urlencoded")


def test_every_field_of_the_guide_stands_in_one_section():
    named = [name for section in SECTIONS.values() for name in section.fields]
    assert len(named) == len(set(named))
    assert set(named) == set(OF_FIELD) == set(Guide.model_fields) - {"code", "complete", "updated"}


@pytest.mark.parametrize("code", ["XDP0096", "XDA0106", "XDA0101"])
@pytest.mark.parametrize("section", SECTIONS)
def test_a_page_saved_as_it_stands_changes_nothing(db, editor, code, section):
    draft = actions.open_draft(published(whole(code)), by=editor.principal)
    before = drafting.read(draft.content).guide
    assert post(editor, draft, section).status_code == 302
    draft.refresh_from_db()
    assert drafting.read(draft.content).guide == before


def test_saving_nothing_new_leaves_no_trace(draft, editor):
    before = Entry.objects.count()
    post(editor, draft, "faq")
    assert Entry.objects.count() == before


ODD = [
    "materials.0=x", "materials.0.name.deeper=x", "materials.9999999.name=x", "materials.-1.name=x", "online=x",
    "promised.days=" + "9" * 400, "promised.days=1e309", "levels=moon", "materials.0.cites.0.cites.0.law=x", "_do=up:.",
    "_do=add:", "_do=restore", "code=XDX9999", "complete=yes", "result.shows=" + "=" * 50, "agency=NIX",
    "core=&core=yes", "steps.0.days=1e309", "steps.0.days=nan", "questions.0.min=-inf",
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("section", ["base", "materials", "steps", "questions"])
def test_nothing_posted_breaks_a_page_or_reaches_beyond_it(draft, editor, section, odd):
    answer = editor.client.post(address(draft, section), odd, "application/x-www-form-urlencoded")
    assert answer.status_code in {302, 409, 422}
    draft.refresh_from_db()
    assert draft.content["code"] == "XDP0096"
    assert "complete" not in draft.content
    for page in (
        address(draft, section),
        reverse("manage-draft", args=[draft.pk]),
        reverse("manage-preview", args=[draft.pk]),
    ):
        assert editor.client.get(page).status_code < 500


def test_from_the_item_to_the_draft_to_the_page(item, editor):
    page = editor.client.get(reverse("manage-item", args=[item.code])).content.decode()
    assert "编辑" in page
    response = editor.client.post(reverse("manage-draft-new", args=[item.code]))
    draft = Draft.objects.get()
    assert response["Location"] == address(draft, "base")
    assert "申领《四川省老年人优待证》" in editor.client.get(response["Location"]).content.decode()


def test_what_cannot_be_read_is_kept_and_said_beside_the_box(draft, editor):
    post(editor, draft, "steps", promised__days="三天")
    page = editor.client.get(address(draft, "steps")).content.decode()
    assert 'value="三天"' in page
    assert re.search(r'id="f-promised.days-told">.*?应是整数', page, re.S)
    assert 'aria-describedby="f-promised.days-told"' in page


def test_rules_speak_beside_the_box(draft, editor):
    post(editor, draft, "base", visits__count="1")
    page = editor.client.get(address(draft, "base")).content.decode()
    assert "全程网办的事项不用到现场，现在写的是 1 次。" in page


class TestRows:
    def papers(self, draft):
        draft.refresh_from_db()
        return [row.get("key") for row in draft.content.get("materials", [])]

    def test_one_is_added_moved_and_taken_out_without_scripts(self, draft, editor):
        before = self.papers(draft)
        response = post(editor, draft, "materials", "add:materials")
        assert response["Location"].endswith(f"#f-materials.{len(before)}")
        at = len(before)
        post(editor, draft, "materials", f"up:materials.{at}", **{
            f"materials__{at}__key": "lease", f"materials__{at}__name": "租房合同",
            "materials__0__why": "顺手也改了一句",
        })  # fmt: skip
        assert self.papers(draft) == [*before[:-1], "lease", before[-1]]
        assert draft.content["materials"][0]["why"] == "顺手也改了一句"
        post(editor, draft, "materials", "remove:materials.0")
        assert self.papers(draft) == [*before[1:-1], "lease", before[-1]]

    def test_what_was_taken_out_can_be_put_back(self, draft, editor):
        before = self.papers(draft)
        post(editor, draft, "materials", "remove:materials.1")
        page = editor.client.get(address(draft, "materials")).content.decode()
        assert "刚删去“近期1寸免冠照片”" in page
        post(editor, draft, "materials", "restore")
        assert self.papers(draft) == before

    def test_a_row_left_blank_goes_with_the_next_saving(self, draft, editor):
        before = self.papers(draft)
        post(editor, draft, "materials", "add:materials")
        assert len(self.papers(draft)) == len(before) + 1
        assert drafting.read(draft.content).guide is not None
        post(editor, draft, "materials")
        assert self.papers(draft) == before

    def test_rows_within_rows(self, draft, editor):
        post(editor, draft, "form", "add:form.pages.0.fields")
        post(editor, draft, "questions", "add:questions.1.choices")
        draft.refresh_from_db()
        assert draft.content["form"]["pages"][0]["fields"][-1] == {}
        assert draft.content["questions"][1]["choices"][-1] == {}

    @pytest.mark.parametrize(
        "button", ["remove:materials.99", "up:nothing.1", "add:materials.0.name", "add:code", "x:y"]
    )
    def test_a_button_that_is_none_does_nothing(self, draft, editor, button):
        before = self.papers(draft)
        assert post(editor, draft, "materials", button).status_code == 302
        assert self.papers(draft) == before

    def test_no_end_of_rows_and_no_bottomless_place(self):
        many = QueryDict("&".join(f"faq.{n}.q=x" for n in range(900)))
        assert len(typed.read(SECTIONS["faq"], many)["faq"]) == typed.MOST_ROWS
        deep = QueryDict("form.pages.0." + "fields.0." * 40 + "key=x")
        assert typed.read(SECTIONS["form"], deep)


def test_the_second_of_two_is_told_and_loses_nothing(draft, editor):
    other = cast._of_the_district("editor", "第二位编辑")
    seen = boxes(other.client.get(address(draft, "base")))
    post(editor, draft, "base", summary="甲改的一句话")
    seen["summary"], seen["_do"] = "乙改的一句话", "save"
    refused = other.client.post(address(draft, "base"), seen.urlencode(), "application/x-www-form-urlencoded")
    page = refused.content.decode()
    assert refused.status_code == 409
    assert ">乙改的一句话</textarea>" in page
    assert "别人已经改过并保存了" in page
    assert "<del>甲" in page
    again = boxes(refused)
    again["_do"] = "save"
    assert (
        other.client.post(address(draft, "base"), again.urlencode(), "application/x-www-form-urlencoded").status_code
        == 302
    )
    draft.refresh_from_db()
    assert draft.content["summary"] == "乙改的一句话"


class TestChecking:
    @pytest.fixture
    def sent(self, draft, editor):
        post(editor, draft, "base", plain_names="老年证\n老年优惠证")
        editor.client.post(reverse("manage-act", args=[draft.pk, "submission"]), {"note": "加俗称"})
        draft.refresh_from_db()
        return draft

    def act(self, member, draft, act, **data):
        response = member.client.post(reverse("manage-act", args=[draft.pk, act]), data)
        draft.refresh_from_db()
        return response

    def test_the_checker_sees_both_sides_and_publishes_today(self, sent, editor, checker, client):
        page = checker.client.get(reverse("manage-draft", args=[sent.pk])).content.decode()
        assert "日常用语" in page
        assert "<ins>" in page
        self.act(checker, sent, "approval", publish_on=str(clock.today()))
        assert (sent.state, sent.version.number) == (State.PUBLISHED, 2)
        assert "老年优惠证" in client.get(f"/items/{sent.code}/").content.decode()

    def test_on_a_later_day_it_waits(self, sent, checker):
        day = clock.today() + dt.timedelta(days=3)
        self.act(checker, sent, "approval", publish_on=str(day))
        assert (sent.state, sent.publish_on) == (State.APPROVED, day)
        assert Item.objects.get(pk=sent.code).current.number == 1

    def test_the_author_is_not_offered_it_and_is_refused(self, sent, editor):
        page = editor.client.get(reverse("manage-draft", args=[sent.pk])).content.decode()
        assert "要由另一位同事审核" in page
        assert "审核通过" not in page
        assert self.act(editor, sent, "approval", publish_on=str(clock.today())).status_code == 403
        assert sent.state == State.REVIEWING

    def test_it_comes_back_with_remarks_at_the_fields(self, sent, editor, checker):
        assert self.act(checker, sent, "return").status_code == 422
        self.act(checker, sent, "return", **{"remark.plain_names": "没人这么叫", "general": "再核对一遍"})
        assert sent.state == State.RETURNED
        page = editor.client.get(address(sent, "base")).content.decode()
        assert "叶青：没人这么叫" in page

    def test_a_refused_act_keeps_what_was_written(self, sent, checker, editor):
        self.act(editor, sent, "withdrawal")
        refused = self.act(checker, sent, "return", **{"remark.plain_names": "没人这么叫", "seen": "1"})
        assert refused.status_code == 409
        self.act(editor, sent, "submission", note="再送")
        page = self.act(checker, sent, "approval", publish_on="2001-01-01")
        assert page.status_code == 422
        assert "从今天起" in page.content.decode()

    def test_discarding_leaves_the_version_alone(self, sent, editor):
        self.act(editor, sent, "withdrawal")
        self.act(editor, sent, "discard")
        assert sent.state == State.DISCARDED
        assert Item.objects.get(pk=sent.code).current.number == 1

    def test_lists_say_whose_turn_it_is(self, sent, editor, checker):
        assert "申领" in checker.client.get("/manage/?view=check").content.decode()
        assert "没有等您审核的草稿" in editor.client.get("/manage/?view=check").content.decode()
        assert "申领" in editor.client.get("/manage/?view=mine").content.decode()


def test_any_two_versions_are_compared_and_an_old_one_is_taken_up_again(item, editor, checker):
    published(whole(summary="第二版的说明"))
    published(whole(summary="第三版的说明"))
    page = editor.client.get(reverse("manage-comparison", args=[item.code]), {"a": "3", "b": "2"}).content.decode()
    assert "<del>二</del>" in page or "<del>第二版</del>" in page
    editor.client.post(reverse("manage-draft-new", args=[item.code]), {"version": "2"})
    draft = Draft.objects.get()
    assert (draft.content["summary"], draft.base.number) == ("第二版的说明", 3)
    assert editor.client.get(reverse("manage-comparison", args=[item.code]), {"a": "1", "b": "9"}).status_code == 404


def test_the_preview_is_the_guide_page_with_its_checklist(draft, editor):
    post(editor, draft, "base", summary="草稿里的新说明")
    page = editor.client.get(reverse("manage-preview", args=[draft.pk]), {"who": "proxy"}).content.decode()
    assert "草稿里的新说明" in page
    assert "这是草稿的样子" in page
    assert "开始申请" not in page
    assert "代办人的居民身份证" in page
    fragment = editor.client.get(
        reverse("manage-preview", args=[draft.pk]), {"who": "self"}, headers={"HX-Request": "true"}
    )
    assert "<html" not in fragment.content.decode()
    post(editor, draft, "steps", promised__days="三")
    assert editor.client.get(reverse("manage-preview", args=[draft.pk])).status_code == 409


def test_pages_cost_the_same_for_many_drafts(editor, checker, item, django_assert_max_num_queries):
    for n in range(12):
        actions.begin(
            drafting.content_of(whole()) | {"code": f"XDX{n:04}", "name": f"第 {n} 件"}, by=editor.principal, base=None
        )
    with django_assert_max_num_queries(6):
        assert "第 11 件" in editor.client.get("/manage/").content.decode()


def test_markup_in_a_draft_stays_text(draft, editor):
    post(editor, draft, "base", summary="<script>alert(1)</script>")
    for page in (
        address(draft, "base"),
        reverse("manage-draft", args=[draft.pk]),
        reverse("manage-preview", args=[draft.pk]),
    ):
        assert "<script>alert" not in editor.client.get(page).content.decode()
