"""Building a flow in a real browser: by mouse, by keyboard alone, by two people at once; counted and without fault."""

from __future__ import annotations

from browsing import sign_in
from playwright.sync_api import Browser, Locator, Page, expect
from test_access import faults

MOST_INTERACTIONS = 15
FLOW = """\
flow: {name}
name: Three steps
trigger: {{event: order.paid}}
steps:
  # the first
  - log: {{text: one}}
  - if: order.total >= 100
    then:
      - log: {{text: two}}
  - wait: 2h
"""


class Hand:
    """The clicks and keys of a person, counted; filling in a field is one."""

    def __init__(self) -> None:
        self.count = 0

    def click(self, what: Locator) -> None:
        what.click()
        self.count += 1

    def type(self, what: Locator, text: str) -> None:
        what.fill(text)
        self.count += 1


def settled(page: Page) -> None:
    """Everything is saved."""
    expect(page.locator(".saved .word")).to_be_visible()


def source(page: Page, address: str, name: str) -> str:
    page.goto(f"{address}/flows/{name}/edit")
    return page.get_by_label("The flow, as YAML").input_value()


def make(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/flows/new/yaml")
    page.get_by_label("The flow, as YAML").fill(FLOW.format(name=name))
    page.get_by_role("button", name="Keep the draft").click()
    expect(page.locator("#tree")).to_be_visible()
    # The tree is there before the scripts that listen to keys and the mouse are.
    page.wait_for_load_state("load")


def said(page: Page, text: str) -> None:
    expect(page.locator("#said")).to_contain_text(text)


def test_a_flow_is_built_and_published_by_mouse_in_few_interactions(desk: Page, address: str) -> None:
    hand, panel = Hand(), desk.locator("#panel")
    desk.goto(address)
    hand.click(desk.get_by_role("link", name="New flow"))
    hand.type(desk.get_by_label("Name of the flow"), "Big spenders")
    hand.click(desk.get_by_role("button", name="Order paid"))
    desk.wait_for_load_state("load")
    hand.click(panel.get_by_role("button", name="Add a condition"))
    hand.click(panel.get_by_role("button", name="Field:"))
    hand.click(panel.get_by_role("option", name="Total", exact=True).first)
    hand.type(panel.get_by_label("Value", exact=True), "200")
    hand.click(desk.locator("#tree .plus"))
    hand.click(desk.get_by_role("option", name="Tag the order"))
    hand.type(panel.get_by_role("combobox", name="Tag"), "big-order")
    hand.click(desk.locator("#tree .plus").last)
    hand.click(desk.get_by_role("option", name="Notify the team"))
    hand.type(panel.get_by_label("Text"), "A big order: {{ order.number }}")
    hand.click(desk.get_by_role("link", name="Publish"))
    hand.click(panel.get_by_role("button", name="Publish now"))
    expect(desk.get_by_text("Version 1 is live.")).to_be_visible()
    assert hand.count <= MOST_INTERACTIONS
    text = source(desk, address, "big-spenders")
    for part in ("order.total >= 200", "tag: big-order", "channel: email", "A big order: {{ order.number }}"):
        assert part in text


def test_a_flow_is_built_and_published_by_keyboard_alone(desk: Page, address: str) -> None:
    keys, panel = desk.keyboard, desk.locator("#panel")
    desk.goto(address)
    keys.press("g")
    keys.press("f")
    expect(desk).to_have_url(f"{address}/flows")
    tab_to(desk, desk.get_by_role("link", name="New flow"))
    keys.press("Enter")
    expect(desk.get_by_label("Name of the flow")).to_be_focused()
    keys.type("Rich orders")
    tab_to(desk, desk.get_by_role("button", name="Order paid"))
    keys.press("Enter")
    expect(desk.locator("#card-trigger")).to_have_attribute("aria-current", "true")
    desk.wait_for_load_state("load")

    tab_to(desk, panel.get_by_role("button", name="Add a condition"))
    keys.press("Enter")
    field = panel.get_by_role("button", name="Field:")
    tab_to(desk, field)
    keys.press("ArrowDown")
    keys.type("order total")
    keys.press("Enter")
    value = panel.get_by_label("Value", exact=True)
    expect(value).to_be_visible()
    tab_to(desk, value)
    keys.type("200")
    keys.press("Escape")
    expect(desk.locator("#card-trigger")).to_be_focused()
    expect(desk.locator("#card-trigger")).to_contain_text("200")

    keys.press("a")
    keys.type("tag order")
    keys.press("Enter")
    expect(panel.get_by_role("combobox", name="Tag")).to_be_focused()
    said(desk, "Added: Tag the order")
    keys.type("rich")
    keys.press("Escape")
    expect(desk.locator("#card-0")).to_be_focused()
    expect(desk.locator("#card-0")).to_contain_text("rich")
    keys.press("+")
    keys.type("team")
    keys.press("Enter")
    text = panel.get_by_label("Text")
    expect(panel.get_by_role("heading", name="Notify the team")).to_be_visible()
    tab_to(desk, text)
    keys.type("A rich order")
    keys.press("Escape")
    expect(desk.locator("#card-1")).to_be_focused()
    settled(desk)
    keys.press("p")
    expect(panel.get_by_label("Note on this version")).to_be_focused()
    keys.press("Enter")
    expect(desk.get_by_text("Version 1 is live.")).to_be_visible()
    text = source(desk, address, "rich-orders")
    assert "order.total >= 200" in text and "tag: rich" in text and "A rich order" in text


def tab_to(page: Page, what: Locator) -> None:
    """Tab until it has the focus, as somebody without a mouse would."""
    expect(what).to_be_visible()
    for _ in range(80):
        if what.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {what}")


def test_cards_are_moved_copied_and_deleted_by_keys_and_the_focus_follows(desk: Page, address: str) -> None:
    make(desk, address, "by-keys")
    keys = desk.keyboard
    keys.press("j")
    for _ in range(2):
        keys.press("ArrowDown")
    expect(desk.locator("#card-0")).to_be_focused()
    keys.press("Alt+ArrowDown")
    said(desk, "Moved: Note: one")
    expect(desk.locator("#card-1")).to_be_focused()
    keys.press("Alt+ArrowRight")
    expect(desk.locator("#card-0\\.then\\.1")).to_be_focused()
    keys.press("Alt+ArrowLeft")
    expect(desk.locator("#card-1")).to_be_focused()
    keys.press("d")
    expect(desk.locator("#card-2")).to_contain_text("one")
    expect(desk.locator("#card-2")).to_be_focused()
    keys.press("Delete")
    said(desk, "Deleted: Note: one")
    expect(desk.locator("#card-2")).to_contain_text("Wait 2 hours")
    expect(desk.locator("#card-2")).to_be_focused()
    keys.press("c")
    said(desk, "Copied: Wait 2 hours")
    keys.press("Home")
    keys.press("v")
    said(desk, "Pasted: Wait 2 hours")
    expect(desk.locator("#card-0")).to_be_focused()
    keys.press("w")
    said(desk, "Put into a condition")
    keys.press("Escape")
    expect(desk.locator("#card-0\\.then\\.0")).to_contain_text("Wait 2 hours")
    for _ in range(7):
        keys.press("Control+z")
    expect(desk.get_by_role("button", name="Undo", exact=True).first).to_be_disabled()
    settled(desk)
    assert source(desk, address, "by-keys") == FLOW.format(name="by-keys")


def test_many_keys_at_once_are_done_one_after_the_other(desk: Page, address: str) -> None:
    make(desk, address, "in-a-hurry")
    desk.locator("#card-0").focus()
    for key in ("d", "d", "d", "Delete"):
        desk.keyboard.press(key)
    settled(desk)
    expect(desk.locator("#tree > .node")).to_have_count(2 + 5)
    expect(desk.get_by_text("Two changes at once")).to_have_count(0)


def test_a_card_is_dragged_to_another_place(desk: Page, address: str) -> None:
    desk.set_viewport_size({"width": 1280, "height": 1100})
    make(desk, address, "by-drag")
    start = desk.locator("#card-2").bounding_box()
    end = desk.locator('.plus[data-at="1.then.1"]').bounding_box()
    assert start is not None
    assert end is not None
    desk.mouse.move(start["x"] + 60, start["y"] + 12)
    desk.mouse.down()
    desk.mouse.move(start["x"] + 70, start["y"] - 10, steps=4)
    desk.mouse.move(end["x"] + 10, end["y"] + 10, steps=6)
    expect(desk.locator(".plus.target")).to_have_attribute("data-at", "1.then.1")
    desk.mouse.up()
    said(desk, "Moved: Wait 2 hours")
    expect(desk.locator("#card-1\\.then\\.1")).to_contain_text("Wait 2 hours")


def test_what_is_folded_stays_folded(desk: Page, address: str) -> None:
    make(desk, address, "folded")
    way = desk.locator("#tree details.way").first
    way.locator("summary").click()
    expect(way).not_to_have_attribute("open", "")
    desk.locator("#card-2").focus()
    desk.keyboard.press("d")
    said(desk, "Duplicated")
    expect(desk.locator("#tree details.way").first).not_to_have_attribute("open", "")


def test_two_editors_are_told_of_each_other_and_nothing_is_overwritten(
    desk: Page, browser: Browser, address: str
) -> None:
    make(desk, address, "together")
    context = browser.new_context(locale="en-GB")
    other = context.new_page()
    sign_in(other, address)
    other.goto(f"{address}/flows/together/builder")
    other.locator("#card-0").focus()
    other.keyboard.press("Delete")
    said(other, "Deleted: Note: one")
    context.close()

    desk.locator("#card-2").focus()
    desk.keyboard.press("Delete")
    panel = desk.locator("#panel")
    expect(panel.get_by_role("heading", name="Two changes at once")).to_be_visible()
    expect(panel.get_by_text("Deleted: Note: one")).to_be_visible()
    expect(panel.get_by_text("Deleted: Wait 2 hours")).to_be_visible()
    expect(desk.locator("#card-1")).to_contain_text("Wait 2 hours")
    assert not faults(desk)
    panel.get_by_role("button", name="Apply mine on top").click()
    said(desk, "Deleted: Wait 2 hours")
    expect(desk.locator("#tree > .node")).to_have_count(2 + 1)
    text = source(desk, address, "together")
    assert "text: two" in text and "text: one" not in text and "wait" not in text


def test_publishing_is_refused_and_leads_to_the_card(desk: Page, address: str) -> None:
    make(desk, address, "wrong")
    desk.goto(f"{address}/flows/wrong/edit")
    desk.get_by_label("The flow, as YAML").fill(FLOW.format(name="wrong").replace("order.total", "order.totl"))
    desk.get_by_role("button", name="Keep the draft").click()
    desk.get_by_role("link", name="Builder").click()
    desk.get_by_role("link", name="Publish").click()
    panel = desk.locator("#panel")
    expect(panel.get_by_text("One thing must be mended first")).to_be_visible()
    panel.get_by_role("link", name="order has no field").click()
    expect(panel.get_by_role("heading", name="If", exact=True)).to_be_visible()
    expect(desk.locator("#card-1")).to_have_attribute("aria-current", "true")


def test_the_builder_has_no_serious_fault_in_any_light(browser: Browser, address: str) -> None:
    wrong: dict[str, list[str]] = {}
    for scheme, width in (("light", 1360), ("dark", 1360), ("light", 390)):
        context = browser.new_context(
            locale="en-GB", color_scheme=scheme, reduced_motion="reduce", viewport={"width": width, "height": 900}
        )
        page = context.new_page()
        sign_in(page, address)
        for query in ("builder", "builder?at=0", "builder?at=trigger", "builder?view=map", "builder?publish=1", "edit"):
            page.goto(f"{address}/flows/cart-recovery/{query}")
            wrong[f"{scheme} {width} {query}"] = faults(page)
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wrong[f"{scheme} {width} {query}"].append("wider than the screen")
        page.goto(f"{address}/flows/cart-recovery/builder")
        page.locator("#tree .plus").first.click()
        expect(page.get_by_role("option", name="Tag the order")).to_be_visible()
        wrong[f"{scheme} {width} palette"] = faults(page)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        wrong[f"{scheme} {width} keys"] = faults(page)
        context.close()
    assert not {name: found for name, found in wrong.items() if found}


def test_the_builder_works_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/flows/new")
    page.get_by_label("Name of the flow").fill("No script")
    page.get_by_role("button", name="Order paid").click()
    page.get_by_role("link", name="Add a step at the beginning").click()
    page.get_by_role("searchbox").fill("note")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Write a note").click()
    page.get_by_label("Text").fill("hello")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.locator("#card-1")).to_contain_text("hello")
    page.get_by_role("link", name="Move to another place").click()
    page.get_by_role("button", name="Move it here").first.click()
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Version 1 is live.")).to_be_visible()
    context.close()
