"""Tells people, one by one, of what they show an interest in: in line, as many as there is room for, a page at a time.

Invariant: whom to tell, that they were told and how far the line has come are one transaction, and an event's id names
the telling and the person: killed between any two statements, nobody is left out and nobody hears twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sereno.runtime.inbox import Incoming, put
from sereno.runtime.interests import rules
from sereno.runtime.interests.keeping import DAY, read_item, said_by
from sereno.runtime.interests.rules import CART, FRESH, KINDS, Item, Settings
from sereno.runtime.persons import people_of
from sereno.runtime.ports import SOURCE
from sereno.runtime.world import World
from sereno.sdk.connector import NewEvent
from sereno.store.database import DatabaseConflict, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

PAGE, PAGES = 500, 5
TYPES = {"restock": "interest.restocked", "price": "interest.price_dropped", "low": "interest.running_low"}
_MICRO = timedelta(microseconds=1)
BETWEEN_LOOKS = timedelta(minutes=10)
"""How often it is seen whether the day's reorders have been looked at."""


@dataclass(slots=True)
class Round:
    """A telling as it is claimed; see the table."""

    id: int
    shop: int
    kind: str
    item: str
    product: str
    facts: Mapping[str, Any]
    wave: int
    room: int | None
    told: int
    after: tuple[int, int, int]
    opened_at: int


