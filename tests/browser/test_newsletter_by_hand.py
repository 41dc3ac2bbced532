"""A newsletter is written by keys, looked at, and sent; where there is no mail server it stops and says what to do."""

from __future__ import annotations

from browsing import Installation
from playwright.sync_api import Page, expect
from test_access import faults

READER = """
from sereno.modules.customers.models import Customer
who = {"email": "reader@example.com", "first_name": "Rita", "accepts_email": True}
Customer.objects.create(shop=shop, key="reader", version=1, seen_at=0, email=who["email"], data={"id": "reader", **who})
"""


def test_a_newsletter_is_written_and_sent(desk: Page, address: str, installation: Installation) -> None:
    installation.run(READER)
    desk.goto(f"{address}/newsletters/new")
    assert faults(desk) == []
    desk.get_by_label("Name").fill("Autumn cups")
    desk.get_by_label("Message", exact=True).select_option("inactive-news")
    desk.get_by_role("button", name="Keep the draft").press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Autumn cups")

    reach = desk.locator(".news-reach")
    expect(reach).to_contain_text("can be written to now")
    assert int(reach.locator("strong").inner_text()) > 0
    condition = desk.get_by_label("And only those of whom this holds")
    for name, number in (("Nobody", "0"), ("Rita", "1")):
        condition.fill(f'customer.first_name == "{name}"')
        condition.press("Tab")
        expect(reach.locator("strong")).to_have_text(number)
    frame = desk.frame_locator(".news-preview iframe")
    expect(frame.locator("body")).to_contain_text("Unsubscribe")
    assert faults(desk) == []

    desk.get_by_role("button", name="Send or schedule").press("Enter")
    expect(desk.get_by_text("It is scheduled, with the message as it is published now.")).to_be_visible()
    expect(desk.get_by_text("no mail server is set")).to_be_visible()
    expect(desk.get_by_text("Paused", exact=True)).to_be_visible()
    # What can be done with it changes with its state, without loading the page again.
    expect(desk.get_by_role("button", name="Resume")).to_be_visible()
    expect(desk.get_by_role("link", name="Sent")).to_be_visible()
    assert faults(desk) == []
    desk.get_by_role("navigation").get_by_role("link", name="Newsletters").first.click()
    expect(desk.get_by_role("row").filter(has_text="Autumn cups")).to_contain_text("Paused")
    assert faults(desk) == []
