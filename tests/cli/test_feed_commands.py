"""`sereno feed`: a file is looked at, taken once, and what was held back is listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SALES = "sale-id,date,sku,qty,price\nB-1,2026-11-20,MUG,2,9.50\nB-2,2026-11-20,MUG,two,9.50\n"


def test_a_tills_file(shop: Any, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(SALES)
    assert "None; begin with" in shop("feed", "list").err
    assert shop("feed", "add", "Till", "--what", "orders", "--json").json == {"name": "till"}
    assert [one["name"] for one in shop("feed", "list", "--json").json] == ["till"]
    told = shop("feed", "look", "till", path, "--json").json
    assert (told["entries"], told["held"], told["first"][0]["text"]) == (1, 1, "19.00 EUR: 2 × MUG")
    assert "number.odd" in shop("feed", "look", "till", path).out
    (row,) = shop("feed", "take", "till", path, "--json").json
    assert (row["status"], row["new"], row["held"]) == ("done", 1, 1)
    (row,) = shop("feed", "take", "till", path, "--json").json
    assert row["status"] == "same"
    assert "number.odd" in shop("feed", "held", "till").out
    assert [one["name"] for one in shop("feed", "held", "till", "--json").json] == ["B-2"]


def test_what_is_wrong_is_said(shop: Any, tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("just words\n")
    assert shop("feed", "add", "Till").status == 0
    assert shop("feed", "look", "till", tmp_path / "none.csv").status == 2
    assert "no table" in shop("feed", "look", "till", path).err
    refused = shop("feed", "take", "till", path)
    assert refused.status == 1 and "not taken" in refused.err
    assert shop("feed", "take", "nothing", path).status == 2
    assert shop("feed", "add", "Far", "--url", "ftp://x").status == 2
