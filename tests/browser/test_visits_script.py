"""The real script in a shop's own page: a visit is told once, by whom it is, and of nobody else; what could not be told
goes out with the next page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

import sereno

SCRIPT = (Path(sereno.__file__).parent / "web" / "static" / "js" / "visits.js").read_text()
PAGE = """<!doctype html><html lang="es"><head><meta charset="utf-8"><title>Taza</title></head><body><main><h1>Taza</h1>
<script src="https://s.example/storefront/sf_x/visits.js" data-product="p1" {who} defer></script>
</main></body></html>"""
POLICY = {"Content-Security-Policy": "default-src 'none'; script-src https://s.example; connect-src https://s.example"}
OPEN = {"Access-Control-Allow-Origin": "*"}
KNOWN = 'data-customer="7" data-proof="signed"'
TOLD = """document.addEventListener('sereno:visit',
  (event) => { document.documentElement.dataset.told = `said ${event.detail.status}`; });"""


class Far:
    """A shop's page, and Sereno as it answers or does not."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.is_down = False
        self.who = KNOWN
        self.status = "started"

    def answer(self, route: Route) -> None:
        address = route.request.url
        if address.endswith("visits.js"):
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        elif not address.endswith("/visit"):
            route.fulfill(body=PAGE.format(who=self.who), content_type="text/html", headers=POLICY)
        elif self.is_down:
            route.abort()
        else:
            self.asked.append(json.loads(route.request.post_data or "{}"))
            route.fulfill(body=json.dumps({"status": self.status}), content_type="application/json", headers=OPEN)


@pytest.fixture
def far(page: Page) -> Far:
    found = Far()
    page.add_init_script(TOLD)
    page.route("**/*", found.answer)
    return found


def shown(page: Page, address: str = "https://shop.example/taza", **how: Any) -> str:
    page.goto(address, **how)
    told = page.locator("html[data-told]")
    told.wait_for(state="attached")
    return (told.get_attribute("data-told") or "").removeprefix("said").strip()


def test_a_page_is_told_with_where_it_came_from_and_nothing_more(page: Page, far: Far) -> None:
    address = "https://shop.example/taza?utm_source=news&utm_medium=email&utm_campaign=spring&secret=1"
    assert shown(page, address, referer="https://www.instagram.com/p/1") == "started"
    (asked,) = far.asked
    assert (asked["customer"], asked["proof"], asked["product"]) == ("7", "signed", "p1")
    assert (asked["utm_source"], asked["utm_medium"], asked["utm_campaign"]) == ("news", "email", "spring")
    assert asked["language"] and len(asked["view"]) >= 8
    named = {"customer", "proof", "view", "product", "language", "referrer", "touch"}
    assert set(asked) == named | {"utm_source", "utm_medium", "utm_campaign"}
    assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.getItem('sereno:views')]") == [
        *("", 0, "[]")
    ]


def test_each_page_has_a_name_of_its_own(page: Page, far: Far) -> None:
    for _ in range(3):
        shown(page)
    assert len({one["view"] for one in far.asked}) == 3


def test_what_could_not_be_told_goes_out_first_with_the_next_page(page: Page, far: Far) -> None:
    far.is_down = True
    assert shown(page, "https://shop.example/taza?utm_source=news") == ""
    far.is_down, far.status = False, "kept"
    assert shown(page) == "kept"
    assert [one.get("utm_source") for one in far.asked] == ["news", None]
    far.is_down = True
    shown(page)
    far.is_down, far.who = False, 'data-customer="8" data-proof="other"'
    shown(page)
    assert [one["customer"] for one in far.asked] == ["7", "7", "8"], "nobody's page is told for another"


@pytest.mark.parametrize("who", ["", 'data-customer="7"', f'{KNOWN} data-learn="off"'])
def test_of_nobody_else_is_anything_told(page: Page, far: Far, who: str) -> None:
    far.who = who
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("https://shop.example/taza", wait_until="networkidle")
    assert far.asked == [] and not [one for one in asked if one.endswith("/visit")]
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_what_is_shown_on_their_coming_is_asked_for_once_it_began(page: Page, far: Far) -> None:
    page.clock.install()
    page.add_init_script("window.sereno = { content: { load: () => { window.loaded = (window.loaded || 0) + 1; } } };")
    assert shown(page) == "started"
    page.clock.run_for(10_000)
    assert page.evaluate("window.loaded") == 2
    far.status = "kept"
    assert shown(page) == "kept"
    page.clock.run_for(10_000)
    assert page.evaluate("window.loaded") is None
