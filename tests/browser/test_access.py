"""Every page, in light, dark and on a narrow screen: no serious fault by axe, nothing wider than the screen."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import sign_in
from playwright.sync_api import Browser, Page

import sereno.web

PAGES = (
    "/",
    "/attention",
    "/flows",
    "/flows/new",
    "/flows/cart-recovery",
    "/flows/cart-recovery/yaml",
    "/flows/cart-recovery/versions",
    "/flows/cart-recovery/compare",
    "/flows/cart-recovery/try",
    "/flows/thanks/try?event=2",
    "/flows/map",
    "/flows/cart-recovery/edit",
    "/runs",
    "/runs?q=nobody",
    "/runs/a1b2c3d4e5f6a7b8c9d0",
    "/runs/b1b2c3d4e5f6a7b8c9d0",
    "/why",
    "/why?subject=%231001",
    "/events",
    "/events/1",
    "/deliveries",
    "/deliveries/1",
    "/deliveries/2",
    "/effects",
    "/effects/1",
    "/effects/2",
    "/connections",
    "/connections/lantern-store",
    "/keys",
    "/inbox",
    "/design",
    "/api/v1/docs",
    "/nowhere",
    "/unsubscribe/broken",
)
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}
JAVASCRIPT_LIMIT = 30 * 1024


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_has_a_serious_fault_or_overflows(browser: Browser, address: str, look: str) -> None:
    context = browser.new_context(locale="en-GB", reduced_motion="reduce", **LOOKS[look])  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    wrong = {"/sign-in": faults(page)}
    sign_in(page, address)
    for path in PAGES:
        page.goto(f"{address}{path}")
        wrong[path] = faults(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong[path].append("wider than the screen")
    context.close()
    assert not {path: found for path, found in wrong.items() if found}


def test_a_page_carries_little_javascript() -> None:
    static = Path(sereno.web.__file__).parent / "static"
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in static.rglob("*.js")}
    assert sum(sizes.values()) <= JAVASCRIPT_LIMIT, sizes
