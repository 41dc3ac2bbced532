"""A shop with a platform that Sereno may write to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from support import Place

from sereno.runtime import connecting
from sereno.runtime.stores import permitting
from sereno.runtime.stores.writing import LiveStores
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.stores import Probe, Stores
from storefront import KIND, URL, Platform, register


class Front(Place):
    """A shop with a platform that Sereno may write to."""

    def __init__(self, database: Any, *, is_given: bool = True, name: str = "worker") -> None:
        register()
        self.platform = Platform(now=datetime.fromisoformat("2026-03-02T09:00:00+00:00"))
        super().__init__(database, self._port, name)
        connecting.connect(self.shop, KIND, "front", by="ana", secrets=["a secret"], database=database)
        if is_given:
            self.give("front")

    def _port(self, kind: type[Any], shop: ShopFacts) -> object | None:
        if kind is Stores:
            return LiveStores(self.database, registry(), shop.id, self.platform)
        return None

    def give(self, name: str, **values: str) -> Probe:
        given = {"url": URL, "token": self.platform.token, **values}
        return permitting.give_access(
            name, given, by="ana", shop_id=self.shop, http=self.platform, database=self.database
        )

    def hear(self, *events: NewEvent, source: str = "front") -> int:
        """Its webhooks come in, and what follows of them is done."""
        self.send(*events, source=source)
        return self.drain()
