"""A customer presses a number in a mail: it counts when they are there, also without JavaScript and on a telephone; and
the shop reads it."""

from __future__ import annotations

import pytest
from browsing import Installation
from playwright.sync_api import Page, expect
from test_access import faults

LINKS = """
from sereno.modules.messages.unsubscribe import SignedLinks
from sereno.store import secrets
links = SignedLinks(secrets.newest(), "", shop.pk)
print(json.dumps([links.survey("after-purchase", f"asked{n}@example.com") for n in range(3)]))
"""


@pytest.fixture(scope="module")
def links(installation: Installation) -> list[str]:
    return list(installation.run(LINKS))


def test_a_press_counts_once_somebody_moves(page: Page, address: str, links: list[str]) -> None:
    page.goto(f"{address}{links[0]}?overall=4")
    expect(page.get_by_role("radio", name="4").first).to_be_checked()
    assert faults(page) == []
    with page.expect_response(lambda answer: answer.request.method == "POST") as told:
        page.mouse.move(100, 200)
    assert told.value.status == 204
    page.get_by_label("What should we do better").fill("More blue.")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()
    assert faults(page) == []


def test_on_a_telephone_by_keyboard_without_javascript(page: Page, address: str, links: list[str]) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"{address}{links[1]}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("radio", name="1").first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="5").first).to_be_checked()
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()


def test_the_shop_reads_and_edits(desk: Page, address: str, links: list[str]) -> None:
    desk.goto(f"{address}{links[2]}?overall=2")
    desk.get_by_role("button", name="Send my answer").click()
    desk.goto(f"{address}/surveys")
    assert faults(desk) == []
    desk.locator("table a.main", has_text="How was it?").click()
    expect(desk.get_by_text("asked2@example.com")).to_be_visible()
    assert faults(desk) == []
    desk.get_by_role("link", name="Edit").click()
    assert faults(desk) == []
    desk.get_by_role("button", name="Add a question").click()
    expect(desk.get_by_text("Not saved yet")).to_be_visible()
    desk.get_by_role("button", name="Drop question 7").click()
    expect(desk.get_by_role("button", name="Drop question 7")).to_have_count(0)
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("Saved.")).to_be_visible()
