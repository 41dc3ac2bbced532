"""Codes on orders, and codes whose time is over.

Invariant: a code is redeemed once, by the first order that names it; both are told in the transaction that keeps them.
A code expires an hour after its last moment, for an order placed before may still be on its way here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from sereno.commerce.incentives import cost_of, plain_code
from sereno.commerce.money import Money, finite
from sereno.runtime import inbox
from sereno.runtime.facts import Fact
from sereno.runtime.pricing.codes import month_of
from sereno.sdk.connector import NewEvent
from sereno.store.database import Transaction
from sereno.store.fields import from_micros, instant_text

SOURCE = "sereno"
GRACE = timedelta(hours=1)
BATCH = 500


def keep_codes(tx: Transaction, facts: Sequence[Fact], now: int) -> None:
    """What the facts say of orders that codes were used on."""
    used: dict[tuple[int, str], Fact] = {}
    for fact in facts:
        event = fact.event
        if fact.error is None and event.type.startswith("order.") and (codes := event.data.get("discount_codes")):
            for code in cast("list[Any]", codes) if isinstance(codes, list) else ():
                used.setdefault((fact.shop_id, plain_code(str(code))), fact)
    if not used:
        return
    asked = {"shops": sorted({shop for shop, _ in used}), "codes": sorted({code for _, code in used})}
    held = {(row[0], row[1]): row for row in tx.all("codes_on_orders", asked) if (row[0], row[1]) in used}
    if held:
        _redeem(tx, [(held[at], used[at]) for at in sorted(held)], now)


def _redeem(tx: Transaction, found: Sequence[tuple[tuple[Any, ...], Fact]], now: int) -> None:
    rows: list[tuple[Any, ...]] = []
    events: dict[int, inbox.Incoming] = {}
    counts: dict[int, tuple[Any, ...]] = {}
    for (shop, code, id_, kind, value, currency, customer, flow, _status), fact in found:
        order = fact.event.data
        cost, total = cost_of(kind, value, currency, order), finite(order.get("total"))
        paid_in = str(order.get("currency") or "")
        key = fact.event.refs.get("order") or str(order.get("id") or "")
        off = None if cost is None else f"{cost:f}"
        rows.append((id_, now, key, off, None if total is None else f"{total:f}", paid_in))
        data = {"id": str(id_), "code": code, "kind": kind, "value": value or None, "currency": paid_in or None}
        data |= {"customer_id": customer or None, "flow": flow, "order_id": key, "cost": off}
        owner = customer or fact.event.refs.get("customer") or ""
        refs = {"order": key, **({"customer": owner} if owner else {})}
        event = NewEvent(f"code:{id_}:redeemed", "code.redeemed", f"code:{code}", from_micros(now), data, refs)
        events[id_] = inbox.Incoming(shop, None, None, SOURCE, now, event)
        if len(paid_in) == 3 and flow:
            sums = [Money(one or Decimal(0), paid_in).to_minor() for one in (cost, total)]
            counts[id_] = (shop, flow, month_of(from_micros(now), "UTC"), paid_in, 0, 0, 1, *sums)
    done = {row[0] for row in tx.many_returning("redeem_codes", sorted(rows))}
    tx.many("count_redeemed", _added(counts[id_] for id_ in sorted(done) if id_ in counts))
    if done:
        inbox.put(tx, [events[id_] for id_ in sorted(done)])


def _added(rows: Any) -> list[tuple[Any, ...]]:
    """One row for each flow, month and currency: PostgreSQL changes a row once in a statement."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    for row in rows:
        held = sums.setdefault(row[:4], [0] * 5)
        for place, value in enumerate(row[4:]):
            held[place] += value
    return [(*at, *values) for at, values in sorted(sums.items())]


def expire(tx: Transaction, now: int, limit: int = BATCH) -> int:
    """Let go codes whose time is over, and tell it. Gives how many."""
    before = now - GRACE // timedelta(microseconds=1)
    rows = tx.all("expire_codes", {"before": before, "limit": limit})
    if rows:
        inbox.put(tx, [_expired(row, now) for row in sorted(rows)])
    return len(rows)


def _expired(row: Sequence[Any], now: int) -> inbox.Incoming:
    id_, shop, code, customer, kind, value, currency, flow, expires = row
    data: Mapping[str, Any] = {
        "id": str(id_), "code": code, "kind": kind, "value": value or None, "currency": currency or None,
        "customer_id": customer or None, "flow": flow, "expires_at": instant_text(expires),
    }  # fmt: skip
    refs = {"customer": customer} if customer else {}
    event = NewEvent(f"code:{id_}:expired", "code.expired", f"code:{code}", from_micros(now), data, refs)
    return inbox.Incoming(shop, None, None, SOURCE, now, event)
