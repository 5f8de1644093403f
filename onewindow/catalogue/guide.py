"""The one executable source of an item: everything guide page, checklist, form, window and API say comes from here.

Field names follow the national implementation list (实施清单) in English; `docs/glossary.md` maps them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_serializer, field_validator

from onewindow.kernel.forms.schema import Choice, FormSchema, Strict

Confidence = Literal["A", "B", "C", "V", "P", "K", "T", "D", "E", "n", "k", ""]


class Citation(Strict):
    """Legal basis 依据. `confidence` as in data/xindu/README.md: V looked up, K general knowledge …"""

    law: str
    article: str = ""
    text: str = ""
    confidence: Confidence = ""


class Question(Strict):
    """One of the three to six things asked for "my checklist"; its key is a variable of the conditions."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    ask: str
    kind: Literal["number", "choice", "yes_no"] = "choice"
    choices: tuple[Choice, ...] = ()
    unit: str = ""
    min: float | None = None
    max: float | None = None
    hint: str = ""


class Condition(Strict):
    """受理条件: who may apply. `when` is CEL over the answers; empty when only an officer can judge it."""

    key: str
    text: str
    when: str = ""
    unmet: str = ""
    cites: tuple[Citation, ...] = ()


class Situation(Strict):
    """情形: a case that changes the papers."""

    key: str
    title: str
    when: str


class Material(Strict):
    """申请材料 (GB/T 39046 56–64)."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    # CEL over the answers; empty: always needed.
    needed_when: str = ""
    # Why it is needed, or what the condition says in plain words.
    why: str = ""
    form: Literal["original", "copy", "original_and_copy", "electronic", "form"] = "original"
    originals: int = 1
    copies: int = 0
    necessity: Literal["required", "conditional", "tolerable"] = "required"
    source: Literal["applicant", "government", "intermediary"] = "applicant"
    issuer: str = ""
    where: str = ""
    shareable: bool = False
    standard: str = ""
    upload: bool = True
    cites: tuple[Citation, ...] = ()
    confidence: Confidence = "C"


class Limit(Strict):
    """A period; 0 days means on the spot."""

    days: int = Field(ge=0, le=400)
    unit: Literal["working", "natural"] = "working"
    basis: tuple[Citation, ...] = ()
    note: str = ""
    confidence: Confidence = ""


class Step(Strict):
    """环节. `post` is the role that does it; review steps run between acceptance and decision."""

    key: Literal["accept", "review", "decide", "certify", "deliver"]
    name: str
    post: Literal["clerk", "reviewer", "decider"]
    days: float = 0
    unit: Literal["working", "natural"] = "working"
    performer: str = ""
    description: str = ""


class Fee(Strict):
    name: str
    standard: str
    basis: str = ""
    waiver: str = ""


class Result(Strict):
    """What one gets. A `certificate` or `document` has number, QR and seal; a `benefit` is paid, a `record` filed."""

    name: str
    kind: Literal["certificate", "document", "benefit", "record", "none"]
    # Months the certificate is valid; None: until the decision changes.
    valid_months: int | None = None
    # Fields of the form shown on the certificate: label → field key.
    shows: dict[str, str] = {}
    # Field of the form that names the holder, where that is not the applicant: a child, a company being founded.
    holder: str = ""
    holder_is_body: bool = False
    note: str = ""

    @field_serializer("shows")
    def _in_order(self, shows: dict[str, str]) -> list[tuple[str, str]]:
        """As pairs: a JSON object in PostgreSQL forgets the order of the lines on the certificate."""
        return list(shows.items())

    @field_validator("shows", mode="before")
    @classmethod
    def _from_pairs(cls, shows: Any) -> Any:
        return dict(shows) if isinstance(shows, list | tuple) else shows


class Faq(Strict):
    q: str
    a: str


class Place(Strict):
    name: str
    address: str = ""
    hours: str = ""
    phone: str = ""
    site: str = ""


class Contacts(Strict):
    consult: str = ""
    complain: str = ""
    places: tuple[Place, ...] = ()


class Remedies(Strict):
    """复议与诉讼 (行政复议法 §20, 行政诉讼法 §46)."""

    reconsideration: str = ""
    suit: str = ""


class Visits(Strict):
    count: int = 0
    reason: str = ""


class Online(Strict):
    """网上办理深度: 1 consult … 5 all online."""

    depth: int = Field(default=1, ge=1, le=5)
    why_not: str = ""


class Provenance(Strict):
    source: str = ""
    name: Confidence = ""
    basis: Confidence = ""
    days: Confidence = ""
    note: str = ""


class Guide(Strict):
    """办理规程 of one item."""

    code: str
    name: str
    short_name: str = ""
    name_en: str = ""
    plain_names: tuple[str, ...] = ()
    summary: str = ""
    kind: str
    parent_name: str = ""
    core: bool = True
    agency: str
    target: tuple[str, ...] = ()
    levels: tuple[Literal["district", "town", "village"], ...] = ("district",)
    themes_person: tuple[str, ...] = ()
    themes_business: tuple[str, ...] = ()
    ref_code: str = ""
    linked_item: str = ""
    complete: bool = False
    immediate: bool = False
    basis: tuple[Citation, ...] = ()
    questions: tuple[Question, ...] = Field(default=(), max_length=6)
    conditions: tuple[Condition, ...] = ()
    situations: tuple[Situation, ...] = ()
    materials: tuple[Material, ...] = ()
    form: FormSchema = FormSchema()
    # Natural days or working days fixed by law; None: the law fixes none.
    statutory: Limit | None = None
    promised: Limit | None = None
    steps: tuple[Step, ...] = ()
    visits: Visits = Visits()
    online: Online = Online()
    fees: tuple[Fee, ...] = ()
    fee_note: str = ""
    result: Result = Result(name="", kind="none")
    faq: tuple[Faq, ...] = ()
    contacts: Contacts = Contacts()
    remedies: Remedies = Remedies()
    provenance: Provenance = Provenance()
    updated: str = ""
