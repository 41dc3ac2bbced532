"""The ports that write into Sereno itself. What they are told is kept until the effect's outcome is committed, and is
committed with it, so that a local action happens exactly once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, TypeVar, cast

from sereno.runtime import inbox
from sereno.runtime.channels.port import LiveChannels
from sereno.runtime.content.port import LiveSiteContent
from sereno.runtime.content.writing import LiveSiteStore
from sereno.runtime.loyalty.port import LiveLoyalty
from sereno.runtime.pricing.codes import LiveCodes
from sereno.runtime.risk.port import LiveRisks
from sereno.runtime.segments.memberships import touch
from sereno.runtime.stock.cover import LiveCover
from sereno.runtime.stock.evening import LiveTransfers
from sereno.runtime.stock.marks import LiveMarks
from sereno.runtime.stock.offering import LiveAvailability
from sereno.runtime.stock.reserving import LiveReservations
from sereno.runtime.syncing.aligning import LiveAlignments
from sereno.sdk.channels import Channels
from sereno.sdk.connector import NewEvent
from sereno.sdk.content import SiteContent
from sereno.sdk.context import ShopFacts
from sereno.sdk.cover import Cover
from sereno.sdk.desk import Desk
from sereno.sdk.incentives import Codes, Loyalty
from sereno.sdk.plugin import registry
from sereno.sdk.ports import (
    Alignments,
    Availability,
    Consents,
    Events,
    Holds,
    Http,
    Log,
    Marks,
    Reservations,
    Snapshots,
    Tags,
    Transfers,
)
from sereno.sdk.risk import Risks
from sereno.sdk.site import SiteStore
from sereno.sdk.social import Social
from sereno.sdk.stores import Stores
from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import storable, to_micros
from sereno.store.pseudonyms import known_as

log = logging.getLogger("sereno.flow")

SOURCE = "sereno"
P = TypeVar("P")

PortFactory = Callable[[type[Any], ShopFacts], object | None]
"""Gives the live port of a kind for a shop, or None when the shop has none."""


def no_ports(kind: type[Any], shop: ShopFacts) -> object | None:
    """For tests and back-tests: nothing leads outside."""
    return None


@dataclass(slots=True)
class LocalWrites:
    """What one effect wants written in its shop. `tags`: (add, kind, key, tag)."""

    shop_id: int
    effect_key: str
    now: datetime
    tags: list[tuple[bool, str, str, str]] = field(default_factory=list[tuple[bool, str, str, str]])
    consents: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    suppressions: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    events: list[NewEvent] = field(default_factory=list[NewEvent])
    lines: list[str] = field(default_factory=list[str])

    def is_empty(self) -> bool:
        return not (self.tags or self.consents or self.suppressions or self.events or self.lines)

    def of_failure(self) -> LocalWrites:
        """What stays of them when the effect failed."""
        return LocalWrites(self.shop_id, self.effect_key, self.now, suppressions=self.suppressions)


class _Tags:
    def __init__(self, writes: LocalWrites, database: Database, tx: Transaction | None) -> None:
        self._writes = writes
        self._database = database
        self._tx = tx

    def add(self, kind: str, key: str, tag: str) -> None:
        self._writes.tags.append((True, kind, key, tag))

    def remove(self, kind: str, key: str, tag: str) -> None:
        self._writes.tags.append((False, kind, key, tag))

    def holds(self, kind: str, key: str, tag: str) -> bool:
        given = {"shop": self._writes.shop_id, "kind": kind, "key": storable(key), "tag": storable(tag)}
        if self._tx is not None:
            return self._tx.one("tag_is_on", given) is not None
        with self._database.read() as tx:
            return tx.one("tag_is_on", given) is not None


class _Events:
    def __init__(self, writes: LocalWrites) -> None:
        self._writes = writes

    def emit(self, id: str, type: str, subject: str, data: Mapping[str, Any], refs: Mapping[str, str]) -> None:
        clean = {storable(kind): storable(key) for kind, key in refs.items()}
        event = NewEvent(storable(id), storable(type), storable(subject), self._writes.now, data, clean)
        self._writes.events.append(event)


class _Log:
    def __init__(self, writes: LocalWrites) -> None:
        self._writes = writes

    def write(self, text: str) -> None:
        self._writes.lines.append(text)


class _Consents:
    """What it records is committed with the outcome. `tx` is the transaction the action runs in, if it runs in one."""

    def __init__(self, writes: LocalWrites, database: Database, tx: Transaction | None) -> None:
        self._writes = writes
        self._database = database
        self._tx = tx

    def _one(self, name: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        if self._tx is not None:
            return self._tx.one(name, parameters)
        with self._database.read() as tx:
            return tx.one(name, parameters)

    def allows(self, address: str, channel: str, purpose: str) -> bool | None:
        parameters = {
            "shop": self._writes.shop_id,
            "addresses": known_as(address.lower()),
            "channel": channel,
            "purpose": purpose,
        }
        row = self._one("consent_of", parameters)
        return None if row is None else bool(row[0])

    def is_suppressed(self, address: str, channel: str) -> bool:
        parameters = {"shop": self._writes.shop_id, "addresses": known_as(address.lower()), "channel": channel}
        return self._one("is_suppressed", parameters) is not None

    def record(
        self, address: str, channel: str, purpose: str, granted: bool, source: str, proof: Mapping[str, Any]
    ) -> None:
        name = f"{self._writes.effect_key}|{address}|{channel}|{purpose}|{granted}"
        uid = blake2b(name.encode(), digest_size=16).hexdigest()
        at = to_micros(self._writes.now)
        self._writes.consents.append(
            (self._writes.shop_id, storable(address.lower()), channel, purpose, granted, at, source, encode(proof), uid)
        )

    def suppress(self, address: str, channel: str, reason: str) -> None:
        at = to_micros(self._writes.now)
        self._writes.suppressions.append(
            (self._writes.shop_id, storable(address.lower())[:254], channel, storable(reason)[:64], at)
        )


class _Holds:
    """By the events themselves, for they are committed before they are projected."""

    def __init__(self, shop_id: int, database: Database, tx: Transaction | None) -> None:
        self._shop_id = shop_id
        self._database = database
        self._tx = tx

    def is_held(self, order: str) -> bool:
        if self._tx is not None:
            # Until this transaction ends nobody begins to change the order (`orders.self_service`).
            self._tx.all("share_order", {"shop": self._shop_id, "order": storable(order)})
            return self._is_held(self._tx, order)
        with self._database.read() as tx:
            return self._is_held(tx, order)

    def _is_held(self, tx: Transaction, order: str) -> bool:
        row = tx.one("newest_hold", {"shop": self._shop_id, "link": storable(f"order:{order}")})
        return (row is not None and row[0] == "order.held") or is_being_changed(tx, self._shop_id, order)


def is_being_changed(tx: Transaction, shop_id: int, order: str) -> bool:
    """Whether a customer's change of it is being carried out, or waits on the attention list for somebody to decide."""
    word, effect = word_on_change(tx, shop_id, order)
    return word == "order.change_requested" and effect not in ("done", "cancelled")


