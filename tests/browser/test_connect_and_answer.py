"""Connecting a system in the browser until its first event is there; answering questions by keyboard; axe on all."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request

import pytest
from browsing import looked_until, sign_in
from playwright.sync_api import Browser, Page, expect
from test_access import DARK, LIGHT, NARROW, TOO_WIDE, faults, opened

from sereno.sdk.standard_webhooks import signed_headers

ASKS = """\
flow: ask-first
name: Ask first
trigger: {manual: order}
steps:
  - approve: {by: owner, text: "Put a note into {{ event.subject }}?", timeout: 2d, then: [{log: {text: "yes"}}]}
"""


def send(address: str, secret: str, number: int) -> int:
    """A delivery signed as Standard Webhooks; gives the door's answer."""
    from datetime import UTC, datetime

    body = json.dumps({"type": "custom.hello", "subject": "custom:hello", "data": {"n": number}}).encode()
    headers = signed_headers(secret, body, f"browser-{number}-{time.time_ns()}", datetime.now(UTC))
    request = urllib.request.Request(address, body, {**headers, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_system_is_connected_until_its_first_event_is_there(desk: Page, address: str) -> None:
    desk.goto(f"{address}/connections")
    desk.get_by_role("link", name="Connect something").click()
    desk.get_by_role("link", name="Anything else").click()
    desk.get_by_label("What do you call it?").fill("Browser till")
    desk.get_by_role("button", name="Make the address").click()
    expect(desk.get_by_text("Waiting for the first event")).to_be_visible()
    hook = desk.get_by_label("Webhook address").input_value()
    secret = desk.get_by_label("Secret", exact=True).input_value()
    assert hook == f"{address}/hooks/browser-till" and secret in desk.locator("#command").inner_text()

    assert send(hook, "another secret altogether", 1) == 401
    expect(desk.get_by_text("Refused: the signature is wrong")).to_be_visible()
    expect(desk.get_by_text("The sender signs with another secret", exact=False)).to_be_visible()
    assert send(hook, secret, 2) == 200
    expect(desk.locator("#test")).to_contain_text("Received:")
    expect(desk.locator("#test")).to_contain_text("custom.hello")

    desk.goto(f"{address}/connections/browser-till")
    desk.get_by_role("link", name="custom.hello").click()
    expect(desk.get_by_text("Signature right, by the newest secret")).to_be_visible()


def test_the_secret_is_changed_and_both_are_valid_until_the_old_one_is_ended(desk: Page, address: str) -> None:
    desk.goto(f"{address}/connections/new/generic")
    desk.get_by_label("What do you call it?").fill("Rotating till")
    desk.get_by_role("button", name="Make the address").click()
    old = desk.get_by_label("Secret", exact=True).input_value()
    hook = desk.get_by_label("Webhook address").input_value()
    desk.goto(f"{address}/connections/rotating-till")
    desk.get_by_text("Change the secret without losing anything").click()
    desk.get_by_role("button", name="Make one for me").click()
    new = desk.get_by_label("Secret", exact=True).input_value()
    assert new != old
    # The door looks at its connections every second.
    looked_until(desk, lambda: send(hook, old, 1) == send(hook, new, 2) == 200)
    desk.goto(f"{address}/connections/rotating-till")
    expect(desk.get_by_text("Old, still valid")).to_be_visible()
    desk.get_by_role("button", name="End it").click()
    expect(desk.get_by_text("That secret is ended", exact=False)).to_be_visible()
    looked_until(desk, lambda: send(hook, old, 3) == 401)
    assert send(hook, new, 5) == 200


@pytest.fixture
def questions(desk: Page, address: str) -> Page:
    """Three runs that wait for an answer."""
    token = _write_key(desk, address)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(method: str, path: str, body: object = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{address}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status < 300
            return answer.read().decode()

    call("PUT", "/flows/ask-first", {"text": ASKS})
    call("POST", "/flows/ask-first/publish", {})
    for number in range(3):
        call("POST", "/flows/ask-first/start", {"subject": f"order:90{number}"})
    looked_until(desk, lambda: call("GET", "/approvals?limit=50").count("Put a note into order:90") == 3)
    desk.goto(f"{address}/approvals")
    expect(desk.get_by_text("Put a note into order:90", exact=False)).to_have_count(3)
    return desk


def _write_key(desk: Page, address: str) -> str:
    desk.goto(f"{address}/keys")
    desk.get_by_label("What uses it").fill("desk test")
    for scope in desk.locator("input[name=scopes]:not([disabled])").all():
        scope.check()
    desk.get_by_role("button", name="Make the key").click()
    return desk.locator("#new-key").inner_text()


def test_questions_are_answered_by_keyboard_alone(questions: Page, address: str) -> None:
    page = questions
    mine = page.locator("li.question", has_text="Put a note into order:90")
    before = page.locator("li.question").count()
    page.keyboard.press("j")
    expect(page.locator("li.question").first).to_be_focused()
    for _ in range(before):
        if page.evaluate("document.activeElement.textContent.includes('order:90')"):
            break
        page.keyboard.press("j")
    page.keyboard.press("n")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_text("Approved. The run goes on.")).to_be_visible()
    expect(mine).to_have_count(2)
    page.wait_for_load_state("load")
    page.keyboard.press("k")
    expect(page.locator("li.question").last).to_be_focused()
    while not page.evaluate("document.activeElement.textContent.includes('order:90')"):
        page.keyboard.press("k")
    page.keyboard.press("r")
    expect(page.get_by_text("Refused. The run takes its other branch.")).to_be_visible()
    expect(mine).to_have_count(1)
    page.goto(f"{address}/approvals?state=answered")
    expect(page.get_by_text("“by keyboard”")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("order:90"))).to_have_count(2)


BESIDE = (
    "/connections/new/generic",
    "/connections/new/stripe",
    "/approvals?state=answered",
    "/attention/cause?action=orders.add_tag&error=shop.refused&connection=",
    "/answer/broken",
)
"""Pages in a state that the list of addresses does not lead to."""


@pytest.mark.parametrize("look", [LIGHT, DARK, NARROW], ids=["light", "dark", "narrow"])
def test_the_pages_hold_in_every_look(browser: Browser, address: str, look: dict[str, object]) -> None:
    context, page, _said = opened(browser, look)
    sign_in(page, address)
    wrong: dict[str, list[str]] = {}
    for path in BESIDE:
        page.goto(f"{address}{path}")
        wrong[path] = [*faults(page), page.evaluate(TOO_WIDE)]
    context.close()
    assert {path: list(filter(None, found)) for path, found in wrong.items() if any(found)} == {}
