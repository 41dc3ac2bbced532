"""The side panel's forms in a real browser: by keyboard, without JavaScript, and as a screen reader finds them."""

from __future__ import annotations

import re

import pytest
from browsing import sign_in
from playwright.sync_api import Browser, Page, expect
from test_access import faults

BUILDER = "/flows/draft-only/builder"
PANELS = (
    f"{BUILDER}?at=trigger",
    f"{BUILDER}?at=entry",
    f"{BUILDER}?at=0",
    "/flows/cart-recovery/builder?at=exit.0",
    "/flows/cart-recovery/builder?at=0",
    "/flows/cart-recovery/builder?at=2",
    "/flows/cart-recovery/builder?at=3",
)

LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}


def document(page: Page, address: str) -> str:
    page.goto(f"{address}/flows/draft-only/yaml")
    return page.locator("#flow-text").input_value()


def test_a_condition_is_written_by_keyboard_alone(desk: Page, address: str) -> None:
    desk.goto(f"{address}{BUILDER}?at=trigger")
    expect(desk.locator(".check-answer")).to_contain_text("of the last 1")
    desk.get_by_role("button", name="Add a condition").focus()
    desk.keyboard.press("Enter")
    field = desk.locator("#f-when-1-field-pick")
    expect(field).to_be_focused()
    desk.keyboard.type("payment st")
    expect(desk.locator(".picker-list [role=option]").first).to_contain_text("Payment status")
    desk.keyboard.press("Enter")
    expect(field).to_be_focused()
    expect(field).to_have_text("Order: Payment status")
    desk.keyboard.press("Tab")
    expect(desk.locator("#f-when-1-op")).to_be_focused()
    desk.keyboard.press("Tab")
    desk.keyboard.press("p")
    desk.keyboard.press("Tab")
    expect(desk.locator("#card-trigger")).to_contain_text("Payment status")
    assert 'order.total >= 200 && order.payment_status == "pending"' in document(desk, address)
    desk.goto(f"{address}{BUILDER}?at=trigger")
    desk.locator("button[value='f-when:out:1']").click()
    expect(desk.locator(".condition-row")).to_have_count(1)
    assert "payment_status" not in document(desk, address)


def test_a_text_gets_its_variable_and_is_shown_on_a_real_record(desk: Page, address: str) -> None:
    desk.goto(f"{address}{BUILDER}?at=0")
    tag = desk.locator("#c-tag")
    tag.fill("big-")
    desk.locator("details.insert summary").click()
    search = desk.get_by_placeholder("Search").last
    expect(search).to_be_focused()
    desk.keyboard.type("order number")
    desk.locator(".variable:visible").first.click()
    expect(tag).to_have_value("big-{{ order.number }}")
    tag.fill("big-{{ event.number }}")
    expect(desk.locator(".preview-text")).to_have_text("big-#1001")
    tag.fill("{{ order.numbr }}")
    expect(desk.locator(".preview")).to_contain_text("did you mean order.number?")
    tag.fill("big-order")
    tag.press("Tab")
    expect(desk.locator(".preview-text")).to_have_count(0)


def test_text_mode_stays_and_is_checked_while_one_types(desk: Page, address: str) -> None:
    desk.goto(f"{address}{BUILDER}?at=trigger")
    desk.get_by_role("button", name="As text").click()
    text = desk.locator("#f-when-text")
    text.fill("order.totl >= 200")
    expect(desk.locator(".check-answer")).to_contain_text("did you mean order.total?")
    text.fill("event.total >= 200.0")
    expect(desk.locator(".check-answer")).to_contain_text("True for 1 of the last 1")
    text.press("Tab")
    expect(desk.locator("#card-trigger")).to_contain_text("200")
    expect(text).to_have_value("event.total >= 200.0")
    desk.get_by_role("button", name="As rows").click()
    expect(desk.locator("#f-when-0-v")).to_have_value("200.0")
    expect(desk.locator("#f-when-0-field-pick")).to_have_text("What happened: Total")


def test_a_form_works_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}{BUILDER}?at=trigger")
    before = page.locator(".condition-row").count()
    page.get_by_role("button", name="Add a condition").click()
    row = page.locator(".condition-row").nth(before)
    row.locator("select").first.select_option("order.channel")
    row.get_by_role("button", name="Show its fields").click()
    row = page.locator(".condition-row").nth(before)
    row.locator("select").nth(1).select_option("is_not")
    row.locator("input.input").fill("pos")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("#card-trigger")).to_contain_text("Sales channel")
    page.locator(f"button[value='f-when:out:{before}']").click()
    expect(page.locator(".condition-row")).to_have_count(before)
    context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_the_panels_have_no_serious_fault(browser: Browser, address: str, look: str) -> None:
    context = browser.new_context(locale="en-GB", **LOOKS[look])  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, address)
    found: list[str] = []
    for panel in PANELS:
        page.goto(address + panel)
        expect(page.locator(".step-form").first).to_be_visible()
        expect(page.locator("select[data-pick]:not(.picker *)")).to_have_count(0)
        found += [f"{panel}: {fault}" for fault in faults(page)]
        width = page.evaluate(
            "document.querySelector('#panel').scrollWidth - document.querySelector('#panel').clientWidth"
        )
        assert width <= 0, panel
    page.goto(f"{address}{PANELS[0]}")
    page.locator(".picker > button").first.click()
    expect(page.locator(".picker-list [role=option]").first).to_be_visible()
    found += [f"open picker: {fault}" for fault in faults(page)]
    assert found == []
    context.close()


def test_another_kind_of_trigger_shows_its_fields(desk: Page, address: str) -> None:
    desk.goto(f"{address}{BUILDER}?at=trigger")
    desk.locator("button[value='f-when:out:0']").click()
    expect(desk.locator(".condition-row")).to_have_count(0)
    desk.get_by_label(re.compile("^At set times")).check()
    expect(desk.locator(".next-times li")).to_have_count(3)
    desk.locator("#f-schedule-mode").select_option("monthly")
    expect(desk.get_by_label("Day of the month")).to_be_visible()
    desk.get_by_label(re.compile("^Something happens")).check()
    expect(desk.locator("#f-event-0-v-pick")).to_be_visible()
