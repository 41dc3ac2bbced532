"""A second factor, from the QR code to the next sign-in, in a real browser; an invitation from its link to the desk."""

from __future__ import annotations

import re
import time

from axe_playwright_python.sync_playwright import Axe
from browsing import PASSWORD, sign_in
from playwright.sync_api import Browser, Page, expect

from sereno.web.people import totp


def code(secret: str, after: int = 0) -> tuple[str, int]:
    """A code of a time step that was not used yet, and the step."""
    step = max(totp.step_of(time.time()), after + 1)
    return totp.code_at(secret, step), step


def no_serious_fault(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def invited(desk: Page, address: str, email: str) -> str:
    desk.goto(f"{address}/people")
    desk.get_by_label("E-mail").fill(email)
    desk.get_by_label("Role", exact=True).select_option("support")
    desk.get_by_role("button", name="Invite", exact=True).click()
    expect(desk.get_by_text(f"{email} is invited")).to_be_visible()
    return desk.locator("#invitation-link").inner_text()


def test_somebody_is_invited_and_signs_in_with_a_second_factor(desk: Page, browser: Browser, address: str) -> None:
    link = invited(desk, address, "tess@example.com")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(link)
    no_serious_fault(page)
    page.get_by_label("Your name").fill("Tess")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_text("Welcome to Lantern & Wick.")).to_be_visible()

    page.get_by_role("link", name="Your account").click()
    page.get_by_role("link", name="Set it up").click()
    picture = page.locator("svg.qr")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None and box["width"] > 150 and abs(box["width"] - box["height"]) < 1
    secret = page.locator("code.break").inner_text().replace(" ", "")
    no_serious_fault(page)
    first, used = code(secret)
    page.get_by_label("Six digits").fill(first)
    page.get_by_role("button", name="Switch it on").click()
    codes = page.locator("#recovery-codes").inner_text().split()
    assert len(codes) == 10 and all(re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", one) for one in codes)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="The second factor is on")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    page.get_by_label("E-mail").fill("tess@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    no_serious_fault(page)
    page.get_by_label("Code").fill(first)  # a code is good once
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is not right, or it was used already")
    page.get_by_label("Code").fill(code(secret, used)[0])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")

    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail").fill("tess@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("That recovery code is used up. 9 are left.")).to_be_visible()
    page.goto(f"{address}/account/sign-ins")
    expect(page.get_by_text("with a recovery code")).to_be_visible()
    context.close()

    desk.goto(f"{address}/people")
    row = desk.get_by_role("row").filter(has_text="Tess")
    expect(row.get_by_text("On", exact=True)).to_be_visible()
    row.get_by_role("combobox").select_option("viewer")
    expect(desk.get_by_text("tess@example.com is now: Viewer.")).to_be_visible()
    desk.goto(f"{address}/audit?kind=person")
    expect(desk.get_by_text("Gave tess@example.com another role")).to_be_visible()


def test_another_shop_is_gone_to_and_come_back_from(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/shops/new")
    page.get_by_label("Name of the shop").fill("Second lantern")
    page.get_by_role("button", name="Make the shop").click()
    expect(page.get_by_role("heading", name="Second lantern is ready")).to_be_visible()
    page.goto(f"{address}/runs")
    expect(page.locator("table.rows tbody tr")).to_have_count(0)
    page.locator("summary", has_text="Second lantern").click()
    page.get_by_role("button", name=re.compile("Lantern & Wick")).click()
    page.goto(f"{address}/runs")
    expect(page.locator("table.rows tbody tr").first).to_be_visible()
    context.close()
