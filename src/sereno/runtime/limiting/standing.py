"""How a shop stands with its switches and limits, for page, API and command line alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sereno.commerce.money import Money
from sereno.engine.limits import Limits, as_count, as_money, usual_limits
from sereno.runtime.limiting import switches
from sereno.runtime.limiting.spending import day_of, hour_span
from sereno.runtime.limiting.switches import Kind, Off, Waiting
from sereno.runtime.shops import Shop
from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros


@dataclass(frozen=True, slots=True)
class Switchable:
    """Something with a switch: `off` is set while it is off."""

    kind: Kind
    name: str
    title: str
    off: Off | None
    waiting: Waiting


@dataclass(frozen=True, slots=True)
class Use:
    """What was used of a limit in this hour or day; `limit` is None where there is none."""

    used: Decimal
    limit: Decimal | None
    currency: str = ""

    @property
    def share(self) -> float:
        """Of the limit, 0 to 1."""
        return float(min(self.used / self.limit, Decimal(1))) if self.limit else 0.0


@dataclass(frozen=True, slots=True)
class FlowStanding:
    """A published flow: its switch, its use this hour and its spending today."""

    switch: Switchable
    hour: Use
    day: tuple[Use, ...]
    limits: Limits


@dataclass(frozen=True, slots=True)
class Standing:
    shop: Switchable
    channels: tuple[Switchable, ...]
    connections: tuple[Switchable, ...]
    flows: tuple[FlowStanding, ...]
    usual: Limits
    now: datetime

    def all(self) -> tuple[Switchable, ...]:
        return (self.shop, *self.channels, *self.connections, *(flow.switch for flow in self.flows))


def standing(shop_id: int, *, database: Database | None = None) -> Standing:
    """A handful of queries, however many flows there are."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        staff.world.flows.refresh(tx)
        staff.world.shops.refresh(tx)  # Its limits may just have been changed.
        shop = staff.world.shops.find(tx, shop_id)
        now = staff.world.clock.now()
        off = {(one.kind, one.name): one for one in switches.switched_off(tx, shop_id)}
        count = switches.waiting(tx, shop_id)
        channels = switches.channels(staff.plugins)
        usual = usual_limits(shop.facts.settings)
        flows = _flows(tx, shop, now, usual, off, count, staff.world.flows.limits)
        names = {name for kind, name in off if kind == "connection"} | count.connections | {"smtp"}
    return Standing(
        Switchable("shop", "", shop.facts.name, off.get(("shop", "")), count("shop", "")),
        tuple(
            Switchable("channel", name, name, off.get(("channel", name)), count("channel", name, actions))
            for name, actions in channels.items()
        ),
        tuple(
            Switchable("connection", name, name, off.get(("connection", name)), count("connection", name))
            for name in sorted(names)
        ),
        flows,
        usual,
        now,
    )


def _flows(
    tx: Transaction,
    shop: Shop,
    now: datetime,
    usual: Limits,
    off: Mapping[tuple[str, str], Off],
    count: switches.Counter,
    limits_of: switches.LimitsOf,
) -> tuple[FlowStanding, ...]:
    rows = tx.all("published_flows", {"shop": shop.id})
    hour, day = hour_span(now), f"d:{day_of(now, shop.facts)}:"
    used: dict[tuple[int, str], tuple[Decimal, Decimal | None]] = {}
    since = to_micros(now) - 48 * 3600 * 1_000_000
    for flow, span, amount, raised in tx.all("uses_since", {"flows": [row[0] for row in rows], "since": since}):
        used[flow, span] = Decimal(amount), Decimal(raised) if raised is not None else None
    found: list[FlowStanding] = []
    for flow, name, title in rows:
        limits = limits_of(flow).over(usual)
        switch = Switchable("flow", name, title, off.get(("flow", name)), count("flow", flow))
        limit = None if limits.effects_per_hour is None else Decimal(limits.effects_per_hour)
        money = {span.removeprefix(day): span for other, span in used if other == flow and span.startswith(day)}
        found.append(
            FlowStanding(
                switch,
                _use(used.get((flow, hour)), limit, ""),
                tuple(
                    _use(used.get((flow, f"{day}{currency}")), _amount(limits.spend_per_day.get(currency)), currency)
                    for currency in sorted({*money, *limits.spend_per_day})
                ),
                limits,
            )
        )
    return tuple(found)


def _use(row: tuple[Decimal, Decimal | None] | None, limit: Decimal | None, currency: str) -> Use:
    used, raised = row if row is not None else (Decimal(0), None)
    if limit is not None and raised is not None:
        limit = max(limit, raised)
    return Use(used, limit, currency)


def _amount(money: Money | None) -> Decimal | None:
    return None if money is None else money.amount


def keep_usual(
    shop_id: int,
    by: str,
    *,
    effects_per_hour: int | None,
    spend_per_day: Mapping[str, str],
    database: Database | None = None,
) -> None:
    """The limits of flows that set none themselves. Raises ValueError for what is no limit."""
    if effects_per_hour is not None and as_count(effects_per_hour) is None:
        raise ValueError("a flow's effects in an hour are a whole number from 1")
    for currency, amount in spend_per_day.items():
        if as_money(amount, currency) is None:
            raise ValueError(f"{amount} {currency} is no amount above zero")
    kept: dict[str, object] = {}
    if effects_per_hour is not None:
        kept["effects_per_hour"] = effects_per_hour
    if spend_per_day:
        kept["spend_per_day"] = dict(spend_per_day)
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = tx.one("lock_shop_settings", {"shop": shop_id})
        if row is None:
            raise LookupError(f"there is no shop {shop_id}")
        settings: dict[str, Any] = decode(row[0]) if row[0] else {}
        before = settings.pop("limits", {})
        if kept:
            settings["limits"] = kept
        if before == kept:
            return
        tx.run("keep_shop_settings", {"shop": shop_id, "settings": encode(settings)})
        at = to_micros(staff.world.clock.now())
        audit(tx, shop_id, at, by, "limits.changed", "shop", {"before": before, "after": kept})
