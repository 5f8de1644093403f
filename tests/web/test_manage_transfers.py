"""A transfer through the pages: planned, refused where nobody could act there, approved, carried out, seen by all."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from onewindow.cases import transfers
from onewindow.cases.actions import intake
from onewindow.cases.models import Transfer
from onewindow.catalogue import actions, sheets
from onewindow.catalogue.models import Item
from onewindow.kernel import clock
from tests import cast
from tests.factories import applications, cases
from tests.factories.catalogue import agency, published
from tests.factories.catalogue import whole as guide

CODE = "XDP0096"


@pytest.fixture
def filed(db, citizen):
    by = citizen.principal
    return intake.submit(applications.fill(cases.draft(published(guide(CODE)), by), by), by=by)


@pytest.fixture
def there(db):
    """The officers of the new agency."""
    agency("XSPJ")
    return [cast.officer(role, agency="XSPJ", name=f"承接{role}") for role in ("clerk", "reviewer", "decider")]


def typed(**changes):
    return {
        "giver": "WJJ", "taker": "XSPJ", "document": "新府发〔2026〕9号", "basis": "行政许可法第二十五条",
        "effective_on": str(clock.today()), "items": CODE, "preset": "all",
    } | changes  # fmt: skip


def planned(editor, **changes) -> Transfer:
    answer = editor.client.post(reverse("manage-transfer-new"), typed(**changes))
    assert answer.status_code == 302, answer.content.decode()
    return Transfer.objects.latest("pk")


def act(member, plan, slug, **said):
    answer = member.client.post(reverse("manage-transfer-act", args=[plan.pk, slug]), said)
    plan.refresh_from_db()
    return answer


def page(member, name, *args) -> str:
    return member.client.get(reverse(name, args=args)).content.decode()


def test_from_the_plan_to_the_new_agency(filed, there, editor, checker, citizen, clerk):
    plan = planned(editor)
    shown = page(editor, "manage-transfer", plan.pk)
    assert "件草稿和在办的件" in shown and "移送承接机关" in shown
    act(editor, plan, "proposal")
    assert "要由另一位同事批准" in page(editor, "manage-transfer", plan.pk)
    assert act(editor, plan, "approval").status_code == 403
    act(checker, plan, "approval")
    assert plan.state == Transfer.State.APPROVED
    transfers.run()
    assert "在办的件移送 <b>1</b> 件" in page(checker, "manage-transfer", plan.pk)
    mine = page(citizen, "my-case", filed.number)
    assert "现在由成都市新都区行政审批局办理" in mine and "移送通知书" in mine
    theirs = page(there[0], "desk-case", filed.number)
    assert 'action="/desk/cases/' in theirs and "由成都市新都区卫健局移送" in theirs
    ours = page(clerk, "desk-case", filed.number)
    assert "您可以查看办过的内容" in ours and "acceptance/" not in ours
    assert clerk.client.post(reverse("desk-act", args=[filed.number, "acceptance"])).status_code == 403
    back = editor.client.get(
        reverse("manage-transfer-new"), {"back": plan.pk}
    ).content.decode()  # fmt: skip
    assert '<option value="XSPJ" selected>' in back and CODE in back


def test_nobody_at_the_new_agency_blocks_it_with_a_sentence(filed, editor):
    agency("XSPJ")
    plan = planned(editor)
    assert "还没有人在“窗口受理岗”" in page(editor, "manage-transfer", plan.pk)
    refused = act(editor, plan, "proposal")
    assert refused.status_code == 422 and plan.state == Transfer.State.DRAFTING


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"taker": "WJJ"}, "同一个"), ({"document": ""}, "文号"), ({"effective_on": "2020-01-01"}, "从今天起"),
        ({"basis": ""}, "写明依据"), ({"preset": "x"}, ""),
    ],
)  # fmt: skip
def test_a_plan_that_lacks_something_keeps_what_was_typed(filed, there, editor, changes, said):
    answer = editor.client.post(reverse("manage-transfer-new"), typed(**changes))
    text = answer.content.decode()
    assert answer.status_code == 422 and said in text and CODE in text
    assert not Transfer.objects.exists()


def test_by_stage_and_all_items_of_the_agency(filed, there, editor):
    published(guide("XDA0106", agency="WJJ"))
    plan = planned(editor, preset="by_stage", stage_filed="stay", items="", all_items="yes")
    assert plan.items == sorted(Item.objects.filter(agency="WJJ").values_list("code", flat=True))
    assert (plan.rule["filed"], plan.rule["accepted"]) == ("stay", "move")
    edit = page(editor, "manage-transfer-edit", plan.pk)
    assert 'value="by_stage" checked' in edit


def test_returned_with_words_and_cancelled(filed, there, editor, checker):
    plan = planned(editor)
    act(editor, plan, "proposal")
    assert act(checker, plan, "return").status_code == 422
    act(checker, plan, "return", remark="文号不对")
    assert "文号不对" in page(editor, "manage-transfer", plan.pk)
    act(editor, plan, "cancellation")
    assert plan.state == Transfer.State.CANCELLED


class TestWorkbook:
    def upload(self, editor, plan, rows):
        book = SimpleUploadedFile("清单.xlsx", sheets.plain_workbook("划转事项", rows))
        answer = editor.client.post(reverse("manage-transfer-items", args=[plan.pk]), {"workbook": book}, follow=True)
        plan.refresh_from_db()
        return answer.content.decode()

    def test_out_and_in_again_is_the_same(self, filed, there, editor):
        plan = planned(editor)
        out = editor.client.get(reverse("manage-transfer-items", args=[plan.pk]))
        book = SimpleUploadedFile("清单.xlsx", io.BytesIO(out.content).read())
        editor.client.post(reverse("manage-transfer-items", args=[plan.pk]), {"workbook": book})
        plan.refresh_from_db()
        assert plan.items == [CODE]

    def test_faults_name_the_row_and_change_nothing(self, filed, there, editor):
        published(guide("XDA0106", agency="MZJ"))
        plan = planned(editor)
        text = self.upload(editor, plan, [["事项编号"], [CODE], ["XDX9999"], ["XDA0106"]])
        assert "第 3 行：没有编号为“XDX9999”的事项" in text and "第 4 行" in text
        assert plan.items == [CODE]
        assert "没有“事项编号”这一列" in self.upload(editor, plan, [["编号"], [CODE]])

    def test_only_while_it_is_being_written(self, filed, there, editor):
        plan = planned(editor)
        act(editor, plan, "proposal")
        book = SimpleUploadedFile("清单.xlsx", sheets.plain_workbook("划转事项", [["事项编号"], [CODE]]))
        answer = editor.client.post(reverse("manage-transfer-items", args=[plan.pk]), {"workbook": book})
        assert answer.status_code == 409


def test_an_editor_does_not_move_an_item_by_a_draft(filed, there, editor):
    draft = actions.open_draft(Item.objects.get(pk=CODE), by=editor.principal)
    actions.save(draft, by=editor.principal, values={"agency": "XSPJ"})
    with pytest.raises(ValueError, match="职权划转"):
        actions.submit(draft, by=editor.principal, note="换主体")
