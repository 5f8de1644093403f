"""Search in people's own words: what was found, what was put right, and the one question that would tell more."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from onewindow.api.auth import visitor
from onewindow.api.v1.items import ItemBrief, brief
from onewindow.catalogue import unanswered
from onewindow.catalogue.asking import Choice, ask
from onewindow.catalogue.models import Item
from onewindow.catalogue.search import Filters, answer, suggest

router = Router(auth=visitor)
WHO = {"person": "自然人", "business": "法人", "": ""}


class Said(Schema):
    q: str = Field(min_length=1, max_length=80, description="平常的话、方言、拼音、首字母都行")
    who: Literal["", "person", "business"] = Field("", description="个人，或企业和单位")
    theme: str = Field("", max_length=40)
    agency: str = Field("", max_length=20, description="部门代码")
    level: Literal["", "district", "town", "village"] = Field("", description="在哪一级能办")
    online: int = Field(0, ge=0, le=5, description="网上办理深度至少到几级")
    do: str = Field("", max_length=20, description="办哪一种：new 新办，或反问中给出的值；不填为任何一种")
    limit: int = Field(10, ge=1, le=50)
    exact: bool = Field(False, description="不改错别字，按原话找")


class FoundItem(ItemBrief):
    why: str = Field(description="最像的名称")


class Correction(Schema):
    said: str
    read: str


class AskChoice(Schema):
    field: str = Field(description="再搜时带上的参数")
    value: str
    words: str


class AskReply(Schema):
    question: str
    choices: list[AskChoice]


class SearchReply(Schema):
    found: list[FoundItem]
    corrections: list[Correction] = Field(description="读成了什么；带 exact=true 可按原话再搜")
    ask: AskReply | None = Field(description="拿不准时反问的一句；没有则为 null")
    poor: bool = Field(description="没有把握：结果可能都不是")


class Suggestion(Schema):
    code: str
    name: str
    why: str


@router.get("/search", response=SearchReply)
def index(request: HttpRequest, said: Query[Said]) -> dict[str, Any]:
    """按人们的说法找事项，最可能的在前。"""
    filters = Filters(
        who=WHO[said.who], theme=said.theme, agency=said.agency, level=said.level, online=said.online,
        doing={"": None, "new": ""}.get(said.do, said.do),
    )  # fmt: skip
    got = answer(said.q.strip(), filters, literally=said.exact)
    if got.poor:
        unanswered.note(said.q.strip(), found_nothing=not got.everything)
    items = _items([hit.code for hit in got.hits[: said.limit]])
    asked = ask(got, filters)
    return {
        "found": [brief(items[hit.code]) | {"why": hit.why} for hit in got.hits[: said.limit] if hit.code in items],
        "corrections": [{"said": old, "read": new} for old, new in got.question.corrections if old != new],
        "ask": asked and {"question": asked.question, "choices": [_choice(each) for each in asked.choices]},
        "poor": got.poor,
    }


def _choice(choice: Choice) -> dict[str, str]:
    """In the words of the parameters above."""
    sides = {target: side for side, target in WHO.items()}
    value = sides.get(choice.value, choice.value) if choice.field == "who" else choice.value
    return {"field": choice.field, "value": value, "words": str(choice.words)}


def _items(codes: list[str]) -> dict[str, Item]:
    return Item.objects.select_related("agency", "current").defer("current__body").in_bulk(codes)


class Typed(Schema):
    q: str = Field(min_length=1, max_length=80)


@router.get("/suggestions", response=list[Suggestion])
def suggestions(request: HttpRequest, typed: Query[Typed]) -> list[dict[str, Any]]:
    """边打字边提示：名称、拼音或首字母的开头。"""
    hits = suggest(typed.q)
    items = _items([hit.code for hit in hits])
    return [{"code": hit.code, "name": str(items[hit.code]), "why": hit.why} for hit in hits if hit.code in items]
