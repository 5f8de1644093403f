"""The one executable source of an item: everything guide page, checklist, form, window and API say comes from here.

Field names follow the national implementation list (实施清单) in English; `Said` is what an editor calls them, and
`docs/glossary.md` maps them. A new field is optional: what a version did not say it does not say later.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_serializer, field_validator

from onewindow.catalogue.afterwards import Concerns, Discretion, Forwarding
from onewindow.catalogue.procedure import (
    CONFIDENCE,
    WHEN,
    Citation,
    CoApplicant,
    Confidence,
    Extension,
    Gaps,
    Intake,
    Key,
    Limit,
    Outside,
    Pause,
    Promise,
    Scrutiny,
    Step,
    Sure,
)
from onewindow.kernel.forms.schema import Choice, FormSchema, Said, Strict


class Question(Strict):
    """One of the at most six things asked for "my checklist"; its key is a variable of the conditions."""

    key: Key = Field(pattern=r"^[a-z][a-z0-9_]*$")
    ask: Annotated[str, Said("问什么")]
    kind: Annotated[
        Literal["number", "choice", "yes_no"],
        Said("答法", words={"choice": "选一个", "yes_no": "是或否", "number": "填数字"}),
    ] = "choice"
    choices: Annotated[tuple[Choice, ...], Said("选项")] = ()
    unit: Annotated[str, Said("单位")] = ""
    min: Annotated[float | None, Said("最小")] = None
    max: Annotated[float | None, Said("最大")] = None
    hint: Annotated[str, Said("提示")] = ""


class Condition(Strict):
    """受理条件: who may apply. `when` is CEL over the answers; empty when only an officer can judge it."""

    key: Key
    text: Annotated[str, Said("条件", long=True)]
    when: Annotated[str, Said("怎么判断", f"{WHEN}；空着由工作人员判断")] = ""
    unmet: Annotated[str, Said("不符合时怎么说")] = ""
    cites: Annotated[tuple[Citation, ...], Said("依据")] = ()


class Situation(Strict):
    """情形: a case that changes the papers."""

    key: Key
    title: Annotated[str, Said("情形名称")]
    when: Annotated[str, Said("什么时候是这种情形", WHEN)]


class Material(Strict):
    """申请材料 (GB/T 39046 56–64)."""

    key: Key = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: Annotated[str, Said("材料名称")]
    # CEL over the answers; empty: always needed.
    needed_when: Annotated[str, Said("什么时候要", f"{WHEN}；空着就是都要")] = ""
    # Why it is needed, or what the condition says in plain words.
    why: Annotated[str, Said("为什么要")] = ""
    form: Annotated[
        Literal["original", "copy", "original_and_copy", "electronic", "form"],
        Said("材料形式", words={
            "original": "原件", "copy": "复印件", "original_and_copy": "原件和复印件", "electronic": "电子",
            "form": "表格",
        }),
    ] = "original"  # fmt: skip
    originals: Annotated[int, Said("原件份数")] = 1
    copies: Annotated[int, Said("复印件份数")] = 0
    necessity: Annotated[
        Literal["required", "conditional", "tolerable", "optional"],
        Said("必要性", words={
            "required": "必要", "conditional": "视情形", "tolerable": "可容缺", "optional": "非必要",
        }),
    ] = "required"  # fmt: skip
    # 证明事项告知承诺: whoever has not got this paper may promise the fact in writing instead.
    by_promise: Annotated[bool, Said("可以书面承诺代替")] = False
    source: Annotated[
        Literal["applicant", "government", "intermediary"],
        Said("来源渠道", words={
            "applicant": "申请人自备", "government": "政府部门核发", "intermediary": "中介或法定机构",
        }),
    ] = "applicant"  # fmt: skip
    issuer: Annotated[str, Said("出具机构")] = ""
    where: Annotated[str, Said("哪里拿")] = ""
    shareable: Annotated[bool, Said("可共享核验")] = False
    standard: Annotated[str, Said("受理标准")] = ""
    # What was handed in longer ago is not offered again: it would only be sent back.
    fresh_months: Annotated[
        int | None, Said("多久以前交过的不能再用（月）", "标准要求“近6个月内”的填 6；空着就是不限")
    ] = None
    upload: Annotated[bool, Said("网上要上传")] = True
    size: Annotated[str, Said("纸质规格", "空着就是 A4")] = ""
    note: Annotated[str, Said("填报须知", long=True)] = ""
    cites: Annotated[tuple[Citation, ...], Said("要求提供的依据")] = ()
    confidence: Sure = "C"


class Fee(Strict):
    name: Annotated[str, Said("收费项目")]
    standard: Annotated[str, Said("收费标准")]
    basis: Annotated[str, Said("收费依据")] = ""
    waiver: Annotated[str, Said("减免及依据")] = ""


RESULTS = {"certificate": "证照", "document": "文书、批复", "benefit": "待遇", "record": "登记、备案", "none": "无"}
WAYS = {"window": "窗口领取", "post": "邮寄", "online": "网上送达"}


class Result(Strict):
    """What one gets. A `certificate` or `document` has number, QR and seal; a `benefit` is paid, a `record` filed."""

    name: Annotated[str, Said("结果名称")]
    kind: Annotated[Literal["certificate", "document", "benefit", "record", "none"], Said("结果类型", words=RESULTS)]
    # Months the certificate is valid; None: until the decision changes.
    valid_months: Annotated[int | None, Said("有效期（月）", "空着就是长期")] = None
    # Fields of the form shown on the certificate: label → field key.
    shows: Annotated[dict[str, str], Said("证面内容", "每行一项：标签=表单字段代号")] = {}
    # Field of the form that names the holder, where that is not the applicant: a child, a company being founded.
    holder: Annotated[str, Said("持证人字段", "表单里写持证人的字段代号；空着就是申请人")] = ""
    holder_is_body: Annotated[bool, Said("持证人是单位")] = False
    note: Annotated[str, Said("说明", long=True)] = ""
    ways: Annotated[tuple[Literal["window", "post", "online"], ...], Said("送达方式", words=WAYS)] = ()

    @field_serializer("shows")
    def _in_order(self, shows: dict[str, str]) -> list[tuple[str, str]]:
        """As pairs: a JSON object in PostgreSQL forgets the order of the lines on the certificate."""
        return list(shows.items())

    @field_validator("shows", mode="before")
    @classmethod
    def _from_pairs(cls, shows: Any) -> Any:
        return dict(shows) if isinstance(shows, list | tuple) else shows


class Faq(Strict):
    q: Annotated[str, Said("问")]
    a: Annotated[str, Said("答", long=True)]


class Place(Strict):
    name: Annotated[str, Said("地点名称")]
    address: Annotated[str, Said("地址")] = ""
    hours: Annotated[str, Said("办理时间", "写明工作日，例如 工作日 9:00–17:00")] = ""
    phone: Annotated[str, Said("联系电话")] = ""
    site: Annotated[str, Said("场所代码")] = ""
    transit: Annotated[str, Said("交通指引")] = ""


class Contacts(Strict):
    consult: Annotated[str, Said("咨询电话", "带区号")] = ""
    complain: Annotated[str, Said("监督投诉电话", "带区号，不能与咨询电话相同")] = ""
    places: Annotated[tuple[Place, ...], Said("办理地点")] = ()


class Remedies(Strict):
    """复议与诉讼 (行政复议法 §20, 行政诉讼法 §46)."""

    reconsideration: Annotated[str, Said("行政复议", "写明向哪个机关申请", long=True)] = ""
    suit: Annotated[str, Said("行政诉讼", "写明向哪个法院提起", long=True)] = ""
    # 行政复议法 §23: reconsideration comes before the court, and papers and pages must say so.
    first: Annotated[bool, Said("复议前置", "不服必须先申请行政复议")] = False
    first_basis: Annotated[tuple[Citation, ...], Said("复议前置的依据")] = ()


class Visits(Strict):
    count: Annotated[int, Said("到现场次数")] = 0
    reason: Annotated[str, Said("必须到现场的原因")] = ""


DEPTHS = {"1": "网上咨询", "2": "网上交材料", "3": "网上预审", "4": "网上受理", "5": "全程网办"}


class Online(Strict):
    """网上办理深度: 1 consult … 5 all online."""

    depth: Annotated[int, Said("网上办理深度", words=DEPTHS)] = Field(default=1, ge=1, le=5)
    why_not: Annotated[str, Said("不能全程网办的原因")] = ""
    url: Annotated[str, Said("别处网办地址")] = ""
    # None: nobody has said yet.
    payment: Annotated[bool | None, Said("可以网上缴费")] = None


class Mail(Strict):
    """物流快递: what may come and go by post."""

    papers: Annotated[bool, Said("材料可以邮寄")] = False
    address: Annotated[str, Said("收件地址")] = ""
    note: Annotated[str, Said("邮寄说明")] = ""


class Provenance(Strict):
    source: Annotated[str, Said("来源")] = ""
    name: Annotated[Confidence, Said("名称可信度", words=CONFIDENCE)] = ""
    basis: Annotated[Confidence, Said("依据可信度", words=CONFIDENCE)] = ""
    days: Annotated[Confidence, Said("时限可信度", words=CONFIDENCE)] = ""
    note: Annotated[str, Said("备注")] = ""


KINDS = (
    "行政许可", "行政确认", "行政给付", "行政奖励", "行政裁决", "行政征收", "其他行政权力", "公共服务", "中介服务",
)  # fmt: skip
SERVED = {"自然人": "个人", "法人": "企业和单位"}
LEVELS = {"district": "区级大厅", "town": "镇（街道）", "village": "村（社区）"}
SCOPES = {
    "": "只在本区", "national": "全国通办", "cross_province": "跨省通办", "cross_city": "跨市通办",
    "cross_county": "跨县通办",
}  # fmt: skip
PUBLICITY = {"": "行政许可依法公开", "none": "不公开：涉及国家秘密、商业秘密或者个人隐私"}


class Guide(Strict):
    """办理规程 of one item."""

    code: Annotated[str, Said("事项编号")]
    name: Annotated[str, Said("事项名称")]
    short_name: Annotated[str, Said("简称")] = ""
    name_en: Annotated[str, Said("英文名")] = ""
    plain_names: Annotated[tuple[str, ...], Said("日常用语", "每行一个")] = ()
    summary: Annotated[str, Said("一句话说明", long=True)] = ""
    kind: Annotated[str, Said("事项类型", words={kind: kind for kind in KINDS})]
    parent_name: Annotated[str, Said("主项")] = ""
    core: Annotated[bool, Said("核心事项")] = True
    agency: Annotated[str, Said("实施主体")]
    target: Annotated[tuple[str, ...], Said("服务对象", words=SERVED)] = ()
    levels: Annotated[tuple[Literal["district", "town", "village"], ...], Said("办理层级", words=LEVELS)] = (
        "district",
    )
    themes_person: Annotated[tuple[str, ...], Said("面向个人的主题", "每行一个")] = ()
    themes_business: Annotated[tuple[str, ...], Said("面向企业的主题", "每行一个")] = ()
    ref_code: Annotated[str, Said("地方基本编码")] = ""
    basic_code: Annotated[str, Said("基本编码", "12 位")] = ""
    implementation_code: Annotated[str, Said("实施编码", "31 位")] = ""
    handling_code: Annotated[str, Said("业务办理项编码", "33 位")] = ""
    linked_item: Annotated[str, Said("对应的审批事项", "中介服务填")] = ""
    # Computed when a version is made (catalogue.rules): no finding blocks. What a file says here is not believed.
    complete: bool = False
    immediate: Annotated[bool, Said("即办件")] = False
    basis: Annotated[tuple[Citation, ...], Said("设定依据")] = ()
    power_source: Annotated[str, Said("权力来源")] = ""
    division: Annotated[str, Said("权限划分", long=True)] = ""
    entrusted: Annotated[str, Said("委托部门")] = ""
    joint: Annotated[tuple[str, ...], Said("联办机构", "每行一个")] = ()
    questions: Annotated[tuple[Question, ...], Said("问题")] = Field(default=(), max_length=6)
    conditions: Annotated[tuple[Condition, ...], Said("受理条件")] = ()
    quota: Annotated[str, Said("数量限制", "没有限制就空着")] = ""
    refusals: Annotated[tuple[str, ...], Said("不予批准的情形", "每行一条")] = ()
    situations: Annotated[tuple[Situation, ...], Said("情形")] = ()
    materials: Annotated[tuple[Material, ...], Said("材料")] = ()
    form: Annotated[FormSchema, Said("申请表单")] = FormSchema()
    # Natural days or working days fixed by law; None: the law fixes none.
    statutory: Annotated[Limit | None, Said("法定办结时限")] = None
    promised: Annotated[Limit | None, Said("承诺办结时限")] = None
    intake: Annotated[Intake, Said("受理与补正")] = Intake()
    pauses: Annotated[tuple[Pause, ...], Said("另有依据的特别程序")] = ()
    scrutiny: Annotated[Scrutiny, Said("核查、听证和集体讨论")] = Scrutiny()
    extension: Annotated[Extension | None, Said("延长审批", "行政许可不填就是 10 个工作日")] = None
    parties: Annotated[tuple[CoApplicant, ...], Said("共同申请人")] = ()
    outside: Annotated[Outside | None, Said("外部系统", "公安、税务、公积金等自己的系统；不填就是都在这里办")] = None
    gaps: Annotated[Gaps, Said("容缺受理", "哪些材料可容缺，在“材料”的必要性里写")] = Gaps()
    promise: Annotated[Promise, Said("告知承诺")] = Promise()
    steps: Annotated[tuple[Step, ...], Said("环节")] = ()
    visits: Annotated[Visits, Said("到现场")] = Visits()
    online: Annotated[Online, Said("网上办理")] = Online()
    mail: Annotated[Mail, Said("邮寄")] = Mail()
    scope: Annotated[
        Literal["", "national", "cross_province", "cross_city", "cross_county"], Said("通办范围", words=SCOPES)
    ] = ""
    kiosk: Annotated[bool, Said("可用自助终端")] = False
    appointment: Annotated[str, Said("预约规则", "不能预约就空着")] = ""
    prereview_first: Annotated[bool, Said("预约前要先预审", "网上预审通过以后才能预约到大厅")] = False
    fees: Annotated[tuple[Fee, ...], Said("收费项目")] = ()
    fee_note: Annotated[str, Said("收费说明", "不收费的写“不收费。”")] = ""
    result: Annotated[Result, Said("办理结果")] = Result(name="", kind="none")
    concerns: Annotated[Concerns | None, Said("变更、延续、补证、注销", "办的是已有证照的才填")] = None
    discretion: Annotated[Discretion | None, Said("裁量基准", "公开；超出基准的决定要两人签字")] = None
    forwarding: Annotated[Forwarding | None, Said("初审转报", "本机关只初审、由上级决定的才填")] = None
    vital: Annotated[
        bool,
        Said(
            "直接关系公共安全、人身健康、生命财产安全",
            "提供虚假材料的一年内、骗取的三年内不得再次申请（行政许可法第七十八条、第七十九条）",
        ),
    ] = False
    publicity: Annotated[
        Literal["", "none"],
        Said("准予决定的公开", "行政许可依法公开（行政许可法第四十条），个人只显示姓名的一部分", words=PUBLICITY),
    ] = ""
    faq: Annotated[tuple[Faq, ...], Said("常见问题")] = ()
    contacts: Annotated[Contacts, Said("咨询、投诉和地点")] = Contacts()
    remedies: Annotated[Remedies, Said("复议与诉讼")] = Remedies()
    rights: Annotated[str, Said("依法享有的权利", long=True)] = ""
    duties: Annotated[str, Said("依法履行的义务", long=True)] = ""
    intermediary: Annotated[tuple[str, ...], Said("涉及的中介服务", "每行一个，没有就空着")] = ()
    provenance: Annotated[Provenance, Said("来源与可信度")] = Provenance()
    updated: Annotated[str, Said("最近核对日期", "如 2026-11-23")] = ""

    @property
    def goes_outside(self) -> bool:
        """The procedure, and with it every clock, is that of an outside system."""
        return self.outside is not None and self.outside.procedure == "outside"

    @property
    def takes_mandate(self) -> bool:
        """A person may send somebody else with a 委托书: the guide asks for one in some situation."""
        return any("委托书" in paper.name and "单位" not in paper.name for paper in self.materials)
