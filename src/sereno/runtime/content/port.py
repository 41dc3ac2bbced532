"""The live `SiteContent` port of one shop.

Invariant: what a person showed by hand no flow changes or takes away; showing and hiding are safe to repeat.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from sereno.store.database import Database, Transaction
from sereno.store.fields import storable, to_micros


class LiveSiteContent:
    """In the transaction the action runs in, if it runs in one."""

    def __init__(self, database: Database, shop_id: int, now: int, tx: Transaction | None = None) -> None:
        self._database, self._shop_id, self._now, self._tx = database, shop_id, now, tx

    def show(self, campaign: str, customer: str, product: str, until: datetime | None, by: str) -> bool:
        with self._opened() as tx:
            if tx.one("content_exists", {"shop": self._shop_id, "name": storable(campaign)}) is None:
                raise LookupError(f"there is no campaign {campaign!r}")
            tx.run("forget_shown_content", {"shop": self._shop_id, "campaign": campaign, "now": self._now})
            given = {**self._at(campaign, customer, product), "until": None if until is None else to_micros(until)}
            if not (customer or product):
                self._due(tx, self._now)
                self._due(tx, given["until"])
            return tx.one("show_content", {**given, "by": storable(by)[:200], "now": self._now}) is not None

    def hide(self, campaign: str, customer: str, product: str) -> bool:
        with self._opened() as tx:
            if not (customer or product):
                self._due(tx, self._now)
            return tx.one("hide_content", self._at(campaign, customer, product)) is not None

    def _due(self, tx: Transaction, at: object) -> None:
        """It may also have the stores' own sites say something."""
        if at is not None:
            tx.run("add_content_due", {"shop": self._shop_id, "at": at})

    def _at(self, campaign: str, customer: str, product: str) -> dict[str, object]:
        places = {"customer": storable(customer)[:200], "product": storable(product)[:200]}
        return {"shop": self._shop_id, "campaign": storable(campaign), **places}

    @contextmanager
    def _opened(self) -> Generator[Transaction]:
        if self._tx is not None:
            yield self._tx
            return
        with self._database.transaction() as tx:
            yield tx
