"""The form and the heart in a shop's own page: by keys, in its language, and with Sereno out of reach."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from browsing import looked_until
from playwright.sync_api import Page, Route

import sereno

SCRIPT = (Path(sereno.__file__).parent / "web" / "static" / "js" / "wishes.js").read_text()
PAGE = """<!doctype html><html lang="es"><head><meta charset="utf-8"><title>Taza</title></head><body><main><h1>Taza</h1>
<script src="https://s.example/storefront/sf_x/wishes.js" data-product="p1" data-timeout="60000" {who} defer></script>
<div data-sereno-wait data-product="p1" data-variant="v1"></div>
<button type="button" data-sereno-wish data-product="p1"></button></main></body></html>"""
OPEN = {"Access-Control-Allow-Origin": "*"}


class Far:
    """A shop's page, and Sereno as it answers or does not."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.is_down = False
        self.who = ""

    def answer(self, route: Route) -> None:
        address = route.request.url
        if address.endswith("wishes.js"):
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        elif not address.endswith("/interest"):
            route.fulfill(body=PAGE.format(who=self.who), content_type="text/html")
        elif self.is_down:
            route.abort()
        else:
            self.asked.append(json.loads(route.request.post_data or "{}"))
            found = {"wishes": ["p9"]} if self.asked[-1]["what"] == "list" else {"status": "pending"}
            route.fulfill(body=json.dumps(found), content_type="application/json", headers=OPEN)


@pytest.fixture
def far(page: Page) -> Far:
    found = Far()
    page.route("**/*", found.answer)
    page.goto("https://shop.example/taza")
    return found


def says(page: Page, words: str) -> None:
    page.get_by_role("status").filter(has_text=words).wait_for()


def test_a_place_in_line_is_asked_for_by_keys(page: Page, far: Far) -> None:
    field = page.get_by_label("Tu correo")
    field.fill("nope")
    page.keyboard.press("Enter")
    says(page, "no parece una dirección")
    assert field.get_attribute("aria-invalid") == "true" and far.asked == []
    field.fill("ana@example.com")
    page.keyboard.press("Enter")
    says(page, "Mira tu correo")
    (asked,) = far.asked
    assert (asked["what"], asked["product"], asked["variant"], asked["locale"]) == ("wait", "p1", "v1", "es")
    assert asked["website"] == "" and not page.locator("input[name=website]").is_visible()


def test_what_could_not_be_said_goes_out_with_the_next_page(page: Page, far: Far) -> None:
    far.is_down = True
    page.get_by_label("Tu correo").fill("eva@example.com")
    page.keyboard.press("Enter")
    says(page, "Queda guardado")
    page.get_by_role("button", name="Añadir a la lista de deseos").click()
    assert page.get_by_role("button", name="Quitar de la lista").get_attribute("aria-pressed") == "true"
    far.is_down, far.who = False, 'data-customer="7" data-proof="signed"'
    page.reload()
    page.wait_for_function("localStorage.getItem('sereno:wishes') === '[\"p9\",\"p1\"]'")
    looked_until(page, lambda: [one["what"] for one in far.asked][-1:] == ["wish"], lambda: None)
    said = [(one["what"], one.get("email") or one.get("product")) for one in far.asked if one["what"] != "list"]
    assert said == [("wait", "eva@example.com"), ("view", "p1"), ("wish", "p1")]
