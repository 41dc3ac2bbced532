"""The records of a batch come in one statement, with the tags of those that have some."""

from __future__ import annotations

from typing import Any

from support import Place, order

from sereno.runtime.records import Records
from sereno.sdk.plugin import registry

ORDERS = ("1", "2")


class Counted:
    """A transaction that counts what is asked of it."""

    def __init__(self, tx: Any) -> None:
        self._tx = tx
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        self.asked += 1
        return getattr(self._tx, name)


def test_all_that_a_batch_wants_is_read_at_once(place: Place) -> None:
    place.send(*(order(number) for number in ORDERS))
    place.drain()
    tags = [
        ("order", "1", "zebra"),
        ("order", "1", "apple"),
        ("order", "2", "late"),
        ("customer", "1", "not an order's"),
    ]
    with place.database.transaction() as tx:
        tx.many("add_tags", [(place.shop, *tag, 1) for tag in tags])
    for for_update in (False, True):
        with place.database.transaction() as tx:
            counted = Counted(tx)
            records = Records(registry(), counted, place.database.dialect)  # type: ignore[arg-type]
            for number in (*ORDERS, "none"):
                for projection in ("order", "order_standing", "cart"):
                    records.want_row(projection, place.shop, number)
            records.fetch(for_update=for_update)
            assert counted.asked == 1
            known = [records.root(place.shop, {"order": number}, "order") for number in (*ORDERS, "none")]
        assert known[2] is None
        assert [record and (record["id"], record["tags"]) for record in known[:2]] == [
            ("1", ["zebra", "apple"]),
            ("2", ["late"]),
        ]
        assert records.row("cart", place.shop, "1").record is None
