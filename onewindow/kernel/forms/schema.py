"""A form as data: pages of fields. The same schema draws the page, checks the answers and documents the API."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal[
    "text", "long_text", "number", "date", "choice", "choices", "yes_no", "person_number", "credit_code", "phone",
    "address", "file", "group",
]  # fmt: skip
# Kinds whose values are personal numbers: encrypted at rest, masked on screen (kernel.secrecy).
SECRET_KINDS = frozenset({"person_number"})


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(Strict):
    value: str
    label: str
    hint: str = ""


class FormField(Strict):
    """One question. `group` repeats its `fields` between `min_items` and `max_items` times."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    kind: Kind = "text"
    required: bool = True
    hint: str = ""
    placeholder: str = ""
    choices: tuple[Choice, ...] = ()
    # CEL over the answers given so far; empty means always shown. A hidden field is neither asked nor kept.
    shown_when: str = ""
    min: float | None = None
    max: float | None = None
    unit: str = ""
    max_length: int = 200
    pattern: str = ""
    pattern_hint: str = ""
    # date: "past" (today or before), "future" (today or after) or "" for any day.
    when: Literal["", "past", "future"] = ""
    # Where a known fact is offered: person.name, person.number, person.phone, person.address, organisation.name …
    prefill: str = ""
    accept: tuple[str, ...] = ()
    fields: tuple[FormField, ...] = ()
    min_items: int = 0
    max_items: int = 20


class FormPage(Strict):
    title: str
    intro: str = ""
    fields: tuple[FormField, ...]


class FormSchema(Strict):
    pages: tuple[FormPage, ...] = ()

    def walk(self) -> list[FormField]:
        """Every top-level field, in order."""
        return [field for page in self.pages for field in page.fields]
