"""A new version let out from the builder, up by keys, and back with one click: in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from test_access import faults
from test_watching import FLOW, publish

PARCELS = FLOW.replace("flow: parcels", "flow: slow-parcels").replace("name: Parcels", "name: Slow parcels")


def test_a_version_is_let_out_and_taken_back(desk: Page, address: str) -> None:
    publish(desk, address, PARCELS)
    desk.goto(f"{address}/flows/slow-parcels/edit")
    desk.locator("textarea[name=text]").fill(PARCELS.replace("wait: 3h", "wait: 5h"))
    desk.get_by_role("button", name="Keep the draft").click()
    desk.goto(f"{address}/flows/slow-parcels/builder?publish=1")
    desk.get_by_label("To nobody yet: in shadow beside the live version").check()
    desk.get_by_role("button", name="Publish now").click()
    expect(desk.get_by_role("heading", name="Version 2 on its way in")).to_be_visible()
    expect(desk.locator('.ladder [aria-current="step"]')).to_contain_text("In shadow")
    assert faults(desk) == []

    desk.get_by_role("button", name="Up to 5 %").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text(re.compile("5 % of the people have version 2"))).to_be_visible()
    desk.get_by_text("Steps and limits").click()
    desk.get_by_label("Marked as spam, of the messages").fill("0,2")
    desk.get_by_role("button", name="Keep").click()
    expect(desk.get_by_text("The steps and limits are changed.")).to_be_visible()
    assert faults(desk) == []

    desk.get_by_role("link", name="Event by event").click()
    expect(desk.get_by_text("Nothing to compare")).to_be_visible()
    assert faults(desk) == []
    desk.get_by_role("link", name="Back to the roll-out").click()
    desk.get_by_role("button", name="Take it back").click()
    expect(desk.get_by_role("heading", name="Version 2 was taken back")).to_be_visible()
