"""Nothing jumps: what htmx swaps in by itself, or while one types, moves nothing that is already there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Response, expect

WATCH = """() => {
  window.moved = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const who = entry.sources.map((one) => one.node?.className ?? "");
      if (!entry.hadRecentInput) window.moved.push([entry.value, ...who]);
    }
  }).observe({ type: "layout-shift" });
}"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
MOST = 0.005
"""What may move, as a share of the screen: an hour that becomes a digit longer."""


def is_swap(response: Response) -> bool:
    return "hx-request" in response.request.headers


def moved(page: Page) -> list[object]:
    page.evaluate(SETTLED)
    return [entry for entry in page.evaluate("window.moved") if entry[0] > MOST]


@pytest.mark.parametrize("path", ["/", "/flows/cart-recovery"])
def test_what_renews_itself_moves_nothing(desk: Page, address: str, path: str) -> None:
    desk.goto(f"{address}{path}")
    desk.evaluate(WATCH)
    with desk.expect_response(is_swap):
        pass
    assert moved(desk) == []


@pytest.mark.parametrize(
    ("path", "text"), [("/events", "1001"), ("/runs", "mara@example.com"), ("/templates", "cart"), ("/effects", "1001")]
)
def test_searching_moves_nothing(desk: Page, address: str, path: str, text: str) -> None:
    desk.goto(f"{address}{path}")
    desk.evaluate(WATCH)
    with desk.expect_response(is_swap):
        desk.get_by_role("searchbox").fill(text)
    expect(desk).to_have_url(re.compile("q="))
    assert moved(desk) == []
