"""`sereno supplier` and `sereno purchase`: a purchase order from nothing to the shelf, for people and for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_an_order_from_a_new_supplier_to_the_shelf(shop: Any, tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("sku,supplier_sku,price,breaks,minimum,multiple\nMUG,N-100,4.50,50:4.20,12,6\n")
    assert shop("supplier", "add", "north", "North Potters", "--email", "n@example.com", "--lead-days", "9").status == 0
    assert "address" in shop("supplier", "add", "south", "South").err
    assert shop("supplier", "prices", "north", prices).status == 0
    made = shop("purchase", "draft", "north", "MUG=60", "--note", "with lids", "--key", "k1", "--json").json
    assert made == {"number": 1, "status": "draft"}
    assert shop("purchase", "draft", "north", "MUG=60", "--key", "k1", "--json").json["number"] == 1
    for words in (("nobody", "MUG=1"), ("north", "CUP=1"), ("north", "MUG")):
        assert shop("purchase", "draft", *words).status == 2, words
    held = shop("purchase", "show", "1", "--json").json
    assert (held["total"], held["note"], held["lines"][0]["supplier_sku"]) == ("252.00", "with lids", "N-100")
    assert "PO-1, North Potters: draft" in shop("purchase", "show", "1").out
    assert shop("purchase", "show", "2").status == 2
    for step in ("approve", "sent", "confirm"):
        assert shop("purchase", "step", "1", step).status == 0
    assert "partial" in shop("purchase", "receive", "1", "MUG=24", "--key", "van").out
    assert shop("purchase", "receive", "1", "MUG=24", "--key", "van", "--json").json["status"] == "partial"
    assert shop("purchase", "receive", "1", "MUG=36", "--json").json["status"] == "received"
    kept = shop("supplier", "show", "north", "--json").json
    assert (kept["lead_days"], kept["receipts"], kept["on_time"]) == (9, 1, 1.0)
    assert 0 < kept["learned_days"] < 9
    assert shop("supplier", "show", "nobody").status == 2
    (item,) = shop("stock", "list", "--json").json
    assert (item["item"], item["on_hand"], item["incoming"]) == ("MUG", 60, 0)
