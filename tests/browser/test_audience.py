"""Two main paths of the audience's pages: a segment built by keys alone, and codes uploaded, given and seen."""

from __future__ import annotations

from browsing import Installation
from playwright.sync_api import Page, expect
from test_access import faults

GIVEN = """
from sereno.modules.pricing.models import Code
Code.objects.filter(shop=shop, code="SPRING-7").update(
    status="issued", customer="17", flow="birthday", issued_at=now, expires_at=now + timedelta(days=9))
"""


def test_a_segment_is_built_by_keys_taken_away_and_back(desk: Page, address: str) -> None:
    desk.goto(f"{address}/segments/new")
    title = desk.get_by_label("Title")
    title.focus()
    desk.keyboard.type("Tea in spring")
    _by_keys(desk, "Of what", "of the category")
    which = desk.get_by_label("Which")
    which.focus()
    desk.keyboard.type("Tea")
    desk.get_by_role("button", name="Add a condition").press("Enter")
    _by_keys(desk, "What it asks for", "Country", last=True)
    value = desk.get_by_label("Value")
    value.focus()
    desk.keyboard.type("ES")
    desk.get_by_role("button", name="How many?").press("Enter")
    expect(desk.get_by_role("status")).to_contain_text("customer")
    assert faults(desk) == []
    desk.get_by_role("button", name="Save").press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Tea in spring")
    expect(desk.get_by_text("Placed orders at least 1 time, of the category “tea”")).to_be_visible()
    desk.get_by_text("As text", exact=True).click()
    text = 'orders().of("category", "tea").count() >= 1 && customer.country == "es"'
    expect(desk.get_by_text(text)).to_be_visible()
    assert faults(desk) == []
    desk.get_by_role("button", name="Remove").press("Enter")
    expect(desk.get_by_text("“Tea in spring” is removed.")).to_be_visible()
    desk.get_by_role("button", name="Undo").press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Tea in spring")
    expect(desk.get_by_text("It is back.")).to_be_visible()


def _by_keys(desk: Page, label: str, choice: str, *, last: bool = False) -> None:
    """Choose in a list as the keyboard does, and wait until the rows are drawn anew."""
    found = desk.get_by_label(label)
    chosen = found.last if last else found.first
    chosen.focus()
    with desk.expect_response(lambda answer: answer.request.method == "POST"):
        desk.keyboard.type(choice, delay=5)
    drawn = desk.get_by_label(label).last if last else desk.get_by_label(label).first
    expect(drawn.locator("option:checked")).to_contain_text(choice)


def test_codes_are_uploaded_given_and_seen(desk: Page, address: str, installation: Installation) -> None:
    desk.goto(f"{address}/codes")
    form = desk.locator("form.pool-form")
    if not form.is_visible():
        desk.get_by_text("Upload codes").click()
    form.get_by_label("Pool").fill("spring")
    form.get_by_label("Worth").fill("15")
    form.get_by_label("Codes, one a line").fill("\n".join(f"SPRING-{number}" for number in range(1, 11)))
    form.get_by_role("button", name="Add the codes").press("Enter")
    pool = desk.get_by_role("row").filter(has_text="spring")
    expect(pool).to_contain_text("15 %")
    expect(pool).to_contain_text("10")
    installation.run(GIVEN)
    desk.goto(f"{address}/codes?q=SPRING-7")
    given = desk.get_by_role("row").filter(has_text="SPRING-7")
    expect(given).to_contain_text("birthday")
    expect(given).to_contain_text("15 %")
    assert faults(desk) == []
