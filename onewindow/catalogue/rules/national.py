"""R1–R18: what checking scripts of the provinces and the law ask of a guide. Each yields faults; none knows a level."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from onewindow.catalogue.guide import Guide
from onewindow.catalogue.procedure import STAGES, Limit
from onewindow.catalogue.rules.fault import Fault

LICENCE = "行政许可"
WITH_AREA_CODE = re.compile(r"(?<!\d)(0\d{2,3}[-—– ]?\d{5,8}|400[- ]?\d{3}[- ]?\d{4})(?!\d)")
WORKDAYS = re.compile(r"工作日|周[一二三四五]|星期[一二三四五]|全天|24 ?小时")
CATCH_ALL = re.compile(
    r"(其他|其它)(的)?(相关|有关|必要|必需|需要|需|应当|应|提交|提供|申请|证明|的)*(材料|资料|文件)"
    r"|^(相关|有关)的?(证明|申请)?(材料|资料|文件|证件)"
    r"|(等|及|和)(相关|有关|其他)的?(证明)?(材料|资料|文件)$"
)
BODY = re.compile(r"向[^，。；]*?(人民政府|委员会|局|厅|部|署|机关|中心)")
FREE = re.compile(r"不收费|免费|不收取|零收费")
# What the name of a result ends in, and the kind it must then be.
ENDINGS = {"证": "certificate", "执照": "certificate", "文": "document", "批复": "document"}
KINDS = {"certificate": "证照", "document": "文书、批复"}


def immediate(guide: Guide) -> Iterator[Fault]:
    days = guide.promised.days if guide.promised else None
    if guide.immediate and days != 0:
        yield Fault(("promised", "days"), "即办件当场办结，承诺时限应是 0 天。")
    if not guide.immediate and days == 0:
        yield Fault(("immediate",), "承诺时限是 0 天，就是当场办结，请勾上“即办件”。")


def result_kind(guide: Guide) -> Iterator[Fault]:
    name = re.sub(r"[》）)].*$", "", guide.result.name)
    for ending, kind in ENDINGS.items():
        if name.endswith(ending) and guide.result.kind != kind:
            text = f"结果名称以“{ending}”结尾，结果类型应是“{KINDS[kind]}”。"
            yield Fault(("result", "kind"), text)


def reason_to_come(guide: Guide) -> Iterator[Fault]:
    if guide.visits.count and not guide.visits.reason:
        yield Fault(("visits", "reason"), f"要到现场 {guide.visits.count} 次，请写明必须到现场的原因。")
    if not guide.visits.count and guide.visits.reason:
        yield Fault(("visits", "reason"), "不用到现场，就不要写到现场的原因。")


def by_post(guide: Guide) -> Iterator[Fault]:
    if guide.visits.count == 0 and guide.online.depth < 4 and not guide.mail.papers:
        yield Fault(("mail", "papers"), "既不用到现场，又不能网上受理，材料就要能邮寄。")


def all_online(guide: Guide) -> Iterator[Fault]:
    if guide.online.depth == 5 and guide.visits.count:
        yield Fault(("visits", "count"), f"全程网办的事项不用到现场，现在写的是 {guide.visits.count} 次。")


def fees(guide: Guide) -> Iterator[Fault]:
    for i, fee in enumerate(guide.fees):
        for name, said in (("name", "项目名称"), ("standard", "标准"), ("basis", "依据")):
            if not getattr(fee, name):
                yield Fault(("fees", i, name), f"收费要写明{said}。")
    if guide.fees and guide.online.payment is None:
        yield Fault(("online", "payment"), "收费的事项要写明能不能网上缴费。", soft=True)
    if not guide.fees and guide.online.payment:
        yield Fault(("online", "payment"), "没有收费项目，就不能写“可以网上缴费”。")
    if not guide.fees and not FREE.search(guide.fee_note):
        text = "收费说明没有讲清楚：收费的逐项写明项目、标准和依据，不收费的写上“不收费”。"
        yield Fault(("fee_note",), text)


def two_phones(guide: Guide) -> Iterator[Fault]:
    phones = {"consult": ("咨询电话", guide.contacts.consult), "complain": ("监督投诉电话", guide.contacts.complain)}
    for name, (said, phone) in phones.items():
        if not phone:
            yield Fault(("contacts", name), f"请填写{said}。")
        elif not WITH_AREA_CODE.search(phone):
            yield Fault(("contacts", name), f"{said}要带区号，例如 028-83000000。")
    if guide.contacts.consult and guide.contacts.consult == guide.contacts.complain:
        yield Fault(("contacts", "complain"), "监督投诉电话不能与咨询电话相同。")


def phone_of_the_place(guide: Guide) -> Iterator[Fault]:
    places = guide.contacts.places
    if not any(place.phone for place in places):
        yield Fault(("contacts", "places"), "办理地点都没有联系电话。", soft=True)
    for i, place in enumerate(places):
        if place.phone and place.phone == guide.contacts.complain:
            yield Fault(("contacts", "places", i, "phone"), "联系电话不能与监督投诉电话相同。")


def themes(guide: Guide) -> Iterator[Fault]:
    if guide.target and set(guide.target) <= {"自然人"} and guide.themes_business:
        yield Fault(("themes_business",), "只面向个人的事项，不能放进企业的主题。")
    if guide.target and "自然人" not in guide.target and guide.themes_person:
        yield Fault(("themes_person",), "只面向单位的事项，不能放进个人的主题。")


def questions_answered(guide: Guide) -> Iterator[Fault]:
    if guide.kind == LICENCE and not guide.faq:
        yield Fault(("faq",), "行政许可至少要有一条常见问题。")


def five_steps(guide: Guide) -> Iterator[Fault]:
    there = {step.key for step in guide.steps}
    missing = [words for key, words in STAGES.items() if key not in there]
    if guide.kind == LICENCE and missing:
        yield Fault(("steps",), f"行政许可的环节还缺：{'；'.join(missing)}。")


def sample(guide: Guide) -> Iterator[Fault]:
    """证照 and 文书 have a specimen made by the system (catalogue.specimens); what is nothing cannot have a name."""
    if guide.result.name and guide.result.kind == "none":
        yield Fault(("result", "kind"), "有结果名称，结果类型就不能是“无”；证照和文书的样本由系统生成。")


def hours(guide: Guide) -> Iterator[Fault]:
    if not any(place.hours for place in guide.contacts.places):
        yield Fault(("contacts", "places"), "没有写办理时间。")
    for i, place in enumerate(guide.contacts.places):
        if place.hours and not WORKDAYS.search(place.hours):
            yield Fault(("contacts", "places", i, "hours"), "办理时间要写明是工作日还是周几，分冬夏令时的也写上。")


def promise(guide: Guide) -> Iterator[Fault]:
    if guide.promised is None and guide.statutory is None:
        yield Fault(("promised",), "法定时限和承诺时限都没有写。")
    promised, law = guide.promised, guide.statutory
    if promised and law and law.days and natural_days(promised) > natural_days(law):
        same = promised.unit == law.unit
        yield Fault(("promised", "days"), f"承诺时限比法定时限还长{'' if same else '（按 5 个工作日等于 7 天折算）'}。")


def natural_days(limit: Limit) -> Fraction:
    """Five working days are a week."""
    return limit.days * (Fraction(7, 5) if limit.unit == "working" else Fraction(1))


def papers_founded(guide: Guide) -> Iterator[Fault]:
    """An item-level citation counts, and is mentioned: who demands a paper should be able to say by which article."""
    unfounded = []
    for i, paper in enumerate(guide.materials):
        if paper.source != "applicant" and not paper.issuer:
            yield Fault(("materials", i, "issuer"), f"“{paper.name}”由别处出具，请写出具机构。", soft=True)
        if paper.cites:
            continue
        if not guide.basis:
            yield Fault(("materials", i, "cites"), f"“{paper.name}”没有要求提供的依据。")
        elif paper.necessity == "required":
            unfounded.append(paper.name)
    if unfounded:
        text = f"这些材料没有单独写依据，暂按事项的设定依据：{'、'.join(unfounded)}。"
        yield Fault(("materials",), text, soft=True)


def no_catch_all(guide: Guide) -> Iterator[Fault]:
    """优化营商环境条例 §35."""
    for i, paper in enumerate(guide.materials):
        if CATCH_ALL.search(paper.name):
            yield Fault(("materials", i, "name"), f"“{paper.name}”没有说清楚是什么材料，请逐项列出，不能兜底。")


def same_everywhere(guide: Guide) -> Iterator[Fault]:
    """All channels read one guide; what could differ is a fact asked twice, for the checklist and in the form."""
    fields = {field.key: field for field in guide.form.walk()}
    for i, question in enumerate(guide.questions):
        field = fields.get(question.key)
        if field is None:
            continue
        offered = {choice.value for choice in question.choices}
        # The checklist may offer more: whom an answer excludes never reaches the form.
        if field.kind != question.kind or not {choice.value for choice in field.choices} <= offered:
            text = f"表单里也问“{question.key}”，但答法不同或有这里没有的选项，网上和窗口会得出两份清单。"
            yield Fault(("questions", i, "choices"), text)


def remedies(guide: Guide) -> Iterator[Fault]:
    """行政许可法 §38."""
    if guide.kind != LICENCE:
        return
    if not BODY.search(guide.remedies.reconsideration):
        yield Fault(("remedies", "reconsideration"), "行政许可要写明向哪个机关申请行政复议。")
    if "法院" not in guide.remedies.suit:
        yield Fault(("remedies", "suit"), "行政许可要写明向哪个法院提起行政诉讼。")


RULES = (
    ("R1", "即办件与承诺时限一致", immediate),
    ("R2", "结果名称与结果类型一致", result_kind),
    ("R3", "到现场次数与原因一致", reason_to_come),
    ("R4", "不到现场又不网办的可以邮寄", by_post),
    ("R5", "全程网办不用到现场", all_online),
    ("R6", "收费写全", fees),
    ("R7", "咨询、投诉电话齐全且不同", two_phones),
    ("R8", "有联系电话且不同于投诉电话", phone_of_the_place),
    ("R9", "服务对象与主题一致", themes),
    ("R10", "行政许可有常见问题", questions_answered),
    ("R11", "行政许可环节齐全", five_steps),
    ("R12", "有结果就有样本", sample),
    ("R13", "办理时间写明工作日", hours),
    ("R14", "承诺不超过法定", promise),
    ("R15", "材料有来源和依据", papers_founded),
    ("R16", "没有兜底材料", no_catch_all),
    ("R17", "网上与窗口一致", same_everywhere),
    ("R18", "行政许可写明复议和诉讼", remedies),
)
