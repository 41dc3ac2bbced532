"""Puts canonical events into the inbox. Invariant: `(shop, source, id)` goes in once; repeats change nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sereno.commerce.event import links
from sereno.runtime.facts import lane_of
from sereno.runtime.privacy import late
from sereno.runtime.records import Overtaken
from sereno.sdk.connector import NewEvent
from sereno.store.database import DatabaseTaken, Transaction
from sereno.store.documents import encode
from sereno.store.fields import to_micros

LONGEST = 200
"""Of ids, subjects and links, as the columns have them."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event found in something that came in. `connection_id` and `delivery_id` are None for Sereno's own."""

    shop_id: int
    connection_id: int | None
    delivery_id: int | None
    source: str
    received_at: int
    event: NewEvent


def put(tx: Transaction, incoming: Sequence[Incoming]) -> int:
    """Store the events not seen before, with their links, and queue them. Gives how many were new. What an erased
    person did before is stored without them, and not queued (see `privacy.late`)."""
    kept, old = _store(tx, incoming)
    tx.many("copy_event_queue", [(row[0], row[12]) for row, item in kept if id(item) not in old])
    return len(kept)


def put_past(tx: Transaction, incoming: Sequence[Incoming], *, begins_anew: bool = False) -> list[tuple[int, Incoming]]:
    """Store the events not seen before, with their links, and offer them to no flow: they are history. Gives those that
    were new, each with its row, for the caller to project; but what an erased person did stays out of the records.
    A caller that `begins_anew` when it is Overtaken has them stored quicker."""
    kept, old = _store(tx, incoming, begins_anew=begins_anew)
    return [(row[0], item) for row, item in kept if id(item) not in old]


def too_long(event: NewEvent) -> str | None:
    """Why the columns would not take it."""
    for text in (event.id, event.subject, *[f"{kind}:{key}" for kind, key in event.refs.items()]):
        if len(text) > LONGEST or "\0" in text:
            return f"the id {text[:40]!r}... is longer than {LONGEST} characters or holds a zero byte"
    return None


def _store(
    tx: Transaction, incoming: Sequence[Incoming], *, begins_anew: bool = False
) -> tuple[list[tuple[tuple[Any, ...], Incoming]], Mapping[int, Incoming]]:
    """Those that were new, with their rows; and what an erased person did, by identity."""
    incoming, old = _without_erased(tx, incoming)
    fresh = _without_known(tx, incoming)
    if not fresh:
        return [], old
    texts: dict[int, str] = {}
    rows = [(id_, *_row(item, texts)) for id_, item in zip(tx.next_ids("event", len(fresh)), fresh, strict=True)]
    kept = list(zip(rows, fresh, strict=True))
    # Another worker may have stored the same fact since we looked; its row stays and ours is dropped.
    if begins_anew:
        try:
            tx.many("copy_events", rows)
        except DatabaseTaken as error:
            raise Overtaken from error
    else:
        stored = {row[0] for row in tx.many_returning("insert_events", rows)}
        kept = [(row, item) for row, item in kept if row[0] in stored]
    tx.many("copy_event_links", [link for row, item in kept for link in _links(row[0], row[8], item)])
    return kept, old


def _without_erased(tx: Transaction, incoming: Sequence[Incoming]) -> tuple[Sequence[Incoming], Mapping[int, Incoming]]:
    """The same, with old facts of erased people stripped of them; and those, by identity."""
    erased = late.erased_at(tx, [(item.shop_id, item.event) for item in incoming])
    if not erased:
        return incoming, {}
    found: list[Incoming] = []
    old: dict[int, Incoming] = {}
    for item in incoming:
        if late.is_old(item.shop_id, item.event, erased):
            item = replace(item, event=late.without_person(item.event))
            old[id(item)] = item
        found.append(item)
    deliveries = sorted({item.delivery_id for item in old.values() if item.delivery_id is not None})
    if deliveries:
        tx.run("empty_deliveries", {"ids": deliveries, "nothing": b""})
    return found, old


def _without_known(tx: Transaction, incoming: Sequence[Incoming]) -> list[Incoming]:
    once: dict[tuple[int, str, str], Incoming] = {}
    for item in incoming:
        once.setdefault((item.shop_id, item.source, item.event.id), item)
    for row in known_in(tx, once):
        once.pop((row[0], row[1], row[2]), None)
    return list(once.values())


def known_in(tx: Transaction, names: Collection[tuple[int, str, str]]) -> set[tuple[Any, ...]]:
    """Of these (shop, source, id) the events that are stored."""
    if not names:
        return set()
    shops, sources, uids = map(list, zip(*names, strict=True))
    return set(tx.all("known_events", {"shops": shops, "sources": sources, "uids": uids}))


def _row(item: Incoming, texts: dict[int, str]) -> tuple[Any, ...]:
    """`texts` are the documents written so far: several facts of one delivery carry the same one."""
    event = item.event
    data = texts.get(id(event.data))
    if data is None:
        data = texts[id(event.data)] = encode(event.data)
    return (
        item.shop_id,
        item.connection_id,
        item.delivery_id,
        item.source,
        event.id,
        event.type,
        event.subject,
        to_micros(event.occurred_at),
        item.received_at,
        data,
        encode(event.refs),
        lane_of(item.shop_id, event.subject, event.refs),
    )


def _links(row: int, occurred_at: int, item: Incoming) -> Iterable[tuple[Any, ...]]:
    event = item.event
    return ((item.shop_id, link, row, event.type, occurred_at) for link in links(event.subject, event.refs))
