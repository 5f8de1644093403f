"""How a case of an item runs: periods, steps, and the law's rules for taking in, stopping and lengthening.

What stands here are the law's defaults; a guide says where another law differs.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from onewindow.kernel.forms.schema import Said, Strict

Confidence = Literal["A", "B", "C", "V", "P", "K", "T", "D", "E", "n", "k", ""]
CONFIDENCE = {
    "": "未注明", "V": "已查原文", "A": "公开目录", "B": "公开来源", "P": "部分查过", "C": "通用知识",
    "K": "凭记忆，待核对",
    "T": "按条文数字推得", "D": "默认值", "E": "估计", "n": "有此法，未引条", "k": "法名凭记忆",
}  # fmt: skip
Sure = Annotated[Confidence, Said("可信度", words=CONFIDENCE)]
UNITS = {"working": "工作日", "natural": "自然日"}
Unit = Annotated[Literal["working", "natural"], Said("单位", words=UNITS)]
WHEN = "条件式，例如 household == 'sichuan'；代号见“问题”"
Key = Annotated[str, Said("代号", "小写字母、数字和下划线，条件式里用")]


class Citation(Strict):
    """Legal basis 依据. `confidence` as in data/xindu/README.md: V looked up, K general knowledge …"""

    law: Annotated[str, Said("法律法规", "带书名号的全称")]
    article: Annotated[str, Said("条款")] = ""
    text: Annotated[str, Said("条文", long=True)] = ""
    confidence: Sure = ""
    number: Annotated[str, Said("文号")] = ""
    issuer: Annotated[str, Said("颁布机关")] = ""
    since: Annotated[str, Said("实施日期")] = ""

    def __str__(self) -> str:
        """《居民身份证法》第十四条; where the article is in Latin letters, it stands apart: … Law, art. 14."""
        return f"{self.law}, {self.article}" if self.article and self.article.isascii() else self.law + self.article


class Limit(Strict):
    """A period; 0 days means on the spot."""

    days: Annotated[int, Said("天数", "0 就是当场办结")] = Field(ge=0, le=400)
    unit: Unit = "working"
    basis: Annotated[tuple[Citation, ...], Said("依据")] = ()
    note: Annotated[str, Said("说明")] = ""
    confidence: Sure = ""


STAGES = {"accept": "受理", "review": "审查", "decide": "决定", "certify": "制证、办结", "deliver": "送达"}


class Step(Strict):
    """环节. `post` is the role that does it; review steps run between acceptance and decision."""

    key: Annotated[Literal["accept", "review", "decide", "certify", "deliver"], Said("环节", words=STAGES)]
    name: Annotated[str, Said("环节名称")]
    post: Annotated[
        Literal["clerk", "reviewer", "decider"],
        Said("岗位", words={"clerk": "窗口受理岗", "reviewer": "审查岗", "decider": "决定岗"}),
    ]
    days: Annotated[float, Said("用时（天）")] = 0
    unit: Unit = "working"
    performer: Annotated[str, Said("谁来办")] = ""
    description: Annotated[str, Said("做什么", long=True)] = ""
    # 并联: review steps that follow one another under the same name run at once. 联办: the post is another agency's.
    group: Annotated[str, Said("并联组", "相邻的审查环节写同一个组名，就同时进行；空着就一个接一个")] = ""
    agency: Annotated[str, Said("联办部门代码", "由别的部门审查时填，例如 ZJJ；空着就是本部门")] = ""


SILENCE = {"accepted": "视为受理", "none": "不视为受理"}
RUNS_FROM = {"acceptance": "受理", "receipt": "收到齐全的申请"}
PROCEDURES = {
    "hearing": "听证", "bidding": "招标", "auction": "拍卖", "inspection": "检验", "testing": "检测",
    "quarantine": "检疫", "appraisal": "鉴定", "expert_review": "专家评审", "site_visit": "现场踏勘",
    "publicity": "公示公告", "third_party": "征求第三方意见",
}  # fmt: skip
Procedure = Literal[
    "hearing", "bidding", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review", "site_visit",
    "publicity", "third_party",
]  # fmt: skip


class Intake(Strict):
    """收件到受理的规矩; what stands here is 行政许可法 §32, other laws have their own."""

    days: Annotated[int, Said("告知补正的期限（天）")] = Field(default=5, ge=0, le=60)
    unit: Unit = "working"
    silence: Annotated[Literal["accepted", "none"], Said("逾期不告知", words=SILENCE)] = "accepted"
    on_the_spot: Annotated[bool, Said("必须当场告知补正")] = False
    # 政府信息公开条例 §30, §33 knows no acceptance: the answer is due from the day the request came in.
    runs_from: Annotated[Literal["acceptance", "receipt"], Said("办理期限从哪天起算", words=RUNS_FROM)] = "acceptance"
    # 法 sets no period for the applicant: a local rule, in working days; 0 for none.
    answer_days: Annotated[int, Said("申请人补正的期限（工作日）", "0 为不限")] = Field(default=30, ge=0, le=250)
    basis: Annotated[tuple[Citation, ...], Said("依据")] = ()


class Pause(Strict):
    """A procedure beyond 行政许可法 §45 whose time does not count here, and the law that says so."""

    procedure: Annotated[Procedure, Said("特别程序", words=PROCEDURES)]
    cites: Annotated[tuple[Citation, ...], Said("依据")] = Field(min_length=1)


WHERE = {"outside": "转到外部系统办，时限由它计算", "here": "在这里办，同时录入外部系统"}
ROADS = {"adapter": "接口自动来往", "import": "成批导入办结结果", "hand": "工作人员逐件登记"}


class Outside(Strict):
    """外部系统 (垂管系统): the police, tax or fund keeps numbers, and mostly the procedure, in a system of its own."""

    system: Annotated[str, Said("系统代号", "与“外部系统”页上的代号一致，小写字母、数字和连字符")] = Field(
        pattern=r"^[a-z][a-z0-9-]{1,39}$"
    )
    name: Annotated[str, Said("系统名称", "群众看得懂的叫法")]
    operator: Annotated[str, Said("谁在管")] = ""
    # "outside": after the handover no clock of ours runs; "here": ours run, and their number is kept beside our own.
    procedure: Annotated[Literal["outside", "here"], Said("在哪里走程序", words=WHERE)] = "outside"
    road: Annotated[Literal["adapter", "import", "hand"], Said("怎么来往", words=ROADS)] = "hand"
    track: Annotated[str, Said("去哪里查进度", long=True)] = ""
    source: Annotated[str, Said("来源")] = ""
    confidence: Sure = ""


class CheckPoint(Strict):
    """核查要点: what the officers look at on the spot, and against which standard."""

    key: Key = Field(pattern=r"^[a-z][a-z0-9_]*$")
    text: Annotated[str, Said("看什么")]
    standard: Annotated[str, Said("怎样算符合", long=True)] = ""
    cites: Annotated[tuple[Citation, ...], Said("依据")] = ()


HEARINGS = {"": "不必", "offered": "决定前告知听证权利", "required": "依职权举行听证"}


class Scrutiny(Strict):
    """What must be done before the decision, beyond the steps."""

    visit_when: Annotated[str, Said("什么时候必须现场核查", f"{WHEN}；都要核查写 true，空着就是不必")] = ""
    check_points: Annotated[tuple[CheckPoint, ...], Said("核查要点")] = ()
    # 行政许可法 §47 (major interests of applicant and others), §46 (a law, or the public interest).
    hearing: Annotated[Literal["", "offered", "required"], Said("听证", words=HEARINGS)] = ""
    collective: Annotated[bool, Said("决定前必须集体讨论")] = False
    basis: Annotated[tuple[Citation, ...], Said("依据")] = ()


class Extension(Strict):
    """延长审批: once, by the head of the organ, before the period ends."""

    days: Annotated[int, Said("最多延长（工作日）")] = Field(ge=1, le=60)
    basis: Annotated[tuple[Citation, ...], Said("依据")] = ()


class CoApplicant(Strict):
    """共同申请人: somebody besides the applicant who must confirm the application before it is submitted."""

    key: Key = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Annotated[str, Said("称谓", "例如 买卖的另一方、配偶")] = Field(max_length=40)
    count: Annotated[int, Said("至少几人")] = Field(default=1, ge=1, le=20)
    when: Annotated[str, Said("什么时候要", f"{WHEN}；空着就是都要")] = ""
    why: Annotated[str, Said("为什么要")] = ""
    cites: Annotated[tuple[Citation, ...], Said("依据")] = ()


class Gaps(Strict):
    """容缺受理: how long papers that may come later may be lacking after acceptance, and what follows when they do not.

    Which papers: those whose necessity is `tolerable`. The days are the organ's own rule, no law's.
    """

    days: Annotated[int, Said("补交期限（工作日）", "自受理次日起算")] = Field(default=15, ge=1, le=120)
    # Months a broken promise stands in the credit record; 0: none is made.
    record_months: Annotated[int, Said("逾期不补的失信记录（月）", "0 为不记")] = Field(default=0, ge=0, le=60)
    basis: Annotated[tuple[Citation, ...], Said("依据")] = ()


# Where 告知承诺 stays away unless a law says otherwise (国办发〔2020〕42号).
AREAS = {
    "none": "都不直接涉及", "state_security": "国家安全", "public_safety": "公共安全", "ecology": "生态环境保护",
    "health": "人身健康、生命财产安全", "finance": "金融安全",
}  # fmt: skip
Area = Literal["none", "state_security", "public_safety", "ecology", "health", "finance"]


class Promise(Strict):
    """告知承诺: the organ says what is required, the applicant promises to meet it, the check comes afterwards.

    `licence`: of the whole matter, decided on the spot. A proof that a promise may replace is marked at the paper.
    """

    licence: Annotated[bool, Said("可以告知承诺办理", "当场作出决定，事后核查")] = False
    when: Annotated[str, Said("什么时候走告知承诺", "条件式，例如 route == 'promise'；空着由申请人提交时选")] = ""
    terms: Annotated[tuple[str, ...], Said("告知的条件和标准", "每行一条，申请人逐条承诺")] = ()
    consequences: Annotated[str, Said("承诺不实的后果", long=True)] = ""
    areas: Annotated[tuple[Area, ...], Said("直接涉及的领域", words=AREAS)] = ()
    check_days: Annotated[int, Said("决定后多少天内核查（自然日）")] = Field(default=60, ge=1, le=365)
    correct_days: Annotated[int, Said("限期改正最多（自然日）")] = Field(default=30, ge=1, le=180)
    record_months: Annotated[int, Said("失信记录（月）")] = Field(default=12, ge=1, le=60)
    basis: Annotated[tuple[Citation, ...], Said("依据")] = ()
