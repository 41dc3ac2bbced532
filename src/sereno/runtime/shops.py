"""The shops as the runtime knows them: read together, kept for a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sereno.sdk.context import ShopFacts
from sereno.store.database import Transaction
from sereno.store.documents import decode


@dataclass(frozen=True, slots=True)
class Shop:
    """`facts` for actions, `variables` for expressions (the root `store`)."""

    id: int
    slug: str
    facts: ShopFacts
    variables: Mapping[str, Any]


class Shops:
    """All shops by id. Call `refresh` now and then, and `find` as often as needed."""

    def __init__(self, base_url: str = "") -> None:
        self._base_url = base_url
        self._known: dict[int, Shop] = {}

    def refresh(self, tx: Transaction) -> None:
        self._known = {row[0]: self._read(row) for row in tx.all("all_shops")}

    def find(self, tx: Transaction, shop_id: int) -> Shop:
        """Raises LookupError when there is no such shop."""
        found = self._known.get(shop_id)
        if found is None:
            self.refresh(tx)
            found = self._known.get(shop_id)
            if found is None:
                raise LookupError(f"there is no shop {shop_id}")
        return found

    def _read(self, row: tuple[Any, ...]) -> Shop:
        id_, slug, name, currency, timezone, locale, text = row
        settings: dict[str, Any] = decode(text) if text else {}
        facts = ShopFacts(id_, name, currency, timezone, locale, self._base_url, settings)
        # What a flow may name is read by everybody who may see the shop.
        shown = {name: value for name, value in settings.items() if name != "secrets"}
        variables: dict[str, Any] = {
            **shown,
            "id": slug,
            "base_url": self._base_url.rstrip("/"),
            "name": name,
            "currency": currency,
            "timezone": timezone,
            "locale": locale,
            "settings": shown,
        }
        return Shop(id_, slug, facts, variables)
