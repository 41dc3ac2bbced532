"""Turns deliveries into events. Invariant: a delivery leaves `pending` in the transaction that stores its events; one
that cannot be understood is kept as `failed` with the reason, and blocks nobody."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sereno.runtime import inbox, namespaces
from sereno.runtime.reading import fetching, taking
from sereno.runtime.reading.seeing import MARK
from sereno.runtime.watching import noting
from sereno.runtime.world import World
from sereno.sdk.connector import Delivery, Mapped, Unmappable
from sereno.store.database import DatabaseUnavailable, Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros

log = logging.getLogger("sereno.runtime")


class Mapper:
    """Maps pending deliveries in batches; in PostgreSQL one worker at a time for each connection."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self, limit: int) -> int:
        """Map up to `limit` deliveries. Gives how many were settled."""
        rows: list[tuple[Any, ...]] = []
        try:
            with self._world.database.transaction() as tx:
                rows = self._claim(tx, limit)
                if rows:
                    self._work(tx, rows)
            return len(rows)
        except DatabaseUnavailable:
            raise
        except Exception:
            if not rows:
                raise
            log.exception("a batch of %d deliveries failed; trying them one by one", len(rows))
        for row in rows:
            self._alone(row)
        return len(rows)

    def _alone(self, row: tuple[Any, ...]) -> None:
        """The batch was rolled back and its locks with it: another worker may have settled the row meanwhile."""
        try:
            with self._world.database.transaction() as tx:
                if found := self._claim_this(tx, row[0]):
                    self._work(tx, found)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            log.exception("delivery %d failed", row[0])
            with self._world.database.transaction() as tx:
                if self._claim_this(tx, row[0]):
                    reason = f"{type(error).__name__}: {error}"[:500]
                    tx.many("settle_deliveries", [(row[0], "failed", reason)])
                    noting.note(self._world, tx, [noting.of_delivery(row[2], row[1], reason)])

    def _claim(self, tx: Transaction, limit: int) -> list[tuple[Any, ...]]:
        if self._world.database.dialect == "sqlite":
            return tx.all("pending_deliveries", {"limit": limit})
        connections = [row[0] for row in tx.all("lock_connections")]
        if not connections:
            return []
        return tx.all("pending_deliveries", {"limit": limit, "connections": connections})

    def _claim_this(self, tx: Transaction, id_: int) -> list[tuple[Any, ...]]:
        """The row, unless it is pending no more."""
        if self._world.database.dialect == "postgresql":
            tx.all("lock_connection_of_delivery", {"id": id_})
        return tx.all("pending_delivery", {"id": id_})

    def _work(self, tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
        settled: list[tuple[int, str, str | None]] = []
        found: list[inbox.Incoming] = []
        past: list[inbox.Incoming] = []
        fetched: dict[int, frozenset[str]] | None = None
        for row in rows:
            id_, connection_id, shop_id, kind, settings, topic, headers, body, received_at, name = row
            delivery = Delivery(decode(headers), bytes(body), topic, from_micros(received_at))
            status, reason, mapped = self._map(kind, delivery, decode(settings) if settings else {})
            if mapped is not None and any(event.data.get("is_thin") for event in mapped.events):
                fetched = fetching.waits(self._world, tx) if fetched is None else fetched
                is_read = MARK in delivery.headers or "x-sereno-as" in delivery.headers
                if not is_read and fetching.is_waited_for(mapped.events, fetched.get(connection_id, frozenset())):
                    reason, mapped = fetching.WAITS, None
            settled.append((id_, status, reason))
            if mapped is not None:
                into = past if delivery.headers.get(MARK) == "history" else found
                into += [
                    inbox.Incoming(shop_id, connection_id, id_, event.source or name, received_at, event)
                    for event in mapped.events
                ]
        tx.many("settle_deliveries", settled)
        failed = [(row, said[2]) for row, said in zip(rows, settled, strict=True) if said[1] == "failed"]
        noting.note(self._world, tx, (noting.of_delivery(row[2], row[1], reason) for row, reason in failed))
        if past:
            taking.take_past_again(self._world, tx, past, to_micros(self._world.clock.now()))
        if inbox.put(tx, taking.without_read(self._world, tx, found)) and self._world.database.dialect == "postgresql":
            tx.all("notify")

    def _map(self, kind: str, delivery: Delivery, settings: Any) -> tuple[str, str | None, Mapped | None]:
        """Status, reason and what the delivery means."""
        # A file may hold canonical events for a connection of any kind: this header, which the door takes from nobody.
        kind = delivery.headers.get("x-sereno-as", kind)
        connector = self._world.plugins.connectors.get(kind)
        if connector is None:
            return "failed", f"there is no connector {kind}; is a plug-in missing?", None
        try:
            mapped = connector.map(delivery, settings)
        except Unmappable as error:
            return "failed", str(error)[:500] or "cannot be understood", None
        except Exception as error:
            log.exception("connector %s could not map a delivery", kind)
            return "failed", f"{type(error).__name__}: {error}"[:500], None
        mapped = replace(mapped, events=namespaces.told_apart(self._world.plugins, mapped.events, settings))
        for event in mapped.events:
            if problem := inbox.too_long(event):
                return "failed", problem, None
        notes = ", ".join(mapped.notes)[:500] or None
        if mapped.events:
            return "done", notes, mapped
        return "ignored", (mapped.reason or notes or "nothing in it is used")[:500], None
