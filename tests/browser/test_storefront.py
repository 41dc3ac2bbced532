"""A shop's checkout and shelves on another site ask Sereno by its scripts: options are hidden, variants shown, products
recommended; and with Sereno away the page stays as it is."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from browsing import Installation, looked_until
from playwright.sync_api import Browser, Page, expect
from test_access import faults

PAGE = """<!doctype html><title>Checkout</title>
<form>
<p data-sereno-option="card"><label><input type="radio" name="pay" value="card">
<span data-sereno-name>Card</span></label></p>
<p data-sereno-option="cod"><label><input type="radio" name="pay" value="cod" checked>Cash</label></p>
</form>
<section data-sereno-variant="till:old" data-sereno-usual>old till</section>
<section data-sereno-variant="till:new" hidden>new till</section>
<script type="application/json" id="sereno-facts">{"cart": {"id": "c1", "total": "%s"}}</script>
<script>document.addEventListener("sereno:decided", (event) => {
document.title = event.detail.is_fallback ? "away" : "decided"; window.told = event.detail; });</script>
<script async src="%s" data-timeout="60000"></script>"""


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, str]]]:
    """A site of another origin, and what its page is."""
    held = {"page": ""}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = held["page"].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", held
    server.shutdown()
    server.server_close()


def fill(desk: Page, address: str, kind: str, id: str, name: str) -> None:
    desk.goto(f"{address}/decisions")
    form = desk.locator("form.add-option", has=desk.locator(f"input[name=kind][value={kind}]"))
    form.locator("[name=name]").fill(name)
    form.locator("[name=id]").fill(id)
    form.get_by_role("button", name="Add").click()
    expect(desk.get_by_text("Added.")).to_be_visible()


def test_a_rule_without_code_reaches_a_checkout_on_another_site(
    desk: Page, address: str, site: tuple[str, dict[str, str]]
) -> None:
    origin, held = site
    fill(desk, address, "payment", "card", "Card, at once")
    fill(desk, address, "payment", "cod", "Cash")
    assert faults(desk) == []
    desk.get_by_role("link", name="Add a rule").first.click()
    desk.get_by_label("What you call it").fill("No cash above 300")
    desk.get_by_role("button", name="As text").click()
    desk.get_by_label("When, as an expression").fill("cart.total > 300 && visitor.device == 'desktop'")
    desk.get_by_label("Cash", exact=True).check()
    assert faults(desk) == []
    desk.get_by_role("button", name="Keep").last.click()
    expect(desk.get_by_role("heading", name="No cash above 300")).to_be_visible()
    desk.goto(f"{address}/decisions/variants/new")
    desk.get_by_label("What you call it").fill("Two tills")
    for number, name in (("1", "old"), ("2", "new")):
        desk.get_by_label(f"Name of variant {number}").fill(name)
    assert faults(desk) == []
    desk.get_by_role("button", name="Keep").last.click()
    desk.goto(f"{address}/decisions/try?total=400&device=desktop")
    expect(desk.locator("#answer .is-hidden")).to_contain_text("Cash")
    assert faults(desk) == []
    desk.goto(f"{address}/decisions")
    desk.get_by_role("button", name="Publish").click()
    expect(desk.get_by_text("Version 1 decides from now on.")).to_be_visible()
    desk.goto(f"{address}/decisions/keys")
    desk.get_by_label("What uses it").fill("Shop")
    desk.get_by_label("Sites that may ask").fill(origin)
    desk.get_by_role("button", name="Make the key").click()
    line = desk.locator("#snippet").inner_text()
    assert faults(desk) == []
    script = f"{address}/storefront/{line.split('/storefront/')[1].split('/')[0]}/sereno.js"

    shop = desk.context.browser.new_context().new_page()  # type: ignore[union-attr]
    held["page"] = PAGE % ("400.00", script)
    shop.goto(origin)
    expect(shop).to_have_title("decided")
    expect(shop.locator("[data-sereno-option=cod]")).to_be_hidden()
    assert shop.locator("input[value=cod]").is_disabled()
    expect(shop.locator("[data-sereno-name]")).to_have_text("Card, at once")
    arm = shop.evaluate("told.variants['variants-1'].arm")
    assert arm in ("old", "new")
    visitor = shop.evaluate("sereno.visitor")
    held["page"] = PAGE % ("40.00", script)
    shop.reload()
    expect(shop).to_have_title("decided")
    expect(shop.locator("[data-sereno-option=cod]")).to_be_visible()
    assert shop.evaluate("[sereno.visitor, told.variants['variants-1'].arm]") == [visitor, arm]

    # Sereno is away: nothing is hidden, and the visitor keeps the variant they had.
    shop.route("**/decide", lambda route: route.abort())
    shop.reload()
    expect(shop).to_have_title("away")
    expect(shop.locator("[data-sereno-option=cod]")).to_be_visible()
    assert shop.evaluate("told.variants['variants-1'].arm") == arm
    # Whoever never had one sees the usual.
    fresh = desk.context.browser.new_context().new_page()  # type: ignore[union-attr]
    fresh.route("**/decide", lambda route: route.abort())
    fresh.goto(origin)
    expect(fresh).to_have_title("away")
    expect(fresh.get_by_text("old till")).to_be_visible()
    expect(fresh.get_by_text("new till")).to_be_hidden()
    for page in (shop, fresh):
        page.context.close()


GOODS = """
from sereno.sdk.connector import NewEvent
from sereno.runtime import services
def product(key, title):
    data = {"id": key, "title": title, "price": "9.00", "currency": "EUR", "status": "active", "handle": key}
    return NewEvent(f"p:{key}", "product.updated", f"product:{key}", now, data, {"product": key})
