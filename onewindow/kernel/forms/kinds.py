"""What each kind of field accepts, and what it tells people when it does not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from onewindow.kernel import clock, secrecy
from onewindow.kernel.forms.keeping import plain, unseal
from onewindow.kernel.forms.schema import FormField

MOBILE = re.compile(r"(?a)1[3-9]\d{9}")
LANDLINE = re.compile(r"(?a)0\d{2,3}-?\d{7,8}(-\d{1,5})?")
# Control characters and lone surrogates: PostgreSQL and UTF-8 cannot hold them, people cannot see them; nor what
# turns the direction of writing, so that an officer would read another text than the one that is kept.
UNKEEPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LONG = 2000
DATE = re.compile(r"(?a)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")


class Problem(ValueError):
    """What is wrong with a value and what to do, in a sentence."""


def narrow(text: str) -> str:
    """Full-width letters and digits become half-width; ends are trimmed."""
    return unicodedata.normalize("NFKC", text).strip()


def read(field: FormField, value: Any, known_division: Callable[[str], bool]) -> Any:
    """The value as it is kept; Problem when it cannot be."""
    if field.kind == "address":
        return address(field, value, known_division)
    if field.kind == "person_number" and isinstance(value, Mapping):
        return sealed(field, value)
    return READERS[field.kind](field, value)


def words(field: FormField, value: Any) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise Problem(f"{field.label}应是文字")
    found = unicodedata.normalize("NFC", str(value)).strip()
    if UNKEEPABLE.search(found):
        raise Problem(f"{field.label}里有不能保存的字符，请重新填写")
    return found


def text(field: FormField, value: Any) -> str:
    found = words(field, value)
    if field.kind == "text" and "\n" in found:
        found = " ".join(found.split())
    limit = LONG if field.kind == "long_text" and "max_length" not in field.model_fields_set else field.max_length
    if len(found) > limit:
        raise Problem(f"{field.label}太长了，最多 {limit} 个字，现在是 {len(found)} 个")
    if field.pattern and not re.fullmatch(field.pattern, found):
        raise Problem(field.pattern_hint or f"{field.label}的格式不对，请核对")
    return found


def number(field: FormField, value: Any) -> int | float:
    raw = narrow(words(field, value)).replace(",", "").removesuffix(field.unit or "\0")
    if not re.fullmatch(r"(?a)-?\d{1,15}(\.\d{1,6})?", raw):
        raise Problem(f"{field.label}应是数字，例如 12")
    found = float(raw) if "." in raw else int(raw)
    if field.min is not None and found < field.min:
        raise Problem(f"{field.label}不能小于 {plain(field.min)}{field.unit}")
    if field.max is not None and found > field.max:
        raise Problem(f"{field.label}不能大于 {plain(field.max)}{field.unit}")
    return found


def day(field: FormField, value: Any) -> str:
    """ISO text; accepts 2026-1-5, 2026/1/5 and 2026年1月5日."""
    match = DATE.fullmatch(narrow(words(field, value)))
    try:
        found = date(*map(int, match.groups())) if match else None
    except ValueError:
        found = None
    if found is None:
        raise Problem(f"{field.label}应是日期，例如 2026年1月5日")
    if field.when == "past" and found > clock.today():
        raise Problem(f"{field.label}不能晚于今天")
    if field.when == "future" and found < clock.today():
        raise Problem(f"{field.label}不能早于今天")
    return found.isoformat()


def choice(field: FormField, value: Any) -> str:
    if value not in [option.value for option in field.choices]:
        raise Problem(f"请从列出的选项中选择{field.label}")
    return str(value)


def choices(field: FormField, value: Any) -> list[str]:
    picked = value if isinstance(value, list) else [value]
    found = {choice(field, each) for each in picked}
    return [option.value for option in field.choices if option.value in found]


def yes_no(field: FormField, value: Any) -> bool:
    answers = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}
    found = value if isinstance(value, bool) else answers.get(str(value).lower())
    if found is None:
        raise Problem(f"请选择是或否：{field.label}")
    return found


def person_number(field: FormField, value: Any) -> str:
    """GB 11643. The area is that of first registration: never checked against today's list."""
    found = narrow(words(field, value)).replace(" ", "").upper()
    if re.fullmatch(r"(?a)\d{15}", found):
        raise Problem("15 位的旧号码已停用，请填写二代身份证上的 18 位号码")
    if not re.fullmatch(r"(?a)\d{17}[\dX]", found):
        raise Problem(f"{field.label}应是 18 位，现在是 {len(found)} 位，请对照身份证核对")
    try:
        born = ric.get_birth_date(found)
    except ValidationError:
        raise Problem(f"{field.label}中的出生日期（第 7 到 14 位）不对，请核对") from None
    if born > clock.today():
        raise Problem(f"{field.label}中的出生日期在今天之后，请核对")
    if (last := ric.calc_check_digit(found)) != found[-1]:
        raise Problem(f"{field.label}最后一位应是 {last}，请逐位对照身份证核对")
    return found


def sealed(field: FormField, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Kept before, and whole: mask and index must belong to the cipher."""
    if set(value) != {"cipher", "masked", "index"} or not all(isinstance(part, str) for part in value.values()):
        raise Problem(f"请填写{field.label}")
    try:
        found = unseal(value)
    except ValueError:
        raise Problem(f"请重新填写{field.label}") from None
    if value["masked"] != secrecy.mask_number(found) or value["index"] != secrecy.index(found, purpose="person"):
        raise Problem(f"请重新填写{field.label}")
    return value


def credit_code(field: FormField, value: Any) -> str:
    found = narrow(words(field, value)).replace(" ", "").upper()
    try:
        return str(uscc.validate(found))
    except InvalidChecksum:
        raise Problem(f"{field.label}有一位不对，请对照营业执照核对") from None
    except ValidationError:
        raise Problem(f"{field.label}应是 18 位数字和大写字母（没有 I、O、S、V、Z），请对照营业执照核对") from None


def phone(field: FormField, value: Any) -> str:
    found = re.sub(r"[\s()（）]", "", narrow(words(field, value))).removeprefix("+86")
    if not (MOBILE.fullmatch(found) or LANDLINE.fullmatch(found)):
        raise Problem(f"{field.label}应是 11 位手机号，或带区号的座机，例如 028-83971234")
    return found


def address(field: FormField, value: Any, known: Callable[[str], bool]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise Problem(f"请选择{field.label}所在的镇（街道），并填写门牌")
    division, detail = words(field, value.get("division", "")), words(field, value.get("detail", ""))
    if not division or not known(division):
        raise Problem(f"请选择{field.label}所在的镇（街道）")
    if not detail and field.required:
        raise Problem(f"请填写{field.label}的村（社区）、街道和门牌号")
    if len(detail) > 200:
        raise Problem(f"{field.label}太长了，最多 200 个字")
    return {"division": division, "detail": detail}


def files(field: FormField, value: Any) -> list[str]:
    picked = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) and re.fullmatch(r"[0-9a-f-]{36}", each) for each in picked):
        raise Problem(f"请重新上传{field.label}")
    return picked


READERS: dict[str, Callable[[FormField, Any], Any]] = {
    "text": text, "long_text": text, "number": number, "date": day, "choice": choice, "choices": choices,
    "yes_no": yes_no, "person_number": person_number, "credit_code": credit_code, "phone": phone, "file": files,
}  # fmt: skip
