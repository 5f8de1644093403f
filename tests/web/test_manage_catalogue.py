"""The health of the catalogue, and workbooks through the pages."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from onewindow.accounts.models import Post
from onewindow.catalogue import publish, sheets
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Draft, Item
from tests import cast
from tests.factories.catalogue import published, whole

PAGE = "/manage/catalogue/"


@pytest.fixture
def catalogue(db):
    """One complete guide, one that breaks two rules, one of another agency without any basis."""
    published(whole("XDP0096"))
    published(whole("XDA0106", conditions=[], fee_note="", fees=[]))
    published(whole("XDP0052", basis=[], updated="2020-01-01"))


def numbered(code, **changes):
    return Guide.model_validate(whole(**changes).model_dump() | {"code": code})


def listed(member, **wanted):
    text = member.client.get(PAGE, wanted).content.decode()
    body = text[text.find('aria-label="事项列表"') : text.find("</main>")]
    return {item.code for item in Item.objects.all() if f"/manage/catalogue/{item.code}/" in body}


@pytest.mark.parametrize(("wanted", "found"), [
    ({}, {"XDP0096", "XDA0106", "XDP0052"}), ({"state": "complete"}, {"XDP0096"}),
    ({"state": "incomplete"}, {"XDA0106", "XDP0052"}), ({"state": "uncited"}, {"XDP0052"}),
    ({"state": "stale"}, {"XDP0052"}), ({"rule": "E2"}, {"XDA0106"}), ({"rule": "R6", "agency": "MZJ"}, set()),
    ({"agency": "MZJ"}, {"XDP0052"}), ({"q": "公共场所"}, {"XDA0106"}), ({"q": "xdp0096"}, {"XDP0096"}),
    ({"state": "nonsense", "rule": "R99"}, {"XDP0096", "XDA0106", "XDP0052"}),
    ({"core": "1", "state": "edited"}, set()),
])  # fmt: skip
def test_one_finds_what_is_wrong_by_state_rule_agency_and_name(catalogue, editor, wanted, found):
    assert listed(editor, **wanted) == found


def test_figures_by_rule_and_by_agency(catalogue, checker):
    text = checker.client.get(PAGE).content.decode()
    assert "<b>3</b> 项" in text
    for said in ("有受理条件", "收费写全", "有设定依据", "区民政局", "按规则", "按部门"):
        assert said in text


def test_the_page_costs_the_same_for_three_items_and_for_thirty(catalogue, editor):
    editor.client.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as few:
        editor.client.get(PAGE)
    for n in range(27):
        published(numbered(f"XDX{n:04}", basis=[] if n % 2 else [{"law": "《某法》"}]))
    with CaptureQueriesContext(connection) as many:
        editor.client.get(PAGE)
    assert len(many) == len(few) <= 12


def test_pages_follow_each_other(editor, db):
    for n in range(60):
        published(numbered(f"XDX{n:04}"))
    text = editor.client.get(PAGE).content.decode()
    assert "after=XDX0049" in text
    assert listed(editor, after="XDX0049") == {f"XDX{n:04}" for n in range(50, 60)}


def test_the_report_has_every_sentence(catalogue, editor):
    book = load_workbook(io.BytesIO(editor.client.get(reverse("manage-report"), {"state": "incomplete"}).content))
    rows = list(book["目录体检"].iter_rows(values_only=True))
    assert rows[0][0] == "事项编号"
    told = {row[0]: row[-1] for row in rows[1:]}
    assert set(told) == {"XDA0106", "XDP0052"}
    assert "E2 没有受理条件" in told["XDA0106"]


def test_out_and_in_again_through_the_pages(catalogue, editor):
    response = editor.client.get(reverse("manage-export"), {"code": ["XDP0096", "XDA0106"]})
    assert "UTF-8''" in response["Content-Disposition"]
    book = load_workbook(io.BytesIO(response.content))
    sheet = book["常见问题"]
    sheet.append(["XDA0106", 9, "要带公章吗？", "不用。"])
    out = io.BytesIO()
    book.save(out)
    file = SimpleUploadedFile("实施清单.xlsx", out.getvalue())
    response = editor.client.post(reverse("manage-import"), {"workbook": file}, follow=True)
    assert "已建立 1 份草稿，1 项与现在的版本相同" in response.content.decode()
    assert Draft.objects.get().content["faq"][-1] == {"q": "要带公章吗？", "a": "不用。"}


def test_a_faulty_workbook_is_refused_with_its_faults(catalogue, editor):
    book = load_workbook(io.BytesIO(sheets.workbook([publish.body(whole())])))
    book["材料"].cell(2, 3).value = "大写 A"
    out = io.BytesIO()
    book.save(out)
    response = editor.client.post(reverse("manage-import"), {"workbook": SimpleUploadedFile("x.xlsx", out.getvalue())})
    assert response.status_code == 422
    assert "什么也没有导入" in response.content.decode()
    assert "材料 · 第 1 行 · 代号" in response.content.decode()
    assert editor.client.post(reverse("manage-import")).status_code == 422


def test_an_export_of_nothing_does_not_exist(catalogue, editor):
    assert editor.client.get(reverse("manage-export"), {"code": "NIX"}).status_code == 404


def test_too_many_at_once_are_refused_with_what_to_do(catalogue, editor, monkeypatch):
    monkeypatch.setattr("onewindow.web.manage.catalogue.MOST_OUT", 2)
    response = editor.client.get(reverse("manage-export"), {"core": "1"}, follow=True)
    assert "一次最多导出 2 项" in response.content.decode()


class TestNewItem:
    GIVEN = {"code": "XDX0001", "name": "某事登记", "kind": "行政确认", "agency": "WJJ"}

    def test_begins_as_a_draft_that_says_what_is_missing(self, catalogue, editor):
        response = editor.client.post(reverse("manage-item-new"), self.GIVEN, follow=True)
        draft = Draft.objects.get()
        assert (draft.code, draft.base, draft.agency_id) == ("XDX0001", None, "WJJ")
        assert "基本信息" in response.content.decode()
        page = editor.client.get(reverse("manage-draft", args=[draft.pk])).content.decode()
        assert "没有设定依据" in page
        assert not Item.objects.filter(pk="XDX0001").exists()

    @pytest.mark.parametrize(("change", "said"), [
        ({"code": "XDP0096"}, "已有这个编号"), ({"code": "写字"}, "编号只能用"), ({"name": ""}, "请填事项名称"),
        ({"agency": ""}, "请选实施主体"),
    ])  # fmt: skip
    def test_faults_stand_beside_the_box(self, catalogue, editor, change, said):
        response = editor.client.post(reverse("manage-item-new"), self.GIVEN | change)
        assert response.status_code == 422
        assert said in response.content.decode()

    def test_only_for_the_own_agency(self, catalogue):
        own = cast.officer(Post.Role.EDITOR, agency="MZJ", name="民政局编辑")
        response = own.client.post(reverse("manage-item-new"), self.GIVEN)
        assert response.status_code == 422
        assert not Draft.objects.exists()
