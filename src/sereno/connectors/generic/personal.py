"""What stands in the columns of people's lists: addresses, telephones, countries, languages, birthdays.

Invariant: pure. What may mean two things is refused with a code and never guessed; what is only wrapped (`<ana@x.es>`,
`España`, `(+34) 600...`) is taken out of its wrapping.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from babel import Locale
from babel.core import UnknownLocaleError

from sereno.commerce.addresses import is_email
from sereno.connectors.generic.odd import Odd, bare

LOCALES = ("en", "es", "pt", "ro", "fr", "de", "it", "ca")
"""In these languages countries and languages are known by their names."""
OLDEST = 125
"""Years. Lists say 01/01/1900 of whom they know nothing."""
_NAMED = re.compile(r"[^<>]*<\s*([^<>]+?)\s*>")
_NOTHING = frozenset({"n/a", "na", "-", "--", "null", "none", "nan", "#n/a", "s/d"})
_SHORT = {"usa": "US", "eeuu": "US", "ee uu": "US", "uk": "GB", "england": "GB", "holland": "NL", "holanda": "NL"}


def email(text: str) -> str:
    """In small letters. Of `Ana <ana@x.es>` and `mailto:ana@x.es` the address."""
    found = _NAMED.fullmatch(text)
    address = re.sub(r"(?i)^mailto:|\s", "", found[1] if found else text).strip("'\"").lower()
    if not is_email(address):
        raise Odd("email.odd")
    return address


def telephone(text: str) -> str:
    """As it stands, where it can be a number at all: 6 to 15 digits."""
    digits = re.sub(r"\D", "", text)
    if not 6 <= len(digits) <= 15 or re.search(r"[^\W\d_]{4,}", text):
        raise Odd("phone.odd")
    return text.lstrip("'")


def country(text: str) -> str:
    """Its two-letter code, also of its name in eight languages."""
    code = text.upper()
    if re.fullmatch(r"[A-Z]{2}", code) and code in Locale("en").territories:
        return code
    found = _countries().get(bare(text))
    if found is None:
        raise Odd("country.odd")
    return found


def language(text: str) -> str:
    """Its code (`es`, `pt-BR`), also of its name in eight languages."""
    try:
        Locale.parse(text.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        found = _languages().get(bare(text))
        if found is None:
            raise Odd("language.odd") from None
        return found
    return _well_written(text)


def _well_written(text: str) -> str:
    """`es_ES` and `ES-es` as es-ES."""
    first, _sign, rest = text.replace("_", "-").partition("-")
    return f"{first.lower()}-{rest.upper()}" if len(rest) == 2 else f"{first.lower()}-{rest}" if rest else first.lower()


def birthday(day: str, has_short_year: bool, today: date) -> str:
    """`YYYY-MM-DD`. A year of two figures is the last such year; nobody is born tomorrow, or is older than people
    become."""
    year = int(day[:4])
    if has_short_year and day > today.isoformat():
        year -= 100
    try:
        found = date(year, int(day[5:7]), int(day[8:10]))
    except ValueError:
        raise Odd("day.odd") from None
    if not today.year - OLDEST < year or found > today:
        raise Odd("day.odd")
    return found.isoformat()


def is_nothing(text: str) -> bool:
    """What lists write where there is nothing to write."""
    return text.casefold() in _NOTHING


@cache
def _countries() -> dict[str, str]:
    names = {
        bare(name): code
        for locale in LOCALES
        for code, name in Locale(locale).territories.items()
        if len(code) == 2 and code.isalpha()
    }
    three = {code.lower(): two for code, two in _THREE.items()}
    return {**names, **_SHORT, **three}


@cache
def _languages() -> dict[str, str]:
    return {
        bare(name): code
        for locale in LOCALES
        for code, name in Locale(locale).languages.items()
        if len(code) in (2, 3) and code.isalpha()
    }


_THREE = {
    "ESP": "ES", "PRT": "PT", "ROU": "RO", "FRA": "FR", "DEU": "DE", "ITA": "IT", "GBR": "GB", "IRL": "IE",
    "NLD": "NL", "BEL": "BE", "AUT": "AT", "CHE": "CH", "MDA": "MD", "MEX": "MX", "ARG": "AR", "COL": "CO",
    "CHL": "CL", "PER": "PE", "BRA": "BR", "AND": "AD",
}  # fmt: skip
"""ISO 3166 has three letters too; those of shops' usual customers."""
