"""The house has one order: foreign keys follow the layers that import-linter holds for imports."""

import tomllib
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent


def layers():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = config["tool"]["importlinter"]["contracts"][0]["layers"]
    return {
        part.strip().removeprefix("onewindow."): rank
        for rank, names in enumerate(reversed(names))
        for part in names.split("|")
    }


def test_foreign_keys_point_down_the_layers():
    rank = layers()
    wrong = []
    for model in apps.get_models():
        own = model._meta.app_label
        for field in model._meta.get_fields():
            if not (field.is_relation and field.concrete and field.related_model):
                continue
            other = field.related_model._meta.app_label
            if own in rank and other in rank and own != other and rank[other] >= rank[own]:
                wrong.append(f"{model.__name__}.{field.name} → {other}")
    assert wrong == []


def test_every_package_has_its_layer():
    packages = {path.parent.name for path in (ROOT / "onewindow").glob("*/__init__.py")}
    assert packages == set(layers())