def word_on_change(tx: Transaction, shop_id: int, order: str) -> tuple[str, str]:
    """The newest event about a customer's change of it, and how the effect stands that carries it out; "" for none."""
    row = tx.one("newest_change", {"shop": shop_id, "link": storable(f"order:{order}")})
    return ("", "") if row is None else (str(row[0]), str(row[1] or ""))


def port_finder(
    writes: LocalWrites, database: Database, factory: PortFactory, shop: ShopFacts, tx: Transaction | None = None
) -> Callable[[type[Any]], Any]:
    """What `Context.port` calls: Sereno's own ports write into `writes`, the others come from the factory."""

    def find(kind: type[Any]) -> Any:
        if kind is Tags:
            return _Tags(writes, database, tx)
        if kind is Events:
            return _Events(writes)
        if kind is Log:
            return _Log(writes)
        if kind is Consents:
            return _Consents(writes, database, tx)
        if kind is Reservations:
            return LiveReservations(database, shop.id, to_micros(writes.now), tx)
        if kind is Transfers:
            return LiveTransfers(database, shop.id, to_micros(writes.now), tx)
        if kind is Cover:
            return LiveCover(database, shop.id, to_micros(writes.now), tx)
        if kind is Marks:
            return LiveMarks(database, shop.id, to_micros(writes.now))
        if kind is Availability:
            return LiveAvailability(database, shop.id, to_micros(writes.now))
        if kind is Alignments:
            return LiveAlignments(database, registry(), shop.id, to_micros(writes.now))
        if kind is Holds:
            return _Holds(shop.id, database, tx)
        if kind is Loyalty:
            return LiveLoyalty(database, shop.id, to_micros(writes.now), tx)
        if kind is SiteContent:
            return LiveSiteContent(database, shop.id, to_micros(writes.now), tx)
        if kind is SiteStore and (stores := factory(Stores, shop)) is not None:
            return LiveSiteStore(database, shop.id, writes.now, cast("Stores", stores))
        if kind is Codes:
            return LiveCodes(database, shop.id, writes.now, shop.timezone)
        if kind is Channels and (http := factory(Http, shop)) is not None:
            return LiveChannels(database, registry(), writes.now, shop.id, cast("Http", http))
        if kind is Desk and (http := factory(Http, shop)) is not None:
            from sereno.runtime.channels.desk import LiveDesk  # So does it.

            return LiveDesk(database, registry(), shop, writes.now, cast("Http", http))
        if kind is Social and (http := factory(Http, shop)) is not None:
            from sereno.runtime.social.port import LiveSocial  # It stands on this module.

            return LiveSocial(database, shop, writes.now, cast("Http", http))
        if kind is Snapshots:
            from sereno.runtime.segments.snapshots import LiveSnapshots  # And this one.

            return LiveSnapshots(database, shop.id, to_micros(writes.now), tx)
        if kind is Risks:
            return LiveRisks(database, shop.id, to_micros(writes.now), tx)
        found = factory(kind, shop)
        if found is None:
            raise LookupError(f"shop {shop.name} has no port {kind.__name__}")
        return found

    return find


def flush(tx: Transaction, all_writes: Iterable[LocalWrites]) -> None:
    """Write what the effects of one batch wanted, in their order."""
    added: dict[tuple[Any, ...], bool] = {}
    consents: list[tuple[Any, ...]] = []
    suppressions: list[tuple[Any, ...]] = []
    incoming: list[inbox.Incoming] = []
    lines: list[str] = []
    now = 0
    for writes in all_writes:
        now = to_micros(writes.now)
        for add, kind, key, tag in writes.tags:
            added[writes.shop_id, kind, storable(key), storable(tag)] = add
        consents += writes.consents
        suppressions += writes.suppressions
        incoming += [inbox.Incoming(writes.shop_id, None, None, SOURCE, now, event) for event in writes.events]
        lines += writes.lines
    tx.many("add_tags", sorted((*key, now) for key, add in added.items() if add))
    tx.many("remove_tags", sorted(key for key, add in added.items() if not add))
    touch(tx, ((shop, key) for shop, kind, key, _ in added if kind == "customer"))
    tx.many("add_consents", consents)
    tx.many("suppress", sorted(set(suppressions)))
    if incoming:
        inbox.put(tx, incoming)
    for line in lines:
        log.info("%s", line)
