"""A template is installed and its first run is seen, by somebody who only clicks."""

from __future__ import annotations

import re

from browsing import Installation
from playwright.sync_api import Page, expect


def test_a_template_is_installed_in_shadow_and_its_first_run_seen(desk: Page, installation: Installation) -> None:
    desk.get_by_role("link", name="Templates").click()
    desk.get_by_role("searchbox").fill("best customers")
    expect(desk.locator(".tile")).to_have_count(1)
    desk.get_by_role("link", name="High-value customer").click()
    expect(desk.get_by_role("heading", name="What it needs")).to_be_visible()
    desk.get_by_role("button", name="Install in shadow").click()
    expect(desk.get_by_role("heading", name="What happens next")).to_be_visible()
    expect(desk.get_by_text("Waiting for the first order.created.", exact=False)).to_be_visible()

    installation.order(id="77", number="#77", total="900.00", currency="EUR", email="mara@example.com")
    first = desk.locator("#first-run").get_by_role("link", name="#77")
    expect(first).to_be_visible()
    first.click()
    expect(desk).to_have_url(re.compile("/runs/"))
    expect(desk.get_by_role("heading", name="What happened")).to_be_visible()
    expect(desk.get_by_text("Shadow", exact=True).first).to_be_visible()


def test_the_messages_of_a_template_are_shown_in_four_languages(desk: Page, address: str) -> None:
    desk.goto(f"{address}/templates/order-confirmation")
    frame = desk.frame_locator("iframe").first
    for language, word in (("Română", "comand"), ("Português", "encomenda"), ("Español", "pedido")):
        desk.get_by_role("link", name=language).click()
        desk.locator("iframe").first.scroll_into_view_if_needed()
        expect(frame.locator("body")).to_contain_text(re.compile(word, re.IGNORECASE))
