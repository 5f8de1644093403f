"""What a guide answers at a glance, as words for what is not a page."""

from __future__ import annotations

from html import unescape

from django.template import engines
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from onewindow.catalogue.guide import Guide


def of(guide: Guide) -> list[dict[str, str]]:
    """Label and words of who, how long, how often, how much: said by the same macros as on the page."""
    words = engines["jinja2"].env.get_template("ui/items.html").module  # type: ignore[attr-defined]
    facts = (
        (_("谁能办"), words.who), (_("要多久"), words.days), (_("跑几次"), words.visits), (_("要多少钱"), words.fee),
    )  # fmt: skip
    return [{"label": label, "says": unescape(strip_tags(str(says(guide)))).strip()} for label, says in facts]
