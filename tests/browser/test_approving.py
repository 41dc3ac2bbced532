"""An approval put to several, answered by keyboard alone, each by their own account; axe finds nothing."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from browsing import Installation, looked_until, sign_in
from playwright.sync_api import Browser, Locator, Page, expect
from test_access import LIGHT, faults, opened

FLOW = """\
flow: both-agree
name: Both agree
trigger: {manual: order}
steps:
  - approve: {by: [owner, support], need: all, text: "Let {{ event.subject }} go?", then: [{log: {text: "yes"}}]}
"""
COLLEAGUE = """
import django; django.setup()
import seeding
from sereno.store.models import Shop
seeding.person(Shop.objects.order_by("id").first(), "sue.browser@example.com", "support")
"""


@pytest.fixture
def asked(desk: Page, address: str, installation: Installation) -> Page:
    """The page of approvals, with a question to two people."""
    subprocess.run([sys.executable, "-c", COLLEAGUE], env=installation.environment, check=True, timeout=300)
    desk.goto(f"{address}/flows/new/yaml")
    desk.get_by_label("The flow, as YAML").fill(FLOW)
    desk.get_by_role("button", name="Publish").click()
    expect(desk.get_by_text("Version 1 is live.")).to_be_visible()
    desk.get_by_label("About which record").fill("order:1001")
    desk.get_by_role("button", name="Start a run").click()
    expect(desk.get_by_text("Asked for a run about order:1001.", exact=False)).to_be_visible()
    desk.goto(f"{address}/approvals")
    looked_until(desk, lambda: questions(desk).count() == 2)
    return desk


def questions(page: Page) -> Locator:
    return page.locator("li.question", has_text="Let order:1001 go?")


def answer(page: Page) -> None:
    """To the first of these questions by `j`, approved by `a`."""
    for _ in range(page.locator("li.question").count()):
        page.keyboard.press("j")
        if page.evaluate("document.activeElement.textContent.includes('Let order:1001 go?')"):
            page.keyboard.press("a")
            return
    raise AssertionError("the question is not reached by keys")


def test_two_people_approve_by_keyboard(asked: Page, address: str, browser: Browser) -> None:
    assert faults(asked) == []
    answer(asked)
    expect(asked.get_by_text("Your answer is kept.", exact=False)).to_be_visible()
    expect(questions(asked)).to_have_count(1)
    assert faults(asked) == []
    context, page, said = opened(browser, LIGHT)
    sign_in(page, address, "sue.browser@example.com")
    page.goto(f"{address}/approvals")
    answer(page)
    expect(page.get_by_text("Your answer is kept.", exact=False)).to_be_visible()
    expect(questions(page)).to_have_count(0)
    page.goto(f"{address}/approvals?state=answered")
    expect(page.get_by_role("row", name=re.compile("Let order:1001 go"))).to_have_count(2)
    expect(page.get_by_role("row", name=re.compile("sue.browser@example.com"))).to_have_count(1)
    assert faults(page) == []
    context.close()
    assert said == []
