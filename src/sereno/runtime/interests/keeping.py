"""Takes into the book of interests what a batch of events tells: carts, orders, goods, looks, wishes, places in line.

Invariant: written in the transaction that projects the batch, a fixed number of statements however large it is; an
event that comes twice, or an order that is told of again, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from sereno.commerce.identity import customer_key, text, variant_key
from sereno.commerce.merging import micros, parts
from sereno.commerce.stock import whole
from sereno.runtime.facts import Fact
from sereno.runtime.interests import rules
from sereno.runtime.interests.rules import CART, VIEW, WAITING, WISH, Item, Settings
from sereno.runtime.records import Held
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

Row = tuple[tuple[int, str], Held]
At = tuple[int, str]
Record = Mapping[str, Any]
Bought = tuple[str, str, int, int]
"""Product, order, how many, when."""
DAY = 86_400_000_000
ARRIVAL_WAIT = timedelta(hours=24)
"""How long what is new waits for others of its kind, to be told together."""
SAID = {"wish.added": WISH, "waiting.joined": WAITING, "wish.removed": WISH, "waiting.left": WAITING}
VIEWED = "product.viewed"
NEW = frozenset({"product.published", "product.created"})
_LONGEST = 100
"""Lines of one order or cart."""


def keep_records(tx: Transaction, changed: Mapping[str, Sequence[Row]], now: int) -> None:
    """From the carts, orders, products, variants and levels that a batch changed."""
    if any(changed.get(name) for name in ("product", "variant", "stock_level")):
        _keep_items(tx, changed, now)
    carts = [(at, held.record) for at, held in changed.get("cart", ()) if held.record]
    if carts:
        _keep_carts(tx, carts, now)
    orders = [(at, held.record) for at, held in changed.get("order", ()) if held.record]
    if orders:
        _keep_orders(tx, orders)


def keep_said(tx: Transaction, facts: Sequence[Fact], now: int) -> None:
    """What people, or the shop's pages for them, said; and what is new in the shop."""
    said = [fact for fact in facts if fact.event.type in SAID or fact.event.type == VIEWED]
    if said:
        _keep_said(tx, said, now)
    new = [fact for fact in facts if fact.event.type in NEW]
    if new:
        _keep_new(tx, new, now)


def product_of(data: Record) -> str:
    """The product something is about; the variant itself where none is named."""
    return text(data.get("product_id")) or variant_key(data) or ""


# --- goods ----------------------------------------------------------------------------------


def _keep_items(tx: Transaction, changed: Mapping[str, Sequence[Row]], now: int) -> None:
    shelves: dict[At, str] = {}
    seen: dict[At, list[tuple[str, str, Record]]] = {}
    for (shop, key), held in changed.get("product", ()):
        record = held.record or {}
        if kind := text(record.get("product_type")):
            shelves[shop, key] = storable(kind.lower())[:200]
        if not parts(record.get("variants")) and record.get("price") is not None:
            seen.setdefault((shop, key), []).append(("product", key, {**record, "product_id": key}))
    for name in ("variant", "stock_level"):
        for (shop, key), held in changed.get(name, ()):
            if held.record and (item := variant_key(held.record)):
                seen.setdefault((shop, item), []).append((name, key, held.record))
    if not seen and not shelves:
        return
    asked = {"shops": sorted({at[0] for at in seen}), "keys": sorted({at[1] for at in seen})}
    before = {(row[0], row[1]): _item(row[1:]) for row in tx.all("interest_items", asked)} if seen else {}
    after = {at: _folded(before.get(at), at, told, shelves) for at, told in seen.items()}
    fresh = {at: item for at, item in after.items() if item != before.get(at)}
    if fresh:
        _settle(tx, before, fresh, now)
    if shelves:
        tx.many("put_interest_shelves", sorted((*at, shelf) for at, shelf in shelves.items()))


