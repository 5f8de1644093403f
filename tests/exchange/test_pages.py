"""The operator's pages and the office's: who may open them, what they say, what they keep and never show."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from onewindow.accounts.models import Post
from onewindow.cases.models import Case
from onewindow.exchange import imports, outbox, systems
from onewindow.exchange.models import Batch, Completion, Letter, System
from tests import cast
from tests.api.conftest import Program, issue
from tests.exchange.conftest import BY, OUTSIDE, SECRET, again, filed, sent, wired
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
HEAD = "事项编号,外部编号,本平台编号,办结日期,结果,申请人,说明\n"
HOME, ONE = "/manage/exchange/", "/manage/exchange/gongjijin/"


@pytest.fixture
def manager(db):
    return cast.officer(Post.Role.MANAGER, name="邓勇")


@pytest.mark.parametrize("path", [HOME, f"{HOME}new/?adapter=json-http", ONE])
def test_only_the_operator_sets_systems_up(path, system, operator, clerk, editor, citizen, client):
    assert operator.client.get(path).status_code == 200
    assert [member.client.get(path).status_code for member in (clerk, editor, citizen)] == [404, 404, 404]
    assert client.get(path).status_code == 302


@pytest.mark.parametrize("act", ["check", "pause", "resumption", "replays"])
def test_only_the_operator_acts(act, system, operator, clerk, citizen):
    path = f"{ONE}{act}/"
    assert [member.client.post(path, {"why": "x"}).status_code for member in (clerk, citizen)] == [404, 404]
    assert operator.client.get(path).status_code == 405
    assert operator.client.post(path, {"why": "对方升级"}).status_code == 302


def test_a_system_is_set_up_on_the_page_and_its_secret_never_comes_back(db, peer, operator):
    case = filed()
    page = operator.client.get(HOME).content.decode()
    assert "规程里写了接口、还没有接的" in page and "住房公积金业务系统" in page
    new = f"{HOME}new/?adapter=sandbox"
    said = {"key": "gongjijin", "name": "公积金", "url": peer.url, "secret": SECRET, "timeout": "3", "person": "yes"}
    refused = operator.client.post(new, said | {"url": "ftp://x", "timeout": "0", "secret": "short"})
    page = refused.content.decode()
    assert refused.status_code == 422 and 'value="ftp://x"' in page and "太小了" in page and "short" not in page
    assert operator.client.post(new, said | {"key": "公积金"}).status_code == 422
    assert operator.client.post(new, said)["Location"] == ONE
    system = System.objects.get()
    assert system.options == {"url": peer.url, "timeout": 3, "person": True, "files": False, "poll": False}
    page = operator.client.get(ONE).content.decode()
    assert SECRET not in page and "已保存，不显示" in page and case.number in page
    assert outbox.run_due() == 1  # what had waited for it
    kept = operator.client.post(ONE, {"name": "公积金", "url": peer.url, "secret": "", "timeout": "4"})
    assert kept.status_code == 302 and System.objects.get().secrets == system.secrets
    assert operator.client.post(f"{ONE}check/").status_code == 302
    assert "时钟" in operator.client.get(ONE).content.decode()


def test_health_says_what_is_wrong_and_what_to_do(system, peer, operator):
    peer.secret = "another-secret-entirely"
    letter = sent(filed())
    page = operator.client.get(f"{ONE}?view=parked").content.decode()
    assert "1 条搁置" in page and "签名不对" in page and letter.mark in page
    peer.secret = SECRET
    assert operator.client.post(f"{ONE}replays/", {"letter": letter.pk}).status_code == 302
    assert outbox.run_due() == 1
    systems.pause(system, by=BY, why="对方机房检修")
    assert "对方机房检修" in operator.client.get(ONE).content.decode()
    assert "暂停" in operator.client.get(HOME).content.decode()
    operator.client.post(f"{ONE}resumption/")
    assert System.objects.get().paused_at is None


def test_the_log_shows_no_personal_data(db, peer, operator):
    wired(peer.url, person=True)
    case = sent(filed()).case
    page = operator.client.get(ONE).content.decode()
    assert case.number in page
    assert not any(said in page for said in (case.person.name, case.person.number, case.applicant_phone))


def test_pages_ask_the_database_as_often_however_long_the_lists(system, operator, django_assert_max_num_queries):
    facts = {"system": system, "way": "in", "what": "accepted", "shown": {"进展": "已受理"}}
    Letter.objects.bulk_create(Letter(mark=f"m-{n}", **facts) for n in range(120))
    operator.client.get(ONE)
    with django_assert_max_num_queries(8):
        page = operator.client.get(ONE).content.decode()
    assert page.count('desk-agency">m-') == 50 and "更早的" in page
    with django_assert_max_num_queries(6):
        operator.client.get(HOME)


class TestCompletions:
    PATH = "/desk/completions/"

    @pytest.fixture
    def item(self, db):
        return flagship("XDP0096", outside=OUTSIDE | {"road": "import"})

    def give(self, member, text):
        given = {"file": SimpleUploadedFile("a.csv", f"{HEAD}{text}".encode())}
        address = member.client.post(self.PATH, given)["Location"]
        assert "已处理 0 / " in member.client.get(address).content.decode()
        imports.run_due()
        return member.client.get(address)

    def test_an_office_brings_in_its_completions_and_gets_back_what_did_not_fit(self, item, clerk):
        page = self.give(clerk, "XDP0096,T-1,,2026-11-02,准予,李秀英,\nXDP0096,T-2,,昨天,准予,,\n").content.decode()
        assert "导入完成" in page and "办结日期写不对" in page and "every 2s" not in page
        assert "区卫健局" in clerk.client.get(self.PATH).content.decode()
        (link,) = re.findall(r'href="(/desk/completions/\d+/errors/)"', page)
        sheet = clerk.client.get(link)
        rows = list(load_workbook(io.BytesIO(sheet.content)).active.iter_rows(values_only=True))
        assert rows[1][0] == "3" and "办结日期" in rows[1][1]
        assert Completion.objects.count() == 1

    def test_a_colleague_sees_neither_batch_nor_counts(self, item, clerk, other_agency_clerk, operator):
        self.give(clerk, "XDP0096,T-1,,2026-11-02,准予,,\nXDP0096,T-2,,昨天,准予,,\n")
        batch = f"/desk/completions/{Batch.objects.get().pk}/"
        errors = f"{batch}errors/"
        assert [other_agency_clerk.client.get(path).status_code for path in (batch, errors)] == [404, 404]
        assert "还没有外部办结" in other_agency_clerk.client.get(self.PATH).content.decode()
        assert operator.client.get(errors).status_code == 200
        assert "优待证" in operator.client.get(self.PATH).content.decode()

    def test_who_may_open_it(self, item, clerk, manager, operator, decider, citizen, client):
        assert [m.client.get(self.PATH).status_code for m in (clerk, manager, operator)] == [200, 200, 200]
        assert [m.client.get(self.PATH).status_code for m in (decider, citizen)] == [404, 404]
        assert client.get(self.PATH).status_code == 302
        assert clerk.client.get(f"{self.PATH}template/").content[:2] == b"PK"

    def test_the_same_file_again_leads_to_the_first_result(self, item, clerk):
        row = "XDP0096,T-1,,2026-11-02,准予,李秀英,\n"
        self.give(clerk, row)
        given = {"file": SimpleUploadedFile("again.csv", f"{HEAD}{row}".encode())}
        page = clerk.client.post(self.PATH, given, follow=True).content.decode()
        assert "没有再导入一遍" in page and "导入完成" in page
        assert Batch.objects.count() == 1

    def test_a_file_that_is_none_says_what_to_do(self, item, clerk):
        answer = clerk.client.post(self.PATH, {"file": SimpleUploadedFile("a.csv", b"x,y\n1,2\n")})
        assert answer.status_code == 422 and "缺少列" in answer.content.decode()
        assert clerk.client.post(self.PATH, {}).status_code == 422


def test_the_desk_reads_why_it_did_not_get_through(system, peer, clerk):
    peer.secret = "another-secret-entirely"
    case = sent(filed()).case
    page = clerk.client.get(f"/desk/cases/{case.number}/").content.decode()
    assert "没有送成：对方答复 401：签名不对" in page and "转外部系统办理" in page
    answer = clerk.client.post(f"/desk/cases/{case.number}/outside-handover/", {"number": "G-1"})
    assert answer.status_code == 302  # by hand; the letter is then closed without being sent
    letter = Letter.objects.get()
    outbox.replay(letter)
    assert again(letter).answer.endswith("没有发送")


def test_a_program_finds_the_case_by_their_number(system, citizen):
    case = sent(filed()).case
    Case.objects.filter(pk=case.pk).update(filed_by=citizen.user, person=citizen.person)
    program = Program(issue(citizen.user, "cases:read"))
    assert program.get(f"/cases?external={case.outside_number}").json()["cases"][0]["number"] == case.number
    assert program.get("/cases?external=nothing").json()["cases"] == []
    said = program.get(f"/cases/{case.number}").json()
    assert (said["dates"], said["due_on"], said["outside"]["number"]) == ([], None, case.outside_number)
    assert said["outside"]["status_label"] == "已转出"
