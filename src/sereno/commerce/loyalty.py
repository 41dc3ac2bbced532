"""The rules of a loyalty programme: pure.

Invariant: the same order and the same rules give the same points. Points are whole and never rounded up for the
customer's order, nor down for what is taken back, so that giving everything back leaves nothing earned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Any

from sereno.commerce.money import finite

POINTS = "points"
"""The unit of points; any other unit is a currency."""
PAID = frozenset({"paid", "partially_refunded", "refunded"})
REWARD_KINDS = ("percent", "amount", "free_shipping", "gift", "credit")
YEAR = 365
MOST = 10**9


class ProgramInvalid(ValueError):  # noqa: N818
    """`code` is stable; `field` is what is wrong, such as `tiers.0.points`."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{field}: {code}")
        self.code, self.field = code, field


@dataclass(frozen=True, slots=True)
class Tier:
    """Whoever earned `points` within a year is in it, and earns `factor` times as many."""

    name: str
    points: int
    factor: str = "1"


@dataclass(frozen=True, slots=True)
class Reward:
    """What `points` buy: a code worth `value` (percent, or an amount in the programme's currency), a gift by its SKU,
    or credit. `minimum`: what the order has to come to."""

    code: str
    name: str
    points: int
    kind: str
    value: str = ""
    minimum: str = ""
    days: int = 90


@dataclass(frozen=True, slots=True)
class Program:
    """`per_unit`: points for one unit of `currency` spent on goods. `pending_days`: how long they wait, for the time in
    which goods come back. `expires_days`: how long they are good for once they count; None for ever."""

    is_on: bool = False
    currency: str = ""
    per_unit: str = "1"
    pending_days: int = 14
    expires_days: int | None = 365
    warn_days: int = 30
    tiers: tuple[Tier, ...] = ()
    rewards: tuple[Reward, ...] = ()

    def document(self) -> dict[str, Any]:
        return asdict(self)

    def tier_of(self, earned: int) -> Tier | None:
        """For so many points earned within a year; None below the first."""
        return next((one for one in reversed(self.tiers) if earned >= one.points), None)

    def tier_named(self, name: str) -> Tier | None:
        return next((one for one in self.tiers if one.name == name), None)

    def next_tier(self, earned: int) -> Tier | None:
        return next((one for one in self.tiers if earned < one.points), None)

    def reward(self, code: str) -> Reward | None:
        return next((one for one in self.rewards if one.code == code), None)


def read_program(given: Mapping[str, Any], currency: str) -> Program:
    """The programme of this document, whole. Raises ProgramInvalid."""
    unknown = set(given) - set(Program.__dataclass_fields__)
    if unknown:
        raise ProgramInvalid("unknown", sorted(unknown)[0])
    tiers = [_tier(one, f"tiers.{number}") for number, one in enumerate(_list(given, "tiers"))]
    rewards = [_reward(one, f"rewards.{number}") for number, one in enumerate(_list(given, "rewards"))]
    for number, (one, after) in enumerate(pairwise(tiers)):
        if after.points <= one.points:
            raise ProgramInvalid("not_rising", f"tiers.{number + 1}.points")
    for field, names in (("tiers", [one.name for one in tiers]), ("rewards", [one.code for one in rewards])):
        if len(set(names)) != len(names):
            raise ProgramInvalid("twice", field)
    expires = given.get("expires_days", 365)
    return Program(
        is_on=given.get("is_on") is True,
        currency=str(given.get("currency") or currency).upper(),
        per_unit=_amount(given.get("per_unit", "1"), "per_unit"),
        pending_days=_whole(given.get("pending_days", 14), "pending_days", 0, 365),
        expires_days=None if expires is None else _whole(expires, "expires_days", 1, 3650),
        warn_days=_whole(given.get("warn_days", 30), "warn_days", 0, 365),
        tiers=tuple(tiers),
        rewards=tuple(rewards),
    )


