"""Telephone numbers in one way of writing (ITU-T E.164): only what leaves no doubt which number is meant."""

from __future__ import annotations

import re
from typing import NamedTuple


class Plan(NamedTuple):
    """A country's numbers: calling code, the prefix dialled within the country, digits of a number without it."""

    code: str
    trunk: str
    shortest: int
    longest: int


PLANS = {
    "AT": Plan("43", "0", 7, 13),
    "AU": Plan("61", "0", 9, 9),
    "BE": Plan("32", "0", 8, 9),
    "BG": Plan("359", "0", 8, 9),
    "BR": Plan("55", "0", 10, 11),
    "CA": Plan("1", "1", 10, 10),
    "CH": Plan("41", "0", 9, 9),
    "CZ": Plan("420", "", 9, 9),
    "DE": Plan("49", "0", 7, 11),
    "DK": Plan("45", "", 8, 8),
    "ES": Plan("34", "", 9, 9),
    "FI": Plan("358", "0", 6, 11),
    "FR": Plan("33", "0", 9, 9),
    "GB": Plan("44", "0", 9, 10),
    "GR": Plan("30", "", 10, 10),
    "HU": Plan("36", "06", 8, 9),
    "IE": Plan("353", "0", 7, 9),
    "IT": Plan("39", "", 8, 11),
    "MD": Plan("373", "0", 8, 8),
    "MX": Plan("52", "", 10, 10),
    "NL": Plan("31", "0", 9, 9),
    "NO": Plan("47", "", 8, 8),
    "PL": Plan("48", "", 9, 9),
    "PT": Plan("351", "", 9, 9),
    "RO": Plan("40", "0", 9, 9),
    "SE": Plan("46", "0", 7, 9),
    "SK": Plan("421", "0", 9, 9),
    "US": Plan("1", "1", 10, 10),
}
"""Numbering plans by ISO 3166 code, as the ITU's national plans give them."""

_WRITTEN = re.compile(r"[\d\s().\-/+]{6,24}")


def e164(number: object, country: object = None) -> str | None:
    """`+34600111222`. A number without its country's code needs the `country` (ISO 3166) and must fit that country's
    plan; None where it cannot be told, and for what no person has (all digits alike)."""
    if not isinstance(number, str) or not _WRITTEN.fullmatch(number.strip()):
        return None
    text = number.strip()
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    if text.startswith("+"):
        found = digits
    elif digits.startswith("00"):
        found = digits[2:]
    else:
        plan = PLANS.get(country.upper()) if isinstance(country, str) else None
        if plan is None:
            return None
        own = digits.removeprefix(plan.trunk) if plan.trunk else digits
        if not plan.shortest <= len(own) <= plan.longest:
            return None
        found = plan.code + own
    if not 8 <= len(found) <= 15 or found.startswith("0") or len(set(found[-7:])) == 1:
        return None
    return f"+{found}"
