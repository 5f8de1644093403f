"""Workbooks in the shape of the national implementation list: out, in, and the same guide again."""

import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from onewindow.accounts.models import Post
from onewindow.catalogue import actions, drafting, publish, sheets, workbooks
from onewindow.catalogue.models import Draft
from tests import cast
from tests.factories.catalogue import published, whole

CODES = ["XDP0096", "XDA0106", "XDA0101", "XDP0282", "XDA0421"]


def opened(data):
    return load_workbook(io.BytesIO(data))


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def column(sheet, heading):
    return next(cell.column for cell in sheet[1] if cell.value == heading)


@pytest.mark.parametrize("code", CODES)
def test_what_is_written_and_read_back_is_the_same_guide(code):
    guide = whole(code)
    contents = sheets.read(sheets.workbook([publish.body(guide)]))
    assert contents.faults == []
    assert drafting.read(contents.found[code]).guide == drafting.read(drafting.content_of(guide)).guide


def test_many_items_share_a_workbook_with_chinese_headings():
    book = opened(sheets.workbook(publish.body(whole(code)) for code in CODES))
    assert book.sheetnames[:3] == ["基本信息", "设定依据", "问题"]
    assert {"材料", "环节", "收费", "常见问题", "情形", "表单字段", "办理地点"} <= set(book.sheetnames)
    assert [cell.value for cell in book["材料"][1]][:4] == ["事项编号", "序号", "代号", "材料名称"]
    assert [row[0].value for row in book["基本信息"].iter_rows(min_row=2)] == CODES
    assert "要求提供的依据" not in [cell.value for cell in book["材料"][1]]


def test_what_looks_like_a_formula_stays_text():
    book = opened(sheets.workbook([publish.body(whole(summary='=HYPERLINK("http://x")', short_name="+1"))]))
    sheet = book["基本信息"]
    cell = sheet.cell(2, column(sheet, "一句话说明"))
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("http://x")')


class TestTakingIn:
    @pytest.fixture
    def item(self, db):
        return published(whole())

    @pytest.fixture
    def book(self, item):
        return opened(sheets.workbook([item.current.body]))

    def test_changed_items_become_drafts_and_the_same_ones_do_not(self, item, book, editor):
        assert workbooks.take_in(saved(book), by=editor.principal).same == 1
        sheet = book["材料"]
        sheet.cell(2, column(sheet, "材料名称")).value = "老人的身份证"
        sheet.delete_rows(3)
        outcome = workbooks.take_in(saved(book), by=editor.principal)
        assert (outcome.faults, len(outcome.drafts)) == ([], 1)
        draft = Draft.objects.get()
        assert draft.content["materials"][0]["name"] == "老人的身份证"
        assert len(draft.content["materials"]) == len(item.guide.materials) - 1
        assert draft.base == item.current

    def test_a_new_item_is_a_draft_without_a_base(self, book, editor, checker):
        for sheet in book:
            for row in range(2, sheet.max_row + 1):
                sheet.cell(row, 1).value = "XDX0001"
        draft = workbooks.take_in(saved(book), by=editor.principal).drafts[0]
        assert draft.base is None
        actions.submit(draft, by=editor.principal, note="新事项")
        actions.approve(draft, by=checker.principal, publish_on=actions.clock.today())
        actions.publish_due()
        draft.refresh_from_db()
        assert draft.version.item.complete

    @pytest.mark.parametrize(("name", "row", "heading", "value", "said"), [
        ("材料", 2, "原件份数", "两份", "工作表“材料” 第 2 行 “原件份数”：应是数字，现在是“两份”。"),
        ("环节", 2, "用时（天）", "nan", "工作表“环节” 第 2 行 “用时（天）”：应是数字，现在是“nan”。"),
        ("材料", 3, "必要性", "必须",
         "工作表“材料” 第 3 行 “必要性”：只能是必要、视情形、可容缺、非必要，现在是“必须”。"),
        ("材料", 2, "事项编号", "XDP9999", "工作表“材料” 第 2 行 “事项编号”：“基本信息”里没有“XDP9999”。"),
        ("问题选项", 2, "所属", "9", "工作表“问题选项” 第 2 行 “所属”：上一级里没有“9”这一项。"),
        ("环节", 1, "环节名称", "步骤", "工作表“环节” 第 1 行：没有“步骤”这一列。"),
        ("受理条件", 2, "怎么判断", "years > 1", "XDP0096 受理条件 · 第 1 行 · 怎么判断：不认识的变量“years”。"),
        ("基本信息", 2, "实施主体", "NIX", "XDP0096 实施主体：没有代码为“NIX”的部门。"),
        ("基本信息", 2, "事项编号", None, "工作表“基本信息” 第 2 行 “事项编号”：请填事项编号。"),
    ])  # fmt: skip
    def test_faults_name_sheet_row_and_column_and_nothing_is_half_done(
        self, book, editor, name, row, heading, value, said
    ):
        sheet = book[name]
        sheet.cell(row, column(sheet, heading)).value = value
        outcome = workbooks.take_in(saved(book), by=editor.principal)
        assert said in outcome.faults
        assert not Draft.objects.exists()

    def test_one_item_of_another_agency_stops_them_all(self, item, editor):
        published(whole("XDA0106"))
        own = cast.officer(Post.Role.EDITOR, agency="WJJ", name="卫健局编辑")
        book = opened(sheets.workbook([whole_body("XDP0096", "新说明"), whole_body("XDA0106", "新说明")]))
        outcome = workbooks.take_in(saved(book), by=own.principal)
        assert outcome.faults == ["XDA0106：您没有编辑这件事项的权限。"]
        assert not Draft.objects.exists()

    def test_an_unfinished_draft_is_not_overwritten(self, item, book, editor):
        actions.open_draft(item, by=editor.principal)
        sheet = book["基本信息"]
        sheet.cell(2, column(sheet, "一句话说明")).value = "表格里改的"
        assert "已有一份没完成的草稿" in workbooks.take_in(saved(book), by=editor.principal).faults[0]

    def test_odd_codes_are_mentioned_and_taken_in(self, book, editor):
        sheet = book["基本信息"]
        sheet.cell(2, column(sheet, "基本编码")).value = "123"
        outcome = workbooks.take_in(saved(book), by=editor.principal)
        assert len(outcome.drafts) == 1
        assert "“123”不像基本编码" in outcome.warnings[0]

    @pytest.mark.parametrize("data", [b"", b"no workbook", saved(Workbook())])
    def test_what_is_no_such_workbook_says_so(self, db, editor, data):
        assert workbooks.take_in(data, by=editor.principal).faults


def whole_body(code, summary):
    return publish.body(whole(code, summary=summary))


def test_a_workbook_that_unfolds_without_end_is_not_opened():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (sheets.MOST_BYTES + 1))
    assert "太大" in sheets.read(out.getvalue()).faults[0]
