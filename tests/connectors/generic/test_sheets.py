"""Tables looked at before they are taken: whole records, and those held back with the reason; nothing is guessed."""

from __future__ import annotations

import pytest

from sereno.connectors.generic.sheets import READER
from sereno.sdk.connector import Unmappable
from sereno.sdk.tables import Layout

EUR = Layout(currency="EUR", zone="Europe/Madrid")

TILL = """Receipt ID;Date;SKU;Qty;Unit price;Register
1;20.11.2026 10:15;MUG;2;1.234,50;till-1
1;20.11.2026 10:15;BOWL;1;9,00;till-1
2;21.11.2026 11:00;MUG;two;9,00;till-1
2;21.11.2026 11:00;HAT;1;5,00;till-1
;21.11.2026;MUG;1;9,00;till-1
3;31.02.2026;MUG;1;9,00;till-2
4;22.11.2026;MUG;1;9,00;till-2;extra
"""


def sheet(text: str, layout: Layout = EUR):
    return READER.read(text.encode(), layout)


def faults(text: str, layout: Layout = EUR) -> list[tuple[str, str]]:
    return [(fault.column, fault.code) for held in sheet(text, layout).held for fault in held.faults]


def test_a_tills_sales_come_whole_or_not_at_all() -> None:
    found = sheet(TILL)
    assert (found.what, found.rows, found.lacks) == ("orders", 7, [])
    (good,) = found.entries
    order = good.item.body["events"][0]["data"]
    assert (order["total"], order["currency"], order["channel"]) == ("2478.00", "EUR", "till-1")
    assert order["placed_at"] == "2026-11-20T09:15:00Z", "the till's own clock"
    told = {held.name: [(fault.row, fault.column, fault.code) for fault in held.faults] for held in found.held}
    assert told == {
        "2": [(0, "Qty", "number.odd")],
        "": [(0, "", "row.nameless")],
        "3": [(0, "Date", "time.odd")],
        "4": [(0, "", "row.too_long")],
    }
    second = found.held[0]
    assert second.line == 4 and [row[2] for row in second.rows] == ["MUG", "HAT"], "with all its lines"


def test_what_was_mended_is_read_alike() -> None:
    held = sheet(TILL).held[0]
    rows = [list(row) for row in held.rows]
    rows[0][3] = "2"
    again = READER.again(sheet(TILL).columns, rows, EUR)
    assert again.held == [] and again.entries[0].name == "2"
    assert again.entries[0].item.body["events"][0]["data"]["item_count"] == 3


def test_what_may_mean_two_things_is_asked() -> None:
    two = 'order-id,date,sku,qty,price\n1,3/4/2026,MUG,1,"1,234"\n'
    assert faults(two) == [("date", "time.ambiguous"), ("price", "amount.ambiguous")]
    (entry,) = sheet(two, Layout(currency="EUR", zone="UTC", day="day", decimal=".")).entries
    order = entry.item.body["events"][0]["data"]
    assert (order["placed_at"], order["total"]) == ("2026-04-03T00:00:00Z", "1234.00")
    (entry,) = sheet(two, Layout(currency="EUR", zone="UTC", day="month", decimal=",")).entries
    assert entry.item.body["events"][0]["data"]["placed_at"] == "2026-03-04T00:00:00Z"


def test_ebay_writes_months_as_words() -> None:
    ebay = (
        "Sales Record Number,Buyer Email,Item Title,Custom Label,Quantity,Sold For,Sale Date,Paid On Date\n"
        '77,ana@example.com,"Bowl, blue",BOWL,2,"$1,012.50",Nov-20-26,Nov-21-26\n'
    )
    (entry,) = sheet(ebay, Layout(currency="USD", zone="UTC")).entries
    order = entry.item.body["events"][0]["data"]
    assert (order["total"], order["payment_status"], order["placed_at"]) == ("2025.00", "paid", "2026-11-20T00:00:00Z")
    assert entry.text == "2025.00 USD: 2 × BOWL"


def test_columns_as_somebody_named_them() -> None:
    german = "Bestellnr;Datum;Artikel;Menge;Betrag\n9;1.2.2026;MUG;3;30,00\n"
    assert sheet(german).lacks == ["sku"]
    columns = {"Bestellnr": "id", "Datum": "placed_at", "Artikel": "sku", "Menge": "quantity", "Betrag": "line_total"}
    (entry,) = sheet(german, Layout(columns, currency="EUR", day="day", zone="UTC")).entries
    assert entry.item.body["events"][0]["data"]["total"] == "30.00"
    assert sheet("sku,available,qty\nMUG,1,7\n", Layout({"available": "", "qty": "available"})).fields == [
        "sku", None, "available",
    ]  # fmt: skip


def test_rows_that_disagree() -> None:
    stock = "sku,location,available\nMUG,shop,4\nMUG,shop,5\nMUG,cellar,2\nHAT,shop,1\nHAT,shop,1\n"
    found = sheet(stock)
    assert [(entry.name, entry.text) for entry in found.entries] == [("MUG", "2 · cellar"), ("HAT", "1 · shop")]
    assert [fault.code for fault in found.held[0].faults] == ["row.twice", "row.twice"]
    orders = "order-id,date,sku,qty,price,currency\n1,2026-01-01,A,1,5,EUR\n1,2026-01-01,B,1,5,USD\n"
    assert faults(orders) == [("currency", "rows.disagree")]


def test_products_with_their_variants() -> None:
    feed = "product-id,sku,title,price,ean\nm1,MUG-S,Mug,9.50,40001\nm1,MUG-L,Mug,12.00,40002\n,HAT,Hat,20,\n"
    found = sheet(feed, Layout(currency="EUR", zone="UTC"))
    mug, hat = (entry.item.body["events"][0] for entry in found.entries)
    assert (mug["type"], mug["subject"], mug["data"]["price"]) == ("product.updated", "product:m1", "9.50")
    assert [one["barcode"] for one in mug["data"]["variants"]] == ["40001", "40002"]
    assert hat["data"]["id"] == "HAT" and "id" not in hat
    assert hat["data"]["status"] == "active" and "description" not in hat["data"]


def test_products_are_described_and_shown_or_not() -> None:
    feed = 'Handle,SKU,Title,Body (HTML),Published\nmug,M-S,Mug,"<p>Blue, ""round""</p>",true\nhat,HAT,Hat,,FALSE\n'
    mug, hat = (entry.item.body["events"][0]["data"] for entry in sheet(feed, EUR).entries)
    assert (mug["description"], mug["status"]) == ('<p>Blue, "round"</p>', "active")
    assert hat["status"] == "draft" and "description" not in hat


def test_as_a_spreadsheet_writes_it() -> None:
    body = "sku\tavailable\r\nMÜG\t4\r\n"
    for encoding in ("utf-16", "cp1252", "utf-8-sig"):
        assert READER.read(body.encode(encoding), EUR).entries[0].name == "MÜG"


@pytest.mark.parametrize("body", [b"", b"one\n", b"\x89PNG\x00\x00,,\n", b"{}"])
def test_what_is_no_table_is_said(body: bytes) -> None:
    with pytest.raises(Unmappable, match="no table"):
        READER.read(body, EUR)
