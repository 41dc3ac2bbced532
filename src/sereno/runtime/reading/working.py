"""Reads platforms back, a page at a time: jobs of history, and the steady passes of each connection.

Invariant: the place in a job or pass moves in the transaction that keeps the page, under a lease. A worker that is
killed is followed by another at the same page, and nothing counts twice.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic
from typing import Any

from sereno.runtime.reading import subscribing, taking
from sereno.runtime.reading.seeing import Seen, see
from sereno.runtime.reading.taking import NotYet, Source
from sereno.runtime.records import Overtaken
from sereno.runtime.stores.finding import Store, stores_of
from sereno.runtime.stores.permitting import set_paces
from sereno.runtime.stores.turns import Turns
from sereno.runtime.stores.writing import exchange_of
from sereno.runtime.watching.alerting import raise_alert, settle_alert
from sereno.runtime.world import World
from sereno.sdk.ports import Http
from sereno.sdk.stores import Page, StoreBusy, StoreError, StoreHttp, StoreLimited, StoreRefused
from sereno.sdk.stores import Reading as Asked
from sereno.store.database import DatabaseConflict, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.jobs import LeaseLost
from sereno.store.secrets import SecretsUnreadable

log = logging.getLogger("sereno.reading")

LEASE = timedelta(seconds=90)
"""Longer than a page may take to come."""
SLICE = 20.0
"""Seconds after which the next in turn is looked at."""
SIZE = 250
OVERLAP = timedelta(minutes=10)
"""A pass reads again what changed so long before the last one's end: clocks differ, and commits come late."""
GRACE = timedelta(minutes=2)
"""What changed a moment ago is left to the webhooks under way."""
EVERY = 900
"""Seconds between two passes beside webhooks."""
PATIENCE = timedelta(minutes=15)
"""The longest time between two tries of a platform that does not answer."""
MOST_FAILURES = 12
"""In a row, after which a job of history stops until somebody lets it go on."""
TOLD = 3
"""Failures of the steady reading in a row, after which people hear of it."""


class _Work:
    """A job or a pass under way, as its row has it."""

    def __init__(self, shop: int, connection: int, kinds: list[str], place: int, cursor: str, counts: str) -> None:
        self.shop_id = shop
        self.connection_id = connection
        self.kinds = kinds
        self.place = place
        self.cursor = cursor
        self.counts: dict[str, dict[str, int]] = decode(counts)

    @property
    def is_over(self) -> bool:
        return self.place >= len(self.kinds)

    def after(self, page: Page, taken: taking.Taken, read: int) -> tuple[int, str]:
        """The place of the next page; counts what this one brought."""
        kind = self.kinds[self.place]
        held = self.counts.setdefault(kind, {"read": 0, "new": 0, "gaps": 0, "failed": 0})
        held["read"] += read
        held["new"] += taken.new
        held["gaps"] += taken.gaps
        held["failed"] += taken.failed
        if page.total is not None:
            held["total"] = page.total
        return self.following(page)

    def following(self, page: Page) -> tuple[int, str]:
        return (self.place, page.next) if page.next else (self.place + 1, "")


def _records(seen: Sequence[Seen]) -> int:
    """How many records of the platform these are: it may tell of one in several notices."""
    ids = [one.item.id for one in seen]
    return len(set(filter(None, ids))) + ids.count("")


