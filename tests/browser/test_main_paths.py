"""What people do most, in a real browser against a running Sereno, by mouse, by keyboard, without JavaScript."""

from __future__ import annotations

import json
import re
import urllib.request

from browsing import Installation, looked_until, sign_in
from playwright.sync_api import Browser, Page, expect

FLOW = """\
flow: greet
name: Greet
trigger: {manual: order}
steps:
  - log: {text: "hello"}
  - wait: 30d
"""
FAILED = """
from seeding import NOW, make_flow, make_run
from sereno.store.models import Effect, Event
flow = make_flow(shop, "jot-down", "Jot it down", "flow: jot-down\\nname: Jot it down\\ntrigger: {manual: order}\\n"
    "steps:\\n  - log: {text: hello}\\n", "paused")
event = Event.objects.filter(shop=shop, subject="order:1001").first()
run = make_run(shop, flow, event, "c0c0c0c0c0c0c0c0c0c0", "finished", "", [])
Effect.objects.create(key=f"{run.uid}/0", shop=shop, flow=flow, run=run, step="0", action="log", subject="order:1001",
    config={"text": "hello"}, status="failed", attempts=1, due_at=NOW, created_at=NOW, finished_at=NOW,
    error="tests.refused", message="Not now.")
"""


def test_a_flow_is_written_mended_published_and_its_run_read(desk: Page, address: str) -> None:
    desk.get_by_role("link", name="New flow").click()
    desk.get_by_role("link", name="Write it as YAML").click()
    editor = desk.get_by_label("The flow, as YAML")
    editor.fill(FLOW.replace("manual", "manul"))
    desk.get_by_role("button", name="Publish").click()
    expect(desk.get_by_role("heading", name=re.compile("problems? to mend"))).to_be_visible()
    editor.fill(FLOW)
    desk.get_by_role("button", name="Check").click()
    expect(desk.get_by_text("No problem found")).to_be_visible()
    desk.get_by_role("button", name="Publish").click()
    expect(desk.get_by_text("Version 1 is live.")).to_be_visible()

    desk.get_by_label("About which record").fill("order:1001")
    desk.get_by_role("button", name="Start a run").click()
    expect(desk.get_by_text("Asked for a run about order:1001.", exact=False)).to_be_visible()
    desk.goto(f"{address}/runs?flow=greet")
    looked_until(desk, lambda: desk.locator("table.rows tbody tr").count() > 0)
    desk.locator("table.rows tbody tr a.main").first.click()
    expect(desk.get_by_role("heading", name="What happened")).to_be_visible()
    looked_until(desk, lambda: desk.get_by_text("Waits 30 days", exact=False).count() > 0)
    expect(desk.locator(".step.here")).to_contain_text("Wait 30 days")


