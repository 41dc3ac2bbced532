"""The live `Marks` port: what Sereno changed on products in the store."""

from __future__ import annotations

from sereno.store.database import Database


class LiveMarks:
    """Of one shop, each change a transaction of its own."""

    def __init__(self, database: Database, shop_id: int, now: int) -> None:
        self._database = database
        self._shop_id = shop_id
        self._now = now

    def get(self, product: str, kind: str) -> str | None:
        with self._database.read() as tx:
            row = tx.one("product_mark", {"shop": self._shop_id, "product": product, "kind": kind})
        return None if row is None else str(row[0])

    def put(self, product: str, kind: str, text: str) -> None:
        given = {"shop": self._shop_id, "product": product, "kind": kind, "text": text[:200], "now": self._now}
        with self._database.transaction() as tx:
            tx.run("put_product_mark", given)

    def remove(self, product: str, kind: str) -> None:
        with self._database.transaction() as tx:
            tx.run("drop_product_mark", {"shop": self._shop_id, "product": product, "kind": kind})
