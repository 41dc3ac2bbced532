"""What a store is to be told so that it says of a product what the others say.

Invariant: read as it stands now, and noted before the store is asked; a difference that is another by then, or put
aside, is not written.
"""

from __future__ import annotations

from decimal import Decimal

from sereno.commerce.money import Money
from sereno.commerce.syncing import COMPARE_AT, DESCRIPTION, OPEN, PRICE, SHOWN, STATUS, TITLE, Value
from sereno.runtime.syncing.reading import Thing, read
from sereno.runtime.syncing.stores import sides_of
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Alignment
from sereno.sdk.writes import PublishProduct, SetPrice, SetTexts, Write
from sereno.store.database import Database


class LiveAlignments:
    """`Alignments` of one shop."""

    def __init__(self, database: Database, plugins: Plugins, shop_id: int, now: int) -> None:
        self._database = database
        self._plugins = plugins
        self._shop_id = shop_id
        self._now = now

    def find(self, sku: str, field: str, connection: str, target: str) -> Alignment | str:
        """Whole texts come from the record of the store that is right, if it still says so."""
        asked = {"shop": self._shop_id, "item": sku, "field": field, "connection": connection}
        with self._database.read() as tx:
            row = tx.one("difference_to_align", asked)
            if row is None:
                return "equal"
            id_, product, variant, source, _own, own, wanted, wanted_digest, _currency, state, _reason = row
            if state != OPEN:
                return str(state)
            if wanted != target:
                return "target.changed"
            table = read(tx, self._shop_id, [sku], sides_of(tx, self._plugins, self._shop_id))
        values = table.values(sku, field, (source, connection))
        right, there = values.get(source), values.get(connection)
        if right is None or there is None or (right.digest, there.digest) != (wanted_digest, own):
            return "target.changed"
        place = (product, variant)
        thing = next((one for one in table.things[sku][connection] if (one.product_key, one.variant) == place), None)
        if thing is None:
            return "target.changed"
        return Alignment(id_, _write(field, thing, right, there), own, wanted_digest, there.at)

    def begin(self, alignment: Alignment) -> bool:
        return self._note("begin_telling", alignment, seen=alignment.seen)

    def told(self, alignment: Alignment) -> None:
        self._note("end_telling", alignment)

    def _note(self, name: str, one: Alignment, **more: int) -> bool:
        given = {"shop": self._shop_id, "id": one.id, "own": one.own, "target": one.target, "now": self._now, **more}
        with self._database.transaction() as tx:
            return tx.run(name, given) > 0


def _write(field: str, thing: Thing, right: Value, there: Value) -> Write:
    product = thing.product_key
    if field == PRICE:
        return SetPrice(product, thing.variant, Money(right.amount or Decimal(0), right.currency))
    if field == COMPARE_AT:
        return SetPrice(product, thing.variant, None, Money(right.amount or Decimal(0), there.currency))
    if field == TITLE:
        return SetTexts(product, title=right.text)
    if field == DESCRIPTION:
        return SetTexts(product, description=right.text)
    assert field == STATUS
    return PublishProduct(product, is_published=right.text == SHOWN)