class Teller:
    """For one thread; several workers share the rounds, each its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._next_habits: datetime | None = None

    def run(self) -> int:
        """Do one page of what is due. Gives how many were told, at least 1 when there was anything."""
        now = self._world.clock.now()
        has_round, has_lookers = self._world.database.peek("interests_due", {"now": to_micros(now)})
        done = 0
        try:
            if has_round:
                done += self._in_one(self._round, now)
            if has_lookers:
                done += self._in_one(self._lookers, now)
            if self._next_habits is None or now >= self._next_habits:
                done += self._habits(now)
        except DatabaseConflict:
            return 1
        return done

    def _in_one(self, work: Callable[[Transaction, datetime], int], now: datetime) -> int:
        with self._world.database.transaction() as tx:
            return work(tx, now)

    # --- tellings ---------------------------------------------------------------------------

    def _round(self, tx: Transaction, now: datetime) -> int:
        row = tx.one("claim_round", {"now": to_micros(now)})
        if row is None:
            return 0
        id_, shop, kind, item, product, facts, wave, room, told, rank, since, after, opened = row
        round_ = Round(id_, shop, kind, item, product, decode(facts), wave, room, told, (rank, since, after), opened)
        if kind == "arrival":
            return self._arrival(tx, round_, now)
        known = read_item(tx, shop, item)
        said = said_by(tx, {shop}).get(shop, Settings())
        if known is None or not _holds(round_, known):
            self._move(tx, round_, now, is_open=False)
            return 1
        return self._tell(tx, round_, known, said, now)

    def _tell(self, tx: Transaction, round_: Round, item: Item, said: Settings, now: datetime) -> int:
        at = to_micros(now)
        is_back = round_.kind == "restock"
        if is_back and (round_.room is None or round_.room <= 0):
            # A wave begins: as many as could buy now.
            round_.wave += 1
            round_.room = rules.places(item.room, said)
        strongest, weakest = rules.WHO[round_.kind]
        rank, since, after = round_.after
        line = tx.all(
            "next_in_line",
            {
                "shop": round_.shop, "product": round_.product, "item": round_.item, "rank": rank, "since": since,
                "id": after, "strongest": strongest, "weakest": weakest, "fresh": at - FRESH // _MICRO, "limit": PAGE,
            },
        )  # fmt: skip
        persons = sorted({row[1] for row in line})
        asked = {"shop": round_.shop, "persons": persons, "product": round_.product, "round": round_.id}
        known = {row[0] for row in tx.all("told_before", asked)} if line else set[str]()
        people = people_of(tx, ((round_.shop, person) for person in persons))
        chosen: list[Sequence[Any]] = []
        for row in line:
            if row[1] not in known:
                if is_back and round_.room is not None and len(chosen) >= round_.room:
                    break
                known.update(people.get((round_.shop, row[1]), [row[1]]))
                chosen.append(row)
            round_.after = (row[2], row[3], row[0])
        mains = {row[1]: people.get((round_.shop, row[1]), [row[1]])[0] for row in chosen}
        events = [_event(round_, item, mains[row[1]], row, now) for row in chosen]
        self._put(tx, round_.shop, events, at)
        if chosen:
            tx.run(
                "interests_told",
                {**asked, "persons": sorted(known & set(persons)), "item": round_.item, "now": at,
                 "is_back": is_back},
            )  # fmt: skip
            tx.many("count_demand", [(round_.shop, round_.product)])
        round_.told += len(chosen)
        if round_.room is not None:
            round_.room -= len(chosen)
        is_full = is_back and round_.room is not None and round_.room <= 0
        is_over = len(line) < PAGE and not is_full
        self._move(tx, round_, now + said.wave if is_full else now, is_open=not is_over)
        return max(1, len(chosen))

    def _move(self, tx: Transaction, round_: Round, due: datetime, *, is_open: bool) -> None:
        rank, since, after = round_.after
        tx.run(
            "move_round",
            {
                "id": round_.id, "open": is_open, "wave": round_.wave, "room": round_.room, "told": round_.told,
                "rank": rank, "since": since, "after": after, "due": to_micros(due),
            },
        )  # fmt: skip

    # --- what is new ------------------------------------------------------------------------

    def _arrival(self, tx: Transaction, round_: Round, now: datetime) -> int:
        """Everybody with an interest in goods of this type, in the order of their names; `facts.who` is the last."""
        at = to_micros(now)
        who = str(round_.facts.get("who") or "")
        asked = {"shop": round_.shop, "shelf": round_.item, "after": who, "fresh": at - 3 * (FRESH // _MICRO)}
        rows = [*tx.all("shelf_lookers", {**asked, "limit": PAGE}), *tx.all("shelf_buyers", {**asked, "limit": PAGE})]
        persons = sorted({row[0] for row in rows})[:PAGE]
        items = [str(one) for one in round_.facts.get("items") or ()]
        events = [_arrived(round_, person, items, now) for person in persons]
        self._put(tx, round_.shop, events, at)
        round_.told += len(persons)
        is_over = len(persons) < PAGE
        facts = {"items": items, "who": "" if is_over else persons[-1]}
        tx.run("set_round_facts", {"id": round_.id, "facts": encode(facts)})
        self._move(tx, round_, now, is_open=not is_over)
        return max(1, len(persons))

    # --- looks ------------------------------------------------------------------------------

    def _lookers(self, tx: Transaction, now: datetime) -> int:
        """Whose visit is over: what they looked at most is told, unless they have a cart."""
        at = to_micros(now)
        due = tx.all("lookers_due", {"now": at, "limit": PAGE})
        if not due:
            return 0
        since = min(row[3] for row in due) - DAY
        asked = {"shops": sorted({row[1] for row in due}), "persons": sorted({row[2] for row in due}), "since": since}
        seen: dict[tuple[int, str], list[Sequence[Any]]] = {}
        for row in tx.all("looked_at", asked):
            seen.setdefault((row[0], row[1]), []).append(row)
        incoming: list[Incoming] = []
        for id_, shop, person, viewed, told in due:
            rows = [row for row in seen.get((shop, person), ()) if row[7] >= viewed - DAY]
            has_cart = any(row[2] == CART for row in rows)
            fresh = [row for row in rows if row[2] != CART and row[7] > (told or 0)]
            if fresh and not has_cart:
                incoming.append(_incoming(shop, _browsed(id_, person, viewed, fresh, now), at))
        put(tx, incoming)
        tx.run("lookers_told", {"ids": [row[0] for row in due]})
        return len(due)

    # --- what is bought again ---------------------------------------------------------------

    def _habits(self, now: datetime) -> int:
        """The day's reorders, shop by shop: learn what is usual, then tell those whose time has come. A few pages."""
        from sereno.runtime.interests.habits import look

        told = 0
        for _ in range(PAGES):
            with self._world.database.transaction() as tx:
                given, is_through, events = look(tx, now)
                for shop, found in events.items():
                    self._put(tx, shop, found, to_micros(now))
            told += given
            if is_through:
                self._next_habits = now + BETWEEN_LOOKS
                break
        return told

    def _put(self, tx: Transaction, shop: int, events: Sequence[NewEvent], at: int) -> None:
        put(tx, [_incoming(shop, event, at) for event in events])


