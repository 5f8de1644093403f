import subprocess
import threading
from datetime import date

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import connection

from onewindow.accounts.models import Agency, Person
from onewindow.accounts.principal import Held, Principal
from onewindow.documents import certificates, checks, facts, papers, seals, typesetting
from onewindow.documents.certificates import issue_certificate
from onewindow.documents.models import Certificate, File, Paper, PdfDigest
from onewindow.kernel import clock, ledger
from onewindow.kernel.flow import WrongState
from tests.documents.conftest import FACTS

BY = ledger.System("test", "测试")
MORE = {
    "receipt": {"title": "材料接收凭证"},
    "refusal_to_accept": {"reason": "经营场所不在本区。", "right_organ": "成都市青白江区卫生健康局"},
    "decision_denied": {"reason": "未设置独立的消毒间。"},
    "prereview_remarks": {"remarks": [{"on": "平面图", "text": "请标出消毒间。"}]},
    "correction": {
        "remarks": [{"on": "平面图", "text": "请标出消毒间。", "standard": "设计单位盖章"}], "answer_by": "2026-12-31",
        "why_again": "新交的平面图与申请书的面积不一致",
    },
    "special_procedure": {
        "procedure": "检测", "days": 7, "from_day": "2026-03-06", "until": "2026-03-16",
        "stop_basis": "《行政许可法》第四十五条", "reason": "检测空气质量", "due_on": "2026-03-25",
    },
    "extension": {"days": 10, "reason": "需要再次核实", "before": "2026-03-30", "due_on": "2026-04-14"},
    "proceeding": {
        "rows": [["核查人员", "杨帆、李琴"], ["1. 消毒间独立设置", "不符合：与更衣室共用"], ["照片 1", "现场全貌"]],
        "body": ["当事人拒绝签字，由见证人见证。"], "signers": ["核查人员签名"],
    },
    "termination": {"reason": "申请单位已经注销"},
    "transfer": {
        "taker": "成都市新都区行政审批局", "document": "新府发〔2026〕9号", "transfer_basis": "相对集中行政许可权改革",
        "effective_on": "2026-03-16", "due_on": "2026-03-25", "taker_phone": "028-96123",
    },
    "forwarding": {"upper_organ": "四川省广播电视局", "opinion": "材料齐全，同意上报"},
    "certificate_ended": {
        "act": "撤销", "certificate": "XDA20260000001K", "certificate_type": "公共场所卫生许可证",
        "holder": "香城骨汤馆", "heard": "未提出陈述、申辩", "fraud": True, "ground": "以欺骗、贿赂等不正当手段取得",
        "reason": "检测报告系伪造",
        "article": "《中华人民共和国行政许可法》第六十九条", "barred_until": "2029-11-23", "proposed_by": "赵勇",
        "signed_by": "钱进",
    },
    "promise_letter": {
        "title": "告知承诺书", "terms": ["消毒间独立设置"], "consequences": "承诺不实的撤销许可", "check_days": 60,
        "promise_basis": ["国办发〔2020〕42号"], "proofs": [{"name": "场所证明", "standard": "写明地址"}],
        "gaps": [{"name": "卫生管理制度", "standard": "盖章"}], "gap_days": 15, "gap_consequence": "逾期视为撤回。",
        "sentences": ["我已经看清上面告知的内容。"], "signed_how": "网上勾选承诺后提交",
    },
    "gap_lapse": {"reason": "卫生管理制度没有补交", "gap_until": "2026-12-14", "credit": "已记入信用记录"},
    "later_check": {
        "result": "与承诺不符，要改正", "findings": "没有独立的消毒间", "officers": ["杨帆", "赵勇"],
        "terms": ["消毒间独立设置"],
    },
    "correction_order": {
        "what": "设置独立的消毒间", "days": 10, "correct_by": "2026-12-03", "findings": "没有独立的消毒间",
        "consequences": "逾期不改正的撤销许可。",
    },
    "delivery": {"way": "窗口领取", "delivered_papers": ["准予决定书（新卫健准字〔2026〕第1号）"]},
    "approval_form": {
        "title": "审批表", "outcome": "准予", "accepted_on": "2026-11-23",
        "opinions": [["签署审查意见", "消毒间独立设置，符合条件", "杨帆", "2026-11-24 10:00"]],
    },
    "certificate": {
        "title": "卫生许可证", "identifier": "1.2.156.3005.2.X.Y.1.001.A", "holder": "香城骨汤馆",
        "lines": [["地址", "桂湖中路 18 号"], ["空", ""]], "issued_on": "2026-11-23", "valid_from": "2026-11-23",
    },
}  # fmt: skip
SAYS = {
    "receipt": ["材料接收凭证", "骨科直接返还证明", "原件"],
    "acceptance": ["受理通知书", "第三十二条", "12345", "一式两份"],
    "refusal_to_accept": ["经营场所不在本区", "青白江区", "60日", "6个月"],
    "decision_granted": ["准予", "60日", "6个月"],
    "decision_denied": ["消毒间", "60日", "6个月"],
    "withdrawal": ["准予撤回"],
    "prereview_remarks": ["平面图", "不计入办理时限"],
    "correction": ["平面图", "设计单位盖章", "2026年12月31日", "补齐之日，即为受理之日", "面积不一致"],
    "special_procedure": ["检测", "7个工作日", "不计算在办理期限内", "2026年3月25日"],
    "extension": ["10个工作日", "2026年4月14日", "负责人批准"],
    "proceeding": ["杨帆、李琴", "与更衣室共用", "见证人见证", "核查人员签名"],
    "termination": ["终止办理", "申请单位已经注销", "60日"],
    "forwarding": ["四川省广播电视局", "同意上报", "由其作出决定"],
    "certificate_ended": [
        "决定撤销下列证照",
        "XDA20260000001K",
        "第六十九条",
        "不受保护",
        "2029年11月23日以前不得再次申请",
        "签字人：钱进",
        "60日",
    ],
    "promise_letter": [
        "告知承诺书",
        "消毒间独立设置",
        "卫生管理制度",
        "15个工作日",
        "60天内核查",
        "网上勾选",
        "场所证明",
    ],
    "gap_lapse": ["视为撤回", "2026年12月14日", "没有补交", "骨科直接返还证明", "60日"],
    "later_check": ["杨帆、赵勇", "没有独立的消毒间", "与承诺不符", "被核查人"],
    "correction_order": ["责令限期改正", "2026年12月3日", "陈述、申辩"],
    "transfer": ["行政审批局", "新府发〔2026〕9号", "2026年3月16日", "不变", "不用重新提交"],
    "delivery": ["窗口领取", "准字〔2026〕第1号"],
    "approval_form": ["签署审查意见消毒间独立设置，符合条件杨帆2026-11-2410:00", "受理日期2026年11月23日"],
    "certificate": ["香城骨汤馆", "桂湖中路", "长期"],
    "application_form": ["申请人承诺", "真实、有效"],
}


