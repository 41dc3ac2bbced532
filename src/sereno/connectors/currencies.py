"""How many digits a currency's smallest unit is down, by ISO 4217."""

from __future__ import annotations

_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def digits_of(currency: str | None) -> int:
    """2 unless ISO 4217 says otherwise, also for what is no currency."""
    return _DIGITS.get(currency or "", 2)


def code(value: str | None) -> str | None:
    """The three-letter code in upper case; None when it is none."""
    return value.upper() if value and len(value) == 3 and value.isascii() and value.isalpha() else None
