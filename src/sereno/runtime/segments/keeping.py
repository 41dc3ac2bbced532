"""Keeps who is in which segment, within the transaction that changed what is known of them.

Invariant: a person who comes in or goes out is told of once for each time (`segment.entered`, `segment.left`), in the
transaction that writes it down. What it costs goes by how many people changed, never by how many are in a segment.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sereno.engine.segments.definition import Part, SegmentInvalid, ordered, read
from sereno.runtime import inbox
from sereno.runtime.facts import Fact
from sereno.runtime.ports import SOURCE
from sereno.runtime.segments.compiling import Among, query
from sereno.runtime.segments.counting import count_events, count_orders, people_in
from sereno.runtime.segments.memberships import touch
from sereno.runtime.segments.people import Shop, refresh, shop_of
from sereno.runtime.segments.things import keep_goods
from sereno.sdk.connector import NewEvent
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import to_micros
from sereno.store.queries import Dialect

ENTERED, LEFT = "segment.entered", "segment.left"
SLOTS = 16


@dataclass(frozen=True, slots=True)
class Kept:
    """A segment as it is kept. Not `is_live`: its people are still being gathered, and nobody is told of them."""

    id: int
    name: str
    title: str
    part: Part
    tag: str
    is_live: bool
    version: int
    cursor: int
    is_attached: bool = False
    """A list of another tool is kept in step with it."""


@dataclass(slots=True)
class _Changes:
    rows: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    events: list[NewEvent] = field(default_factory=list[NewEvent])
    tallies: Counter[tuple[int, str]] = field(default_factory=Counter[tuple[int, str]])
    tags: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    untags: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    seen: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    """Of attached segments, who is in one or just went: their consent or address may be what changed."""


def keep(tx: Transaction, facts: Sequence[Fact], now: datetime, dialect: Dialect, *, is_past: bool = False) -> None:
    """After these facts were projected. `is_past`: they are history, and nobody is told of what follows from them."""
    shops = sorted({fact.shop_id for fact in facts})
    for shop_id, _stage, timezone, currency in tx.all("segment_shops", {"shops": shops}) if shops else ():
        good = [fact for fact in facts if fact.shop_id == shop_id and fact.error is None]
        _keep_shop(tx, shop_of(shop_id, timezone, currency, now), good, now, dialect, is_past)


def _keep_shop(
    tx: Transaction, shop: Shop, facts: Sequence[Fact], now: datetime, dialect: Dialect, is_past: bool
) -> None:
    keep_goods(tx, shop, facts)
    keys = people_in(tx, shop.id, facts)
    orders = {key for fact in facts if (key := fact.event.refs.get("order"))}
    if not keys and not orders:
        return
    tx.all("share_segments", {"shop": shop.id})
    ids = refresh(tx, shop, keys.values())
    count_events(tx, shop, facts, {row: ids[key] for row, key in keys.items()})
    ids |= count_orders(tx, shop, orders)
    decide(tx, shop, sorted(set(ids.values())), now, dialect, is_silent=is_past)


def decide(
    tx: Transaction, shop: Shop, people: Sequence[int], now: datetime, dialect: Dialect, *, is_silent: bool = False
) -> int:
    """See for each of these people (rows, locked) which segments they are in now. Gives how many came in or went."""
    if not people:
        return 0
    segments = segments_of(tx, shop.id)
    if not segments:
        return 0
    ids = {one.name: one.id for one in segments}
    changes = _Changes()
    for one in segments:
        found = query(one.part, dialect, shop.id, shop.today, shop.exponent, ids, Among(people))
        rows = tx.text(found.sql, found.parameters)
        keys = [row[1] for row in rows]
        held = {row[1]: row for row in tx.all("held_memberships", {"segments": [one.id], "keys": keys})}
        before = len(changes.rows)
        if one.is_attached:
            changes.seen[one.id] = sorted(row[1] for row in rows if row[2] or (row[1] in held and held[row[1]][2]))
        for row in rows:
            _compare(changes, one, row, held.get(row[1]), now, is_silent=is_silent or not one.is_live)
        # The next segments may ask for this one.
        tx.many("put_memberships", changes.rows[before:])
    _write(tx, shop, changes, now)
    return changes.tallies.total()


def _compare(
    changes: _Changes,
    one: Kept,
    row: Sequence[Any],
    held: Sequence[Any] | None,
    now: datetime,
    *,
    is_silent: bool,
) -> None:
    person, key, is_in, due, is_known = row
    was_in, old_due, crossings = (held[2], held[3], held[4]) if held is not None else (0, None, 0)
    if is_in == was_in:
        if due != old_due and (held is not None or due is not None):
            changes.rows.append((one.id, key, person, is_in, due, crossings, to_micros(now)))
        return
    crossings += 1
    changes.rows.append((one.id, key, person, is_in, due, crossings, to_micros(now)))
    changes.tallies[one.id, "entered" if is_in else "went"] += 1
    if one.tag:
        (changes.tags if is_in else changes.untags).append((key, one.tag))
    # A record that is another's by now, or whose customer was deleted, is nobody who could be told of.
    if not is_silent and is_known:
        uid = f"segment|{one.id}.{one.version}|{person}|{crossings}"
        data = {"segment": one.name, "name": one.title}
        type_ = ENTERED if is_in else LEFT
        changes.events.append(NewEvent(uid, type_, f"customer:{key}", now, data, {"customer": key}))


def _write(tx: Transaction, shop: Shop, changes: _Changes, now: datetime) -> None:
    at = to_micros(now)
    slot = os.getpid() % SLOTS
    tallies = {segment for segment, _ in changes.tallies}
    tx.many(
        "tally_segments",
        [
            (one, shop.today, slot, 0, changes.tallies[one, "entered"], changes.tallies[one, "went"])
            for one in sorted(tallies)
        ],
    )
    if any(changes.seen.values()):
        lists = tx.all("audiences_of_segments", {"segments": sorted(changes.seen)})
        tx.many(
            "touch_audience_people",
            [(of_shop, list_, key) for segment, list_, of_shop in lists for key in changes.seen[segment]],
        )
    if changes.tags or changes.untags:
        tx.many("add_tags", sorted({(shop.id, "customer", key, tag, at) for key, tag in changes.tags}))
        tx.many("remove_tags", sorted({(shop.id, "customer", key, tag) for key, tag in changes.untags}))
        touch(tx, ((shop.id, key) for key, _ in changes.tags + changes.untags))
    if changes.events:
        inbox.put(tx, [inbox.Incoming(shop.id, None, None, SOURCE, at, event) for event in changes.events])


def segments_of(tx: Transaction, shop_id: int) -> list[Kept]:
    """The shop's segments, each after those it asks for."""
    rows = tx.all("segments_of_shop", {"shop": shop_id})
    found: dict[str, Kept] = {}
    for id_, name, title, definition, tag, status, version, cursor, is_attached in rows:
        part = _read(definition)
        if part is not None:
            found[name] = Kept(id_, name, title, part, tag, status == "live", version, cursor, bool(is_attached))
    order = _ordered(tuple((name, one.part, one.tag) for name, one in found.items()))
    return [found[name] for name in order]


@lru_cache(maxsize=1024)
def _read(definition: str) -> Part | None:
    try:
        return read(decode(definition))
    except SegmentInvalid:
        return None  # Written by a newer version, say; it stays as it is.


@lru_cache(maxsize=64)
def _ordered(parts: tuple[tuple[str, Part, str], ...]) -> list[str]:
    return ordered({name: part for name, part, _ in parts}, {name: tag for name, _, tag in parts})
