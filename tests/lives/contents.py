"""What must stand in each paper 文书, and by which law; docs/documents.md is printed from it (`python -m tests.lives`).

Each content is a pattern that must be found in the text of the PDF without its blanks; `<fact>` is what the act itself
filled in, a day as it is written out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from onewindow.cases.notices import KINDS
from onewindow.documents.papers import UNSEALED

DOC = Path(__file__).parent.parent.parent / "docs" / "documents.md"
LICENCE = "《行政许可法》"
CASE = {"业务编号": "<case_number>", "事项": "<item>"}
NUMBERED = {"文书编号": r"字〔2026〕第\d{7}号"}
SEAL = {"机关、日期和印章": "(?=.*<organ>)(?=.*<date>).*测试专用"}
TO = {"受文人": "<applicant>："}
CONTACT = {"联系电话": "联系电话：<organ_phone>", "投诉监督电话": "投诉监督电话：12345"}
OFFICER = {"经办人": "经办人：<officer>"}
RECEIVED = {"签收人和时间": "签收人：签收时间："}
REMEDIES = {
    "复议的机关和期限": "60日内，?(依法)?向新都区人民政府申请行政复议",
    "诉讼的期限": "6个月内，?依法向(有管辖权的)?人民法院提起行政诉讼",
}  # fmt: skip
RETURNED = {"退还的材料": r"退还的材料序号材料名称形式份数1.+电子1"}
LIST = {"材料清单、形式和份数": r"序号材料名称形式份数1.+电子1"}
LETTER = TO | CONTACT | RECEIVED
DECISION = LETTER | OFFICER | REMEDIES


@dataclass(frozen=True)
class Content:
    law: str
    says: dict[str, str] = field(default_factory=dict)


def _record(**says: str) -> dict[str, str]:
    return {"申请人": "申请人<applicant>"} | says


def _ended(law: str, act: str, **more: str) -> Content:
    says = {
        "持证人": "<holder>：", "作出什么决定": f"决定{act}下列证照",
        "证照名称和号码": "<certificate_type>.*<certificate>",
        "理由": "<ground>", "事实": "事实<reason>", "依据": "依据<article>",
        "何时失效": "自本决定作出之日起，该证照不再有效",
        "交回证照": "交回本机关",
    }  # fmt: skip
    return Content(law, says | more | CONTACT | RECEIVED | OFFICER | REMEDIES)


HEARD = {"陈述和申辩": "持证人的陈述、申辩：<heard>", "两人签字": "提请人：<proposed_by>；签字人：<signed_by>"}
CONTENTS: dict[str, Content] = {
    "receipt": Content(f"{LICENCE}第三十二条（收件凭证，各地通用）", TO | CONTACT | LIST | {
        "接收时间": "接收时间<date><time>", "接收人": "接收人<officer>", "不等于受理": "不表示已经受理",
    }),
    "gap_receipt": Content("《安阳市政务服务条例》第二十九条为例（容缺受理）", TO | CONTACT | LIST | {
        "接收时间": "接收时间<date><time>", "接收人": "接收人网上提交，系统自动接收",
        "补交的性质": "收到以上补交的材料",
    }),
    "prereview": Content("服务性文书，没有法定内容", TO | CONTACT | OFFICER | {
        "要改的全部内容和标准": "照片太暗（要求：", "不计入时限": "不计入办理时限",
    }),
    "correction": Content(f"{LICENCE}第三十二条第一款第四项", LETTER | OFFICER | {
        "申请日期": "于<submitted_on>提交", "依据": "第三十二条，现一次性告知", "要补的全部内容和标准": "受理标准：",
        "补正的期限": "请在<answer_by>前补齐", "逾期的后果": "逾期未补正的，退回申请",
        "受理从哪天算": "材料补齐之日，即为受理之日",
    }),
    "lapse": Content("地方规定，按事项配置", LETTER | REMEDIES | RETURNED | {
        "原因": "<reason>", "补正期限": "补正期限<answer_by>", "日期": "日期<date>",
        "可以重新申请": "不影响您以后再次申请",
    }),
    "acceptance": Content(f"{LICENCE}第三十二条", LETTER | OFFICER | LIST | {
        "申请日期": "于<submitted_on>提交", "申请人和电话": "<applicant>（联系电话<applicant_phone>）",
        "依据": "第三十二条，现决定予以受理", "受理日期": "受理日期<accepted_on>", "决定期限": "最迟<due_on>作出决定",
        "承诺期限": "承诺<promised_on>前办完", "份数": "一式两份",
    }),
    "refusal": Content(f"{LICENCE}第三十二条第一款第一、二项，第二款", DECISION | {
        "理由": "理由该申请<ground>。<reason>", "依据": "本决定依据.*第三十二条",
    }),
    "special": Content(f"{LICENCE}第四十五条", LETTER | OFFICER | {
        "哪种程序": "特别程序<procedure>", "依据": "法律依据<stop_basis>", "所需时间": "<days>个工作日",
        "起止": "<from_day>至<until>", "不计入期限": "所需时间不计算在办理期限内", "顺延到哪天": "<due_on>",
    }),
    "extension": Content(f"{LICENCE}第四十二条", LETTER | {
        "理由": "理由<reason>", "延长几天": "<days>个工作日", "谁批准": "批准人<officer>",
        "原期限": "原办理期限<before>",
        "新期限": "延长后的期限<due_on>", "依据": "本决定依据.*第四十二条",
    }),
    "termination": Content("各地通用", DECISION | RETURNED | {"原因": "<reason>", "日期": "日期<date>"}),
    "withdrawal": Content("各地通用", LETTER | RETURNED | {"原因": "<reason>", "日期": "撤回日期<date>"}),
    "visit_notice": Content(f"{LICENCE}第三十四条第三款", LETTER | OFFICER | {
        "依据": "依据.*第三十四条第三款", "时间": "核查时间2026年", "地点": "核查地点",
        "两名以上核查人员": "核查人员.+、.+",
        "计算在期限内": "核查的时间计算在办理期限内",
    }),
    "visit_record": Content(f"{LICENCE}第三十四条第三款", _record(
        依据="依据.*第三十四条第三款", 时间="核查时间2026年", 地点="核查地点", 两名以上到场="到场核查人员.+、",
        逐项结果="1.*符合",
        结论="核查结论", 当事人签字="当事人<applicant>（已签字）", 签名="核查人员签名：日期：当事人签名：日期：",
    )),
    "hearing_right": Content(f"{LICENCE}第四十七条", LETTER | OFFICER | {
        "依据": "依据.*第四十七条", "拟作的决定和利益关系": "拟准予", "有权听证": "有要求听证的权利",
        "五日内提出": "五日内提出",
        "最后一天": "申请听证的最后一天2026年", "不收费、可以申请回避": "不承担组织听证的费用.*申请回避",
    }),
    "hearing_notice": Content(f"{LICENCE}第四十八条第一款", LETTER | OFFICER | {
        "依据": "依据.*第四十八条", "时间": "听证时间2026年", "地点": "听证地点", "主持人": "主持人",
        "记录人": "记录人",
        "代理、质证的权利": "委托一至二人代理.*质证", "不收费、可以申请回避": "不承担组织听证的费用.*申请回避",
    }),
    "hearing_announcement": Content(f"{LICENCE}第四十六条、第四十八条第一款", CONTACT | _record(
        依据="依据.*第四十六条", 时间="听证时间2026年", 地点="听证地点", 主持人="主持人", 怎么参加="要求旁听的",
    )),
    "hearing_minutes": Content(f"{LICENCE}第四十八条", _record(
        时间="听证时间2026年", 地点="听证地点", 主持人="主持人", 参加人="参加人申请人", 陈述证据质证="听证内容双方陈述",
        主持人意见="主持人意见", 确认无误="确认无误", 签名="主持人签名：日期：记录人签名：日期：参加人签名：日期：",
    )),
    "third_party": Content(f"{LICENCE}第三十六条、第四十七条", CONTACT | RECEIVED | OFFICER | {
        "受文人": "<to>：", "依据": "依据.*第三十六条", "利害关系": "利害关系", "有权陈述申辩": "进行陈述和申辩",
        "可以申请听证": "五日内申请听证", "最后一天": "陈述意见的最后一天2026年",
    }),
    "expert_opinion": Content(f"{LICENCE}第四十五条", _record(
        时间="评审时间2026年", 评审内容="评审内容", 专家="周平，环境卫生，四川大学", 结论="评审结论", 意见="评审意见",
        签名="专家签名：",
    )),
    "consultation": Content(f"{LICENCE}第二十六条（一个机关受理，征求有关部门意见）", CONTACT | RECEIVED | OFFICER | {
        "受文机关": "<to>：", "问题": "问题", "答复期限": "请于此日前答复2026年",
    }),
    "discussion": Content("重大决定集体讨论，参照《行政处罚法》第五十七条第二款", _record(
        时间="讨论时间2026年", 地点="地点", 主持人="主持人", 各人意见="参加人意见", 结论="讨论结论", 理由="理由",
        签名="参加人签名：日期：记录人签名：",
    )),
    "granted": Content(f"{LICENCE}第三十八条第一款、第三十九条", DECISION | {
        "受理日期": "于<accepted_on>受理", "依据": "第三十八条第一款，现决定准予",
        "内容和范围": "单位名称：.+经营项目：",
        "证件": "证件号码<certificate>", "有效期": "至<valid_until>",
    }),
    "denied": Content(f"{LICENCE}第三十八条第二款、第五十五条", DECISION | {
        "受理日期": "于<accepted_on>受理", "事实和理由": "事实和理由<reason>", "依据": "依据.*第三十八条第二款",
    }),
    "forwarded": Content(f"{LICENCE}第三十五条", TO | CONTACT | OFFICER | {
        "受理日期": "于<accepted_on>受理", "转报给谁": "转报机关<upper_organ>", "初审意见": "初审意见<opinion>",
        "依据": "第三十五条", "报送的材料": "报送的材料序号", "不重复要材料": "不再要求您重复提供材料",
    }),
    "revoked": _ended(f"{LICENCE}第六十九条", "撤销", **HEARD, 受损或得利="利益不受保护|请求赔偿"),
    "recalled": _ended(f"{LICENCE}第八条", "撤回", **HEARD, 补偿="依法请求补偿"),
    "withdrawn_licence": _ended(f"{LICENCE}第八十条、《行政处罚法》第九条", "吊销",
    **HEARD, 处罚决定="行政处罚决定书<penalty>"),
    "cancelled": _ended(f"{LICENCE}第七十条", "注销"),
    "promise": Content("国办发〔2020〕42号；容缺受理按地方规定", {
        "办理机关": "办理机关<organ>", "申请人": "申请人<applicant>",
        "机关告知的内容": "一、<organ>告知.+二、申请人承诺",
        "申请人的承诺": "二、申请人承诺1．", "期限和后果": "个工作日内补齐.+逾期", "可以撤回": "申请人可以撤回承诺",
        "签名和时间": "申请人（签字、盖章）：<applicant>.*<date><time>",
    }),
    "gap_lapse": Content("《安阳市政务服务条例》第二十九条为例（容缺受理）", LETTER | REMEDIES | RETURNED | {
        "原因": "容缺受理后，.+没有补交", "补交期限": "补交期限<gap_until>", "信用记录": "信用记录<credit>",
        "怎么修复": "申请信用修复",
    }),
    "later_check": Content("国办发〔2020〕42号（事中事后核查）", CONTACT | OFFICER | {
        "被核查人": "被核查人<applicant>", "两名以上核查人员": "核查人员.+、", "时间": "核查时间<date><time>",
        "承诺的条件": "承诺的条件和标准1．", "核查情况": "核查情况<findings>", "结果": "核查结果<result>",
        "签名": "核查人员：日期：被核查人：日期：",
    }),
    "correction_order": Content("国办发〔2020〕42号（责令限期整改）", DECISION | {
        "核查情况": "核查情况<findings>", "应当改正": "应当改正<what>", "改正期限": "最迟<correct_by>",
        "依据": "依据.+现责令限期改正",
        "陈述和申辩": "可以陈述、申辩", "后果": "撤销",
    }),
    "delivery": Content("《民事诉讼法》第八十七条至第九十五条（参照）", {
        "受送达人": "受送达人<applicant>", "文书名称和编号": r"准予行政许可决定书（.*字〔2026〕第\d{7}号）",
        "方式": "送达方式<way>",
        "地点": "送达地点", "送达人": "送达人<servers>", "时间": "送达时间<received_on>", "签收人": "签收人<receiver>",
        "何时算送达": "到达受送达人特定系统", "签名": "受送达人签名：",
    }),
    "transfer": Content("划转的文件；《行政许可法》第二十五条", TO | CONTACT | {
        "从哪天起": "自<effective_on>起由<taker>办理", "划转依据": "<document>",
        "原机关和承接机关": "原办理机关<organ>承接机关<taker>",
        "期限不变": "不变", "不用重交": "不用重新提交", "抄送": "抄送：<taker>",
    }),
}  # fmt: skip


def missing(kind: str, facts: dict[str, Any], text: str) -> list[str]:
    """Contents the text of the PDF (without blanks) does not have."""
    return [name for name, pattern in _all(kind).items() if not re.search(_filled(pattern, facts), text)]


def _all(kind: str) -> dict[str, str]:
    sealed = {} if KINDS[kind].template in UNSEALED else SEAL
    return NUMBERED | CASE | CONTENTS[kind].says | sealed


def _filled(pattern: str, facts: dict[str, Any]) -> str:
    return re.sub(r"<(\w+)>", lambda named: re.escape(_written(facts.get(named[1], ""), named[1])), pattern)


def _written(value: Any, name: str) -> str:
    assert value not in ("", None), f"没有填写 {name}"
    text = str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        day = date.fromisoformat(text)
        text = f"{day.year}年{day.month}月{day.day}日"
    return "".join(text.split())


HEAD = """\
# 文书 Papers of the acts

What each paper must contain, and the law that wants it. `tests/lives` lives the acts, makes the PDFs and looks for
every content of this table in their text; this page is printed from the same table (`python -m tests.lives`).

每份文书都有文书编号、业务编号、事项；除申请人自己的承诺书以外，都有机关名称、日期和印章（测试环境印有“测试专用”）、
核验二维码，超过一页的有页码。“字”是文书编号里的字。非行政许可的事项，依据按规程所引的条文。
申请书、审批表、证照和授权委托书不是办件的动作出具的，内容由 `tests/documents/test_papers.py` 检查。

| 文书 | 字 | 依据 | 内容 |
|---|---|---|---|
"""


def printed() -> str:
    rows = [
        f"| {kind.title} | {kind.nature} | {CONTENTS[key].law} | {'；'.join(CONTENTS[key].says)} |\n"
        for key, kind in KINDS.items()
    ]
    return HEAD + "".join(rows)