def _settle(tx: Transaction, before: Mapping[At, Item], fresh: Mapping[At, Item], now: int) -> None:
    """Keep the items, and open a telling for what somebody will want to hear."""
    said = said_by(tx, {at[0] for at in fresh})
    rows: list[tuple[Any, ...]] = []
    changes: list[tuple[At, rules.Change, Item]] = []
    for at, item in sorted(fresh.items()):
        kept, found = rules.settled(before.get(at), item, said[at[0]])
        rows.append((at[0], *_row(kept)))
        for change in found:
            changes.append((at, change, kept))
    tx.many("put_interest_items", rows)
    if not changes:
        return
    asked = {
        "shops": sorted({at[0] for at, _, _ in changes}),
        "products": sorted({item.product for _, _, item in changes}),
    }
    wanted = {(row[0], row[1]) for row in tx.all("products_of_interest", asked)}
    rounds = [
        (at[0], change, at[1], item.product, encode(_facts(before[at], item, change)), now, now)
        for at, change, item in changes
        if (at[0], item.product) in wanted
    ]
    if rounds:
        tx.many("open_rounds", sorted(rounds))


def said_by(tx: Transaction, shops: Iterable[int]) -> dict[int, Settings]:
    rows = tx.all("interest_settings", {"shops": sorted(set(shops))})
    return {row[0]: rules.settings_of(decode(row[1])) for row in rows}


def _facts(before: Item, item: Item, change: rules.Change) -> dict[str, Any]:
    if change != "price" or item.price is None:
        return {}
    old = before.anchor or before.price or item.price
    return {"old_price": str(old), "price": str(item.price), "percent": rules.percent_off(old, item.price)}


def _folded(before: Item | None, at: At, told: Sequence[tuple[str, str, Record]], shelves: Mapping[At, str]) -> Item:
    item = before or Item(at[1], product_of(told[0][2]) or at[1])
    for name, key, record in told:
        item = _with_stock(item, key, record) if name == "stock_level" else _with_price(item, record)
    shelf = shelves.get((at[0], item.product))
    return item if shelf is None else replace(item, shelf=shelf)


def _with_price(item: Item, record: Record) -> Item:
    price = rules.decimal_of(record.get("price"))
    return replace(
        _described(item, record),
        price=item.price if price is None else price,
        currency=str(record.get("currency") or item.currency)[:3],
        is_counted=_counted(item, record),
        available=_available(item, record) if not item.level else item.available,
    )


def _with_stock(item: Item, key: str, record: Record) -> Item:
    is_counted = record.get("is_tracked") is not False
    if is_counted and item.price is not None:
        # What may be sold below zero is known by the variant alone.
        is_counted = item.is_counted
    found = replace(_described(item, record), is_counted=is_counted, available=_available(item, record))
    return replace(found, level=key) if record.get("available") is not None else found


def _described(item: Item, record: Record) -> Item:
    return replace(
        item,
        product=text(record.get("product_id")) or item.product,
        sku=(text(record.get("sku")) or item.sku)[:200],
        title=storable(str(record.get("title") or item.title))[:300],
    )


def _counted(item: Item, record: Record) -> bool:
    if record.get("is_tracked") is None and record.get("can_backorder") is None:
        return item.is_counted
    return record.get("is_tracked") is not False and record.get("can_backorder") is not True


def _available(item: Item, record: Record) -> float | None:
    found = record.get("available")
    is_number = isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 10**12
    return float(cast("float", found)) if is_number else item.available


def _item(row: Sequence[Any]) -> Item:
    key, product, sku, level, title, price, anchor, currency, available, is_counted, is_low, shelf = row
    return Item(
        key, product, sku, level, title, rules.decimal_of(price), rules.decimal_of(anchor), currency, available,
        bool(is_counted), bool(is_low), shelf,
    )  # fmt: skip


