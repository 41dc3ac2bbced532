"""Content of the site in a shop's own page under a strict policy: what stands where and when, closed for good by keys,
from the kept copy while Sereno is away, and gone without a trace."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

import sereno

SCRIPT = (Path(sereno.__file__).parent / "web" / "static" / "js" / "site-content.js").read_text()
PAGE = """<!doctype html><html lang="es"><head><meta charset="utf-8"><title>Taza</title></head><body><main><h1>Taza</h1>
<script src="https://s.example/storefront/sf_x/site-content.js" data-overlay-after="0"
 data-timeout="60000" defer></script>
<div data-sereno-content="hero">What the page holds itself</div>
<span id="one" data-sereno-badge="p1"></span><span id="two" data-sereno-badge="p2" data-tags="new, red"></span>
</main></body></html>"""
POLICY = {"Content-Security-Policy": "default-src 'none'; script-src https://s.example; connect-src https://s.example"}


def piece(kind: str, place: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": "p1", "kind": kind, "place": place, "tone": "calm", "text": text, **more}


def campaign(name: str, *pieces: dict[str, Any], priority: int = 50, **more: Any) -> dict[str, Any]:
    return {"name": name, "order": [-priority, 0, name], "pieces": list(pieces), **more}


class Far:
    """A shop's page, and Sereno as it answers or does not."""

    def __init__(self) -> None:
        self.campaigns: list[dict[str, Any]] = []
        self.is_down = False

    def answer(self, route: Route) -> None:
        address = route.request.url
        if address.endswith(".js"):
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        elif not address.endswith("/content/es.json"):
            route.fulfill(body=PAGE, content_type="text/html", headers=POLICY)
        elif self.is_down:
            route.abort()
        else:
            headers = {"Access-Control-Allow-Origin": "*"}
            body = json.dumps({"campaigns": self.campaigns})
            route.fulfill(body=body, content_type="application/json", headers=headers)


@pytest.fixture
def far(page: Page) -> Far:
    found = Far()
    page.route("**/*", found.answer)
    return found


def own_words(page: Page) -> bool:
    """Whether what stands inside the place itself is drawn."""
    drawn = """() => { const words = document.createRange();
        words.selectNodeContents(document.querySelector('[data-sereno-content]'));
        return words.getBoundingClientRect().height > 0; }"""
    return bool(page.evaluate(drawn))


def opened(page: Page) -> None:
    page.goto("https://shop.example/taza")
    page.wait_for_function("window.sereno && window.sereno.content")


def test_each_place_has_one_thing_and_closed_stays_closed(page: Page, far: Far) -> None:
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
    far.campaigns = [
        campaign("low", piece("bar", "bar", "Low"), piece("banner", "hero", "Banner", url="/sale"), priority=1),
        campaign("high", piece("bar", "bar", "Envío gratis", url="javascript:alert(1)"), priority=90),
        campaign(
            "badges", piece("badge", "badge", "Nuevo", tag="new"), piece("setting", "setting:hue", "", value="red")
        ),
        campaign("asked", piece("badge", "badge", "De vuelta"), shown=[{"product": "p1", "until": None}]),
    ]
    opened(page)
    bar = page.get_by_role("region", name="Envío gratis")
    expect(bar).to_be_visible()
    assert bar.locator("a").count() == 0, "an address that runs code is no address"
    expect(page.get_by_role("link", name="Banner")).to_have_attribute("href", "https://shop.example/sale")
    assert not own_words(page)
    expect(page.locator("#one")).to_contain_text("De vuelta")
    expect(page.locator("#two")).to_contain_text("Nuevo")
    assert page.evaluate("document.documentElement.style.getPropertyValue('--sereno-hue')") == "red"
    page.get_by_role("button", name="Cerrar").focus()
    page.keyboard.press("Enter")
    expect(bar).to_be_hidden()
    opened(page)
    expect(page.get_by_role("link", name="Banner")).to_be_visible()
    expect(bar).to_be_hidden()
    assert refused == []


def test_while_sereno_is_away_the_kept_copy_begins_and_ends_on_the_instant(page: Page, far: Far) -> None:
    now = datetime.now(UTC)
    far.campaigns = [
        campaign("over", piece("banner", "hero", "Ends"), priority=90, ends=(now + timedelta(hours=1)).isoformat()),
        campaign("usual", piece("banner", "hero", "Usual"), starts=(now - timedelta(hours=1)).isoformat()),
    ]
    page.clock.install(time=now)
    opened(page)
    place = page.locator("[data-sereno-content=hero]")
    expect(place).to_contain_text("Ends")
    far.is_down = True
    opened(page)
    expect(place).to_contain_text("Ends")
    page.clock.fast_forward("01:00:01")
    expect(place).to_contain_text("Usual")


def test_what_is_off_leaves_the_page_as_it_was(page: Page, far: Far) -> None:
    far.campaigns = [campaign("c", piece("banner", "hero", "Banner"), piece("setting", "setting:hue", "", value="red"))]
    opened(page)
    expect(page.get_by_text("Banner")).to_be_visible()
    far.campaigns = []
    page.evaluate("window.sereno.content.load()")
    expect(page.get_by_text("Banner")).to_have_count(0)
    assert own_words(page)
    assert page.evaluate("document.documentElement.getAttribute('data-sereno-hue')") is None
    assert page.evaluate("document.documentElement.style.getPropertyValue('--sereno-hue')") == ""


def test_a_window_takes_the_focus_and_gives_it_back_by_escape(page: Page, far: Far) -> None:
    far.campaigns = [campaign("c", piece("overlay", "overlay", "Bienvenida", button="Ver", url="/new"))]
    opened(page)
    window = page.get_by_role("dialog", name="Bienvenida")
    expect(window).to_be_visible()
    serious = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert serious == []
    page.keyboard.press("Escape")
    expect(window).to_be_hidden()
    opened(page)
    expect(window).to_be_hidden()
    assert own_words(page)
