"""Forgetting a store: all that came by one connection, some days after its owner took the app away. Nothing of it stays
for the books, for the books are the store's own.

Invariant: as with a person: short transactions, and how far it has got is committed with what was done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sereno.commerce.event import links as links_of
from sereno.runtime.privacy.ending import end_live_runs
from sereno.runtime.privacy.tables import Tables
from sereno.runtime.staff import Staff
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import to_micros

if TYPE_CHECKING:
    from sereno.runtime.privacy.erasing import Work

STEP = 200


class StoreEraser:
    """`work.terms` is the connection's name. A connection that is gone already has nothing to forget."""

    def __init__(self, staff: Staff, shop_id: int, work: Work) -> None:
        self._staff = staff
        self._shop_id = shop_id
        self.work = work

    def step(self, tx: Transaction) -> None:
        row = tx.one("connection_named", {"shop": self._shop_id, "name": self.work.terms[0]})
        if row is None:
            self.work.stage = ""
            return
        if self.work.stage == "find":
            tx.run("shut_connection", {"id": row[0], "shop": self._shop_id})
            self.work.report["places"] = {"event": {"before": 0, "after": 0}, "delivery": {"before": 0, "after": 0}}
            self.work.next("events")
        elif self.work.stage == "events":
            self._events(tx, row[0])
        else:
            self._deliveries(tx, row[0])

    def _events(self, tx: Transaction, connection: int) -> None:
        asked = {"shop": self._shop_id, "connection": connection, "after": 0, "limit": STEP}
        ids = [row[0] for row in tx.all("events_of_connection", asked)]
        if not ids:
            self.work.next("records")
            return
        rows = tx.all("refs_of_events", {"ids": ids})
        self._runs(tx, ids, sorted({row[2] for row in rows}))
        refs: dict[str, set[str]] = {}
        links: set[str] = set()
        for _id, _type, subject, text in rows:
            held = decode(text)
            links.update(links_of(subject, held))
            for kind, key in held.items():
                refs.setdefault(kind, set()).add(key)
        tables = Tables(tx, self._staff.database.dialect)
        for projection in self._staff.plugins.projections:
            keys = sorted(refs.get(projection.name, ()))
            found = tables.find(projection.table, ("id",), "key", keys, shop=self._shop_id)
            tables.delete(projection.table, [row[0] for row in found])
        for kind in ("customer", "order"):
            keys = sorted(refs.get(kind, ()))
            tx.run("delete_records", {"shop": self._shop_id, "kind": kind, "keys": keys})
        tx.run("delete_consents_of", {"shop": self._shop_id, "addresses": sorted(refs.get("email", ()))})
        tx.run("unqueue_events", {"ids": ids})
        tx.run("delete_links_of_events", {"shop": self._shop_id, "links": sorted(links), "ids": ids})
        tx.run("delete_events", {"ids": ids})
        self.work.report["places"]["event"]["before"] += len(ids)

    def _runs(self, tx: Transaction, events: list[int], subjects: list[str]) -> None:
        about = {"shop": self._shop_id, "subjects": subjects, "events": events}
        runs = [row[0] for row in tx.all("runs_of_events", about)]
        tx.run("delete_skips_of_events", about)
        if not runs:
            return
        world = self._staff.world
        now = world.clock.now()
        end_live_runs(world, tx, runs, now)
        tx.all("cancel_effects", {"runs": runs, "now": to_micros(now)})
        for name in ("delete_run_links", "delete_traces", "delete_run_effects", "delete_run_approvals"):
            tx.run(name, {"runs": runs})
        tx.run("delete_runs", {"ids": runs})

    def _deliveries(self, tx: Transaction, connection: int) -> None:
        asked = {"connection": connection, "after": 0, "limit": STEP}
        ids = [row[0] for row in tx.all("connection_deliveries", asked)]
        if not ids:
            self.work.stage = ""
            return
        tx.run("delete_deliveries", {"ids": ids})
        self.work.report["places"]["delivery"]["before"] += len(ids)
