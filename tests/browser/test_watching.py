"""A flow tried on a past event, compared with what is live, rolled back; its counts moving: in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from test_access import faults

FLOW = """\
flow: parcels
name: Parcels
trigger: {event: order.paid, when: "order.total >= 200"}
steps:
  - wait: 3h
  - if: order.total >= 240
    then:
      - messages.send_email: {template: order-confirmation, to: mara@example.com}
  - orders.add_tag: {tag: big}
"""
SHIFTS = """
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted = (window.shifted || 0) + entry.value;
}).observe({type: "layout-shift", buffered: false});
"""


def publish(desk: Page, address: str, text: str, name: str = "") -> None:
    desk.goto(f"{address}/flows/{name}/edit" if name else f"{address}/flows/new/yaml")
    desk.locator("textarea[name=text]").fill(text)
    desk.get_by_role("button", name="Publish").click()
    expect(desk.get_by_text(re.compile(r"Version \d+ is live"))).to_be_visible()


def test_a_flow_is_tried_compared_and_rolled_back(desk: Page, address: str) -> None:
    publish(desk, address, FLOW)

    desk.get_by_role("link", name="Try it", exact=True).click()
    desk.get_by_role("link", name=re.compile("#1001")).click()
    expect(desk.get_by_text("The flow would start. It would come to its end.")).to_be_visible()
    expect(desk.locator(".step.passed")).to_have_count(5)
    frame = desk.frame_locator("iframe.mail-frame")
    expect(frame.get_by_text("#1001").first).to_be_visible()
    desk.get_by_role("link", name=re.compile("^RO")).click()
    expect(frame.locator("html")).to_have_attribute("lang", "ro")
    desk.get_by_role("link", name="Phone").click()
    expect(desk.locator(".mail-stage.phone iframe")).to_be_visible()
    desk.get_by_role("link", name="Plain text").click()
    expect(desk.locator("#message pre")).to_contain_text("1001")
    assert faults(desk) == []

    desk.get_by_role("link", name="Card by card").click()
    expect(desk.get_by_role("status").filter(has_text="Card 1 of 5")).to_be_visible()
    following = desk.get_by_role("link", name="Next card")
    for number in range(2, 6):
        following.focus()
        desk.keyboard.press("Enter")
        expect(desk.get_by_text(f"Card {number} of 5")).to_be_visible()
    expect(desk.locator(".step.here")).to_contain_text("Tag the order")

    publish(desk, address, FLOW.replace("wait: 3h", "wait: 6h").replace("tag: big", "tag: huge"), "parcels")
    desk.get_by_role("link", name="Versions", exact=True).click()
    desk.get_by_role("link", name="What changed").click()
    expect(desk.get_by_text("2 steps changed")).to_be_visible()
    expect(desk.locator(".step.changed ins").first).to_have_text("6h")
    assert faults(desk) == []
    desk.get_by_role("link", name="YAML", exact=True).last.click()
    expect(desk.locator("tr.added")).to_have_count(2)
    assert faults(desk) == []

    desk.get_by_role("link", name="Versions", exact=True).click()
    desk.get_by_role("button", name="Roll back").click()
    expect(desk.get_by_text("Version 3 is live, made from version 1.")).to_be_visible()
    desk.get_by_role("button", name="Undo").click()
    expect(desk.get_by_text("Version 4 is live, made from version 2.")).to_be_visible()


def test_the_counts_move_without_moving_the_page(desk: Page, address: str) -> None:
    desk.goto(f"{address}/flows/cart-recovery")
    expect(desk.locator(".tally.lamp")).to_contain_text("1 here now")
    desk.evaluate(SHIFTS)
    with desk.expect_response(lambda answer: answer.url.endswith("/flows/cart-recovery")):
        desk.evaluate("document.querySelector('[data-live]').dispatchEvent(new Event('live'))")
    expect(desk.locator("[data-live]")).not_to_have_class(re.compile("htmx"))
    assert desk.evaluate("window.shifted || 0") == 0
    desk.locator(".tally.lamp").click()
    expect(desk.get_by_text("Runs at this card:")).to_be_visible()
    expect(desk.locator("table.rows tbody tr")).to_have_count(1)


def test_the_map_and_the_answers_are_without_fault(desk: Page, address: str) -> None:
    for page in ("/flows/map", "/flows/cart-recovery/try", "/why?subject=mara@example.com"):
        desk.goto(f"{address}{page}")
        assert faults(desk) == [], page
