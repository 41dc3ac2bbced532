"""Takes what the store that counts says of its stock into the book, with the batch that projects it; and lets go of
what was promised to orders that left or were cancelled.

Invariant: a figure older than the one known changes nothing. Only the shop's first store counts; what its other stores
say of their stock is what they were told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import floor
from typing import Any, cast

from sereno.commerce.identity import text
from sereno.commerce.merging import micros
from sereno.commerce.stock import item_key
from sereno.runtime import namespaces
from sereno.runtime.facts import Fact
from sereno.runtime.records import Held
from sereno.runtime.stock import reserving
from sereno.runtime.stock.book import At, Book, Reservation, reservation
from sereno.store.database import Transaction

LEVEL, VARIANT = "stock_level", "variant"
GONE = frozenset({"order.cancelled", "order.deleted"})
LEFT = frozenset({"order.fulfilled", "order.delivered", "order.completed"})

Row = tuple[tuple[int, str], Held]
Figures = dict[str, tuple[int, int | None]]


def keep_figures(tx: Transaction, changed: Mapping[str, Sequence[Row]], now: int) -> None:
    """From the records of stock levels and variants that a batch changed."""
    rows = [(name, at, held.record) for name in (VARIANT, LEVEL) for at, held in changed.get(name, ())]
    items: dict[At, tuple[Any, ...]] = {}
    figures: dict[At, Figures] = {}
    for name, (shop, key), record in rows:
        if record is None or namespaces.of(key) or not (record.get("sku") or record.get("variant_id")):
            continue
        item = item_key(record)
        if item is None:
            continue
        at = (shop, item)
        items[at] = _joined(items.get(at), _described(record))
        if name == LEVEL and record.get("is_tracked") is not False:
            figures.setdefault(at, {}).update(_figures(record))
    if not items:
        return
    tx.many("put_stock_items", [(*at, *values) for at, values in sorted(items.items())])
    if figures:
        _take_in(tx, figures, now)


def keep_orders(tx: Transaction, facts: Sequence[Fact], now: int) -> None:
    """What the facts say of orders that hold stock."""
    gone = {(one.shop_id, key) for one in facts if one.event.type in GONE and (key := _order(one))}
    left = {(one.shop_id, key) for one in facts if one.event.type in LEFT and (key := _order(one))} - gone
    if not gone and not left:
        return
    parameters = {"shops": sorted({one[0] for one in gone | left}), "orders": sorted({one[1] for one in gone | left})}
    holding = {(row[0], row[1]) for row in tx.all("orders_with_stock", parameters)}
    if orders := sorted(left & holding):
        reserving.ship(tx, orders, now)
    if orders := sorted(gone & holding):
        reserving.release(tx, orders, now)


def _order(fact: Fact) -> str | None:
    return fact.event.refs.get("order") if fact.error is None else None


def _described(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """Title, barcode, variant, product, is_tracked, can_oversell; None where it does not say."""
    title = " · ".join(dict.fromkeys(filter(None, (text(record.get(name)) for name in ("title", "variant_title")))))
    flags = [record[name] if isinstance(record.get(name), bool) else None for name in ("is_tracked", "can_backorder")]
    names = [text(record.get(name)) for name in ("barcode", "variant_id", "product_id")]
    return (title[:300] if title else None, *names, *flags)


def _joined(old: tuple[Any, ...] | None, new: tuple[Any, ...]) -> tuple[Any, ...]:
    return new if old is None else tuple(b if b is not None else a for a, b in zip(old, new, strict=True))


def _figures(record: Mapping[str, Any]) -> Figures:
    """Of each place what it said last, and when, where it says that."""
    places, times = record.get("locations"), record.get("location_times")
    if not isinstance(places, Mapping):
        return {}
    said: Mapping[str, Any] = cast("Mapping[str, Any]", times) if isinstance(times, Mapping) else {}
    found: Figures = {}
    for place, value in cast("Mapping[str, Any]", places).items():
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10**12:
            found[place[:200]] = (floor(value), micros(said.get(place)))
    return found


def _take_in(tx: Transaction, figures: Mapping[At, Figures], now: int) -> None:
    book = Book(tx, now)
    book.open(figures)
    waiting = _waiting(tx, book)
    for at, places in sorted(figures.items()):
        if at not in book.items:
            continue
        for place, (figure, when) in sorted(places.items()):
            balance = book.balance(at, place)
            is_first = balance.figure is None
            if figure == balance.figure and when in (None, balance.figure_at):
                # The record changed, and not in this: a figure without a time is not said anew.
                continue
            said_at = now if when is None else when
            if not is_first and (balance.figure_at or 0) > said_at:
                continue
            for one in waiting.get((*at, place), ()):
                if not one.is_said and (is_first or (one.counts_at or 0) <= said_at):
                    one.is_said = one.is_changed = True
                    balance.unsaid -= one.quantity
            if is_first:
                balance.unsaid = 0
            if figure == balance.offered:
                book.settle_offer(at, balance)
            balance.figure, balance.figure_at = figure, said_at
            book.level(at, balance)
    if book.is_changed:
        book.write()


def _waiting(tx: Transaction, book: Book) -> Mapping[tuple[int, str, str], Iterable[Reservation]]:
    """Orders of the store's own that its figures did not hold, by item and place; read only where there can be some."""
    asked = [at for at, places in book.balances.items() if any(one.unsaid for one in places.values())]
    if not asked:
        return {}
    parameters = {"shops": sorted({at[0] for at in asked}), "items": sorted({at[1] for at in asked})}
    found: dict[tuple[int, str, str], list[Reservation]] = {}
    for row in tx.all("unsaid_reservations", parameters):
        one = reservation(row)
        found.setdefault((row[0], one.item, one.location), []).append(one)
        book.reservations.setdefault((row[0], one.order), []).append(one)
    return found
