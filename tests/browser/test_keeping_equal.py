"""Product sync in a real browser: a rule is set, what differs appears with both values, and what is held is decided by
keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import Installation, looked_until
from playwright.sync_api import Locator, Page, expect
from test_access import faults

SELLING = """
from synced import make_stores
side = {"store": "side-shop", "prefix": "side"}
make_stores(shop, "JUG-1", price="96.00", **side)
make_stores(shop, "BOWL-3", price="10.00", description="<p>Made by hand in Úbeda, of red clay.</p>", **side)
from sereno.modules.catalog.models import Product
Product.objects.filter(shop=shop, key="side~bowl-3").update(data={"id": "side~bowl-3", "title": "The BOWL-3",
    "status": "active", "description": "Made by hand in short series, of red clay."})
"""
OVER = """
from sereno.modules.catalog.models import Difference, Product, SyncRule, Variant
from sereno.store.models import Connection
for model in (SyncRule, Difference):
    model.objects.filter(shop=shop).delete()
for model in (Product, Variant):
    model.objects.filter(shop=shop, key__contains="~").delete()
Connection.objects.filter(shop=shop, name__in=("side-shop", "house-pim")).delete()
"""
"""Other tests know the shop as it was."""


@pytest.fixture(scope="module")
def _selling(installation: Installation) -> Iterator[None]:
    installation.run(SELLING)
    yield
    installation.run(OVER)


@pytest.mark.usefixtures("_selling")
def test_a_rule_is_set_and_what_is_held_is_decided_by_keys(desk: Page, address: str) -> None:
    desk.goto(f"{address}/stock")
    desk.get_by_role("link", name="Product sync").click()
    assert faults(desk) == []
    for field in ("price", "description"):
        line = desk.locator(f"#rule-{field}")
        expect(line).to_contain_text("Nobody leads")
        line.locator("summary").click()
        line.get_by_label("Who leads").select_option("house-pim")
        line.get_by_role("button", name="Keep the rule").click()
        expect(line).to_contain_text("house-pim leads")
    held, words = _row(desk, "The JUG-1"), _row(desk, "The BOWL-3")
    looked_until(desk, lambda: held.count() == 1 and words.count() == 1)
    expect(held).to_contain_text("further than the rule allows")
    expect(held).to_contain_text("€96.00")
    expect(words.locator("del").first).to_be_visible()
    assert faults(desk) == []
    desk.set_viewport_size({"width": 390, "height": 800})
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(desk) == []
    desk.set_viewport_size({"width": 1280, "height": 800})
    _go_to(desk, held)
    desk.keyboard.press("w")
    expect(desk.get_by_text("1 is released")).to_be_visible()
    expect(held).to_contain_text("To be written")


def _row(desk: Page, name: str) -> Locator:
    return desk.locator("ol.differences > li").filter(has_text=name)


def _go_to(desk: Page, row: Locator) -> None:
    desk.wait_for_load_state("load")
    for _ in range(30):
        desk.keyboard.press("j")
        if row.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError("the row was not reached by keys")