def _incoming(shop: int, event: NewEvent, at: int) -> Incoming:
    return Incoming(shop, None, None, SOURCE, at, event)


def _holds(round_: Round, item: Item) -> bool:
    """Whether what is being told is still so."""
    if round_.kind == "price":
        told = rules.decimal_of(round_.facts.get("price"))
        return item.price is not None and told is not None and item.price <= told and item.room != 0
    return item.room != 0


def event_of(type_: str, id_: str, person: str, now: datetime, data: Mapping[str, Any], **refs: str) -> NewEvent:
    """One person's; `id_` names the telling, and with the person the event."""
    email = str(data.get("email") or "") or (person.removeprefix("email:") if person.startswith("email:") else "")
    named = {"customer": person, "email": email, **refs}
    uid = f"{id_}:{person}"
    if len(uid) > 200:
        uid = f"{id_}:{blake2b(storable(person).encode(), digest_size=20).hexdigest()}"
    told = {"customer_id": person, **data}
    kept = {name: key for name, key in named.items() if key}
    return NewEvent(uid, type_, f"customer:{person}"[:200], now, {n: v for n, v in told.items() if v is not None}, kept)


def facts_of(item: Item) -> dict[str, Any]:
    """What of a thing goes into what is told."""
    return {
        "product_id": item.product,
        "variant_id": item.key if item.key != item.product else None,
        "sku": item.sku or None,
        "title": item.title or None,
        "price": None if item.price is None else str(item.price),
        "currency": item.currency or None,
        "available": item.room,
    }


def refs_of(item: Item) -> dict[str, str]:
    variant = item.key if item.key != item.product else ""
    return {"product": item.product, "variant": variant, "stock_level": item.level}


def _event(round_: Round, item: Item, person: str, row: Sequence[Any], now: datetime) -> NewEvent:
    _id, _person, rank, _since, email, times, _variant = row
    data: dict[str, Any] = {
        **facts_of(item),
        "kind": KINDS[rank],
        "email": email,
        "times": times,
        "old_price": round_.facts.get("old_price"),
        "percent": round_.facts.get("percent"),
        "wave": round_.wave if round_.kind == "restock" else None,
    }
    return event_of(TYPES[round_.kind], f"{round_.kind}:{round_.id}", person, now, data, **refs_of(item))


def _arrived(round_: Round, person: str, items: Sequence[str], now: datetime) -> NewEvent:
    data = {"kind": "view", "product_id": items[0], "items": list(items), "title": None}
    return event_of("interest.arrived", f"arrival:{round_.id}", person, now, data, product=items[0])


def _browsed(id_: int, person: str, viewed: int, rows: Sequence[Sequence[Any]], now: datetime) -> NewEvent:
    best = sorted(rows, key=lambda row: (-row[6], -row[7], row[3]))
    products: list[str] = list(dict.fromkeys(str(row[3]) for row in best))[:6]
    data: dict[str, Any] = {
        "kind": "view",
        "product_id": products[0],
        "items": products,
        "times": best[0][6],
        "email": best[0][5],
    }
    return event_of("interest.browsed", f"browsed:{id_}:{viewed}", person, now, data, product=products[0])