def order(number, items):
    lines = [{"product_id": one, "variant_id": f"v-{one}", "quantity": 1} for one in items]
    data = {"id": f"r{number}", "number": f"#r{number}", "customer_id": f"k{number}", "lines": lines, "currency": "EUR",
        "total": "9.00", "status": "open", "placed_at": (now - timedelta(days=number)).isoformat()}
    refs = {"order": data["id"], "customer": data["customer_id"]}
    return NewEvent(f"o:{number}", "order.created", f"order:{data['id']}", now, data, refs)
pairs = [("cup", "saucer")] * 12 + [("jug", "tray")] * 4 + [("cup", "tray")] * 2
events = [product(one, one.title()) for one in ("cup", "saucer", "jug", "tray")]
services.insert_events(shop.pk, None, "test", events + [order(n, pair) for n, pair in enumerate(pairs)])
from sereno.store import storefronts
print(json.dumps(storefronts.issue(shop.pk, "Shelf", json.loads(sys.argv[1]), "ana")[0].token))
"""
SHELF = """<!doctype html><html lang="en"><title>Cup</title>
<div data-sereno-recommend="together" data-items="cup" data-limit="2" data-url="/p/{id}"><p>Our favourites</p></div>
<script>document.addEventListener("sereno:recommended", (event) => {
document.title = event.detail.is_fallback ? "away" : "told"; });</script>
<script src="%s" data-product="cup" data-timeout="60000" defer></script>"""
LEARNED = """
from sereno.modules.orders.models import Order
print(json.dumps(Order.objects.filter(shop=shop, key__startswith="r").count()))
"""


def test_a_shelf_on_another_site_is_filled_and_stays_as_it_is_without_us(
    browser: Browser, installation: Installation, site: tuple[str, dict[str, str]]
) -> None:
    origin, held = site
    token = installation.run(GOODS, [origin])
    shop = browser.new_context().new_page()
    looked_until(shop, lambda: installation.run(LEARNED) >= 18)
    sereno = [sys.executable, "-c", "from sereno.site.command import main; main()"]
    command = [*sereno, "recommend", "learn", "--shop", "lantern"]
    subprocess.run(command, env=installation.environment, check=True, timeout=300, stdout=subprocess.DEVNULL)
    held["page"] = SHELF % f"{installation.url}/storefront/{token}/recommend.js"
    shop.goto(origin)
    expect(shop).to_have_title("told")
    cards = shop.locator("[data-sereno-item]")
    expect(cards.first).to_contain_text("Saucer")
    expect(cards.first).to_contain_text("€9.00")
    assert cards.first.locator("a").get_attribute("href") == f"{origin}/p/saucer"
    expect(shop.get_by_text("Our favourites")).to_have_count(0)
    shop.route("**/recommend", lambda route: route.abort())
    shop.reload()
    expect(shop).to_have_title("away")
    expect(shop.get_by_text("Our favourites")).to_be_visible()
    shop.context.close()
