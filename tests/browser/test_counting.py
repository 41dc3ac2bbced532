"""Stock in a real browser: the list, counting by hand and by a barcode the camera reads, and taking a count back."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from test_access import faults

CAMERA = """
window.BarcodeDetector = class { async detect() { return window.seen ? [{rawValue: window.seen}] : []; } };
navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream();
HTMLMediaElement.prototype.play = async () => {};
"""
"""A browser that can read barcodes, with a camera that sees what the test says."""
NO_CAMERA = """
window.BarcodeDetector = class { async detect() { return []; } };
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); };
"""


def count(desk: Page, number: str) -> None:
    there = desk.get_by_label("How many are there")
    expect(there).to_be_focused()
    there.fill(number)
    there.press("Enter")


def test_the_list_leads_to_an_item_and_its_book(desk: Page, address: str) -> None:
    desk.goto(f"{address}/stock")
    desk.get_by_role("searchbox").fill("OIL")
    desk.get_by_role("link", name="Oil, 5 l").first.click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Oil, 5 l")
    assert faults(desk) == []


def test_shelves_are_counted_by_hand_without_leaving_the_keys(desk: Page, address: str) -> None:
    desk.goto(f"{address}/stock/count")
    assert faults(desk) == []
    code = desk.get_by_label("Barcode or SKU")
    expect(code).to_be_focused()
    code.fill("nothing")
    code.press("Enter")
    expect(desk.get_by_text("No item has the barcode or SKU nothing.")).to_be_visible()
    desk.get_by_label("Barcode or SKU").fill("OIL-5L")
    desk.keyboard.press("Enter")
    count(desk, "12")
    expect(desk.get_by_label("Barcode or SKU")).to_be_focused()
    last = desk.locator(".last li").first
    expect(last).to_contain_text("OIL-5L")
    expect(last).to_contain_text("12")
    assert faults(desk) == []
    last.get_by_role("button", name="Undo").click()
    desk.get_by_label("Barcode or SKU").fill("OIL-5L")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("The book says 7.")).to_be_visible()


def test_the_camera_reads_a_barcode_and_finds_the_item(desk: Page, address: str) -> None:
    desk.add_init_script(CAMERA)
    desk.set_viewport_size({"width": 390, "height": 800})
    desk.goto(f"{address}/stock/count")
    scan = desk.get_by_role("button", name="Read with the camera")
    scan.click()
    expect(desk.get_by_role("button", name="Stop")).to_be_visible()
    expect(desk.locator("video[data-eye]")).to_be_visible()
    assert faults(desk) == []
    desk.evaluate("window.seen = 'OIL-5L'")
    expect(desk.get_by_text("The book says")).to_be_visible()
    assert "code=OIL-5L" in desk.url


def test_without_a_camera_one_types(desk: Page, address: str) -> None:
    desk.add_init_script(NO_CAMERA)
    desk.goto(f"{address}/stock/count")
    desk.get_by_role("button", name="Read with the camera").click()
    expect(desk.get_by_text("The camera cannot be used: type the number instead.")).to_be_visible()
    expect(desk.get_by_label("Barcode or SKU")).to_be_focused()
