"""The schema as an editor sees it."""

from pydantic import BaseModel

from onewindow.catalogue.guide import Guide
from onewindow.catalogue.shape import place_in_words, shapes, tidy


def models(model: type[BaseModel], seen: set) -> set:
    if model in seen:
        return seen
    seen.add(model)
    for shape in shapes(model):
        if shape.model:
            models(shape.model, seen)
    return seen


def test_every_field_has_a_name_for_people():
    """One without would be lost when an editor saves the page: give it `Said` (kernel.forms.schema)."""
    nameless = {
        f"{model.__name__}.{name}"
        for model in models(Guide, set())
        for name in set(model.model_fields) - {shape.name for shape in shapes(model)}
    }
    assert nameless == {"Guide.complete"}


def test_places_read_as_words():
    assert place_in_words(("materials", 2, "cites", 0, "law")) == "材料 · 第 3 行 · 要求提供的依据 · 第 1 行 · 法律法规"


def test_what_nobody_filled_in_is_not_said():
    materials = next(shape for shape in shapes(Guide) if shape.name == "materials")
    assert tidy(materials, [{"key": "id", "name": "身份证", "form": "original", "upload": True, "cites": []}]) == [
        {"key": "id", "name": "身份证"}
    ]
    core = next(shape for shape in shapes(Guide) if shape.name == "core")
    assert (tidy(core, False), tidy(core, True)) == (False, None)
