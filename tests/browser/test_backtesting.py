"""A back-test asked for, watched and read in a real browser, carried out by the worker's own process."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from test_access import faults
from test_watching import publish

FLOW = """\
flow: big-orders
name: Big orders
trigger: {event: order.paid, when: "order.total >= 100"}
steps:
  - orders.add_tag: {tag: big}
"""


def test_a_draft_is_back_tested_and_read(desk: Page, address: str) -> None:
    publish(desk, address, FLOW)
    desk.goto(f"{address}/flows/big-orders/edit")
    desk.locator("textarea[name=text]").fill(FLOW.replace(">= 100", ">= 400"))
    desk.get_by_role("button", name="Keep the draft").click()

    desk.goto(f"{address}/flows/big-orders/backtests")
    assert faults(desk) == []
    desk.get_by_label("Last 7 days").check()
    desk.get_by_role("button", name="Begin the back-test").click()
    # The progress gives way to the result by itself.
    expect(desk.get_by_role("heading", name="Against version 1, which is live")).to_be_visible()
    expect(desk.get_by_text("1 other action differs.")).to_be_visible()
    assert faults(desk) == []

    desk.get_by_role("link", name="1 run no more").click()
    desk.get_by_role("link", name="#1001").click()
    expect(desk.get_by_text("It would not have started")).to_be_visible()
    expect(desk.get_by_role("region", name=re.compile("which is live")).locator(".step.passed")).to_have_count(2)
    assert faults(desk) == []
