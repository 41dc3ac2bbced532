"""A mail is made in the browser: by mouse and keyboard, kept while one types, seen, published; by everybody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from browsing import Installation, looked_until, sign_in
from playwright.sync_api import Browser, Page, expect
from test_access import DARK, LARGER, LIGHT, NARROW, TOO_WIDE, faults

PAGES = (
    "/messages",
    "/messages/new",
    "/messages/brand",
    "/messages/own/order-paid",
    "/messages/own/order-paid?block=b2",
    "/messages/own/order-paid?insert=b1",
    "/messages/own/order-paid?panel=publish&look=text",
    "/messages/own/order-paid?panel=settings&look=phone",
    "/messages/own/order-paid/versions",
    "/messages/own/parcel-text",
)


def begin(page: Page, address: str, title: str, kind: str = "email") -> None:
    page.goto(f"{address}/messages/new")
    page.get_by_label("Name").fill(title)
    page.locator(f"input[value={kind}]").check()
    page.get_by_role("button", name="Open the editor").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    # What is typed before the scripts are there is kept by the button alone.
    page.wait_for_load_state("load")


@pytest.fixture
def example(desk: Page, installation: Installation) -> None:
    """The newest order is what a message is looked at with: one of Mara's, whatever other tests let be placed."""
    mara = {"id": "m1", "first_name": "Mara", "last_name": "Vidal", "email": "mara.vidal@example.com"}
    installation.order(
        id="m1024",
        number="#m1024",
        total="68.00",
        currency="EUR",
        email=mara["email"],
        customer_id="m1",
        customer=mara,
        placed_at=datetime.now(UTC).isoformat(),
        status_url="https://example.com/orders/m1024",
    )
    desk.goto(f"{installation.url}/orders?q=m1024")
    looked_until(desk, lambda: desk.get_by_role("link", name="#m1024").count() > 0)


def drag(page: Page, source: str, target: str) -> None:
    """As a browser tells of it, in one go: a drop leaves the page. A real pointer leaves some headless ones waiting."""
    page.evaluate(
        """([source, target]) => {
          const dataTransfer = new DataTransfer();
          const tell = (place, what) => document.querySelector(place).dispatchEvent(
            new DragEvent(what, { bubbles: true, cancelable: true, dataTransfer }));
          tell(source, "dragstart"), tell(target, "dragover"), tell(target, "drop"), tell(source, "dragend");
        }""",
        [source, target],
    )