def test_a_failed_effect_of_a_paused_flow_waits_for_it_and_is_then_done(
    desk: Page, address: str, installation: Installation
) -> None:
    installation.run(FAILED)
    desk.goto(f"{address}/attention")
    cause = desk.locator("#effects .cause", has_text="tests.refused")
    expect(cause.get_by_text("1 of them belongs to a paused flow", exact=False)).to_be_visible()
    cause.get_by_role("button", name="Try again").click()
    expect(desk.get_by_text("1 effect is tried again. 1 of them waits until its flow", exact=False)).to_be_visible()
    desk.goto(f"{address}/effects?status=pending&flow=jot-down")
    row = desk.locator("table.rows tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("its flow is paused")
    row.locator("a.main").click()
    expect(desk.get_by_text("It waits for its flow, which is paused")).to_be_visible()
    effect = desk.url
    desk.get_by_role("link", name="To the flow").click()
    desk.get_by_role("button", name="Resume").click()
    expect(desk.get_by_text("The flow is live.")).to_be_visible()
    desk.goto(effect)
    looked_until(desk, lambda: desk.get_by_role("heading", name="What came back").count() > 0)
    expect(desk.get_by_text("It waits for its flow")).to_have_count(0)


def test_searching_narrows_the_list_while_one_types(desk: Page, address: str) -> None:
    desk.goto(f"{address}/events")
    rows = desk.locator("table.rows tbody tr")
    desk.get_by_role("searchbox").press_sequentially("1001", delay=20)
    expect(rows.filter(has_text="checkout.abandoned")).to_have_count(0)
    expect(rows.filter(has_text="order.paid")).to_have_count(1)
    expect(desk).to_have_url(re.compile("q=1001"))
    found = rows.count()
    desk.go_back()
    expect(rows.nth(found)).to_be_visible()  # Other events come meanwhile: there are more than were found.


def test_the_keyboard_reaches_everything(desk: Page, address: str) -> None:
    desk.goto(address)
    desk.keyboard.press("Tab")
    expect(desk.get_by_text("Skip to the content")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#main")).to_be_focused()
    desk.keyboard.press("g")
    desk.keyboard.press("r")
    expect(desk).to_have_url(f"{address}/runs")
    desk.wait_for_load_state("load")
    desk.keyboard.press("/")
    expect(desk.get_by_role("searchbox")).to_be_focused()


def test_the_theme_is_switched_and_kept(desk: Page, address: str) -> None:
    desk.goto(address)
    dark = "getComputedStyle(document.documentElement).colorScheme"
    desk.get_by_label("Switch between light and dark").click()
    first = desk.evaluate(dark)
    desk.reload()
    assert desk.evaluate(dark) == first
    desk.get_by_label("Switch between light and dark").click()
    assert desk.evaluate(dark) != first


def test_the_overview_moves_by_itself(desk: Page, address: str) -> None:
    desk.goto(f"{address}/keys")
    desk.get_by_label("What uses it").fill("browser test")
    desk.get_by_label("events:write").check()
    desk.get_by_role("button", name="Make the key").click()
    token = desk.locator("#new-key").inner_text()
    desk.goto(address)
    event = {"id": "live-1", "type": "custom.seen", "subject": "thing:42", "occurred_at": "2026-11-22T08:00:00Z"}
    request = urllib.request.Request(
        f"{address}/api/v1/events",
        json.dumps([event]).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 202
    expect(desk.get_by_text("thing:42")).to_be_visible()


def test_everything_works_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/runs?q=mara@example.com")
    page.get_by_role("link", name="Cart recovery").last.click()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    page.get_by_role("link", name="Flows").click()
    page.get_by_role("searchbox").fill("thank big orders")  # Other tests make flows that thank, too.
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#list > .table-wrap > table > tbody > tr")).to_have_count(1)
    page.get_by_role("link", name="Thank big orders").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("The flow is live.")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("The flow is paused: no run starts", exact=False)).to_be_visible()
    context.close()


def test_a_group_of_the_menu_stays_as_it_was_left(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    sign_in(page, address)
    menu = page.get_by_role("navigation", name="Pages")
    expect(menu.get_by_role("link", name="Flows")).to_be_visible()
    expect(menu.get_by_role("link", name="Audit trail")).to_be_hidden()
    page.wait_for_load_state("load")
    menu.locator("summary", has_text="Automate").click()
    menu.locator("summary", has_text="Record").press("Enter")
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()
    expect(menu.get_by_role("link", name="Audit trail")).to_be_visible()
    expect(menu.get_by_role("link", name="Events")).to_be_visible()
    expect(menu.get_by_role("link", name="Flows")).to_be_hidden()
    context.close()


def test_the_menu_opens_on_a_narrow_screen(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    page = context.new_page()
    sign_in(page, address)
    link = page.get_by_role("link", name="Connections")
    expect(link).to_be_hidden()
    page.locator("label.menu-button").click()
    page.locator("summary", has_text="Set up").click()
    link.click()
    expect(page.get_by_role("heading", name="Connections")).to_be_visible()
    context.close()
