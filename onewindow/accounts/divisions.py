"""Where an address may lie: towns and streets of today's set of divisions 行政区划, and the rest of the world."""

from __future__ import annotations

from django.conf import settings

from onewindow.accounts.models import Division

# An address need not lie in the district: who lives elsewhere writes province, city and county out.
ELSEWHERE = "0" * 12
_towns: dict[str, str] = {}


def towns() -> dict[str, str]:
    """Code → short name, kept in the process once they are loaded; last, the rest of the world."""
    if not _towns:
        rows = Division.objects.filter(set="present", level="town").order_by("code")
        _towns.update(rows.values_list("code", "short_name"))
    return _towns | {ELSEWHERE: f"{settings.DISTRICT_NAME}以外（后面写明省、市、区县）"}


def forget() -> None:
    _towns.clear()


def is_known(code: str) -> bool:
    return code in towns()


def in_full(code: str) -> str:
    """As it stands on a certificate, which is read outside the district."""
    town = name(code)
    return town and f"{settings.DISTRICT_NAME}{town}"


def name(code: str) -> str:
    """Of the town; nothing for an address elsewhere, which says all in its detail."""
    return "" if code == ELSEWHERE else towns().get(code, code)
