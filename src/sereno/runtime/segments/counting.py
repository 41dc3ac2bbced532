"""Counts what people did: events by person, type and day, and the orders they placed.

Invariant: an event that was offered to the flows, or came as history, is counted once for the person it is about; an
order counts as it stands, and not at all when it is cancelled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.commerce.money import finite
from sereno.engine.segments.definition import LOOKED
from sereno.runtime.facts import Fact
from sereno.runtime.interests.keeping import product_of
from sereno.runtime.persons import people_of
from sereno.runtime.segments.compiling import kind_of
from sereno.runtime.segments.localities import learn
from sereno.runtime.segments.people import LARGEST, Shop, minor, refresh
from sereno.runtime.segments.things import lines_of, mark_of
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros

NOT_COUNTED = ("segment.", "customer.scored", "lead.scored")
"""What Sereno finds out by itself, which nobody did."""
ANSWERED_BY_MACHINES = frozenset({"message.opened", "message.clicked"})
WORDLESS = frozenset({"cancelled", "deleted"})
"""States of orders that count for nothing."""


def counts(event_type: str, data: Mapping[str, Any]) -> bool:
    """Whether somebody did it: not what Sereno found out by itself, nor a message opened by a program."""
    if event_type.startswith(NOT_COUNTED):
        return False
    return event_type not in ANSWERED_BY_MACHINES or data.get("is_machine") is not True


class _Counted:
    """What is counted of a batch: events, and at which products those were that are about one."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._days: Counter[tuple[int, int, int]] = Counter()
        self._looks: Counter[tuple[int, int, int, int]] = Counter()

    def add(self, type_: str, person: int, at: datetime, refs: Mapping[str, str], data: Mapping[str, Any]) -> None:
        place = (kind_of(type_), person, self._shop.day_of(at))
        self._days[place] += 1
        if type_ in LOOKED and (product := refs.get("product") or product_of(data)):
            self._looks[*place, mark_of("product", product)] += 1

    def write(self, tx: Transaction) -> None:
        tx.many("count_segment_days", [(self._shop.id, *at, count) for at, count in sorted(self._days.items())])
        tx.many("count_segment_looks", [(self._shop.id, *at, count) for at, count in sorted(self._looks.items())])


def people_in(tx: Transaction, shop_id: int, facts: Sequence[Fact]) -> dict[int, str]:
    """Of each fact, by its row, the key of the customer it is about."""
    found: dict[int, str] = {}
    by_email: dict[int, str] = {}
    for fact in facts:
        if key := fact.event.refs.get("customer"):
            found[fact.row] = key
        elif email := fact.event.refs.get("email"):
            by_email[fact.row] = email
    if by_email:
        keys = dict(tx.all("keys_of_emails", {"shop": shop_id, "emails": sorted(set(by_email.values()))}))
        found |= {row: keys.get(email, f"email:{email}") for row, email in by_email.items()}
    return found


def count_events(tx: Transaction, shop: Shop, facts: Sequence[Fact], ids: Mapping[int, int]) -> None:
    """`ids` are the people by the fact's row."""
    found = _Counted(shop)
    for fact in facts:
        event = fact.event
        if fact.row in ids and counts(event.type, event.data):
            found.add(event.type, ids[fact.row], event.occurred_at, event.refs, event.data)
    found.write(tx)


def count_orders(tx: Transaction, shop: Shop, orders: Iterable[str]) -> dict[str, int]:
    """These orders, as they stand now. Gives the rows of the people who placed them, by key."""
    keys = sorted(set(orders))
    if not keys:
        return {}
    rows = tx.all("orders_to_count", {"shop": shop.id, "orders": keys})
    learn(tx, shop.id, (decode(row[6]) for row in rows))
    ids = refresh(tx, shop, (row[1] for row in rows if row[1]))
    tx.run("drop_segment_orders", {"shop": shop.id, "orders": keys})
    tx.run("drop_segment_lines", {"shop": shop.id, "orders": keys})
    _put_orders(tx, shop, rows, ids)
    return ids


