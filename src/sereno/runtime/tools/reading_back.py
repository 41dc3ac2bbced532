"""Reads back who is on a list over there, round after round, a page at a time, and tells what changed: who was put on
it, who is on it no more, how a CRM has them.

Invariant: one worker has a list, under a lease. A page's people, what they are told of and the place of the next page
are one transaction, so that a reading goes on where it was killed and tells nothing twice. The first reading is history
and starts no flow. Somebody a reading did not see is looked for once more before they count as gone: lists move while
they are read. Nobody's consent is touched, and nobody who was erased here comes back this way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.inbox import Incoming
from sereno.runtime.privacy import late
from sereno.runtime.reading.taking import take_past_again
from sereno.runtime.stores.finding import Store
from sereno.runtime.stores.keys import REFUSED, note_refused, note_taken
from sereno.runtime.stores.writing import exchange_of
from sereno.runtime.tools.mirroring import name_of
from sereno.runtime.tools.reaching import failed
from sereno.runtime.tools.visiting import MICROS, PAGE, Visited, Visitor
from sereno.sdk.audience import Member
from sereno.sdk.connector import NewEvent
from sereno.sdk.stores import StoreRefused
from sereno.store.database import Transaction
from sereno.store.jobs import LeaseLost

EVERY = timedelta(hours=6)
"""Between two readings."""
AGAIN = timedelta(minutes=10)
"""Before the next reading, where this one missed somebody."""


@dataclass(slots=True)
class Work(Visited):
    """`phase` and what follows are of the last look at its row."""

    phase: str = "rest"
    cursor: str = ""
    round: int = 0


class ReaderBack(Visitor[Work]):
    """Of lists that are read."""

    due = "due_mirrors"
    claim = "claim_mirror"

    def _work(self, row: Any) -> Work:
        return Work(*row)

    def _step(self, work: Work) -> bool:
        with self._database.transaction() as tx:
            self._keep(tx, work)
            if work.phase == "rest":
                tx.run("begin_mirror_round", self._mine(work))
                return True
            if work.phase == "drop":
                return self._drop(tx, work)
            if work.phase == "end":
                return self._end(tx, work)
        return self._page(work)

    # --- a page -----------------------------------------------------------------------------------

    def _page(self, work: Work) -> bool:
        tool = self._reach(work, lambda api: api.read is not None)
        read = tool.api.read
        assert read is not None
        exchange = exchange_of(tool.store, tool.http)
        page = self._ask(tool, "give its people", lambda: read(exchange, work.list, work.cursor or None))
        with self._database.transaction() as tx:
            before = work.cursor
            self._keep(tx, work)
            if (work.phase, work.cursor) != ("read", before):
                return True
            seen = self._take(tx, work, tool.store, page.members)
            phase, cursor = ("read", page.next) if page.next is not None else ("end", "")
            tx.run("step_mirror", {**self._mine(work), "phase": phase, "cursor": cursor, "seen": seen})
            note_taken(tx, work.shop_id, tool.store.connection, self._now())
        return True

    def _take(self, tx: Transaction, work: Work, store: Store, members: Iterable[Member]) -> int:
        """Gives how many of these are on the list."""
        people = {address: one for one in members if one.is_on and (address := _address(one))}
        if not people:
            return 0
        addresses = sorted(people)
        rows = tx.all("mirror_people", {"mirror": work.id, "addresses": addresses})
        held: dict[str, tuple[str, str]] = {address: (key, mark) for address, key, mark in rows}
        # Whom the shop knows is told of under their own key, an account's before a guest's.
        accounts: dict[str, str] = dict(tx.all("keys_of_emails", {"shop": work.shop_id, "emails": addresses}))
        keys = {one: held[one][0] if one in held else accounts.get(one) or _key(one) for one in addresses}
        joined = {one: self._joined(work, store, one, keys[one]) for one in addresses if one not in held}
        erased = late.erased_at(tx, [(work.shop_id, event) for event in joined.values()])
        gone = {one for one, event in joined.items() if self._is_erased(work, event, erased)}
        events = [event for one, event in joined.items() if one not in gone]
        marks = {one: _mark(member) for one, member in people.items() if one not in gone}
        events += [
            self._contact(work, store, one, keys[one], people[one])
            for one, mark in marks.items()
            if mark and mark != held.get(one, ("", ""))[1]
        ]
        put = [(work.shop_id, work.id, one, keys[one], work.round, mark) for one, mark in sorted(marks.items())]
        tx.many("put_mirror_people", put)
        self._tell(tx, work, store.connection, store.connection_id, events, is_past=work.round == 1)
        return len(marks)

    def _is_erased(self, work: Work, event: NewEvent, erased: Mapping[tuple[int, str], int]) -> bool:
        return (work.shop_id, event.subject) in erased or (work.shop_id, f"email:{event.refs['email']}") in erased

    # --- the end of a round -------------------------------------------------------------------------

    def _end(self, tx: Transaction, work: Work) -> bool:
        if self._forget(tx, work, work.round - 2, is_past=False):
            return True
        missed = tx.one("any_missed_of_mirror", {"mirror": work.id, "round": work.round}) is not None
        now = self._now()
        wait = AGAIN if missed else EVERY
        tx.run("rest_mirror", {**self._mine(work), "now": now, "next": now + wait // MICROS})
        return False

    def _drop(self, tx: Transaction, work: Work) -> bool:
        """Nobody left the list: it is only read no more, so no flow hears of it."""
        if self._forget(tx, work, work.round, is_past=True):
            return True
        tx.run("drop_mirror", self._mine(work))
        return False

    def _forget(self, tx: Transaction, work: Work, round_: int, *, is_past: bool) -> int:
        rows = tx.all("unseen_mirror_people", {"mirror": work.id, "round": round_, "limit": PAGE})
        if not rows:
            return 0
        row = tx.one("connection_called", {"connection": work.connection_id})
        name, kind = (str(row[0]), str(row[1])) if row is not None else ("", "")
        events = [self._left(work, name, kind, address, key) for _id, address, key in rows]
        tx.run("forget_mirror_people", {"ids": [row[0] for row in rows]})
        self._tell(tx, work, name, work.connection_id, events, is_past=is_past)
        return len(rows)

    # --- what is told -------------------------------------------------------------------------------

    def _tell(
        self, tx: Transaction, work: Work, source: str, connection_id: int, events: Sequence[NewEvent], *, is_past: bool
    ) -> None:
        now = self._now()
        incoming = [Incoming(work.shop_id, connection_id, None, source, now, event) for event in events]
        if is_past:
            take_past_again(self._world, tx, incoming, now)
        elif inbox.put(tx, incoming) and self._database.dialect == "postgresql":
            tx.all("notify")

    def _joined(self, work: Work, store: Store, address: str, key: str) -> NewEvent:
        listed = self._listed(work, store.connection, store.kind, is_on=True)
        return self._named(work, "list.joined", address, key, listed)

    def _left(self, work: Work, name: str, kind: str, address: str, key: str) -> NewEvent:
        return self._named(work, "list.left", address, key, self._listed(work, name, kind, is_on=False))

    def _listed(self, work: Work, name: str, kind: str, *, is_on: bool) -> dict[str, Any]:
        about = {"list": name_of(name, work.list), "title": work.title, "tool": kind, "is_on": is_on}
        return {"listed": about | {"changed_at": self._said()}}

    def _contact(self, work: Work, store: Store, address: str, key: str, one: Member) -> NewEvent:
        said = {"stage": one.stage or None, "owner": one.owner or None}
        crm = {"tool": store.kind, **said, "changed_at": self._said()}
        return self._named(work, "contact.changed", address, key, {"crm": crm})

    def _named(self, work: Work, type_: str, address: str, key: str, more: Mapping[str, Any]) -> NewEvent:
        mark = blake2b(address.encode(), digest_size=16).hexdigest()
        id_ = f"mirror|{work.id}|{work.round}|{type_}|{mark}"
        data = {"id": key, "email": address, **more}
        refs = {"customer": key, "email": address}
        return NewEvent(id_, type_, f"customer:{key}", self._world.clock.now(), data, refs)

    def _said(self) -> str:
        return format_instant(self._world.clock.now())

    # --- its row ------------------------------------------------------------------------------------

    def _keep(self, tx: Transaction, work: Work) -> None:
        """Renew the lease in this transaction. Raises LeaseLost, also where it was dropped meanwhile."""
        row = tx.one("keep_mirror", {**self._mine(work), "until": self._until()})
        if row is None:
            raise LeaseLost
        work.phase, work.cursor, work.round = row

    def _release(self, work: Work) -> None:
        with self._database.transaction() as tx:
            tx.run("release_mirror", self._mine(work))

    def _failed(self, work: Work, error: Exception) -> None:
        code, failures, after = failed(error, work.failures)
        now = self._now()
        told = {"error": code[:64], "message": str(error)[:1000], "failures": failures}
        told |= {"now": now, "next": now + after // MICROS, "anew": isinstance(error, StoreRefused)}
        with self._database.transaction() as tx:
            tx.run("fail_mirror", {**self._mine(work), **told})
            row = tx.one("connection_called", {"connection": work.connection_id})
            if code == REFUSED and row is not None:
                note_refused(tx, work.shop_id, str(row[0]), str(row[0]), str(error), now)


def _address(one: Member) -> str:
    found = one.person.email.strip().lower()
    return found if "@" in found and len(found) <= 180 else ""


def _key(address: str) -> str:
    return customer_key(None, address) or address


def _mark(one: Member) -> str:
    """Of how the tool has them; "" where it says nothing of that."""
    if not (one.stage or one.owner):
        return ""
    return blake2b(f"{one.stage}\n{one.owner}".encode(), digest_size=16).hexdigest()