def _row(item: Item) -> tuple[Any, ...]:
    prices = [None if one is None else str(one) for one in (item.price, item.anchor)]
    return (
        item.key, item.product, item.sku, item.level, item.title, *prices, item.currency, item.available,
        item.is_counted, item.is_low, item.shelf,
    )  # fmt: skip


def read_item(tx: Transaction, shop: int, key: str) -> Item | None:
    row = tx.one("item_of_round", {"shop": shop, "item": key})
    return None if row is None else _item(row)


# --- carts and orders -----------------------------------------------------------------------


def _keep_carts(tx: Transaction, carts: Sequence[tuple[At, Record]], now: int) -> None:
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    held: dict[tuple[int, str, str, str], None] = {}
    busy: dict[At, int] = {}
    for (shop, key), record in carts:
        person = customer_key(record.get("customer_id"), record.get("email"))
        if person is None:
            continue
        at = micros(record.get("updated_at")) or now
        busy[shop, person] = max(busy.get((shop, person), 0), at)
        if record.get("completed_at") or record.get("deleted_at") or record.get("order_id"):
            continue
        for line in parts(record.get("lines"))[:_LONGEST]:
            if product := product_of(line):
                variant = variant_key({**line, "product_id": None}) or ""
                held[shop, key, product, variant] = None
                email = _email(record)
                rows[shop, person, CART, product, variant] = (
                    shop, person, CART, product, variant, email, key, at, at,
                )  # fmt: skip
    asked = {"shops": sorted({at[0] for at, _ in carts}), "carts": sorted({at[1] for at, _ in carts})}
    gone = [row[0] for row in tx.all("interests_of_carts", asked) if tuple(row[1:]) not in held]
    if gone:
        tx.many("end_interests", [(id_, "left") for id_ in sorted(gone)])
    if rows:
        tx.many("put_interests", sorted(rows.values(), key=lambda row: row[:5]))
    if busy:
        tx.many("busy_lookers", sorted((*at, when) for at, when in busy.items()))


def _keep_orders(tx: Transaction, orders: Sequence[tuple[At, Record]]) -> None:
    bought: dict[tuple[int, str, str], list[Bought]] = {}
    busy: dict[At, int] = {}
    for (shop, key), record in sorted(orders, key=lambda one: str(one[1].get("placed_at") or "")):
        person = customer_key(record.get("customer_id"), record.get("email"))
        at = micros(record.get("placed_at"))
        if person is None or at is None or record.get("cancelled_at") or record.get("status") == "cancelled":
            continue
        busy[shop, person] = max(busy.get((shop, person), 0), at)
        for line in parts(record.get("lines"))[:_LONGEST]:
            item = variant_key(line)
            if item and (quantity := whole(line.get("quantity", 1))):
                bought.setdefault((shop, person, item), []).append((product_of(line), key, min(quantity, 12), at))
    if not bought:
        return
    asked = {"shops": sorted({at[0] for at in bought}), "persons": sorted({at[1] for at in bought})}
    known = {row[:3]: row[3:] for row in tx.all("purchases_of", {**asked, "items": sorted({at[2] for at in bought})})}
    _keep_purchases(tx, bought, known)
    latest = {(at[0], at[1], made[-1][0]): made[-1][3] for at, made in bought.items()}
    ended = [
        (row[0], "bought")
        for row in tx.all("interests_of_persons", asked)
        if row[6] <= latest.get((row[1], row[2], row[4]), -1)
    ]
    if ended:
        tx.many("end_interests", sorted(ended))
        _recount(tx, {(shop, product) for shop, _, product in latest})
    tx.many("busy_lookers", sorted((*at, when) for at, when in busy.items()))


