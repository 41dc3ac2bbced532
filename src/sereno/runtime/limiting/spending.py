"""What flows may still do: effects in the hour and money in the shop's day, counted as they are claimed.

Invariant: the rows counted in are locked from before they are read until the claim is committed, so however many
workers claim at once, a budget of N lets N go and never one more. An effect is counted once in each hour and day in
which it is begun; one that was put off is not, and one that was given back keeps its place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sereno.commerce.money import Money
from sereno.engine.limits import Limits, usual_limits
from sereno.engine.tallies import hour_of
from sereno.runtime.world import World
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import ActionDefinition
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros

LimitKind = Literal["effects_per_hour", "spend_per_day"]
Place = tuple[int, str]
"""A flow's row id, and the span counted in."""


@dataclass(frozen=True, slots=True)
class Over:
    """A flow that would go over its limit: it wanted `wanted` in the span where `limit` is allowed."""

    shop_id: int
    flow_id: int
    kind: LimitKind
    span: str
    currency: str
    limit: Decimal
    wanted: Decimal


@dataclass(slots=True)
class Charges:
    """What the claimed effects take from the budgets. `later` are those that may not go; `over` says why, by flow."""

    later: list[int] = field(default_factory=list[int])
    over: dict[int, Over] = field(default_factory=dict[int, Over])
    _used: dict[Place, Decimal] = field(default_factory=dict[Place, Decimal])
    _taken: dict[int, list[tuple[Place, Decimal]]] = field(default_factory=dict[int, list[tuple[Place, Decimal]]])

    def keep(self, tx: Transaction, gone: Collection[int], now: datetime) -> None:
        """Write down what was taken for the effects that are to begin; the rest was not taken."""
        at = to_micros(now)
        changed: set[Place] = set()
        for effect in gone:
            for place, amount in self._taken.get(effect, ()):
                self._used[place] += amount
                changed.add(place)
        tx.many("set_uses", [(*place, str(self._used[place])) for place in sorted(changed)])
        tx.many("mark_counted", [(effect, at) for effect in sorted(gone) if effect in self._taken])


@dataclass(frozen=True, slots=True)
class _Wish:
    effect: int
    shop_id: int
    flow_id: int
    limits: Limits
    parts: tuple[tuple[LimitKind, Place, str, Decimal], ...]


def charge(world: World, tx: Transaction, rows: Sequence[Sequence[Any]], now: datetime) -> Charges:
    """Look what these effects (rows of `claim_effects`, in the order they go) may take, and lock it."""
    wishes = [wish for row in rows if (wish := _wish(world, tx, row, now)) is not None]
    found = Charges()
    places = sorted({place for wish in wishes for _, place, _, _ in wish.parts})
    if not places:
        return found
    tx.many("make_uses", [(*place, "0", to_micros(now)) for place in places])
    locked = tx.all(
        "lock_uses", {"flows": sorted({flow for flow, _ in places}), "spans": sorted({span for _, span in places})}
    )
    raised: dict[Place, Decimal] = {}
    for flow, span, used, raised_to in locked:
        found._used[flow, span] = Decimal(used)  # pyright: ignore[reportPrivateUsage]
        if raised_to is not None:
            raised[flow, span] = Decimal(raised_to)
    ahead = dict(found._used)  # pyright: ignore[reportPrivateUsage]
    for wish in wishes:
        _take(found, wish, ahead, raised)
    return found


def _take(found: Charges, wish: _Wish, ahead: dict[Place, Decimal], raised: dict[Place, Decimal]) -> None:
    if wish.flow_id in found.over:
        found.later.append(wish.effect)
        return
    for kind, place, currency, amount in wish.parts:
        limit = _limit(wish.limits, kind, currency)
        if limit is None:
            continue
        limit = max(limit, raised.get(place, limit))
        if ahead[place] + amount > limit:
            over = Over(wish.shop_id, wish.flow_id, kind, place[1], currency, limit, ahead[place] + amount)
            found.over[wish.flow_id] = over
            found.later.append(wish.effect)
            return
    taken = [(place, amount) for _, place, _, amount in wish.parts]
    for place, amount in taken:
        ahead[place] += amount
    found._taken[wish.effect] = taken  # pyright: ignore[reportPrivateUsage]


def _limit(limits: Limits, kind: LimitKind, currency: str) -> Decimal | None:
    if kind == "effects_per_hour":
        return None if limits.effects_per_hour is None else Decimal(limits.effects_per_hour)
    money = limits.spend_per_day.get(currency)
    return None if money is None else money.amount


def _wish(world: World, tx: Transaction, row: Sequence[Any], now: datetime) -> _Wish | None:
    """What an effect would be counted as; None for what is not counted."""
    effect, shop_id, flow_id, action, counted_at = row[0], row[2], row[3], row[6], row[14]
    definition = world.plugins.actions.get(action)
    if definition is None or definition.is_internal:
        return None
    shop = world.shops.find(tx, shop_id).facts
    limits = world.flows.limits(flow_id).over(usual_limits(shop.settings))
    before = from_micros(counted_at) if counted_at is not None else None
    parts: list[tuple[LimitKind, Place, str, Decimal]] = []
    if limits.effects_per_hour is not None and (before is None or hour_of(before) != hour_of(now)):
        parts.append(("effects_per_hour", (flow_id, hour_span(now)), "", Decimal(1)))
    money = _spend(definition, row[8], shop)
    if money is not None and (before is None or day_of(before, shop) != day_of(now, shop)):
        place = (flow_id, day_span(now, shop, money.currency))
        parts.append(("spend_per_day", place, money.currency, money.amount))
    return _Wish(effect, shop_id, flow_id, limits, tuple(parts)) if parts else None


def _spend(definition: ActionDefinition, config: str, shop: ShopFacts) -> Money | None:
    """What an action says it costs. A config nobody can read is said when the effect is prepared."""
    try:
        values = decode(config)
        money = definition.spend(values) or definition.costs(values, shop)
    except Exception:
        return None
    return money if money is not None and money.amount > 0 else None


def hour_span(now: datetime) -> str:
    return f"h:{hour_of(now)}"


def day_span(now: datetime, shop: ShopFacts, currency: str) -> str:
    return f"d:{day_of(now, shop)}:{currency}"


def day_of(now: datetime, shop: ShopFacts) -> str:
    """The day as the shop's clock has it."""
    try:
        zone = ZoneInfo(shop.timezone)
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    return now.astimezone(zone).date().isoformat()
