"""Thin notices become whole: the record a notice only names is fetched, and the notice told as if it had said it all.

Invariant: a notice is told once, whole, or as it came where the platform cannot be asked. A process that dies in
between leaves the record to the next steady reading, which finds that it was not told.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Any

from sereno.runtime import inbox, namespaces
from sereno.runtime.inbox import Incoming
from sereno.runtime.reading.seeing import Seen, see
from sereno.runtime.reading.taking import Source
from sereno.runtime.reading.working import Reader
from sereno.runtime.stores.finding import Store
from sereno.runtime.stores.writing import exchange_of
from sereno.runtime.world import World
from sereno.sdk.connector import Connector, Delivery, NewEvent, Unmappable
from sereno.sdk.stores import StoreApi, StoreBusy, StoreLimited, StoreRefused
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros
from sereno.store.secrets import SecretsUnreadable

log = logging.getLogger("sereno.reading")

WAITS = "thin.waits"
"""The reason of a delivery that was understood and waits for the record it names."""
BATCH = 25
SPAN = 2_000
"""Deliveries back from the newest that are looked through; what waits longer is found by the steady reading."""
PATIENCE = timedelta(minutes=10)
"""After which a notice is told as it came: the platform does not answer."""

PAUSE = timedelta(seconds=10)
"""Before a platform that did not answer is asked again."""

Target = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Notice:
    id: int
    received_at: int
    events: Sequence[NewEvent]


def target(event: NewEvent, kinds: Collection[str]) -> Target | None:
    """Kind and id of the record that says the rest of a thin event: its own, or the order it is a part of."""
    noun = event.type.partition(".")[0]
    if not event.data.get("is_thin"):
        return None
    kind, id_ = (noun, event.data.get("id")) if noun in kinds else ("order", event.data.get("order_id"))
    return (kind, namespaces.plain(str(id_))) if kind in kinds and id_ else None


def waits(world: World, tx: Transaction) -> dict[int, frozenset[str]]:
    """Of which connections thin notices are fetched, and which kinds of records."""
    found: dict[int, frozenset[str]] = {}
    for id_, _shop, _name, kind, _begin in tx.all("fetching_connections"):
        connector = world.plugins.connectors.get(kind)
        if connector is not None and connector.store is not None and connector.store.fetch:
            found[id_] = frozenset(connector.store.fetch)
    return found


def is_waited_for(events: Sequence[NewEvent], kinds: Collection[str]) -> bool:
    """Whether all that is thin in a delivery can be fetched."""
    thin = [event for event in events if event.data.get("is_thin")]
    return bool(thin) and all(target(event, kinds) is not None for event in thin)


def whole(events: Sequence[NewEvent], seen: Mapping[Target, Seen], kinds: Collection[str]) -> list[NewEvent]:
    """The events of a notice with the records they name. Pure."""
    found: list[NewEvent] = []
    for event in events:
        aim = target(event, kinds)
        record = seen.get(aim) if aim is not None else None
        facts = [] if record is None else [*record.named, *([record.change] if record.change else [])]
        same = next((one for one in facts if one.id == event.id), None)
        noun = event.type.partition(".")[0]
        like = same or next((one for one in reversed(facts) if one.type.partition(".")[0] == noun), None)
        # A part of an order that the order does not tell apart stays as it came.
        is_it = like is not None and (same is not None or (aim is not None and aim[0] == noun))
        found.append(replace(event, data=like.data, refs={**event.refs, **like.refs}) if like and is_it else event)
    return found


class Fetcher(Reader):
    """One per worker, in the thread of the steady reading."""

    _after: float = 0.0

    def fetch(self) -> int:
        """Ask for what notices name; gives how many were told."""
        if monotonic() < self._after:
            return 0
        with self._database.read() as tx:
            rows = tx.all("fetching_connections")
            newest = tx.one("newest_delivery")
        told = 0
        for id_, shop, name, kind, begin in rows:
            connector = self._world.plugins.connectors.get(kind)
            if connector is not None and connector.store is not None and connector.store.fetch:
                after = int((newest or (0,))[0] or 0) - SPAN
                told += self._of(Source(id_, shop, name, begin), connector, connector.store, after)
        return told

    def _of(self, source: Source, connector: Connector, api: StoreApi, after: int) -> int:
        with self._database.transaction() as tx:
            rows = tx.all("waiting_notices", {"connection": source.connection_id, "after": after, "limit": BATCH})
            mine = [row[0] for row in tx.all("claim_notices", {"ids": [row[0] for row in rows]})] if rows else []
        if not mine:
            return 0
        notices: list[_Notice] = []
        seen: dict[Target, Seen] = {}
        may_wait = False
        store: Store | None = None
        try:
            store = self._store(source.shop_id, source.connection_id)
            notices = [self._notice(connector, store.settings, row) for row in rows if row[0] in mine]
            aims = [aim for notice in notices for event in notice.events if (aim := target(event, api.fetch))]
            for aim in dict.fromkeys(aims):
                if (found := self._ask(store, connector, source, aim)) is not None:
                    seen[aim] = found
        except (StoreLimited, StoreBusy, StoreRefused, SecretsUnreadable) as error:
            log.warning("%s: what notices name cannot be fetched: %s", source.name, error)
            may_wait = isinstance(error, StoreLimited | StoreBusy)
            after_ = error.after if isinstance(error, StoreLimited) else None
            self._after = monotonic() + (after_ or PAUSE).total_seconds() if may_wait else 0.0
            notices = notices or [self._notice(connector, {}, row) for row in rows if row[0] in mine]
        with self._database.transaction() as tx:
            for notice in notices:
                self._tell(tx, source, notice, seen, api.fetch, may_wait=may_wait)
        return len(notices)

    def _ask(self, store: Store, connector: Connector, source: Source, aim: Target) -> Seen | None:
        if not self._turns.take(store):
            raise StoreBusy("stopping")
        item = store.api.fetch[aim[0]](exchange_of(store, self._http(source.shop_id)), aim[1])
        if item is None:
            return None
        seen = see(self._world.plugins, connector, item, store.settings, self._world.clock.now())
        return seen if seen.problem is None else None

    def _notice(self, connector: Connector, settings: Mapping[str, Any], row: Sequence[Any]) -> _Notice:
        id_, topic, headers, body, received_at = row
        delivery = Delivery(decode(headers), bytes(body), topic, from_micros(received_at))
        try:
            events = connector.map(delivery, settings).events
        except Unmappable:
            events = ()
        return _Notice(id_, received_at, namespaces.told_apart(self._world.plugins, events, settings))

    def _tell(
        self,
        tx: Transaction,
        source: Source,
        notice: _Notice,
        seen: Mapping[Target, Seen],
        kinds: Collection[str],
        *,
        may_wait: bool,
    ) -> None:
        """Whole, or as it came when there is no more to be had or it waited long enough; else it waits again."""
        aims = {aim for event in notice.events if (aim := target(event, kinds))}
        lacks = bool(aims - seen.keys())
        age = to_micros(self._world.clock.now()) - notice.received_at
        if lacks and may_wait and age < PATIENCE // timedelta(microseconds=1):
            tx.many("settle_deliveries", [(notice.id, "done", WAITS)])
            return
        facts = whole(notice.events, seen, kinds)
        # What else the records show, of those that began since they are read; the inbox tells it once.
        own = {event.id for event in facts}
        young = [seen[aim] for aim in sorted(aims & seen.keys()) if (seen[aim].born or 0) >= source.begin_at]
        facts += [event for record in young for event in record.named if event.id not in own]
        incoming = [
            Incoming(source.shop_id, source.connection_id, notice.id, source.name, notice.received_at, event)
            for event in facts
        ]
        if inbox.put(tx, incoming) and self._world.database.dialect == "postgresql":
            tx.all("notify")
        tx.many("settle_deliveries", [(notice.id, "done", "thin.as_it_came" if lacks else None)])