def _keep_purchases(
    tx: Transaction,
    bought: Mapping[tuple[int, str, str], Sequence[Bought]],
    known: Mapping[tuple[Any, ...], Sequence[Any]],
) -> None:
    """The newest of each person and thing, and how long after the one before it came; older ones are let be."""
    rows: list[tuple[Any, ...]] = []
    gaps: list[tuple[Any, ...]] = []
    for place, made in sorted(bought.items()):
        order, pieces, times, last = known.get(place, ("", 1, 0, None))
        product = None
        for named, key, quantity, at in made:
            if key == order or (last is not None and last >= at):
                continue
            if last is not None and at - last >= DAY:
                gaps.append((place[0], place[2], (at - last) / DAY / max(pieces, 1), at))
            product, order, pieces, times, last = named, key, quantity, times + 1, at
        if product is not None:
            rows.append((*place, product, order, pieces, times, last))
    if rows:
        tx.many("put_purchases", rows)
    if gaps:
        tx.many("put_gaps", gaps)


# --- what people said -----------------------------------------------------------------------


def _keep_said(tx: Transaction, facts: Sequence[Fact], now: int) -> None:
    rows: dict[tuple[Any, ...], tuple[Any, ...] | None] = {}
    looked: dict[At, int] = {}
    for fact in facts:
        event, shop = fact.event, fact.shop_id
        person = event.refs.get("customer") or customer_key(None, event.refs.get("email"))
        product = event.refs.get("product") or product_of(event.data)
        if not person or not product:
            continue
        at = to_micros(event.occurred_at)
        rank = SAID.get(event.type, VIEW)
        variant = "" if rank == VIEW else variant_key({**event.data, "product_id": None}) or ""
        place = (shop, person, rank, product, variant)
        if event.type.endswith((".left", ".removed")):
            rows[place] = None
            continue
        if rank == VIEW:
            looked[shop, person] = max(looked.get((shop, person), 0), at)
        source = storable(str(event.data.get("source") or event.source))[:200]
        rows[place] = (*place, event.refs.get("email") or _email(event.data), source, at, at)
    kept = sorted((row for row in rows.values() if row is not None), key=lambda row: row[:5])
    left = sorted(place for place, row in rows.items() if row is None)
    if kept:
        tx.many("put_interests", kept)
    if left:
        tx.many("leave_interests", left)
    if looked:
        said = said_by(tx, {at[0] for at in looked})
        rests = {shop: one.rest // timedelta(microseconds=1) for shop, one in said.items()}
        tx.many("put_lookers", sorted((*at, when, max(when + rests[at[0]], now)) for at, when in looked.items()))
    _recount(tx, {(place[0], place[3]) for place in rows if place[2] in (WAITING, WISH)})


def _recount(tx: Transaction, products: set[At]) -> None:
    if products:
        tx.many("count_demand", sorted(products))


def _keep_new(tx: Transaction, facts: Sequence[Fact], now: int) -> None:
    """New goods of one type are told together, a day after the first of them."""
    found: dict[At, list[str]] = {}
    for fact in facts:
        data, at = fact.event.data, to_micros(fact.event.occurred_at)
        kind, product = text(data.get("product_type")), text(data.get("id"))
        is_on_sale = fact.event.type == "product.published" or data.get("status") == "active"
        if kind and product and is_on_sale and now - at < 2 * DAY:
            found.setdefault((fact.shop_id, storable(kind.lower())[:200]), []).append(product)
    if not found:
        return
    asked = {"shops": sorted({at[0] for at in found}), "shelves": sorted({at[1] for at in found})}
    held = {(row[0], row[1]): decode(row[2]).get("items", []) for row in tx.all("open_arrivals", asked)}
    due = now + ARRIVAL_WAIT // timedelta(microseconds=1)
    rows = [
        (
            shop,
            "arrival",
            shelf,
            products[0],
            encode({"items": list(dict.fromkeys([*held.get((shop, shelf), []), *products]))[:12]}),
            now,
            due,
        )
        for (shop, shelf), products in sorted(found.items())
    ]
    tx.many("open_rounds", rows)


def _email(record: Record) -> str | None:
    found = text(record.get("email"))
    return storable(found.lower())[:254] if found and "@" in found else None
