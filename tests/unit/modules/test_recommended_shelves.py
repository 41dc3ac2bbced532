"""What a mail's shelf shows: recommended where something can be, else what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sereno.modules.messages.shelves import filled, shelf_of
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.ports import Recommendations

SHOP = ShopFacts(1, "Azahar", "EUR", "Europe/Madrid", "es", "https://x", {})


class Known:
    def __init__(self, *ids: str) -> None:
        self.ids, self.asked = ids, list[tuple[Any, ...]]()

    def products(self, way: str, items: Sequence[str], person: str | None, limit: int) -> Sequence[Mapping[str, Any]]:
        self.asked.append((way, items, person, limit))
        return [{"id": one, "title": one.upper()} for one in self.ids[:limit]]


def context(port: Known | None) -> Context:
    def find(kind: type[Any]) -> Any:
        if kind is Recommendations and port is not None:
            return port
        raise LookupError(kind)

    order = {"id": "1", "lines": [{"product_id": "cup"}, {"sku": "JUG"}]}
    records = {"order": order, "customer": {"id": "17"}}
    event = {"type": "order.paid"}
    now = datetime(2026, 3, 2, tzinfo=UTC)
    return Context("f", 1, "r", "k", "order:1", SHOP, {"order": "1"}, records, event, {}, now, find)


def test_a_chosen_shelf_asks_nobody() -> None:
    port = Known("a")
    assert filled({"b": shelf_of("chosen", 3, ["X", "Y"])}, "order", context(port)) == ({"b": ["X", "Y"]}, {})
    assert port.asked == []


def test_recommended_ones_go_by_the_order_and_two_shelves_differ() -> None:
    port = Known("a", "b", "c", "d")
    shelves = {"one": shelf_of("together", 2, []), "two": shelf_of("for_you", 2, ["X"])}
    keys, records = filled(shelves, "order", context(port))
    assert port.asked[0] == ("together", ["cup", "JUG"], "17", 4)
    assert [records[key]["id"] for key in keys["one"]] == ["a", "b"]
    assert [records[key]["id"] for key in keys["two"]] == ["c", "d"]


def test_without_any_the_chosen_ones_stand_in() -> None:
    for port in (Known(), None):
        assert filled({"b": shelf_of("together", 2, ["X"])}, "order", context(port)) == ({"b": ["X"]}, {})
