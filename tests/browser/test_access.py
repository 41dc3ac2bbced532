"""Every page, found by its address: no serious fault by axe in light and dark, no complaint of the browser, nothing
wider than a telephone, and nothing that breaks when letters are 40 % larger."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Installation, sign_in
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

BESIDE = (
    "/runs?q=nobody",
    "/why?subject=%231001",
    "/flows/thanks/builder?at=0",
    "/flows/thanks/compare?look=yaml",
    "/runs/a1b2c3d4e5f6a7b8c9d0",
    "/deliveries/2",
    "/effects/1",
    "/flows/thanks/try?event=2",
    "/flows/draft-only",
    "/api/v1/docs",
    "/nowhere",
    "/unsubscribe/broken",
    "/preferences/broken",
    "/join/broken",
)
"""Pages in a state that the list of addresses does not lead to."""
LIGHT = {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}}
DARK = {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}}
NARROW = {"color_scheme": "light", "viewport": {"width": 390, "height": 844}}
COLOURS = ("color-contrast", "link-in-text-block")
"""The dark pages are the light ones but for their colours."""
TOO_WIDE = """() => {
  const root = document.documentElement;
  return root.scrollWidth > root.clientWidth ? `${root.scrollWidth} in ${root.clientWidth}` : "";
}"""
LARGER = "document.documentElement.style.cssText = 'font-size: 140%; letter-spacing: .05em'"
"""The letters are spaced, too: the same text is wider in the fonts of another machine."""


def faults(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Serious and critical ones, by all rules or by these, of the page at rest: half faded in, all is too pale."""
    page.emulate_media(reduced_motion="reduce")
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def opened(browser: Browser, look: dict[str, object]) -> tuple[BrowserContext, Page, list[str]]:
    """A page, and where the browser's complaints are written."""
    context = browser.new_context(locale="en-GB", reduced_motion="reduce", **look)  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if is_complaint(message) else None)
    return context, page, said


def is_complaint(message: ConsoleMessage) -> bool:
    # The browser notes the pages that say 404 on purpose.
    return message.type == "error" and "404" not in message.text


def every(installation: Installation) -> list[str]:
    assert len(installation.pages) > 40
    return [*installation.pages, *BESIDE]


@pytest.mark.parametrize(("look", "rules"), [(LIGHT, ()), (DARK, COLOURS)], ids=["light", "dark"])
def test_no_page_has_a_serious_fault(
    browser: Browser, installation: Installation, look: dict[str, object], rules: Sequence[str]
) -> None:
    context, page, said = opened(browser, look)
    page.goto(f"{installation.url}/sign-in")
    wrong = {"/sign-in": faults(page, rules)}
    sign_in(page, installation.url)
    for path in every(installation):
        page.goto(f"{installation.url}{path}")
        wrong[path] = [*faults(page, rules), *said]
        said.clear()
    context.close()
    assert {path: found for path, found in wrong.items() if found} == {}


def test_no_page_is_wider_than_its_screen(browser: Browser, installation: Installation) -> None:
    wide: dict[str, str] = {}
    for name, look, language in (("narrow", NARROW, "pt"), ("larger", LIGHT, "en")):
        context, page, _said = opened(browser, look)
        sign_in(page, installation.url)
        context.add_cookies([{"name": "django_language", "value": language, "url": installation.url}])
        for path in every(installation):
            page.goto(f"{installation.url}{path}")
            if name == "larger":
                page.evaluate(LARGER)
            wide[f"{path}, {name}"] = page.evaluate(TOO_WIDE)
        context.close()
    assert {path: found for path, found in wide.items() if found} == {}
