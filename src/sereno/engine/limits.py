"""What a flow may do before it has to ask: effects in an hour, and money in a day.

Invariant: a limit that cannot be read is a problem when the flow is saved, and never no limit at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from sereno.commerce.money import AmountInvalid, Money
from sereno.engine.documents import Where
from sereno.engine.reading import Reader

MOST_EFFECTS = 10_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """`effects_per_hour`: None for no limit. `spend_per_day`: by currency; another currency has no limit."""

    effects_per_hour: int | None = None
    spend_per_day: Mapping[str, Money] = field(default_factory=dict[str, Money])

    def over(self, usual: Limits) -> Limits:
        """These where they are set, and the `usual` ones for the rest."""
        effects = self.effects_per_hour if self.effects_per_hour is not None else usual.effects_per_hour
        return Limits(effects, {**usual.spend_per_day, **self.spend_per_day})


NONE = Limits()


def read_limits(reader: Reader, value: Any, where: Where) -> Limits:
    """`limits: {effects_per_hour: 500, spend_per_day: {EUR: 200}}`."""
    if value is None:
        return NONE
    found = reader.mapping(value, where, "limits")
    if found is None:
        return NONE
    reader.keys(found, ("effects_per_hour", "spend_per_day"), where, "limits")
    effects = None
    if found.get("effects_per_hour") is not None:
        effects = as_count(found["effects_per_hour"])
        if effects is None:
            message = "effects_per_hour is a whole number from 1, such as 500"
            reader.problem("limits.wrong_count", message, (*where, "effects_per_hour"))
    below = (*where, "spend_per_day")
    amounts: Mapping[str, Any] | None = None
    if found.get("spend_per_day") is not None:
        amounts = reader.mapping(found["spend_per_day"], below, "spend_per_day")
    spend: dict[str, Money] = {}
    for currency in amounts or ():
        amount = (amounts or {})[currency]
        money = as_money(amount, currency)
        if money is None:
            message = f"spend_per_day is an amount for each currency, such as EUR: 200; {currency}: {amount} is not"
            reader.problem("limits.wrong_amount", message, (*below, currency))
        else:
            spend[money.currency] = money
    return Limits(effects, spend)


def usual_limits(settings: Mapping[str, Any]) -> Limits:
    """Those of the shop's setting `limits`, for flows that say nothing of their own. What cannot be read is left out:
    the page that writes the setting refuses it."""
    found: Any = settings.get("limits")
    if not isinstance(found, Mapping):
        return NONE
    values = cast("Mapping[str, Any]", found)
    spend: Any = values.get("spend_per_day")
    amounts: dict[str, Any] = dict(cast("Mapping[str, Any]", spend)) if isinstance(spend, Mapping) else {}
    money = [as_money(amount, str(currency)) for currency, amount in amounts.items()]
    return Limits(as_count(values.get("effects_per_hour")), {one.currency: one for one in money if one is not None})


def as_count(value: Any) -> int | None:
    """A whole number of effects; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_EFFECTS:
        return value
    return None


def as_money(value: Any, currency: str) -> Money | None:
    """An amount above zero; None for anything else. A number with decimals is taken as it is written."""
    try:
        money = Money.parse(repr(value) if isinstance(value, float) else value, currency)
    except (AmountInvalid, TypeError, ValueError, AttributeError):
        return None
    return money if money.currency == currency and Decimal(0) < money.amount < Decimal(10) ** 15 else None
