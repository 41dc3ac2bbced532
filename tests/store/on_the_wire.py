"""A connection to a shop on a wire, and one who reads it back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from support import START, Place

from sereno.runtime.reading.working import Reader
from sereno.runtime.stores.finding import seal_access
from sereno.sdk.ports import Http
from sereno.sdk.stores import StoreHttp
from sereno.store.documents import encode
from sereno.store.fields import to_micros
from sereno.store.secrets import encrypt


class OnTheWire:
    """`wire` answers what is asked of the shop."""

    def __init__(
        self,
        at: Place,
        kind: str,
        wire: Any,
        access: dict[str, str],
        *,
        name: str = "store",
        settings: dict[str, Any] | None = None,
        reader: type[Reader] = Reader,
    ) -> None:
        self.at, self.wire = at, wire
        sql = (
            "INSERT INTO connection (shop_id, name, kind, secrets, access, settings, is_active, created_at) VALUES "
            f"({at.shop}, '{name}', '{kind}', '{encrypt(['s3cret'])}', '{seal_access(access)}', "
            f"'{encode(settings or {})}', TRUE, {to_micros(START)}) RETURNING id"
        )
        with at.database.transaction() as tx:
            self.id = tx.text(sql)[0][0]
        at.runtime.world.ports = lambda port, shop: wire if port in (StoreHttp, Http) else None
        self.reader = reader(at.runtime.world, "https://shop.test")
        self.reader.enrol()
        at.clock.move_to(START + timedelta(hours=1))

    def receive(self, topic: str, body: dict[str, Any], key: str, headers: dict[str, str]) -> None:
        now = to_micros(self.at.clock.now())
        with self.at.database.transaction() as tx:
            row = (self.id, key, topic, json.dumps(headers), json.dumps(body).encode(), now)
            tx.many("store_deliveries", [row])
        self.at.drain()

    def read(self) -> list[tuple[str, str]]:
        """A pass, and the events it brought, in their order."""
        known = set(self._events())
        self.at.clock.move_to(self.at.clock.now() + timedelta(minutes=5))
        with self.at.database.transaction() as tx:
            tx.one("reading_now", {"connection": self.id, "now": to_micros(self.at.clock.now()), "since": None})
        while self.reader.run():
            pass
        self.at.drain()
        return [(type_, subject) for id_, type_, subject in self._events() if (id_, type_, subject) not in known]

    def _events(self) -> list[tuple[Any, ...]]:
        return self.at.rows("SELECT uid, type, subject FROM event WHERE source = 'store' ORDER BY id")

    def time(self, **later: float) -> datetime:
        self.at.clock.move_to(self.at.clock.now() + timedelta(**later))
        return self.at.clock.now()
