"""A form as data: pages of fields. The same schema draws the page, checks the answers and documents the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal[
    "text", "long_text", "number", "date", "choice", "choices", "yes_no", "person_number", "credit_code", "phone",
    "address", "file", "group",
]  # fmt: skip
KINDS = {
    "text": "一行文字", "long_text": "多行文字", "number": "数字", "date": "日期", "choice": "单选", "choices": "多选",
    "yes_no": "是或否", "person_number": "身份证号码", "credit_code": "统一社会信用代码", "phone": "电话",
    "address": "地址", "file": "文件", "group": "可重复的一组",
}  # fmt: skip
DATES = {"": "任何一天", "past": "今天或以前", "future": "今天或以后"}
# Kinds whose values are personal numbers: encrypted at rest, masked on screen (kernel.secrecy).
SECRET_KINDS = frozenset({"person_number"})


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Said:
    """What an editor calls a field of a schema, how its values read in Chinese, and what helps to fill it in."""

    title: str
    hint: str = ""
    long: bool = False
    words: dict[str, str] = field(default_factory=dict)


class Choice(Strict):
    value: Annotated[str, Said("代号", "小写字母")]
    label: Annotated[str, Said("选项")]
    hint: Annotated[str, Said("说明")] = ""


class FormField(Strict):
    """One question. `group` repeats its `fields` between `min_items` and `max_items` times."""

    key: Annotated[str, Said("代号", "小写字母、数字和下划线")] = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Annotated[str, Said("问什么")]
    kind: Annotated[Kind, Said("填法", words=KINDS)] = "text"
    required: Annotated[bool, Said("必填")] = True
    hint: Annotated[str, Said("提示")] = ""
    placeholder: Annotated[str, Said("框内示例")] = ""
    choices: Annotated[tuple[Choice, ...], Said("选项")] = ()
    # CEL over the answers given so far; empty means always shown. A hidden field is neither asked nor kept.
    shown_when: Annotated[str, Said("什么时候问", "条件式，空着就是总要问")] = ""
    min: Annotated[float | None, Said("最小")] = None
    max: Annotated[float | None, Said("最大")] = None
    unit: Annotated[str, Said("单位")] = ""
    max_length: Annotated[int, Said("最多几个字")] = 200
    pattern: Annotated[str, Said("格式（正则式）")] = ""
    pattern_hint: Annotated[str, Said("格式不对时怎么说")] = ""
    # date: "past" (today or before), "future" (today or after) or "" for any day.
    when: Annotated[Literal["", "past", "future"], Said("哪些日期", words=DATES)] = ""
    # Where a known fact is offered: person.name, .number, .phone, .address, organisation.name …; agent.name, .number,
    # .phone of whoever acts for the applicant.
    prefill: Annotated[str, Said("预填", "person.name、person.number、organisation.name、agent.name……")] = ""
    accept: Annotated[tuple[str, ...], Said("文件类型")] = ()
    fields: Annotated[tuple[FormField, ...], Said("组内字段")] = ()
    min_items: Annotated[int, Said("最少几项")] = 0
    max_items: Annotated[int, Said("最多几项")] = 20


class FormPage(Strict):
    title: Annotated[str, Said("页标题")]
    intro: Annotated[str, Said("页首说明", long=True)] = ""
    fields: Annotated[tuple[FormField, ...], Said("字段")]


class FormSchema(Strict):
    pages: Annotated[tuple[FormPage, ...], Said("表单页")] = ()

    def walk(self) -> list[FormField]:
        """Every top-level field, in order."""
        return [field for page in self.pages for field in page.fields]
