"""An order is held at its page, released by one key, and taken back; no serious fault by axe on the way."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from test_access import faults


def orders(desk: Page, address: str) -> list[str]:
    """The newest first. Other tests hold and cancel orders, too: look whether one can be held."""
    desk.goto(f"{address}/orders")
    links = desk.locator("table.rows a.main")
    return [str(links.nth(number).get_attribute("href")) for number in range(links.count())]


def test_an_order_is_held_released_by_a_key_and_taken_back(desk: Page, address: str) -> None:
    for path in orders(desk, address):
        desk.goto(f"{address}{path}")
        if desk.locator("summary", has_text="Hold the order").count():
            break
    name = desk.locator("h1").inner_text()
    desk.locator("summary", has_text="Hold the order").click()
    desk.get_by_label("Reason").select_option("risk.high")
    desk.get_by_label("Note for the team").fill("call first")
    desk.get_by_role("button", name="Hold", exact=True).click()
    expect(desk.get_by_text("This order is held")).to_be_visible()
    assert faults(desk) == []
    desk.goto(f"{address}/holds")
    row = desk.locator("[data-held] > li", has_text=name)
    expect(row).to_contain_text("call first")
    assert faults(desk) == []
    for _ in range(desk.locator("[data-held] > li").count()):
        desk.keyboard.press("j")
        if row.evaluate("one => one === document.activeElement"):
            break
    expect(row).to_be_focused()
    desk.keyboard.press("l")
    expect(desk.get_by_text("1 order is released.")).to_be_visible()
    expect(row).to_have_count(0)
    desk.get_by_role("button", name="Take it back").click()
    expect(desk.locator("[data-held] > li", has_text=name)).to_have_count(1)


def test_a_queue_of_held_orders_is_worked_off_by_keys(desk: Page, address: str) -> None:
    waiting = 0
    for path in orders(desk, address):
        desk.goto(f"{address}{path}")
        if desk.locator("summary", has_text="Hold the order").count():
            desk.locator("summary", has_text="Hold the order").click()
            desk.get_by_label("Reason").select_option("by.hand")
            desk.get_by_role("button", name="Hold", exact=True).click()
            expect(desk.get_by_text("This order is held")).to_be_visible()
        waiting += desk.get_by_text("This order is held").count()
        if waiting == 2:
            break
    desk.goto(f"{address}/holds")
    rows = desk.locator("[data-held] > li")
    held = rows.count()
    assert held >= waiting > 0
    desk.keyboard.press("j")
    desk.keyboard.press("x")
    expect(rows.first.get_by_role("checkbox")).to_be_checked()
    desk.keyboard.press("x")
    expect(rows.first.get_by_role("checkbox")).not_to_be_checked()
    desk.keyboard.press("k")
    expect(rows.first).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("This order is held")).to_be_visible()
    for left in range(held - 1, -1, -1):
        desk.goto(f"{address}/holds")
        desk.keyboard.press("j")
        desk.keyboard.press("l")
        expect(rows).to_have_count(left)
