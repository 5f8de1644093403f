"""What people say in an act goes into the ledger for good: it is cleaned and looked at before."""

from __future__ import annotations

import re

from onewindow.kernel.forms.kinds import UNKEEPABLE

# What can be a resident's number 公民身份号码 (GB 11643): six of the area, the date of birth, three and a check sign.
PERSONAL_NUMBER = re.compile(r"(?a)(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)")


def wording(text: str, *, least: int = 0, otherwise: str = "") -> str:
    """Without control signs and outer blanks; ValueError `otherwise` when too short, or when it has a full number."""
    said = UNKEEPABLE.sub("", text).strip()
    if len(said) < least:
        raise ValueError(otherwise)
    if PERSONAL_NUMBER.search(said):
        raise ValueError("请不要写完整的身份证号码，写姓名或号码后四位即可：这里的话会永久留在办理记录里。")
    return said