class Reader:
    """One per worker, in a thread of its own. `wait(seconds)` sleeps, and gives whether to stop."""

    def __init__(self, world: World, base_url: str = "", wait: Callable[[float], bool] = lambda seconds: False) -> None:
        self.world = self._world = world
        self._database = world.database
        self._base_url = base_url
        self.wait = self._wait = wait
        self._turns = Turns(wait)
        self._enrolled = 0.0
        self._paced = False

    def run(self, *, only: int | None = None) -> int:
        """Do what is due, each for a slice of time; gives how many pages were read. `only`: this connection."""
        self._enrol()
        pages = 0
        with self._database.read() as tx:
            now = self._now()
            jobs = [row[0] for row in tx.all("due_backfills", {"now": now})]
            passes = [row[0] for row in tx.all("due_readings", {"now": now})]
        for connection in passes:
            if only in (None, connection):
                pages += self._pass(connection)
        for job in jobs if only is None else ():
            pages += self._job(job)
        return pages

    def run_job(self, id_: int) -> None:
        """This job of history, to its end; also while another worker has it."""
        while True:
            now = self._now()
            row = self._database.peek("backfill_state", {"id": id_})
            if row[0] not in ("waiting", "running"):
                return
            if ((row[1] or 0) > now or not self._job(id_)) and self._wait(1.0):
                return

    def run_pass(self, connection: int) -> None:
        """The pass of this connection that is due, to its end or its first failure."""
        while self._database.peek("reading_state", {"connection": connection})[0] <= self._now():
            if not self._pass(connection) and self._wait(1.0):
                return

    def enrol(self) -> None:
        """Connections that may be read and are not yet: from now on they are."""
        with self._database.transaction() as tx:
            self._world.shops.refresh(tx)
            rows = tx.all("readable_connections")
            if not self._paced:
                for shop in sorted({row[1] for row in rows}):
                    set_paces(tx, self._world.plugins, shop, self._now())
                self._paced = True
            known = {row[0] for row in tx.all("readings_of", {"connections": [row[0] for row in rows]})}
            now = self._now()
            new: list[tuple[Any, ...]] = []
            for id_, shop, _name, kind, _made in rows:
                connector = self._world.plugins.connectors.get(kind)
                if id_ in known or connector is None or connector.store is None or not connector.store.reads:
                    continue
                is_poll = connector.store.subscriptions is None
                every = connector.store.poll_every if is_poll else EVERY
                times = (now, now, now + every * taking.SECOND)
                new.append((id_, shop, True, is_poll, every, *times, 0, "", "{}", "{}", 0, False, "{}"))
            tx.many("insert_readings", new)

    def _enrol(self) -> None:
        if monotonic() >= self._enrolled:
            self.enrol()
            self._enrolled = monotonic() + 10.0

    # --- history --------------------------------------------------------------------------------

    def _job(self, id_: int) -> int:
        with self._database.transaction() as tx:
            row = tx.one("claim_backfill", {"id": id_, "worker": self._world.worker, **self._times()})
        if row is None:
            return 0
        _, shop, connection, kinds, since, until, place, cursor, counts, failures = row
        work = _Work(shop, connection, decode(kinds), place, cursor, counts)
        asked = (None if since is None else from_micros(since), from_micros(until))
        pages = 0
        try:
            for page, seen, store in self._pages(work, *asked):
                self._keep_job(id_, work, store, page, seen)
                pages += 1
        except LeaseLost:
            return pages
        except (StoreLimited, StoreBusy, StoreRefused, SecretsUnreadable) as error:
            self._job_failed(id_, failures if not pages else 0, error)
            return pages
        with self._database.transaction() as tx:
            if work.is_over:
                held = {"id": id_, "worker": self._world.worker, "status": "done", "now": self._now()}
                tx.one("end_backfill", {**held, "error": None, "message": None})
            else:
                tx.run("release_backfill", {"id": id_, "worker": self._world.worker})
        return pages

    def _pages(self, work: _Work, since: Any, until: Any) -> Iterator[tuple[Page, list[Seen], Store]]:
        """The pages of a job, as many as fit a slice of time: while one is being kept the next is asked for. It is
        understood only after that: two threads at it would take the interpreter from each other (a fifth more work)."""
        if work.is_over:
            return
        store = self._store(work.shop_id, work.connection_id)
        http = self._http(work.shop_id)
        end = monotonic() + SLICE
        with ThreadPoolExecutor(1, "sereno-reading-ahead") as ahead:
            page = self._page(store, http, work.kinds[work.place], work.cursor, since, until)
            while page is not None and not self._wait(0):
                place, cursor = work.following(page)
                asked = None
                if place < len(work.kinds) and monotonic() < end:
                    asked = ahead.submit(self._page, store, http, work.kinds[place], cursor, since, until)
                yield page, self._seen(store, page), store
                if asked is None:
                    return
                page = asked.result()

    def _keep_job(self, id_: int, work: _Work, store: Store, page: Page, seen: list[Seen]) -> None:
        def keep(tx: Transaction) -> tuple[int, str]:
            source = Source(store.connection_id, work.shop_id, store.connection)
            taken = taking.take_past(self._world, tx, source, seen, self._now())
            place, cursor = work.after(page, taken, _records(seen))
            held = {"id": id_, "worker": self._world.worker, "until": self._times()["until"]}
            at = {"place": place, "cursor": cursor, "old_place": work.place, "old_cursor": work.cursor}
            if tx.one("keep_backfill", {**held, **at, "counts": encode(work.counts)}) is None:
                raise LeaseLost
            if self._database.dialect == "postgresql":
                tx.run("commit_without_waiting")
            return place, cursor

        self._commit(work, keep)

    def _job_failed(self, id_: int, failures: int, error: Exception) -> None:
        held: dict[str, Any] = {"id": id_, "worker": self._world.worker, "message": str(error)[:1000]}
        code, after = judged(error, failures)
        failures += 0 if isinstance(error, StoreLimited) else 1
        with self._database.transaction() as tx:
            if after is None or failures >= MOST_FAILURES:
                tx.one("end_backfill", {**held, "status": "failed", "error": code, "now": self._now()})
            else:
                next_ = self._now() + after // timedelta(microseconds=1)
                tx.run("postpone_backfill", {**held, "error": code, "failures": failures, "next": next_})

    # --- the steady reading ---------------------------------------------------------------------

    def _pass(self, connection: int) -> int:
        with self._database.transaction() as tx:
            row = tx.one("claim_reading", {"connection": connection, "worker": self._world.worker, **self._times()})
        if row is None:
            return 0
        _, shop, is_poll, every, begin, through, since, until, place, cursor, counts, failures, *rest = row
        name, pages = "", 0
        try:
            store = self._store(shop, connection)
            name = store.connection
            kinds = list(store.api.reads)
            if until is None:
                since, until = self._begin(connection, through, bool(is_poll))
                place, cursor, counts = 0, "", "{}"
            work = _Work(shop, connection, kinds, place, cursor, counts)
            source = Source(connection, shop, name, begin)
            http, end = self._http(shop), monotonic() + SLICE
            while not work.is_over and monotonic() < end:
                kind = kinds[work.place]
                page = self._page(store, http, kind, work.cursor, from_micros(since), from_micros(until))
                if page is None or self._wait(0):
                    break
                seen = self._seen(store, page)
                due = [one for one in seen if one.item.updated_at is None or to_micros(one.item.updated_at) <= until]
                self._keep_pass(work, source, page, due, until, is_poll=bool(is_poll))
                pages += 1
            if work.is_over:
                self._look_at_subscriptions(store, shop, rest)
        except LeaseLost:
            return pages
        except (StoreLimited, StoreBusy, StoreRefused, SecretsUnreadable) as error:
            self._pass_failed(connection, shop, name, failures if not pages else 0, every, error)
            return pages
        self._end_pass(work, name, until, every)
        return pages

    def _begin(self, connection: int, through: int, is_poll: bool) -> tuple[int, int]:
        now = self._now()
        until = max(through, now - (0 if is_poll else GRACE // timedelta(microseconds=1)))
        since = through - OVERLAP // timedelta(microseconds=1)
        held = {"connection": connection, "worker": self._world.worker, "since": since, "until": until, "now": now}
        with self._database.transaction() as tx:
            if tx.one("begin_pass", held) is None:
                raise LeaseLost
        return since, until

    def _keep_pass(
        self, work: _Work, source: Source, page: Page, seen: list[Seen], until: int, *, is_poll: bool
    ) -> None:
        def keep(tx: Transaction) -> tuple[int, str]:
            kind = work.kinds[work.place]
            taken = taking.take_live(self._world, tx, source, seen, kind, self._now(), is_poll=is_poll)
            place, cursor = work.after(page, taken, len(seen))
            held = {"connection": source.connection_id, "worker": self._world.worker, "pass_until": until}
            at = {"place": place, "cursor": cursor, "old_place": work.place, "old_cursor": work.cursor}
            kept = {"counts": encode(work.counts), "until": self._times()["until"]}
            if tx.one("keep_pass", {**held, **at, **kept}) is None:
                raise LeaseLost
            return place, cursor

        self._commit(work, keep)

    def _end_pass(self, work: _Work, name: str, until: int, every: int) -> None:
        held = {"connection": work.connection_id, "worker": self._world.worker}
        now = self._now()
        with self._database.transaction() as tx:
            if not work.is_over:
                tx.run("release_reading", held)
            elif tx.one("end_pass", {**held, "pass_until": until, "now": now, "next": now + every * taking.SECOND}):
                settle_alert(tx, work.shop_id, "reading.stopped", f"connection:{name}", now)

    def _pass_failed(self, connection: int, shop: int, name: str, failures: int, every: int, error: Exception) -> None:
        code, after = judged(error, failures)
        failures += 0 if isinstance(error, StoreLimited) else 1
        now = self._now()
        next_ = now + (after or timedelta(seconds=max(every, 900))) // timedelta(microseconds=1)
        held = {"connection": connection, "worker": self._world.worker, "next": next_, "failures": failures}
        with self._database.transaction() as tx:
            is_refused = code == "store.refused"
            tx.run("postpone_reading", {**held, "error": code, "message": str(error)[:1000], "is_refused": is_refused})
            if after is None or failures >= TOLD:
                facts = {"name": name, "reason": code, "message": str(error)[:300]}
                about = f"connection:{name}"
                raise_alert(
                    tx, shop, kind="reading.stopped", about=about, text_code="reading.stopped", values=facts, now=now
                )

    def _look_at_subscriptions(self, store: Store, shop: int, rest: list[Any]) -> None:
        keeps, held, looked_at = rest
        if store.api.subscriptions is None:
            return
        subscribing.look(
            self._world, store, shop, exchange_of(store, self._http(shop)), self._base_url,
            keeps=bool(keeps), before=decode(held), is_first=looked_at is None,
        )  # fmt: skip

    # --- both -----------------------------------------------------------------------------------

    def _commit(self, work: _Work, keep: Callable[[Transaction], tuple[int, str]]) -> None:
        """Until it is kept: others may be first with a record, or deliveries not be understood yet."""
        counts = encode(work.counts)
        for tries in range(60):
            try:
                with self._database.transaction() as tx:
                    place, cursor = keep(tx)
                work.place, work.cursor = place, cursor
                return
            except (Overtaken, NotYet, *DatabaseConflict):
                work.counts = decode(counts)
                if self._wait(min(0.05 * 2**tries, 1.0)):
                    break
        raise StoreBusy("Deliveries of this connection wait to be worked on; reading goes on after them.")

    def _page(self, store: Store, http: Http, kind: str, cursor: str, since: Any, until: Any) -> Page | None:
        """A page; None when there is no time to wait for it."""
        reader = store.api.reads.get(kind)
        if reader is None:
            raise StoreRefused("store.cannot", f"{store.kind} gives no records of the kind {kind}.")
        if not self._turns.take(store):
            return None
        try:
            return reader(exchange_of(store, http), Asked(since, until, cursor or None, SIZE))
        except StoreError:
            raise
        except Exception as error:
            log.exception("%s cannot be read", store.connection)
            raise StoreBusy(f"{type(error).__name__}: {error}") from error

    def _seen(self, store: Store, page: Page) -> list[Seen]:
        connector = self._world.plugins.connectors.get(store.kind)
        assert connector is not None
        at = self._world.clock.now()
        return [see(self._world.plugins, connector, item, store.settings, at) for item in page.items]

    def _store(self, shop: int, connection: int) -> Store:
        with self._database.read() as tx:
            found = next(
                (one for one in stores_of(tx, self._world.plugins, shop) if one.connection_id == connection), None
            )
        if found is None:
            raise StoreRefused("store.none", "The connection has no key to its store any more, or is closed.")
        return found

    def _http(self, shop: int) -> Http:
        with self._database.read() as tx:
            facts = self._world.shops.find(tx, shop).facts
        found: Any = self._world.ports(StoreHttp, facts)
        if found is None:
            raise StoreBusy("there is no way out of here")
        return found

    def _times(self) -> dict[str, int]:
        now = self._now()
        return {"now": now, "until": now + LEASE // timedelta(microseconds=1)}

    def _now(self) -> int:
        return to_micros(self._world.clock.now())


def judged(error: Exception, failures: int) -> tuple[str, timedelta | None]:
    """A code, and when to try again (None: not as things are)."""
    if isinstance(error, StoreRefused):
        return error.code, None
    if isinstance(error, SecretsUnreadable):
        return "secrets.unreadable", None
    wait = min(timedelta(seconds=5 * 2**failures), PATIENCE) * (0.75 + random.random() / 2)  # noqa: S311
    if isinstance(error, StoreLimited):
        return "store.rate_limited", error.after or wait
    return "store.busy", wait