def _put_orders(tx: Transaction, shop: Shop, rows: Iterable[Sequence[Any]], ids: Mapping[str, int]) -> None:
    found: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    for key, customer, placed_at, currency, total, status, data in rows:
        if not customer or customer not in ids or placed_at is None or status in WORDLESS:
            continue
        amount = finite(total) if currency == shop.currency else None
        units = minor(shop, amount) if amount is not None and abs(amount) < LARGEST else 0
        at = (shop.id, ids[customer], shop.day_of(from_micros(placed_at)), key)
        found.append((*at, units))
        lines += [(*at, *line) for line in lines_of(shop, decode(data), currency == shop.currency)]
    tx.many("put_segment_orders", sorted(found))
    tx.many("put_segment_lines", sorted(lines))


def recount(tx: Transaction, shop: Shop, keys: Iterable[str]) -> list[int]:
    """Forget all that was counted for these people and count anew from what is stored. Events that wait to be offered
    to the flows are counted then. Gives the people's rows."""
    asked = sorted(set(keys))
    placed = tx.all("orders_of_people", {"shop": shop.id, "keys": asked}) if asked else []
    learn(tx, shop.id, (decode(row[6]) for row in placed))
    ids = refresh(tx, shop, asked)
    if not ids:
        return []
    people = sorted(set(ids.values()))
    groups = _whole_people(tx, shop, ids)
    every = sorted(groups)
    rows = sorted({*people, *(row for row in _own_rows(tx, shop, every).values())})
    tx.run("drop_orders_of_people", {"shop": shop.id, "people": rows})
    tx.run("drop_lines_of_people", {"shop": shop.id, "people": rows})
    if others := sorted(set(every).difference(asked)):
        placed = [*placed, *tx.all("orders_of_people", {"shop": shop.id, "keys": others})]
    _put_orders(tx, shop, placed, groups)
    _recount_events(tx, shop, groups, rows)
    return rows


def _own_rows(tx: Transaction, shop: Shop, keys: Sequence[str]) -> dict[str, int]:
    return dict(tx.all("ids_of_segment_people", {"shop": shop.id, "keys": list(keys)}))


def _whole_people(tx: Transaction, shop: Shop, ids: Mapping[str, int]) -> dict[str, int]:
    """The same with all records of each person."""
    found = dict(ids)
    for (_, key), keys in people_of(tx, [(shop.id, key) for key in ids]).items():
        found |= dict.fromkeys(keys, ids[key])
    return found


def _recount_events(tx: Transaction, shop: Shop, groups: Mapping[str, int], rows: Sequence[int]) -> None:
    records = tx.all("records_to_gather", {"shop": shop.id, "keys": sorted(groups)})
    links = {f"customer:{key}": row for key, row in groups.items()}
    for key, data in records:
        email = decode(data).get("email")
        if isinstance(email, str) and email:
            links.setdefault(f"email:{email.lower()}", groups[key])
    found: dict[int, tuple[str, int, int]] = {}
    by_email: dict[int, int] = {}
    linked = tx.all("links_to_count", {"shop": shop.id, "links": sorted(links)})
    for link, event, type_, occurred_at in linked:
        if link.startswith("customer:"):
            found[event] = (type_, links[link], occurred_at)
        else:
            by_email[event] = links[link]
    data = _documents(tx, [*(set(by_email) - found.keys()), *_with_more_to_say(found)])
    for event, person in by_email.items():
        if event in data and event not in found and not data[event][2].get("customer"):
            found[event] = (data[event][0], person, data[event][3])
    kinds = sorted({kind_of(one[2]) for one in linked})
    if kinds:
        tx.run("drop_segment_days", {"shop": shop.id, "kinds": kinds, "people": list(rows)})
        tx.run("drop_segment_looks", {"shop": shop.id, "kinds": kinds, "people": list(rows)})
    counted = _Counted(shop)
    for event, (type_, person, at) in found.items():
        _, said, refs, _ = data.get(event, ("", {}, {}, 0))
        if counts(type_, said):
            counted.add(type_, person, from_micros(at), refs, said)
    counted.write(tx)


def _with_more_to_say(found: Mapping[int, tuple[str, int, int]]) -> list[int]:
    """Of whose event the type does not tell whether it counts, and of what."""
    return [event for event, (type_, _, _) in found.items() if type_ in ANSWERED_BY_MACHINES or type_ in LOOKED]


def _documents(tx: Transaction, events: Sequence[int]) -> dict[int, tuple[str, Any, Any, int]]:
    """(type, data, refs, occurred_at) by the event's row."""
    if not events:
        return {}
    rows = tx.all("events_by_id", {"ids": sorted(events)})
    return {row[0]: (row[4], decode(row[8]), decode(row[9]), row[6]) for row in rows}