@pytest.mark.usefixtures("example")
def test_a_mail_is_written_seen_and_published(desk: Page, address: str) -> None:
    begin(desk, address, "Browser thanks")
    mail = desk.frame_locator("#frame")
    desk.get_by_label("Subject", exact=True).fill("Thank you, {{ name }}")
    expect(desk.locator("#mail-line")).to_contain_text("Thank you, Mara")
    desk.get_by_label("Preview text").fill("On its way")

    # By keyboard: into the first block, write, and put a value in.
    first = desk.locator(".block-link").first
    first.focus()
    desk.keyboard.press("Enter")
    heading = desk.locator("#field-t-b1-text")
    expect(heading).to_be_focused()
    desk.keyboard.type("It is **yours**, ")
    desk.get_by_text("Values to put in").click()
    desk.locator("[data-insert='{{ name }}']").click()
    expect(mail.get_by_text("It is yours, Mara")).to_be_visible()
    expect(heading).to_have_value("It is **yours**, {{ name }}")

    # A mistake shows at once, with its place; mending it makes it go.
    heading.fill("Dear {{ nam }}")
    expect(desk.locator("#wrong-field-t-b1-text")).to_contain_text("Did you mean name?")
    expect(desk.locator("#wrong-field-t-b1-text pre")).to_contain_text("^^^")
    heading.fill("Dear {{ name }}")
    expect(desk.locator("#wrong-field-t-b1-text")).not_to_contain_text("Did you mean")

    # What was typed last goes along when one leaves at once.
    desk.locator("#row-b2 .block-link").click()
    desk.locator("#field-t-b2-text").fill("Your order is here.")
    desk.locator("#row-b4 .block-link").click()
    desk.locator("#field-t-b4-label").fill("See it")
    expect(mail.get_by_text("Your order is here.")).to_be_visible()
    expect(mail.get_by_role("link", name="See it")).to_be_visible()

    desk.locator("#row-b4 .block-link").click()
    expect(desk.locator("#row-b4 .block-link")).to_have_attribute("aria-expanded", "false")
    desk.locator("#row-b4 .block-link").focus()
    desk.keyboard.press("Alt+ArrowUp")
    names = desk.locator(".block-link .name")
    expect(names).to_have_text(["Heading", "Text", "Button", "What is in it"])
    expect(desk.locator("#row-b4 .block-link")).to_be_focused()
    desk.keyboard.press("Delete")
    expect(names).to_have_text(["Heading", "Text", "What is in it"])
    desk.get_by_role("button", name="Undo").click()
    expect(names).to_have_text(["Heading", "Text", "Button", "What is in it"])

    drag(desk, "#row-b4 .block-line", "[data-after='-']")
    expect(names).to_have_text(["Button", "Heading", "Text", "What is in it"])

    desk.get_by_role("link", name="Publish").click()
    desk.get_by_role("button", name="Publish").click()
    expect(desk.get_by_text("Version 1 is what is sent from now on.")).to_be_visible()


def test_a_block_is_inserted_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, address)
    begin(page, address, "Plain browser")
    page.get_by_role("link", name="Insert a block after this one").first.click()
    page.get_by_role("button", name="Divider").click()
    expect(page.locator(".block-link .name")).to_have_text(["Heading", "Divider", "Text", "What is in it", "Button"])
    page.locator("#row-b1 .block-link").click()
    page.locator("#field-t-b1-text").fill("Written")
    page.locator("#block-form").get_by_role("button", name="Save").click()
    expect(page.locator("#excerpt-b1")).to_have_text("Written")
    context.close()


def test_two_people_in_one_text_see_each_other(browser: Browser, address: str) -> None:
    # Pages of their own: a browser notes a conflict (409) as an error.
    mine, theirs = (browser.new_context(locale="en-GB").new_page() for _ in range(2))
    for page in (mine, theirs):
        sign_in(page, address)
    begin(mine, address, "Two at once")
    theirs.goto(mine.url)
    theirs.get_by_label("Subject", exact=True).fill("Theirs")
    expect(theirs.locator("#mail-line")).to_contain_text("Theirs")
    subject = mine.get_by_label("Subject", exact=True)
    subject.fill("Mine")
    expect(mine.get_by_text("Somebody else changed this just now")).to_be_visible()
    expect(subject).to_have_value("Mine")
    mine.locator("#head-form").get_by_role("button", name="Save").click()
    expect(mine.locator("#mail-line")).to_contain_text("Mine")
    for page in (mine, theirs):
        page.context.close()


@pytest.mark.parametrize("look", [LIGHT, DARK, NARROW], ids=["light", "dark", "narrow"])
def test_no_page_of_the_messages_has_a_serious_fault_or_overflows(
    browser: Browser, address: str, look: dict[str, object]
) -> None:
    context = browser.new_context(locale="en-GB", reduced_motion="reduce", **look)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/messages")
    make = page.get_by_role("button", name="Make Payment received your own")
    if make.count():
        make.click()
        begin(page, address, "Parcel text", "sms")
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(f"{address}{path}")
        wrong[path] = faults(page)
        wide = page.evaluate(TOO_WIDE)
        page.evaluate(LARGER)
        wrong[path] += [f"wider than the screen: {one}" for one in (wide, page.evaluate(TOO_WIDE)) if one]
    context.close()
    assert not {path: found for path, found in wrong.items() if found}
