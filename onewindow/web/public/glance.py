"""What a guide answers at a glance, as words for what is not a page."""

from __future__ import annotations

from html import unescape

from django.template import engines
from django.utils import translation

from onewindow.catalogue.guide import Guide


def of(guide: Guide) -> list[dict[str, str]]:
    """Label and words of who, how long, how often, how much: said by the same macros as on the page."""
    words = engines["jinja2"].env.get_template("ui/items.html").module  # type: ignore[attr-defined]
    facts = (("谁能办", words.who), ("要多久", words.days), ("跑几次", words.visits), ("要多少钱", words.fee))
    with translation.override("zh-hans"):
        return [{"label": label, "says": unescape(str(says(guide))).strip()} for label, says in facts]
