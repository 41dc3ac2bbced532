"""The live port by which actions change something in a shop's own platform.

Invariant: the connector gets the platform's own ids only, and the same key on every attempt.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sereno.runtime import namespaces
from sereno.runtime.records import Records
from sereno.runtime.stores.finding import Store, holding, stores_of
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Http
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.stores import Call, Exchange, StoreBusy, StoreLimited, StoreRefused
from sereno.sdk.writes import Write
from sereno.store.database import Database

log = logging.getLogger("sereno.runtime")

_IS_ID = re.compile(r"(^|_)ids?$")
ROOTS = {"order": "order", "customer": "customer", "product": "product", "variant": "product"}
"""Where the record of a kind of key is read."""


class LiveStores:
    """`Stores` of one shop."""

    def __init__(self, database: Database, plugins: Plugins, shop_id: int, http: Http) -> None:
        self._database = database
        self._plugins = plugins
        self._shop_id = shop_id
        self._http = http

    def write(self, write: Write, *, key: str, attempt: int, now: datetime) -> Result:
        kind, about = write.about
        with self._database.read() as tx:
            stores = stores_of(tx, self._plugins, self._shop_id)
            store = holding(stores, kind, about)
            record = None
            if store is not None and about and (root := ROOTS.get(kind)):
                records = Records(self._plugins, tx, self._database.dialect)
                records.want(self._shop_id, {kind: about}, (root,))
                records.fetch()
                record = records.root(self._shop_id, {kind: about}, root)
        if store is None:
            return Fail("store.none", "No store that has this record may be written to: see Connections.")
        handler = store.api.writes.get(type(write))
        if handler is None:
            what = f"{store.kind} cannot do this ({write.ability}): take the step out, or do it by hand."
            return Fail("store.cannot", what)
        call = Call(exchange_of(store, self._http), key, attempt, now, plain_record(record) if record else None)
        try:
            written = handler(call, write.plain(namespaces.plain))
        except StoreLimited as error:
            return Retry("store.rate_limited", str(error), kind="limited", after=error.after)
        except StoreBusy as error:
            return Retry("store.busy", str(error))
        except StoreRefused as error:
            return Fail(error.code, str(error))
        return Done({"store": store.connection, **written.value})


def exchange_of(store: Store, http: Http) -> Exchange:
    return Exchange(http, store.settings, store.access, store.api.sign)


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
