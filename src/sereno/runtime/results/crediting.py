"""Which message an order counts for: the last marketing message that went to its person within `WITHIN` before it was
placed, by whichever flow or newsletter. That is credit, not effect; what was brought is measured by control groups.

Invariant: an order counts once, for one message, for ever; what it comes to follows the order as it stands, so that its
events may come in any order and any number of times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from sereno.commerce.identity import customer_key, variant_key
from sereno.commerce.merging import micros, parts
from sereno.commerce.money import AmountInvalid, Money, finite
from sereno.runtime.persons import people_of
from sereno.runtime.records import Held, Records
from sereno.runtime.results.counting import Spot, Sums
from sereno.store.database import Transaction

WITHIN = timedelta(days=5)
_WITHIN = WITHIN // timedelta(microseconds=1)
Order = Mapping[str, Any]
At = tuple[int, str]
"""Shop and key of an order."""


@dataclass(frozen=True, slots=True)
class Credit:
    """What an order counts for, and with how much: `amount` and `margin` in the smallest unit of `currency`."""

    message: str
    spot: Spot
    currency: str
    amount: int
    margin: int | None
    counted: int
    placed_at: int


def keep_credits(tx: Transaction, orders: Sequence[tuple[At, Held]], records: Records, worker: str = "orders") -> None:
    """Credit these changed orders, or bring their credits to what they come to now."""
    known: dict[At, Order] = {at: held.record for at, held in orders if held.record is not None}
    if not known:
        return
    asked = {"shops": sorted({shop for shop, _ in known}), "orders": sorted({key for _, key in known})}
    held: dict[At, Credit] = {}
    for row in tx.all("credits_of_orders", asked):
        shop, key, message, day, source, source_id, *rest = row
        held[shop, key] = Credit(message, Spot(shop, day, source, source_id, *rest[:4]), *rest[4:])
    fresh = _credited(tx, {at: order for at, order in known.items() if at not in held and not is_no_sale(order)})
    spots = {**{at: (one.message, one.spot, one.placed_at) for at, one in held.items() if at in known}, **fresh}
    if not spots:
        return
    costs = _costs(records, {at: known[at] for at in spots})
    sums, rows = Sums(), list[tuple[Any, ...]]()
    for at, (message, spot, placed_at) in sorted(spots.items()):
        after, before = _worth(known[at], costs, message, spot, placed_at), held.get(at)
        if after == before:
            continue
        if before is not None:
            _add(sums, before, -1)
        _add(sums, after, 1)
        money = (after.currency, after.amount, after.margin, after.counted, placed_at)
        rows.append((at[0], at[1], message, *spot.row()[1:], *money))
    if rows:
        tx.many("credit_orders", rows)
        sums.write(tx, worker)


def is_no_sale(order: Order) -> bool:
    """A draft, a test, a subscription's renewal, or one that was cancelled or given back in full."""
    if order.get("is_test") or order.get("is_subscription") or order.get("cancelled_at"):
        return True
    status = (order.get("status"), order.get("payment_status"))
    return status[0] in ("cancelled", "deleted", "draft") or status[1] in ("refunded", "voided")


def margin_of(order: Order, costs: Mapping[str, Decimal], currency: str) -> int | None:
    """What is left of the goods' price after tax, refunds and what they cost the shop; None where one cost is not
    known. `costs` by variant, in the order's currency."""
    total, has_tax = Decimal(0), _has_tax_inside(order)
    lines = [line for line in parts(order.get("lines")) if not line.get("parent_line_id")]
    for line in lines:
        paid, quantity = finite(line.get("total")), finite(line.get("quantity"))
        cost = costs.get(variant_key(line) or "")
        if paid is None or quantity is None or cost is None:
            return None
        tax = (finite(line.get("total_tax")) or Decimal(0)) if has_tax else Decimal(0)
        total += paid - tax - quantity * cost
    if not lines:
        return None
    return Money(total - (finite(order.get("total_refunded")) or Decimal(0)), currency).to_minor()


def _has_tax_inside(order: Order) -> bool:
    """Whether the prices of the lines have the tax in them: then goods and shipping alone come to the total."""
    total, goods = finite(order.get("total")), finite(order.get("subtotal"))
    shipping = finite(order.get("total_shipping")) or Decimal(0)
    return total is not None and goods is not None and goods + shipping >= total


