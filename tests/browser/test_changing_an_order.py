"""A customer opens the link of an order's mail, mends the address by keyboard, takes one piece less, and cancels; no
serious fault by axe on the way."""

from __future__ import annotations

import pytest
from browsing import Installation
from playwright.sync_api import Page, expect
from test_access import faults

MAKE = """
from sereno.modules.messages.unsubscribe import SignedLinks
from sereno.modules.orders.models import Order
from sereno.runtime.orders import self_service
from sereno.runtime.stores.finding import seal_access
from sereno.store.models import Connection
access = {"token": "shpat_0", "client_secret": ""}
Connection.objects.create(shop=shop, name="own-store", kind="shopify", created_at=now, access=seal_access(access),
    settings={"shop": "none.invalid", "namespace": "own"})
self_service.change_rules(shop.pk, {"is_on": True, "minutes": 600}, "ana")
links = SignedLinks(settings.ENVIRONMENT.secret_key, "", shop.pk)
made = []
for number in ("1", "2", "3"):
    key = f"own~{number}"
    data = {"id": key, "number": f"#900{number}", "currency": "EUR", "total": "50.00", "placed_at": now.isoformat(),
        "lines": [{"id": "a", "title": "Enamel mug", "quantity": 2, "total": "50.00"}], "status": "open",
        "shipping_address": {"name": "Mara Vidal", "line1": "Calle Mayor 7", "city": "Madrid",
            "postal_code": "28013", "country": "ES"}}
    Order.objects.create(shop=shop, key=key, version=1, data=data, seen_at=now, number=data["number"])
    made.append(links.order(key))
print(json.dumps(made))
"""


@pytest.fixture(scope="module")
def links(installation: Installation) -> list[str]:
    return list(installation.run(MAKE))


def test_an_address_is_mended_by_keyboard(page: Page, address: str, links: list[str]) -> None:
    page.goto(address + links[0])
    expect(page.get_by_role("heading", name="Order #9001")).to_be_visible()
    summary = page.locator("summary", has_text="Send it elsewhere")
    summary.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Postal code").fill("nowhere")
    page.get_by_label("Postal code").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("postal code does not fit")
    expect(page.get_by_label("Postal code")).to_have_value("nowhere")
    assert faults(page) == []
    page.get_by_label("Postal code").fill("28001")
    page.get_by_role("button", name="Send it here").click()
    expect(page.get_by_text("We are seeing to it")).to_be_visible()
    expect(page.locator("summary")).to_have_count(0)
    assert faults(page) == []


def test_one_piece_less_on_a_telephone(page: Page, address: str, links: list[str]) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address + links[1])
    page.locator("summary", has_text="Change how many").click()
    page.get_by_label("Enamel mug").fill("1")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("We are seeing to it")).to_be_visible()


def test_an_order_is_cancelled_without_javascript(page: Page, address: str, links: list[str]) -> None:
    page.route("**/*.js", lambda route: route.abort())
    page.goto(address + links[2])
    page.locator("summary", has_text="Cancel the order").click()
    page.get_by_role("button", name="Cancel the whole order").click()
    seeing, done = page.get_by_text("We are seeing to it"), page.get_by_text("Your order is cancelled")
    expect(seeing.or_(done)).to_be_visible()  # the store may have answered before the page was drawn
    expect(page.locator("summary")).to_have_count(0)
    page.goto(f"{address}{links[2]}x")
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
