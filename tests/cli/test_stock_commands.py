"""`sereno stock`: for people, for programs, and used wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

LEVEL = (
    '{"id": "s-1", "type": "stock.changed", "subject": "variant:v1", "occurred_at": "2026-11-20T10:00:00Z", '
    '"data": {"variant_id": "v1", "sku": "OIL", "title": "Oil", "available": 5, "location_id": "north"}}\n'
)


@pytest.fixture
def stocked(shop: Any, tmp_path: Path) -> Any:
    path = tmp_path / "stock.jsonl"
    path.write_text(LEVEL)
    assert shop("connect", "generic", "--name", "till").status == 0
    assert shop("ingest", "till", path).status == 0
    return shop


def test_stock_is_listed_counted_sold_and_moved(stocked: Any) -> None:
    (one,) = stocked("stock", "list", "--json").json
    assert (one["item"], one["available"]) == ("OIL", 5)
    assert "OIL" in stocked("stock", "list").out
    assert stocked("stock", "list", "--at-most", "1", "--json").json == []
    found = stocked("stock", "count", "OIL", "8", "--location", "north", "--json").json
    assert (found["before"], found["now"]) == (5, 8)
    assert stocked("stock", "sell", "t-1", "OIL=2", "--json").json == {"order": "t-1", "short": []}
    assert "too few of OIL" in stocked("stock", "sell", "t-2", "OIL=9").out
    made = stocked("stock", "transfer", "north", "south", "OIL", "--json").json
    assert "only 0 can be sent" in stocked("stock", "send", str(made["id"])).err
    assert stocked("stock", "count", "OIL", "3", "--location", "north").status == 0
    assert stocked("stock", "send", str(made["id"]), "--json").json["status"] == "sent"
    assert "is received" in stocked("stock", "receive", str(made["id"])).out
    assert stocked("stock", "cancel", str(made["id"])).status == 2


def test_used_wrongly(stocked: Any) -> None:
    for words in (("count", "nothing", "1"), ("sell", "t-3"), ("sell", "t-3", "OIL=x"), ("transfer", "a", "a", "OIL")):
        assert stocked("stock", *words).status == 2, words


def test_places_transfers_in_part_and_barcodes(stocked: Any) -> None:
    made = stocked("stock", "place", "Market Stall", "--rank", "5", "--json").json
    assert made["key"] == "market-stall"
    assert "is the place north" in stocked("stock", "place", "North Street", "--key", "north").out
    assert [one["name"] for one in stocked("stock", "places", "--json").json] == ["Market Stall", "North Street"]
    assert stocked("stock", "place", "market stall").status == 2
    assert stocked("stock", "place", "North Street", "--key", "north", "--channel", "till").status == 0
    assert [one["channels"] for one in stocked("stock", "places", "--json").json] == [[], ["till"]]
    assert stocked("stock", "place", "North Street", "--key", "north", "--channel", "nobody").status == 2
    assert stocked("stock", "place", "North Street", "--key", "north", "--channel", "all").status == 0
    assert stocked("stock", "sell", "t-9", "OIL", "--place", "market-stall").out.startswith("Noted. By the book")
    assert stocked("stock", "count", "OIL", "0", "--location", "market-stall").status == 0
    number = str(stocked("stock", "transfer", "north", "market-stall", "OIL=3", "--json").json["id"])
    assert stocked("stock", "send", number).status == 0
    assert stocked("stock", "receive", number, "OIL=4").status == 2
    assert stocked("stock", "receive", number, "OIL=2", "--json").json["status"] == "received"
    assert stocked("stock", "list", "--json").json[0]["on_hand"] == 4
    assert stocked("stock", "barcode", "OIL", "84123").status == 0
    assert stocked("stock", "barcode", "NOPE", "84123").status == 2
    assert stocked("stock", "keep-back", "till", "2", "--item", "OIL", "--json").json["quantity"] == 2