def facts_of(template):
    return FACTS | MORE.get(template, {})


def text_of(pdf, tmp_path):
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout
    return "".join(text.split())


@pytest.mark.parametrize("template", sorted(typesetting.NEEDS.keys() - {"leaflet", "specimen", "mandate"}))
def test_every_paper_says_what_the_law_wants(template, tmp_path):
    text = text_of(typesetting.render(template, facts_of(template)), tmp_path)
    for words in SAYS[template]:
        assert words in text
    assert ("测试印章，不具法律效力" in text) == (template not in papers.UNSEALED)


@pytest.mark.parametrize("template", ["decision_denied", "decision_granted", "refusal_to_accept"])
def test_a_utility_sends_nobody_to_reconsideration(template, tmp_path):
    text = text_of(typesetting.render(template, facts_of(template) | {"administrative": False}), tmp_path)
    assert "行政复议" not in text and "本机关" not in text and "向本单位申请复核" in text


def test_the_same_facts_give_the_same_bytes():
    first = typesetting.render("acceptance", FACTS)
    typesetting.render("acceptance", FACTS | {"applicant": "李四"})
    assert typesetting.render("acceptance", FACTS) == first


def test_markup_in_facts_is_only_text(tmp_path):
    text = text_of(typesetting.render("receipt", FACTS | {"applicant": '#eval("1") *张* $x$'}), tmp_path)
    assert '#eval("1")*张*$x$' in text


def test_a_paper_without_what_it_must_contain_is_not_sealed():
    with pytest.raises(ValueError, match="缺少：reason"):
        facts.seal_facts("decision_denied", FACTS)


def test_sealed_facts_can_not_be_changed():
    sealed = facts.seal_facts("acceptance", FACTS)
    assert facts.check_facts(dict(reversed(FACTS.items())), sealed)
    assert not facts.check_facts(FACTS | {"applicant": "李四"}, sealed)
    assert not facts.check_facts(FACTS, facts.Sealed("0" * 64, sealed.signature, sealed.key_id))
    assert not facts.check_facts(FACTS, facts.Sealed(sealed.template_digest, sealed.signature, "p256:00"))


