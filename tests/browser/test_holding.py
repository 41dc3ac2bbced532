"""An order is held at its page, released by one key, and taken back; no serious fault by axe on the way."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from test_access import faults


def test_an_order_is_held_released_by_a_key_and_taken_back(desk: Page, address: str) -> None:
    desk.goto(f"{address}/orders")
    desk.locator("table.rows a.main").first.click()
    name = desk.locator("h1").inner_text()
    desk.get_by_text("Hold the order").click()
    desk.get_by_label("Reason").select_option("risk.high")
    desk.get_by_label("Note for the team").fill("call first")
    desk.get_by_role("button", name="Hold", exact=True).click()
    expect(desk.get_by_text("This order is held")).to_be_visible()
    assert faults(desk) == []
    desk.goto(f"{address}/holds")
    row = desk.locator("[data-held] > li", has_text=name)
    expect(row).to_contain_text("call first")
    assert faults(desk) == []
    desk.keyboard.press("j")
    expect(row).to_be_focused()
    desk.keyboard.press("l")
    expect(desk.get_by_text("1 order is released.")).to_be_visible()
    expect(row).to_have_count(0)
    desk.get_by_role("button", name="Take it back").click()
    expect(desk.locator("[data-held] > li", has_text=name)).to_have_count(1)
