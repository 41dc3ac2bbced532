"""The live `Purchasing` port of one shop, and asking for forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sereno.runtime.purchasing import ordering
from sereno.runtime.purchasing.answering import answer_link
from sereno.runtime.purchasing.reordering import Asked, reorder
from sereno.runtime.purchasing.suppliers import supplier_of
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.purchasing import Letter
from sereno.store.database import Database
from sereno.store.fields import from_micros, to_micros


class ShopPurchasing:
    def __init__(self, database: Database, shop_id: int, *, secret: str = "", base_url: str = "") -> None:
        self._database = database
        self._shop_id = shop_id
        self._secret, self._base_url = secret, base_url

    def reorder(self, key: str, by: str, budget: Decimal | None) -> Mapping[str, Any]:
        found = reorder(self._shop_id, Asked(key, by, budget), database=self._database)
        return {"orders": found.orders, "left_out": [one.offer.sku for one in found.left_out]}

    def approve(self, number: int, by: str) -> str:
        return ordering.approve(self._shop_id, number, by, database=self._database)

    def chase(self, number: int, by: str) -> bool:
        return ordering.chase(self._shop_id, number, by, database=self._database)

    def letter(self, number: int) -> Letter | None:
        with self._database.read() as tx:
            try:
                order = ordering.find_order(tx, self._shop_id, number)
            except LookupError:
                return None
            supplier = supplier_of(tx, self._shop_id, order.supplier)
            lines = ordering.find_lines(tx, order.id)
        assert supplier is not None
        rows = [
            {
                "sku": one.sku,
                "supplier_sku": one.supplier_sku,
                "title": one.title,
                "quantity": one.quantity,
                "left": one.left,
                "price": str(one.price),
            }
            for one in lines
        ]
        return Letter(
            number,
            order.status,
            supplier.code,
            supplier.name,
            supplier.contact,
            supplier.email,
            supplier.locale,
            supplier.send_by,
            supplier.url,
            supplier.secret,
            order.currency,
            order.total,
            order.note,
            from_micros(order.sent_at) if order.sent_at is not None else None,
            from_micros(order.expected_at) if order.expected_at is not None else None,
            rows,
            answer_link(self._secret, self._base_url, self._shop_id, number) if self._base_url else "",
        )

    def sent(self, number: int) -> None:
        ordering.mark_sent(self._shop_id, number, "sereno", database=self._database)

    def forecast(self, by: str) -> bool:
        return ask_forecast(self._shop_id, by, database=self._database)


def ask_forecast(shop_id: int, by: str, *, slot: str = "", database: Database | None = None) -> bool:
    """Have forecasts made anew, in the background. False when that is under way, or was done for this `slot`."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        if tx.one("open_forecast", {"shop": shop_id}) is not None:
            return False
        now = to_micros(staff.world.clock.now())
        asked = {"shop": shop_id, "slot": slot or f"asked:{uuid4().hex}", "by": by[:200], "now": now}
        is_new = tx.one("ask_forecast", asked) is not None
        if is_new and not slot:
            audit(tx, shop_id, now, by, "forecast.asked", "", {})
    return is_new
