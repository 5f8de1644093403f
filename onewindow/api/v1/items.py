"""Items 事项: the list, the whole guide, and which papers this person needs."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response
from ninja import Field, Query, Router, Schema

from onewindow.api.auth import visitor
from onewindow.api.paging import Page, cut
from onewindow.api.problems import not_found
from onewindow.api.reading import Answers, Strict, typed_answers
from onewindow.catalogue import checklist as checklists
from onewindow.catalogue import translations
from onewindow.catalogue.guide import Guide, Question
from onewindow.catalogue.models import Item, ItemVersion
from onewindow.catalogue.procedure import Citation
from onewindow.catalogue.search import search

router = Router(auth=visitor)
# A search is ranked, not complete: what is not among the first hundred was not meant.
RANKED = 100
Language = Literal["", "zh", "en"]
LANGUAGE = Query("", description="规程文字的语言；不写就按 Accept-Language")


class Organ(Schema):
    code: str
    name: str


class ItemBrief(Schema):
    code: str
    name: str
    short_name: str
    name_en: str
    kind: str
    agency: Organ
    target: list[str]
    themes: list[str]
    core: bool
    complete: bool = Field(description="有完整办理规程，可以网上申请")
    online_depth: int
    version: int


class ItemPage(Schema):
    items: list[ItemBrief]
    next: str | None


class ItemGuide(Schema):
    code: str
    version: int
    digest: str
    published_at: datetime
    language: str = Field(description="规程文字的语言；没有译文的句子仍是中文")
    untranslated: int = Field(description="还没有译文的句子数；中文为 0")
    guide: Guide


class Filters(Page):
    q: str = Field("", max_length=80, description="按人们的说法搜索，结果按相关程度排列")
    agency: str = Field("", max_length=20, description="部门代码")
    kind: str = Field("", max_length=20, description="事项类型，如 行政许可、公共服务")
    theme: str = Field("", max_length=40, description="主题，如 社会保障")
    complete: bool | None = None
    core: bool | None = None


@router.get("/items", response=ItemPage)
def index(request: HttpRequest, filters: Query[Filters]) -> dict[str, Any]:
    """事项目录，按编码排列；有 q 时按相关程度排列。"""
    rows = _chosen(filters)
    if filters.q.strip():
        codes = [hit.code for hit in search(filters.q, limit=RANKED)]
        found = rows.in_bulk(codes)
        ranked = [found[code] for code in codes if code in found]
        places = {item.code: place for place, item in enumerate(ranked, 1)}
        page, following = cut(ranked[places.get(filters.after, 0) :], filters.limit, "code")
    else:
        page, following = cut(rows.filter(code__gt=filters.after), filters.limit, "code")
    return {"items": [brief(item) for item in page], "next": following}


def _chosen(filters: Filters) -> QuerySet[Item]:
    rows = Item.objects.filter(current__isnull=False).select_related("agency", "current").defer("current__body")
    plain = {
        "agency_id": filters.agency or None, "kind": filters.kind or None, "complete": filters.complete,
        "core": filters.core,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in plain.items() if value is not None})
    if filters.theme:
        rows = rows.filter(themes__contains=[filters.theme])
    return rows.order_by("code")


def brief(item: Item) -> dict[str, Any]:
    assert item.current is not None
    return {
        "code": item.code, "name": item.name, "short_name": item.short_name, "name_en": item.name_en, "kind": item.kind,
        "agency": {"code": item.agency.code, "name": item.agency.name}, "target": item.target, "themes": item.themes,
        "core": item.core, "complete": item.complete, "online_depth": item.online_depth, "version": item.current.number,
    }  # fmt: skip


def current_version(code: str) -> ItemVersion:
    item = Item.objects.select_related("current").filter(pk=code).first()
    if item is None or item.current is None:
        raise not_found("没有这个事项，或者它还没有发布。事项编码可用 GET /api/v1/items 查到。")
    return item.current


def _told(code: str, lang: str) -> ItemVersion:
    """The current version in the language asked for, else in the one the client accepts."""
    version = current_version(code)
    translations.speak([version], lang or None)
    return version


@router.get("/items/{code}", response={200: ItemGuide, 304: None})
def show(request: HttpRequest, code: str, lang: Language = LANGUAGE) -> HttpResponse:
    """完整的办理规程。带 If-None-Match 时，没有变化则回 304。"""
    version = _told(code, lang)
    spoken = version.spoken
    reply = ItemGuide(
        code=code,
        version=version.number,
        digest=version.digest,
        published_at=version.published_at,
        language="en" if spoken else "zh-Hans",
        untranslated=len(spoken.missing) if spoken else 0,
        guide=version.guide,
    )
    text = reply.model_dump_json()
    # Of an English guide also its words may change, without a new version.
    etag = f'"{hashlib.sha256(text.encode()).hexdigest() if spoken else version.digest}"'
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["ETag"], response["Cache-Control"] = etag, "public, no-cache"
    return get_conditional_response(request, etag=etag, response=response) or response


class CheckRequest(Strict):
    answers: Answers = Field({}, description="问题 key → 答案；没有答的可以不写")


class CheckedCondition(Schema):
    key: str
    text: str
    answer: checklists.Answer
    for_officer: bool = Field(description="只能由工作人员判断")
    unmet: str
    ask: list[str]
    cites: list[Citation]


class Applies(Schema):
    key: str
    title: str


class CheckedMaterial(Schema):
    key: str
    name: str
    status: checklists.Status
    status_text: str
    why: str
    where: str
    standard: str
    form: str
    originals: int
    copies: int
    upload: bool
    ask: list[str] = Field(description="答了这些问题就能确定")
    cites: list[Citation]


class CheckReply(Schema):
    item: str
    version: int
    answer: checklists.Answer
    conditions: list[CheckedCondition]
    situations: list[Applies]
    materials: list[CheckedMaterial]
    next_question: Question | None = Field(description="最能减少不确定的问题；没有则为 null")
    answered: int
    questions: int


@router.post("/items/{code}/checklist", response=CheckReply)
def checklist(request: HttpRequest, code: str, body: CheckRequest, lang: Language = LANGUAGE) -> CheckReply:
    """按已知的答案，说明符合不符合条件、要带哪些材料、为什么、去哪里开。不保存任何内容。"""
    version = _told(code, lang)
    found = version.checklist(typed_answers(version.guide, body.answers))
    return CheckReply(
        item=code,
        version=version.number,
        answer=found.answer,
        conditions=[_condition(each) for each in found.conditions],
        situations=[Applies(key=each.key, title=each.title) for each in found.situations],
        materials=[_material(each, "en" if version.spoken else "zh-hans") for each in found.materials],
        next_question=found.next_question,
        answered=found.answered,
        questions=found.questions,
    )


def _condition(each: checklists.AnsweredCondition) -> CheckedCondition:
    return CheckedCondition(
        key=each.key, text=each.text, answer=each.answer, for_officer=each.for_officer, unmet=each.unmet,
        ask=list(each.ask), cites=list(each.cites),
    )  # fmt: skip


def _material(each: checklists.ListedMaterial, language: str) -> CheckedMaterial:
    paper = each.material
    with translation.override(language):
        status = translation.gettext(each.status_text)
    return CheckedMaterial(
        key=each.key, name=each.name, status=each.status, status_text=status, why=each.why, where=each.where,
        standard=paper.standard, form=paper.form, originals=paper.originals, copies=paper.copies, upload=paper.upload,
        ask=list(each.ask), cites=list(each.cites),
    )  # fmt: skip
