"""Exact amounts of money. An amount never changes currency by accident, and never loses a cent by rounding twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

EXPONENTS: Final[dict[str, int]] = {
    # ISO 4217: currencies whose smallest unit is not a hundredth.
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "CLF": 4, "UYW": 4,
}  # fmt: skip
USUAL_EXPONENT: Final = 2


class CurrencyMismatch(TypeError):  # noqa: N818
    """Two currencies met where one is needed."""


class AmountInvalid(ValueError):  # noqa: N818
    """A text that is no amount, or a currency that is no ISO code."""


def finite(value: object) -> Decimal | None:
    """The number a value is, or says; None for what is none, and for what has no end."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def exponent_of(currency: str) -> int:
    """Decimal places of the currency's smallest unit: 2 for EUR, 0 for JPY, 3 for KWD."""
    return EXPONENTS.get(currency, USUAL_EXPONENT)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency. It may be finer than the smallest unit (a unit price of 0.0035 EUR); `rounded`
    brings it to what can be paid."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        code = self.currency
        if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            raise AmountInvalid(f"{code!r} is not an ISO 4217 currency code such as EUR")
        if not self.amount.is_finite():
            raise AmountInvalid(f"{self.amount} is not an amount")

    @classmethod
    def parse(cls, text: str | int | Decimal, currency: str) -> Money:
        """Of a decimal text ("12.50"), a whole number or a Decimal. Floats are not taken: they are not exact. Raises
        AmountInvalid."""
        if isinstance(text, bool | float):
            raise AmountInvalid(f"{text!r} is not an exact amount")
        cleaned = text.strip() if isinstance(text, str) else text
        if isinstance(cleaned, str) and ("_" in cleaned or not cleaned.isascii()):
            raise AmountInvalid(f"{text!r} is not an amount")
        try:
            return cls(Decimal(cleaned), currency.strip().upper())
        except InvalidOperation:
            raise AmountInvalid(f"{text!r} is not an amount") from None

    @classmethod
    def from_minor(cls, units: int, currency: str, exponent: int | None = None) -> Money:
        """Of whole smallest units: 1250 EUR is 12.50, 1250 JPY is 1250. `exponent`: where a platform counts otherwise
        (Vendure writes every currency in hundredths)."""
        places = exponent_of(currency) if exponent is None else exponent
        return cls(Decimal(units).scaleb(-places), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(Decimal(0).scaleb(-exponent_of(currency)), currency)

    def to_minor(self, exponent: int | None = None) -> int:
        """Whole smallest units, rounded half to even."""
        places = exponent_of(self.currency) if exponent is None else exponent
        return int(self.amount.scaleb(places).to_integral_value(ROUND_HALF_EVEN))

    def rounded(self) -> Money:
        """To the smallest unit, half to even."""
        return Money(Decimal(self.to_minor()).scaleb(-exponent_of(self.currency)), self.currency)

    def allocate(self, weights: Sequence[int | Decimal]) -> list[Money]:
        """Split the rounded amount by weights, in smallest units, so that the parts add up to it exactly. Units left
        over go to the largest remainders, earlier parts first. Raises ValueError when no weight is above zero or one is
        below."""
        if not weights or any(weight < 0 for weight in weights) or sum(weights) == 0:
            raise ValueError("weights must not be negative, and one must be above zero")
        units = self.to_minor()
        sign, units = (-1, -units) if units < 0 else (1, units)
        shares = [Decimal(weight) for weight in weights]
        scale = max((-_places(share) for share in shares), default=0)
        whole = [int(share.scaleb(max(scale, 0))) for share in shares]
        total = sum(whole)
        parts = [units * share // total for share in whole]
        remainders = [units * share % total for share in whole]
        left = units - sum(parts)
        order = sorted(range(len(parts)), key=lambda number: (-remainders[number], number))
        for number in order[:left]:
            parts[number] += 1
        return [Money.from_minor(sign * part, self.currency) for part in parts]

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be mixed")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        return Money(self.amount * factor, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    @property
    def text(self) -> str:
        """The decimal text for documents: at least the currency's places, never an exponent."""
        places = max(exponent_of(self.currency), -_places(self.amount))
        return f"{self.amount:.{places}f}"

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"


def _places(number: Decimal) -> int:
    """The exponent of a finite Decimal."""
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