def paper(**changes):
    return papers.issue_paper(
        kind="acceptance", title="受理通知书", template="acceptance", subject="5101142600000127", entry_id=41,
        number=FACTS["number"], facts=FACTS, issued_at=clock.now(), sealed=facts.seal_facts("acceptance", FACTS),
    )  # fmt: skip


@pytest.mark.django_db
def test_an_entry_issues_one_paper_and_one_pdf():
    assert paper().pk == paper().pk
    first = papers.paper_pdf(paper())
    assert papers.paper_pdf(paper()) == first
    assert first.name == "受理通知书 新卫健受字〔2026〕第0000012号.pdf"
    assert File.objects.count() == 1


@pytest.mark.django_db
def test_no_pdf_is_made_from_facts_somebody_changed():
    Paper.objects.filter(pk=paper().pk).update(facts=FACTS | {"applicant": "李四"})
    with pytest.raises(papers.Forged):
        papers.paper_pdf(paper())


@pytest.mark.django_db
def test_a_paper_keeps_the_look_it_had_at_the_act(monkeypatch, tmp_path):
    old = paper()
    newer = tmp_path / "newer"
    newer.mkdir()
    for source in typesetting.SOURCES.glob("*.typ"):
        (newer / source.name).write_text(source.read_text().replace("一式两份", "一式三份"))
    monkeypatch.setattr(typesetting, "SOURCES", newer)
    typesetting.digest.cache_clear()
    assert "一式两份" in text_of(typesetting.render("acceptance", FACTS, old.template_digest), tmp_path)
    assert "一式三份" in text_of(typesetting.render("acceptance", FACTS), tmp_path)


@pytest.fixture
def agency():
    return Agency.objects.create(code="WJJ", name="成都市新都区卫生健康局", short_name="区卫健局", kind="政府部门")


def certificate(agency, **changes):
    person = Person.with_number(name="张建国", number="510114199001011234")
    person.save()
    return issue_certificate(**{
        "type_name": "公共场所卫生许可证", "prefix": "XDP", "holder": "张建国", "holder_index": person.number_index,
        "person": person, "organisation": None, "agency": agency, "case_number": "5101142600000127",
        "facts": {"lines": [["经营地址", "桂湖中路 18 号"]], "item": "公共场所卫生许可"},
        "valid_from": date(2026, 11, 23), "valid_until": None, "by": BY,
    } | changes)  # fmt: skip


@pytest.mark.django_db
def test_a_certificate_begins_its_own_chain(agency):
    issued = certificate(agency)
    entry = ledger.timeline("certificate", issued.number)[0]
    assert (entry.event, entry.seq, entry.data["signature"]) == ("certificate.issued", 1, issued.signature)
    assert list(ledger.verify([Certificate])) == []
    assert issued.secret in issued.facts["verify_url"]
    assert len(issued.secret) >= 16


@pytest.mark.django_db
@pytest.mark.parametrize(("act", "state"), [(certificates.revoke, "revoked"), (certificates.cancel, "cancelled")])
def test_only_the_organs_decider_takes_a_certificate_back(agency, act, state):
    issued = certificate(agency)
    stranger = Principal(1, "他局决定", "staff", posts=(Held("decider", "GAJ", None),))
    decider = Principal(2, "本局决定", "staff", posts=(Held("decider", "WJJ", None),))
    with pytest.raises(PermissionDenied):
        act(issued, by=stranger, ground="提供虚假材料取得")
    with pytest.raises(ValueError, match="理由"):
        act(issued, by=decider, ground=" ")
    issued.refresh_from_db()
    act(issued, by=decider, ground="提供虚假材料取得")
    assert (issued.state, issued.is_valid) == (state, False)
    with pytest.raises(WrongState):
        act(issued, by=decider, ground="提供虚假材料取得")


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_eight_who_ask_at_once_get_one_certificate(agency):
    issued, barrier, made = certificate(agency), threading.Barrier(8), []

    def ask():
        barrier.wait()
        try:
            made.append(papers.certificate_pdf(Certificate.objects.get(pk=issued.pk)).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == File.objects.count() == PdfDigest.objects.count() == 1


PRODUCTION = ["ONEWINDOW_CLAMD", "ONEWINDOW_SEAL_P12_FILE", "ONEWINDOW_FACTS_KEY"]


def test_production_has_no_sandbox_peers(settings, monkeypatch):
    assert checks.production_has_real_peers() == []
    settings.PRODUCTION = True
    facts.signing_key.cache_clear()
    messages = [error.msg for error in checks.production_has_real_peers()]
    assert [name for name, text in zip(PRODUCTION, messages, strict=True) if name not in text] == []
    with pytest.raises(ImproperlyConfigured):
        seals.SandboxSigner().seal(b"", organ="某局", number="1")
