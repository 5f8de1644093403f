"""The English catalogue of the public side, from what its templates and views say. Needs Babel (requirements-dev)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import engines
from django.template.backends.jinja2 import Jinja2

from onewindow.accounts.providers import password, phone_code
from onewindow.cases.models import State
from onewindow.catalogue.checklist import STATUS_TEXT
from onewindow.catalogue.events import events
from onewindow.documents.models import Certificate
from onewindow.feedback.actions import BAD_TAGS, GOOD_TAGS, LEVELS
from onewindow.web.public.themes import BUSINESS, LIFE

SOURCE = settings.BASE_DIR / "onewindow"
TEMPLATES_DIR = SOURCE / "web" / "templates"
CATALOGUE = SOURCE / "web" / "locale" / "en" / "LC_MESSAGES" / "django.po"
TEMPLATES = [
    "layout/*.html", "public/*.html", "halls/*.html", "account/sign_in.html", "account/code.html",
    "account/_providers.html", "account/leaving.html", "my/rate.html", "ui/checklist.html", "ui/items.html",
    "ui/parts.html", "ui/search.html",
]  # fmt: skip
PYTHON = [
    "web/public/*.py", "web/halls/places.py", "web/halls/appointments.py", "web/halls/parties.py",
    "web/ui/*.py", "web/account/forms.py",
    "web/account/sign_in.py", "catalogue/asking.py", "accounts/providers/oidc.py", "accounts/linking.py",
]  # fmt: skip
# Sentences of lower layers that the page translates when it shows them.
REFUSALS = ["accounts/providers/p*.py", "feedback/actions.py"]
KEYWORDS = DEFAULT_KEYWORDS | {"gettext_lazy": None, "gettext_noop": None}
Message = str | tuple[str, str]


def used() -> Iterator[tuple[str, Message]]:
    """(file or list, msgid or its singular and plural) of all that a public page can say."""
    env = cast(Jinja2, engines["jinja2"]).env
    for path in files(TEMPLATES_DIR, TEMPLATES):
        spoken = env.extract_translations(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
        yield from ((path.name, _message(said)) for _line, _function, said in spoken if said)
    for patterns, keywords in ((PYTHON, KEYWORDS), (REFUSALS, {"SignInRefused": None, "ValueError": None})):
        for path in files(SOURCE, patterns):
            spoken = extract("python", BytesIO(path.read_bytes()), keywords)
            yield from ((path.name, _message(said)) for _, said, _, _ in spoken if not str(said).isascii())
    yield from (("data", word) for word in _words_of_data())


def _message(extracted: Any) -> Message:
    strings = [part for part in extracted if part] if isinstance(extracted, tuple) else [extracted]
    return (strings[0], strings[1]) if len(strings) > 1 else strings[0]


def files(root: Path, patterns: list[str]) -> list[Path]:
    return sorted(path for pattern in patterns for path in root.glob(pattern))


def _words_of_data() -> Iterator[str]:
    yield from (phone_code.WRONG, password.WRONG, password.LOCKED)
    yield from (*LEVELS.values(), *GOOD_TAGS, *BAD_TAGS, *State.labels, *Certificate.State.labels, "已过有效期")
    yield from STATUS_TEXT.values()
    for event in events(settings.DATA_DIR).by_key.values():
        yield from (event.name, event.lead, *(step.title for step in event.steps))
        yield from filter(None, (step.note for step in event.steps))
    yield from (theme.name for theme in LIFE + BUSINESS)
    with (settings.DATA_DIR / "items.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield row["type"]
            yield from filter(None, f"{row['themes_person']}|{row['themes_business']}".split("|"))


class Command(BaseCommand):
    help = "收集公共页面的词句，更新英文词表并编译"

    def handle(self, *args: Any, **options: Any) -> None:
        with CATALOGUE.open("rb") as file:
            catalogue = read_po(file, locale="en")
        found = Catalog()
        for place, message in used():
            found.add(message, locations=[(place, 0)])
        catalogue.update(found, no_fuzzy_matching=True, update_creation_date=False)
        with CATALOGUE.open("wb") as file:
            write_po(file, catalogue, width=120, include_lineno=False, ignore_obsolete=True)
        with CATALOGUE.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)
        wanting = [
            message.id
            for message in catalogue
            if message.id and (message.fuzzy or not message.string or not all(message.string))
        ]
        if wanting:
            raise CommandError(f"还有 {len(wanting)} 句没有英文，或没有核对：{wanting}")
        self.stdout.write(f"{len(catalogue)} 句都有英文。")