def _add(sums: Sums, one: Credit, sign: int) -> None:
    if not one.counted:
        return
    sums.add(one.spot, "orders", sign, one.currency)
    sums.add(one.spot, "revenue", sign * one.amount, one.currency)
    if one.margin is not None:
        sums.add(one.spot, "known", sign, one.currency)
        sums.add(one.spot, "margin", sign * one.margin, one.currency)


def _worth(order: Order, costs: Mapping[At, Decimal], message: str, spot: Spot, placed_at: int) -> Credit:
    currency = str(order.get("currency") or "")
    nothing = Credit(message, spot, currency[:3], 0, None, 0, placed_at)
    if is_no_sale(order):
        return nothing
    try:
        total = Money.parse(str(order.get("total") or 0), currency)
        total -= Money.parse(str(order.get("total_refunded") or 0), currency)
    except AmountInvalid:
        return nothing
    own = {key: cost for (shop, key), cost in costs.items() if shop == spot.shop_id}
    amount = max(total.amount, Decimal(0))
    return Credit(
        *(message, spot, currency, Money(amount, currency).to_minor(), margin_of(order, own, currency)), 1, placed_at
    )


def _costs(records: Records, orders: Mapping[At, Order]) -> dict[At, Decimal]:
    """What the goods of these orders cost the shop, by shop and variant, where the catalogue says it in the order's
    currency."""
    wanted: dict[At, str] = {}
    for (shop, _), order in orders.items():
        for line in parts(order.get("lines")):
            if key := variant_key(line):
                wanted[shop, key] = str(order.get("currency") or "")
    for shop, key in wanted:
        records.want_row("variant", shop, key)
    records.fetch()
    found: dict[At, Decimal] = {}
    for (shop, key), currency in wanted.items():
        record = records.row("variant", shop, key).record or {}
        cost = finite(record.get("cost")) if record.get("cost") is not None else None
        if cost is not None and record.get("currency") in (None, currency):
            found[shop, key] = cost
    return found


def _credited(tx: Transaction, orders: Mapping[At, Order]) -> dict[At, tuple[str, Spot, int]]:
    """By order: the message it counts for, where that is counted, and when it was placed."""
    placed = {at: moment for at, order in orders.items() if (moment := micros(order.get("placed_at")))}
    people = {at: key for at in placed if (key := _customer(orders[at]))}
    joined = people_of(tx, {(at[0], key) for at, key in people.items()})
    keys = {at: set(joined.get((at[0], key), [key])) for at, key in people.items()}
    addresses = {at: _addresses(orders[at]) for at in placed}
    if not placed or not (any(keys.values()) or any(addresses.values())):
        return {}
    asked = {
        "shops": sorted({shop for shop, _ in placed}),
        "people": sorted({key for held in keys.values() for key in held}),
        "addresses": sorted({one for held in addresses.values() for one in held}),
        "since": min(placed.values()) - _WITHIN,
        "until": max(placed.values()),
    }
    sent = sorted(tx.all("messages_before_orders", asked), key=lambda row: (row[-1], row[0]))
    found: dict[At, tuple[str, Spot, int]] = {}
    for key, shop, day, source, source_id, step, variant, channel, locale, person, address, sent_at in sent:
        for at, moment in placed.items():
            is_theirs = person in keys.get(at, ()) or address in addresses[at]
            if at[0] == shop and is_theirs and moment - _WITHIN <= sent_at <= moment:
                spot = Spot(shop, day, source, source_id, step, variant, channel, locale)
                found[at] = (str(key), spot, moment)
    return found


def _customer(order: Order) -> str | None:
    person = _inside(order)
    return customer_key(order.get("customer_id") or person.get("id"), order.get("email") or person.get("email"))


def _addresses(order: Order) -> set[str]:
    person = _inside(order)
    said = (order.get("email"), order.get("phone"), person.get("email"), person.get("phone"))
    return {text for one in said if isinstance(one, str) and (text := one.strip().lower())}


def _inside(order: Order) -> Mapping[str, Any]:
    """Who ordered, as the order carries them."""
    person: Any = order.get("customer")
    return cast("Mapping[str, Any]", person) if isinstance(person, Mapping) else {}
