"""Lead forms in a shop's own page with a strict policy: by keys, in its language, and with Sereno out of reach."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from browsing import looked_until
from playwright.sync_api import Page, Route, expect
from test_access import faults

import sereno
from sereno.modules.forms import reading

SCRIPT = (Path(sereno.__file__).parent / "web" / "static" / "js" / "capture.js").read_text()
PAGE = """<!doctype html><html lang="es"><head><meta charset="utf-8"><title>Taza</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>Taza</h1>
<script src="https://s.example/storefront/sf_x/forms.js" data-timeout="60000" defer></script>
<a href="#here">Un enlace</a>
<div data-sereno-form="inside"></div></main></body></html>"""
POLICY = "default-src 'none'; script-src https://s.example; connect-src https://s.example; style-src 'none'"
OPEN = {"Access-Control-Allow-Origin": "*"}


def form(like: str, name: str, **when: Any) -> dict[str, Any]:
    document = reading.write(reading.shipped()[like])
    now = {"seconds": None, "scroll": None, "leaving": False, "pages": [], "not_pages": [], "rest_days": 14}
    document["when"] = {**now, **when}
    return reading.shown(reading.read(name, document))


class Far:
    """A shop's page, and Sereno as it answers or does not."""

    def __init__(self) -> None:
        self.forms: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.views = 0
        self.is_down = False

    def answer(self, route: Route) -> None:
        address = route.request.url
        if address.endswith("forms.js"):
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        elif address.startswith("https://shop.example"):
            route.fulfill(body=PAGE, content_type="text/html", headers={"Content-Security-Policy": POLICY})
        elif self.is_down:
            route.abort()
        elif address.endswith("forms.json"):
            self.tell(route, {"locale": "en", "forms": self.forms})
        else:
            asked = json.loads(route.request.post_data or "{}")
            self.views += asked["what"] == "begin"
            if asked["what"] == "begin":
                self.tell(route, {"token": f"t{self.views}"})
            else:
                self.sent.append(asked)
                self.tell(route, {"pending": False, "code": "HOLA-1"})

    def tell(self, route: Route, found: dict[str, Any]) -> None:
        route.fulfill(body=json.dumps(found), content_type="application/json", headers=OPEN)


@pytest.fixture
def far(page: Page) -> Far:
    found = Far()
    page.route("**/*", found.answer)
    return found


def open_page(page: Page) -> None:
    page.goto("https://shop.example/taza")


def test_a_pop_up_is_answered_by_keys_and_never_comes_back(page: Page, far: Far) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    far.forms = [form("welcome-offer", "offer")]
    open_page(page)
    dialog = page.get_by_role("dialog", name="10 % de descuento en tu primer pedido")
    expect(dialog).to_be_visible()
    assert faults(page) == [] and said == [], "a strict policy of the shop's is no hindrance"
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.shadowRoot")
    page.get_by_role("button", name="Enviarme el código").click()
    expect(dialog.get_by_text("Rellena este campo")).to_have_count(2)
    page.get_by_label("Tu correo").fill("nope")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("no parece una dirección")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Tu correo").fill("ana@example.com")
    page.get_by_label("Sí, quiero recibir").check()
    page.get_by_role("button", name="Enviarme el código").click()
    expect(page.get_by_text("HOLA-1")).to_be_visible()
    assert faults(page) == []
    (sent,) = far.sent
    assert sent["values"] == {"email": ["ana@example.com"], "news": ["yes"]} and sent["token"] == "t1"
    assert (sent["page"], sent["locale"], sent["website"]) == ("/taza", "es", "")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    open_page(page)
    page.wait_for_function("() => JSON.parse(localStorage['sereno:forms-known'] || '{}').forms")
    assert page.locator("[data-sereno-shown]").count() == 0


def test_closed_it_rests_and_its_teaser_brings_it_back(page: Page, far: Far) -> None:
    far.forms = [form("welcome-offer", "offer")]
    open_page(page)
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="10 % menos").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Cerrar").click()
    open_page(page)
    page.wait_for_timeout(0)
    assert page.locator("[data-sereno-shown]").count() == 0 and far.views == 1


def test_with_sereno_away_forms_are_shown_and_kept_till_later(page: Page, far: Far) -> None:
    far.forms = [form("ask-us", "inside"), form("newsletter-bar", "bar", scroll=40)]
    open_page(page)
    page.get_by_text("¿Te ayudamos a elegir?").wait_for()
    far.is_down = True
    page.set_viewport_size({"width": 390, "height": 800})
    open_page(page)
    page.get_by_label("Esta semana").check()
    page.get_by_role("button", name="Siguiente").click()
    expect(page.get_by_label("Tu nombre")).to_be_focused()
    assert faults(page) == [] and page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Tu correo").fill("ana@example.com")
    page.get_by_role("button", name="Preguntar").click()
    page.get_by_text("se enviará con la próxima página").wait_for()
    assert far.sent == []
    far.is_down = False
    open_page(page)
    page.wait_for_function("() => localStorage['sereno:forms-unsent'] === '[]'")
    looked_until(page, lambda: bool(far.sent), lambda: None)
    assert far.sent[0]["values"]["when"] == ["now"] and far.sent[0]["form"] == "inside"
