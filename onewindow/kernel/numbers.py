"""Serial numbers, and the check characters of the numbers people read out."""

from __future__ import annotations

import secrets

from django.db import connection
from stdnum.iso7064 import mod_11_10, mod_37_36


def next_serial(series: str) -> int:
    """The next number of the series, from 1; one statement, safe for any number of callers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_counter AS c (name, value) VALUES (%s, 1) "
            "ON CONFLICT (name) DO UPDATE SET value = c.value + 1 RETURNING value",
            [series],
        )
        return int(cursor.fetchone()[0])


def case_number(area: str, year: int, serial: int) -> str:
    """16 digits: area 6, year 2, serial 7, check 1 (ISO 7064 MOD 11,10)."""
    body = f"{area:0<6.6}{year % 100:02d}{serial:07d}"
    return body + mod_11_10.calc_check_digit(body)


def is_case_number(text: str) -> bool:
    return len(text) == 16 and text.isdigit() and mod_11_10.is_valid(text)


def ticket_number(prefix: str, serial: int) -> str:
    """Letter of the zone and three digits, as called in the hall (A001); a fourth digit after 999."""
    return f"{prefix}{serial:03d}"


def licence_identifier(type_code: str, organ: str, serial: str, version: int = 1) -> str:
    """证照标识 after GB/T 36904: 1.2.156.3005.2.type.organ.serial.version.check (ISO 7064 MOD 37,36)."""
    body = f"{type_code}{organ}{serial}{version:03d}"
    return f"1.2.156.3005.2.{type_code}.{organ}.{serial}.{version:03d}.{mod_37_36.calc_check_digit(body)}"


def certificate_number(prefix: str, year: int, serial: int) -> str:
    """What is printed and typed: prefix, year, serial 7, check character (ISO 7064 MOD 37,36)."""
    body = f"{prefix}{year}{serial:07d}"
    return body + mod_37_36.calc_check_digit(body)


def is_certificate_number(text: str) -> bool:
    return text.isascii() and text.isalnum() and len(text) > 12 and mod_37_36.is_valid(text)


# Without I, L, O, U: nobody reads them for 1, 0 and V.
LEGIBLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def share_number() -> str:
    """Twelve characters that open what somebody shares by link: 55 random bits and a check character (MOD 37,36)."""
    while True:
        body = "".join(secrets.choice(LEGIBLE) for _ in range(11))
        if (check := mod_37_36.calc_check_digit(body)) in LEGIBLE:
            return body + check


def read_share_number(text: str) -> str:
    """As typed or scanned, with or without spaces; empty when it cannot be one."""
    said = "".join(text.upper().replace("-", " ").split()).translate(str.maketrans("OIL", "011"))
    return said if len(said) == 12 and set(said) <= set(LEGIBLE) and mod_37_36.is_valid(said) else ""


def grouped(number: str) -> str:
    """In fours, as people read them out."""
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))
