"""A till's file in a real browser: brought, looked at, its columns named, taken in; a bad line is mended."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from test_access import faults

SALES = """Bon;Datum;Artikel;Menge;Preis
B-1;20.11.2026 10:15;MUG;2;9,50
B-2;20.11.2026 11:00;MUG;two;9,50
B-3;20.11.2026 12:00;MUG;1;9,50
"""
COLUMNS = {"Bon": "id", "Datum": "placed_at", "Artikel": "sku", "Menge": "quantity", "Preis": "price"}


def test_a_tills_file_is_looked_at_taken_in_and_mended(desk: Page, address: str) -> None:
    desk.goto(f"{address}/feeds/new")
    assert faults(desk) == []
    desk.get_by_label("What it is called").fill("Till in the shop")
    desk.get_by_label("What is in it").select_option("orders")
    desk.get_by_role("button", name="Add it").click()
    expect(desk.get_by_role("heading", name="Till in the shop")).to_be_visible()
    assert faults(desk) == []
    desk.get_by_label("CSV, TSV or text").set_input_files(
        {"name": "sales.csv", "mimeType": "text/csv", "buffer": SALES.encode()}
    )
    desk.get_by_role("button", name="Look at it").click()
    expect(desk.get_by_text("Some needed columns were not found")).to_be_visible()
    for number, (_column, field) in enumerate(COLUMNS.items()):
        desk.locator(f"#column-{number}").select_option(field)
    desk.get_by_role("button", name="Keep this, and look again").click()
    expect(desk.get_by_text("19.00 EUR: 2 × MUG")).to_be_visible()
    expect(desk.get_by_text("Menge: This is no number")).to_be_visible()
    assert faults(desk) == []
    desk.get_by_role("button", name="Take in 2 records").click()
    expect(desk.locator("#files .status", has_text="not whole")).to_be_visible()
    desk.locator("#files td a.main").first.click()
    wrong = desk.get_by_label("Menge")
    expect(wrong).to_have_value("two")
    assert faults(desk) == []
    wrong.fill("2")
    wrong.press("Enter")
    expect(desk.get_by_text("Mended, and taken in.")).to_be_visible()
    expect(desk.locator(".held")).to_have_count(0)
    desk.goto(f"{address}/orders?q=B-2")
    expect(desk.locator("table.rows a.main").first).to_contain_text("B-2")


def test_a_feed_goes_out_to_whoever_has_its_key(desk: Page, address: str) -> None:
    desk.goto(f"{address}/feeds/out/new")
    assert faults(desk) == []
    desk.get_by_label("What it is called").fill("Stock for others")
    desk.get_by_role("button", name="Make it").click()
    expect(desk.get_by_text("Copy the address now")).to_be_visible()
    assert faults(desk) == []
    whole = desk.locator("code#address").inner_text()
    path = whole[whole.index("/feed/") :]
    answer = desk.request.get(f"{address}{path}")
    assert answer.status == 200 and answer.text().startswith("sku,available")
    assert desk.request.get(f"{address}{path.partition('?')[0]}").status == 404
    assert desk.request.get(f"{address}{path}x").status == 404
