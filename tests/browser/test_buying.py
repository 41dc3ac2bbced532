"""From a price list to the shelf by the pages: an order drafted, approved, answered by its supplier's own link on a
telephone, received in part and whole; no serious fault by axe on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page, expect
from test_access import faults

PRICES = "sku;title;price;minimum;multiple\nLAMP;Lamp of brass;12,50;6;6\nSHADE;Shade of linen;4.00;1;1\n"


def test_from_a_price_list_to_the_shelf(desk: Page, browser: Browser, address: str) -> None:
    desk.goto(f"{address}/suppliers/new")
    desk.get_by_label("Name", exact=True).fill("Lumen")
    desk.get_by_label("Short name").fill("lumen")
    desk.get_by_label("Orders go").select_option("hand")
    desk.locator("select[name=locale]").select_option("en")
    desk.get_by_role("button", name="Keep").click()
    expect(desk.locator("h1")).to_have_text("Lumen")
    desk.get_by_label("Or paste it").fill(PRICES)
    desk.get_by_role("button", name="Bring in").click()
    expect(desk.get_by_text("2 lines of the price list are kept.")).to_be_visible()
    assert faults(desk) == []

    desk.goto(f"{address}/purchases")
    desk.locator("#field-supplier").select_option("lumen")
    desk.get_by_label("Lines").fill("LAMP 12\nSHADE 10")
    desk.get_by_role("button", name="Draft", exact=True).click()
    expect(desk.locator("h1")).to_contain_text("PO-")
    desk.get_by_role("button", name="Approve and send").click()
    desk.get_by_role("button", name="I have sent it").click()
    expect(desk.get_by_text("Noted as sent.")).to_be_visible()
    assert faults(desk) == []

    answered = _answer(browser, desk.locator("#supply-link").inner_text())
    desk.reload()
    expect(desk.get_by_text("L-77")).to_be_visible()
    assert answered == "Thank you."

    desk.get_by_label("Came now of LAMP").fill("6")
    desk.get_by_label("Came now of SHADE").fill("")
    desk.get_by_role("button", name="Receive").press("Enter")
    expect(desk.get_by_text("Put away. The stock counts it from now on.")).to_be_visible()
    expect(desk.get_by_text("6 × LAMP")).to_be_visible()
    expect(desk.locator(".facts")).to_contain_text("Received in part")
    desk.get_by_role("button", name="Receive").click()
    expect(desk.locator(".facts dd").first).to_have_text("Received")
    assert faults(desk) == []


def _answer(browser: Browser, link: str) -> str:
    """The supplier has no account, a telephone, and two shades too few."""
    there = browser.new_context(viewport={"width": 390, "height": 800})
    page = there.new_page()
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Purchase order PO-")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("You deliver of Shade of linen").fill("8")
    page.get_by_label("You deliver on").fill((datetime.now(UTC) + timedelta(days=9)).date().isoformat())
    page.get_by_label("Your number").fill("L-77")
    assert faults(page) == []
    page.get_by_role("button", name="Confirm the order").click()
    status = page.get_by_role("status").inner_text()
    there.close()
    return status.strip()[:10]
