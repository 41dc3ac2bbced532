"""The live port by which actions change something in a shop's own platform.

Invariant: the connector gets the platform's own ids only, and the same key on every attempt; the write's echo is
expected before the platform is asked. A worker that dies between the call and its commit leaves both: the next attempt
looks first, and the echo is still expected.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sereno.engine.durations import parse_instant
from sereno.runtime import namespaces
from sereno.runtime.records import Records
from sereno.runtime.stores import echoes
from sereno.runtime.stores.finding import Store, holding, stores_of
from sereno.runtime.stores.keys import REFUSED, note_refused, note_taken
from sereno.runtime.stores.watching import WatchedHttp
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Http
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.site import Found
from sereno.sdk.stores import Call, Exchange, StoreBusy, StoreError, StoreLimited, StoreRefused, Written
from sereno.sdk.writes import Write
from sereno.store.database import Database, Transaction
from sereno.store.fields import to_micros
from sereno.store.secrets import SecretsUnreadable

log = logging.getLogger("sereno.runtime")

_IS_ID = re.compile(r"(^|_)ids?$")
ROOTS = {"order": "order", "customer": "customer", "product": "product", "variant": "product"}
"""Where the record of a kind of key is read."""


@dataclass(frozen=True, slots=True)
class _Target:
    store: Store
    record: Mapping[str, Any] | None


class LiveStores:
    """`Stores` of one shop."""

    def __init__(self, database: Database, plugins: Plugins, shop_id: int, http: Http) -> None:
        self._database = database
        self._plugins = plugins
        self._shop_id = shop_id
        self._http = http

    def write(self, write: Write, *, key: str, attempt: int, now: datetime) -> Result:
        try:
            found = self._find(write)
        except SecretsUnreadable as error:
            return Fail("store.key_unreadable", str(error))
        if isinstance(found, Fail):
            return found
        store, record = found.store, found.record
        handler = store.api.writes[type(write)]
        at = to_micros(now)
        with self._database.transaction() as tx:
            echoes.expect(tx, self._shop_id, key, write, _version(record), at)
        http = WatchedHttp(self._http)
        call = Call(exchange_of(store, http), key, attempt, now, plain_record(record) if record else None)
        try:
            written: Written = handler(call, write.plain(namespaces.plain))
        except StoreLimited as error:
            return http.put_off("store.rate_limited", str(error), error)
        except StoreError as error:
            if isinstance(error, StoreRefused):
                self._refused(store, write, key, error, at)
            return _result(error)
        with self._database.transaction() as tx:
            echoes.settle(tx, key, write, written.version, at)
            note_taken(tx, self._shop_id, store.connection, at)
        return Done({"store": store.connection, **written.value})

    def look(self, kind: str, key: str) -> Found | Result | None:
        try:
            with self._database.read() as tx:
                store = holding(stores_of(tx, self._plugins, self._shop_id), kind, key)
        except SecretsUnreadable as error:
            return Fail("store.key_unreadable", str(error))
        if store is None:
            return _none()
        if kind not in store.api.looks:
            return Fail("store.cannot", f"{store.kind} has no such thing ({kind}) that Sereno could write.")
        try:
            return store.api.looks[kind](exchange_of(store, self._http), namespaces.plain(key))
        except StoreError as error:
            return _result(error)

    def _find(self, write: Write) -> _Target | Fail:
        """The store that has the record, and what is known of it."""
        kind, about = write.about
        with self._database.read() as tx:
            stores = stores_of(tx, self._plugins, self._shop_id)
            store = holding(stores, kind, about)
            if store is None:
                return _none()
            if type(write) not in store.api.writes:
                what = f"{store.kind} cannot do this ({write.ability}): take the step out, or do it by hand."
                return Fail("store.cannot", what)
            return _Target(store, self._record(tx, kind, about))

    def _record(self, tx: Transaction, kind: str, about: str) -> Mapping[str, Any] | None:
        root = ROOTS.get(kind)
        if not about or root is None:
            return None
        records = Records(self._plugins, tx, self._database.dialect)
        records.want(self._shop_id, {kind: about}, (root,))
        records.fetch()
        return records.root(self._shop_id, {kind: about}, root)

    def _refused(self, store: Store, write: Write, key: str, error: StoreRefused, at: int) -> None:
        """Nothing will come of it; and a key that is not taken is said to people at once."""
        with self._database.transaction() as tx:
            echoes.withdraw(tx, key, write)
            if error.code == REFUSED:
                title = str(store.settings.get("title") or store.connection)
                note_refused(tx, self._shop_id, store.connection, title, str(error), at)


def _none() -> Fail:
    return Fail("store.none", "No store that has this record may be written to: see Connections.")


def _result(error: StoreError) -> Result:
    if isinstance(error, StoreLimited):
        return Retry("store.rate_limited", str(error), kind="limited", after=error.after)
    if isinstance(error, StoreBusy):
        return Retry("store.busy", str(error), after=error.after)
    return Fail(error.code if isinstance(error, StoreRefused) else "store.refused", str(error))


def exchange_of(store: Store, http: Http) -> Exchange:
    return Exchange(http, store.settings, store.access, store.api.sign)


def _version(record: Mapping[str, Any] | None) -> datetime | None:
    at = record.get("updated_at") if record is not None else None
    try:
        return parse_instant(at) if isinstance(at, str) else None
    except ValueError:
        return None


def plain_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the platform's own ids."""
    return {name: _plain(name, value) for name, value in record.items()}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return namespaces.plain(value) if _IS_ID.search(name) else value
    if isinstance(value, Mapping):
        return plain_record(cast("Mapping[str, Any]", value))
    if isinstance(value, list):
        return [_plain(name, item) for item in cast("list[Any]", value)]
    return value
