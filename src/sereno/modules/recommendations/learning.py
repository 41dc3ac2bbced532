"""Reads what is new in a shop and brings what is learned up to date: baskets first, then the things in them.

Invariant: reading the same twice changes nothing, so a process killed anywhere is begun again by the next. What one
order changes is counted anew from the newest baskets with its things; nothing is added up that could drift.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sereno.modules.recommendations import heat, likeness, measuring, pairs, pulling, showing, visits
from sereno.modules.recommendations.reading import (
    BOUGHT,
    SEEN,
    Held,
    Names,
    cart_basket,
    facts_of,
    order_basket,
    since_of,
    unnamed,
)
from sereno.store.database import Database, Transaction, chunked
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros
from sereno.store.jobs import LeaseLost

LEASE = timedelta(seconds=120)
PAGE = 500
OVERLAP = 500
"""Events that are read again: an event may be committed after one with a larger number."""
NEWEST = 2000
"""Baskets with a thing that are counted: what came before says less, and costs as much."""
SEEN_DAYS, BOUGHT_DAYS = 90, 3 * 365
MEASURED_AGAIN = timedelta(hours=20)
DAY = 86_400_000_000
ORDERS = ("order.created", "order.updated", "order.paid", "order.cancelled", "order.deleted", "order.completed")
CARTS = (
    *("cart.created", "cart.updated", "cart.deleted"),
    *("checkout.created", "checkout.updated", "checkout.completed", "checkout.abandoned"),
)
PRODUCTS = (
    *("product.created", "product.updated", "product.published", "product.unpublished", "product.deleted"),
    *("variant.created", "variant.updated", "variant.price_changed"),
)


@dataclass(frozen=True, slots=True)
class Places:
    """How far was read: events, and at first rows of orders, carts and products."""

    upto: int
    orders: int
    carts: int
    products: int


def carry_out(shop_id: int, worker: str, database: Database, now: datetime | None = None) -> str:
    """Learn what is new in one shop. Gives how it ended: `done`, or `lost`."""
    work = _Work(database, shop_id, worker, now or datetime.now(UTC))
    try:
        work.run()
    except LeaseLost:
        return "lost"
    return "done"


class _Work:
    def __init__(self, database: Database, shop_id: int, worker: str, now: datetime) -> None:
        self._database, self._shop, self._worker, self._now = database, shop_id, worker, now

    def run(self) -> None:
        self._renew()
        with self._database.read() as tx:
            row = tx.one("learned_of", {"shop": self._shop})
            (settled,) = tx.one("newest_settled_event") or (0,)
        if row is None:
            raise LeaseLost
        places = Places(*row[:4])
        self._records(places)
        if places.upto:
            self._changes(max(places.upto - OVERLAP, 0), settled)
        self._place(Places(max(settled, places.upto, 1), *self._ends))
        self._forget()
        self._count_anew()
        self._look_alike()
        measured_at = row[7]
        if measured_at is None or to_micros(self._now) - measured_at > MEASURED_AGAIN / timedelta(microseconds=1):
            held = measuring.past_of(self._database, self._shop)
            measured = measuring.measure(held)
            self._weigh([one.items for one in held[BOUGHT]] if measured["together"]["is_weighed"] else [])
            with self._database.transaction() as tx:
                tx.run("set_measured", {"shop": self._shop, "measured": encode(measured), "now": to_micros(self._now)})
        with self._database.transaction() as tx:
            held = dict(tx.all("count_baskets", {"shop": self._shop}))
            counts = {"baskets": held.get(BOUGHT, 0), "visits": held.get(SEEN, 0)}
            tx.run("free_learning", {**counts, "shop": self._shop, "worker": self._worker, "now": to_micros(self._now)})

    # --- reading ------------------------------------------------------------------------------------

    def _records(self, places: Places) -> None:
        """What is there already, by pages of rows: everything at first, afterwards what came since."""
        products = self._pages("products_to_learn", places.products, self._products)
        orders = self._pages("orders_to_learn", places.orders, lambda rows: self._baskets(rows, order_basket))
        carts = self._pages("carts_to_learn", places.carts, lambda rows: self._baskets(rows, cart_basket))
        self._ends = (orders, carts, products)

    def _pages(self, name: str, after: int, take: Callable[[list[Any]], None]) -> int:
        while True:
            with self._database.read() as tx:
                rows = tx.all(name, {"shop": self._shop, "after": after, "limit": PAGE})
            if not rows:
                return after
            take(rows)
            after = rows[-1][0]
            self._renew()

    def _changes(self, after: int, upto: int) -> None:
        """What changed since, by the events."""
        for types, name, take in (
            (PRODUCTS, "products_to_learn_by_key", self._products),
            (ORDERS, "orders_to_learn_by_key", lambda rows: self._baskets(rows, order_basket)),
            (CARTS, "carts_to_learn_by_key", lambda rows: self._baskets(rows, cart_basket)),
        ):
            for keys in chunked(sorted(self._subjects(types, after, upto)), PAGE):
                with self._database.read() as tx:
                    rows = tx.all(name, {"shop": self._shop, "keys": list(keys)})
                take(rows)
                self._renew()

    def _subjects(self, types: Sequence[str], after: int, upto: int) -> set[str]:
        found: set[str] = set()
        with self._database.read() as tx:
            for type_ in types:
                given = {"shop": self._shop, "type": type_, "after": after, "upto": upto}
                found |= {str(row[0]).partition(":")[2] for row in tx.all("subjects_after", given)}
        return found - {""}

    def _products(self, rows: list[Any]) -> None:
        facts = {str(key): facts_of(decode(data)) for _id, key, data in rows if data}
        shelves = [(self._shop, name, item) for item, one in facts.items() for name in likeness.names_of(one)]
        with self._database.transaction() as tx:
            rows = [(self._shop, item, encode(one), since_of(one)) for item, one in sorted(facts.items())]
            tx.many("put_facts", rows)
            tx.run("drop_shelves", {"shop": self._shop, "items": sorted(facts)})
            tx.many("put_shelves", sorted(shelves))

    def _baskets(self, rows: list[Any], read: Callable[..., Held]) -> None:
        records = [(row[1:5], decode(row[5]) if row[5] else {}) for row in rows]
        variants, skus = unnamed(data for _, data in records)
        with self._database.transaction() as tx:
            names = _names(tx, self._shop, variants, skus)
            held = [read(*said, data, names) for said, data in records]
            keep(tx, self._shop, held)
            showing.settle(tx, self._shop, [one for one in held if one.kind == BOUGHT])

    # --- counting -----------------------------------------------------------------------------------

    def _forget(self) -> None:
        """What is too old to say anything."""
        for kind, days in ((SEEN, SEEN_DAYS), (BOUGHT, BOUGHT_DAYS)):
            before = to_micros(self._now - timedelta(days=days))
            given = {"shop": self._shop, "kind": kind, "before": before, "limit": PAGE}
            while True:
                with self._database.transaction() as tx:
                    rows = tx.all("old_baskets", given)
                    keep(tx, self._shop, [Held(row[1], kind, None, row[4], ()) for row in rows])
                if len(rows) < PAGE:
                    break
        with self._database.transaction() as tx:
            showing.forget(tx, self._shop, self._now)

    def _count_anew(self) -> None:
        """Each thing whose baskets changed."""

        def take(rows: list[Any]) -> None:
            with self._database.read() as tx:
                made = [(id_, *_counted(tx, self._shop, item)) for id_, item in rows]
            with self._database.transaction() as tx:
                tx.many("set_things", made)

        self._pages("due_things", 0, take)

    def _weigh(self, baskets: Sequence[Sequence[str]]) -> None:
        """All things that are bought most, by all baskets at once; none of no baskets."""
        pulls = pulling.fit(baskets)
        rows = [
            (self._shop, item, lean, encode(list(pulls.to[item].items()))) for item, lean in sorted(pulls.lean.items())
        ]
        self._renew()
        with self._database.transaction() as tx:
            tx.run("forget_pulls", {"shop": self._shop})
            tx.many("set_pulls", rows)

    def _look_alike(self) -> None:
        """Each thing whose description changed; the whole catalogue is read where there is any."""
        with self._database.read() as tx:
            if not tx.all("new_things", {"shop": self._shop, "after": 0, "limit": 1}):
                return
        traits: dict[str, frozenset[str]] = {}
        self._pages("facts_of_things", 0, lambda rows: traits.update(_traits(rows)))
        index = likeness.Index(traits)

        def take(rows: list[Any]) -> None:
            made = [(id_, encode(index.like(item))) for id_, item in rows]
            with self._database.transaction() as tx:
                tx.many("set_alike", made)

        self._pages("new_things", 0, take)

    # --- the job ------------------------------------------------------------------------------------

    def _renew(self) -> None:
        until = to_micros(datetime.now(UTC) + LEASE)
        with self._database.transaction() as tx:
            if not tx.run("renew_learning", {"shop": self._shop, "worker": self._worker, "until": until}):
                raise LeaseLost

    def _place(self, places: Places) -> None:
        with self._database.transaction() as tx:
            given = {"upto": places.upto, "orders": places.orders, "carts": places.carts, "products": places.products}
            tx.run("set_learned_places", {"shop": self._shop, **given})


def keep(tx: Transaction, shop_id: int, baskets: Iterable[Held]) -> None:
    """Keep baskets as they are now, forget those without things, and note which things are to be counted anew."""
    said = {one.key: one for one in baskets}
    held = {row[1]: row for row in tx.all("baskets_by_key", {"shop": shop_id, "keys": sorted(said)})}
    changed = [one for key, one in sorted(said.items()) if _is_changed(one, held.get(key))]
    gone = [held[one.key][0] for one in changed if one.key in held]
    touched = {item for one in changed for item in one.items}
    touched |= {item for one in changed if one.key in held for item in decode(held[one.key][5])}
    if gone:
        tx.run("drop_members", {"ids": gone})
        tx.run("drop_baskets", {"ids": [held[one.key][0] for one in changed if one.key in held and not one.items]})
    kept = [one for one in changed if one.items]
    tx.many("put_baskets", [(shop_id, one.key, one.kind, one.person, one.at, encode(list(one.items))) for one in kept])
    ids = {row[1]: row[0] for row in tx.all("baskets_by_key", {"shop": shop_id, "keys": [one.key for one in kept]})}
    members = [(shop_id, ids[one.key], one.kind, item, one.at) for one in kept for item in one.items]
    tx.many("put_members", members)
    tx.many("want_things", [(shop_id, item) for item in sorted(touched)])


def _is_changed(one: Held, row: Sequence[Any] | None) -> bool:
    if row is None:
        return bool(one.items)
    return (one.kind, one.person, one.at, list(one.items)) != (*row[2:5], decode(row[5]))


def _names(tx: Transaction, shop_id: int, variants: set[str], skus: set[str]) -> Names:
    """Which product each is of."""
    by_key = tx.all("products_of_variants", {"shop": shop_id, "keys": sorted(variants)}) if variants else []
    by_sku = tx.all("products_of_skus", {"shop": shop_id, "keys": sorted(skus)}) if skus else []
    return Names({row[0]: row[2] for row in by_key}, {row[1]: row[2] for row in by_sku})


def _counted(tx: Transaction, shop_id: int, item: str) -> tuple[int, int, float, float, str, str]:
    """How often it was bought and seen, its heat, its neighbours among what was bought, and those in visits."""
    moments: list[tuple[float, float]] = []
    numbers: dict[str, int] = {}
    together: Mapping[str, int] = {}
    beside: Mapping[str, float] = {}
    for kind, weight in ((BOUGHT, heat.BOUGHT), (SEEN, heat.SEEN)):
        rows = tx.all("newest_with", {"shop": shop_id, "item": item, "kind": kind, "limit": NEWEST})
        (numbers[kind],) = tx.one("count_with", {"shop": shop_id, "item": item, "kind": kind}) or (0,)
        moments += [(row[1] / DAY, weight) for row in rows]
        if kind == BOUGHT and rows:
            found = pairs.count(item, (decode(row[2]) for row in rows))
            counts = dict(tx.all("counts_of_things", {"shop": shop_id, "items": sorted(found)}))
            together = pairs.closest(found, counts)
        elif kind == SEEN:
            beside = visits.beside(item, (decode(row[2]) for row in rows))
    warm, hot = heat.heat(moments, heat.WARM_DAYS), heat.heat(moments, heat.HOT_DAYS)
    return numbers[BOUGHT], numbers[SEEN], warm, hot, encode(list(together.items())), encode(list(beside.items()))


def _traits(rows: Iterable[Sequence[Any]]) -> dict[str, frozenset[str]]:
    held = {str(item): decode(facts) for _id, item, facts in rows}
    return {item: likeness.traits(facts) for item, facts in held.items() if facts}
