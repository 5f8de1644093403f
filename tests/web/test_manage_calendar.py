"""工作日历 on its pages: a list taken in, seen, applied, undone; who may; what everybody sees."""

import io
import json
from datetime import date

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from onewindow.cases import calendar_work
from onewindow.cases.actions import intake
from onewindow.cases.models import CalendarChange
from onewindow.catalogue.sheets import plain_workbook
from onewindow.kernel import clock
from onewindow.kernel.progress import Progress
from tests.cases.conftest import post, submitted
from tests.cases.test_calendar import LICENCE, NEXT_YEAR

HEAD = ["日期", "安排", "名称"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def december(db, time_machine):
    time_machine.move_to("2026-12-15 10:00+08:00")
    clock.load_holidays(settings.DATA_DIR / "holidays.json")


def accepted():
    case = submitted(LICENCE, statutory={"days": 45}, promised=None)
    return intake.accept(case, by=post(case, "clerk"))


def given(content, name="2027.json", source="国办发明电〔2026〕9号"):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {"list": SimpleUploadedFile(name, data), "source": source}


def page_of(who, change):
    return who.client.get(reverse("manage-calendar-change", args=[change.pk])).content.decode()


def sent(who, content=None, **more):
    response = who.client.post(reverse("manage-calendar"), given(content or NEXT_YEAR, **more), follow=True)
    return response, CalendarChange.objects.order_by("-pk").first()


def preview(who, content=None, **more):
    """Sent, counted by the worker, and looked at again."""
    _, change = sent(who, content, **more)
    calendar_work.run()
    change.refresh_from_db()
    return page_of(who, change), change


def act(who, change, name, **data):
    return who.client.post(reverse(f"manage-calendar-{name}", args=[change.pk]), data, follow=True)


def applied(who, change):
    change.refresh_from_db()
    act(who, change, "application", seen=change.revision)
    calendar_work.run()
    return page_of(who, change)


def cells(response):
    return CalamineWorkbook.from_object(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()


def test_upload_preview_apply_and_the_report_kept(operator):
    case = accepted()
    page, change = preview(operator)
    assert "预览，还没有启用" in page and "2月17日" in page and "2月24日" in page and case.number in page
    assert case.number in str(cells(operator.client.get(reverse("manage-calendar-report", args=[change.pk]))))
    page = applied(operator, change)
    assert "已启用，第 2 版" in page and "下载前后对照" in page and "蒋维 · 启用" in page
    case.refresh_from_db()
    assert case.statutory_due == date(2027, 2, 24)
    rows = cells(operator.client.get(reverse("manage-calendar-report", args=[change.pk])))
    assert [case.number, date(2027, 2, 17), date(2027, 2, 24), 7.0, "延后"] == [rows[-2][n] for n in (0, 4, 5, 6, 7)]
    assert "国办发明电〔2026〕9号" in operator.client.get(reverse("manage-calendar")).content.decode()


def test_a_year_goes_out_as_a_workbook_and_comes_in_the_same(operator):
    rows = cells(operator.client.get(reverse("manage-calendar-year", args=[2026])))
    assert rows[0][:3] == ["日期", "安排", "名称"] and len(rows) == 40
    rows = [row for row in rows if row[0] != date(2026, 1, 1)]
    _, change = preview(operator, plain_workbook("2026年", rows), name="2026.xlsx")
    page = operator.client.get(reverse("manage-calendar-change", args=[change.pk])).content.decode()
    assert "1 天和原来不同" in page and "元旦放假" in page and "已经过去" in page


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"not a workbook", "a.xlsx", "不是可以读取的工作簿"),
        (b"{", "a.json", "不是可以读取的 JSON"),
        ({"years": {"2027": {"holidays": [{"date": "2027-13-01"}]}}}, "a.json", "不是日期"),
        ({"years": {}}, "a.json", "没有 years"),
        (plain_workbook("x", [HEAD, ["2027-01-01", "休息", "元旦"]]), "a.xlsx", "第 2 行：安排只能写"),
        (plain_workbook("x", [HEAD, ["明天", "放假", "元旦"]]), "a.xlsx", "第 2 行：“明天”不是日期"),
        (plain_workbook("x", [["Tag", "Art"]]), "a.xlsx", "第一行应是标题"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_read_says_where(operator, content, name, said):
    response, change = sent(operator, content, name=name)
    assert response.status_code == 422 and change is None
    assert said in response.content.decode() and "国办发明电〔2026〕9号" in response.content.decode()


def test_one_day_by_announcement_and_back(operator):
    case = accepted()
    day = {"day": "2026-12-24", "working": "0", "name": "暴雨停工", "day_source": "区政府公告第3号"}
    response = operator.client.post(reverse("manage-calendar-day"), day, follow=True)
    change = CalendarChange.objects.get()
    assert "暴雨停工放假" in response.content.decode()
    calendar_work.run()
    applied(operator, change)
    case.refresh_from_db()
    assert case.statutory_due == date(2027, 2, 18)
    page = act(operator, change, "reversal").content.decode()
    assert "恢复第 1 版日历" in page and "正在计算" in page
    calendar_work.run()
    applied(operator, CalendarChange.objects.latest("pk"))
    case.refresh_from_db()
    assert case.statutory_due == date(2027, 2, 17)
    refused = operator.client.post(reverse("manage-calendar-day"), day | {"working": "1"})
    assert refused.status_code == 422 and "现在就是工作日" in refused.content.decode()
    assert "暴雨停工" in refused.content.decode()  # what was typed is still there


def test_the_page_says_how_far_the_worker_is(operator, time_machine, monkeypatch):
    accepted()
    response, change = sent(operator)
    page = response.content.decode()
    assert "已经交给后台，马上开始" in page and "every 2s" in page and "启用这份日历" not in page
    assert "正在计算" in operator.client.get(reverse("manage-calendar")).content.decode()
    monkeypatch.setattr(calendar_work, "progress", lambda change: Progress(3000, 20004))
    assert "<b>3000</b> / 20004 件在办件" in page_of(operator, change)
    monkeypatch.undo()
    time_machine.move_to("2026-12-15 10:05+08:00")
    assert "后台可能没有在运行" in page_of(operator, change)
    calendar_work.run()
    page = page_of(operator, change)
    assert "启用这份日历" in page and "every 2s" not in page


def test_what_did_not_work_says_why(operator):
    _, first = preview(operator)
    day = {"day": "2026-12-24", "working": "0", "name": "暴雨停工", "day_source": "区政府公告第3号"}
    operator.client.post(reverse("manage-calendar-day"), day)
    calendar_work.run()
    second = CalendarChange.objects.latest("pk")
    for change in (first, second):
        change.refresh_from_db()
        page = act(operator, change, "application", seen=change.revision).content.decode()
        assert "正在启用这份日历" in page
    calendar_work.run()
    page = page_of(operator, second)
    assert "没有做成" in page and "重新预览" in page and "启用这份日历" in page


def test_a_preview_given_up_moves_nothing(operator):
    _, change = preview(operator)
    assert "已放弃" in act(operator, change, "withdrawal").content.decode()
    assert act(operator, change, "application", seen=1).status_code == 409
    assert clock.in_force() == 1


def test_officers_read_only_the_keepers_change(operator, clerk, citizen):
    _, change = preview(operator)
    assert "上传全年安排" not in clerk.client.get(reverse("manage-calendar")).content.decode()
    assert "启用这份日历" not in clerk.client.get(reverse("manage-calendar-change", args=[change.pk])).content.decode()
    for who in (clerk, citizen):
        for name in ("application", "withdrawal", "reversal"):
            assert act(who, change, name).status_code == 404
        assert who.client.post(reverse("manage-calendar"), given(NEXT_YEAR)).status_code == 404
    assert citizen.client.get(reverse("manage-calendar-change", args=[change.pk])).status_code == 404
    change.refresh_from_db()
    assert change.state == "proposed"


def test_the_page_asks_as_often_for_thirty_moves_as_for_three(operator):
    counts = []
    for more in (3, 27):
        for _ in range(more):
            accepted()
        _, change = preview(operator)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            operator.client.get(reverse("manage-calendar-change", args=[change.pk]))
        counts.append(len(asked))
        act(operator, change, "withdrawal")
    assert counts[0] == counts[1]


def test_everybody_sees_the_year(client):
    page = client.get(reverse("calendar"), follow=True).content.decode()
    assert "2026 年本区工作日历" in page and "248 个工作日" in page and "国庆节" in page and "10月10日" in page
    page = client.get(reverse("calendar-year", args=[2027])).content.decode()
    assert "还没有公布放假安排" in page
    assert client.get(reverse("calendar-year", args=[1850])).status_code == 404


def test_without_a_calendar_pages_say_so_and_guess_nothing(client, operator):
    from onewindow.kernel.models import CalendarDay, CalendarYear

    CalendarDay.objects.all().delete()
    CalendarYear.objects.all().delete()
    clock.forget()
    response = client.get(reverse("calendar-year", args=[2026]))
    assert response.status_code == 503 and "期限现在算不出来" in response.content.decode()
    assert "现在没有可用的工作日历" in operator.client.get(reverse("manage-calendar")).content.decode()