def points_for(program: Program, order: Mapping[str, Any], factor: str = "1") -> int:
    """What an order earns: for its goods after discounts, without shipping; nothing while it is not paid, for tests,
    and in another currency."""
    if order.get("payment_status") not in PAID or order.get("is_test") or order.get("currency") != program.currency:
        return 0
    goods = finite(order.get("subtotal"))
    if goods is None:
        total, shipping = finite(order.get("total")), finite(order.get("total_shipping")) or Decimal(0)
        goods = total - shipping if total is not None else Decimal(0)
    points = max(goods, Decimal(0)) * Decimal(program.per_unit) * Decimal(factor)
    return int(min(points, Decimal(MOST)).to_integral_value(ROUND_FLOOR))


def lost_of(earned: int, order: Mapping[str, Any]) -> int:
    """Of the points an order earned, those that are to be taken back by now: all when it was cancelled or refunded in
    full, else the share of what was given back."""
    if order.get("status") in ("cancelled", "deleted") or order.get("cancelled_at"):
        return earned
    back, total = finite(order.get("total_refunded")) or Decimal(0), finite(order.get("total"))
    if order.get("payment_status") in ("refunded", "voided") or (total is not None and 0 < total <= back):
        return earned
    if back <= 0 or total is None or total <= 0:
        return 0
    return min(earned, int((earned * back / total).to_integral_value(ROUND_CEILING)))


def _tier(given: Any, field: str) -> Tier:
    one = _mapping(given, field)
    factor = _amount(one.get("factor", "1"), f"{field}.factor")
    if Decimal(factor) > 100:
        raise ProgramInvalid("too_much", f"{field}.factor")
    points = _whole(one.get("points"), f"{field}.points", 1, MOST)
    return Tier(_name(one.get("name"), f"{field}.name", 40), points, factor)


def _reward(given: Any, field: str) -> Reward:
    one = _mapping(given, field)
    kind, value = str(one.get("kind") or ""), str(one.get("value") or "").strip()
    if kind not in REWARD_KINDS:
        raise ProgramInvalid("no_kind", f"{field}.kind")
    if kind == "free_shipping":
        value = ""
    elif kind == "gift":
        value = _name(value, f"{field}.value", 200)
    else:
        value = _amount(value, f"{field}.value")
        if kind == "percent" and Decimal(value) > 100:
            raise ProgramInvalid("too_much", f"{field}.value")
    minimum = str(one.get("minimum") or "").strip()
    name = _name(one.get("name"), f"{field}.name", 120)
    return Reward(
        code=_name(one.get("code") or name, f"{field}.code", 40).lower().replace(" ", "-"),
        name=name,
        points=_whole(one.get("points"), f"{field}.points", 1, MOST),
        kind=kind,
        value=value,
        minimum=_amount(minimum, f"{field}.minimum") if minimum else "",
        days=_whole(one.get("days", 90), f"{field}.days", 1, 730),
    )


def _list(given: Mapping[str, Any], name: str) -> Sequence[Any]:
    found: Any = given.get(name) or ()
    if not isinstance(found, list | tuple) or len(found) > 50:  # pyright: ignore[reportUnknownArgumentType]
        raise ProgramInvalid("no_list", name)
    return found  # pyright: ignore[reportUnknownVariableType]


def _mapping(given: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise ProgramInvalid("no_entry", field)
    return given  # pyright: ignore[reportUnknownVariableType]


def _name(given: object, field: str, longest: int) -> str:
    found = " ".join(str(given or "").split())
    if not found or len(found) > longest:
        raise ProgramInvalid("no_name", field)
    return found


def _whole(given: object, field: str, least: int, most: int) -> int:
    found = finite(given)
    if found is None or found != int(found) or not least <= found <= most:
        raise ProgramInvalid("no_number", field)
    return int(found)


def _amount(given: object, field: str) -> str:
    found = finite(str(given).replace(",", "."))
    if found is None or found <= 0 or found > MOST:
        raise ProgramInvalid("no_number", field)
    return f"{found.normalize():f}"
