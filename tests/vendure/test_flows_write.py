"""What a flow does is seen in the real store, by asking the store: through door, dispatcher, runs, effects and
connector, with the first answer to every mutation lost on its way back.

The store's driver gives every buyer one telephone and one name, by which they would be one person: so each has
their own first name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import Asking
from dropping import Dropping
from shop_process import Shop
from store_process import Vendure

from waiting import wait_for

FLOWS = {
    "ship": """
trigger: {event: order.paid, when: "customer.email == 'ship@example.com'"}
steps:
  - orders.add_tag: {tag: from-sereno}
  - orders.note: {text: "Packed for {{ order.number }}"}
  - orders.fulfill: {tracking_number: "T-{{ order.number }}", carrier: DHL}
""",
    "cancel": """
trigger: {event: order.paid, when: "customer.email == 'cancel@example.com'"}
steps:
  - orders.cancel: {reason: fraud, note: "checked twice"}
""",
    "refund": """
trigger: {event: order.paid, when: "customer.email == 'refund@example.com'"}
steps:
  - orders.refund: {amount: "5.00", note: "late"}
""",
    "shelf": """
trigger: {event: variant.updated, when: "event.data.sku == 'MATCHA-100'"}
reentry: always
steps:
  - stock.set: {available: "33"}
""",
    "price": """
trigger: {event: variant.updated, when: "event.data.sku == 'SER-C-30'"}
reentry: always
steps:
  - catalog.set_price: {price: "39.50"}
""",
    "words": """
trigger: {event: product.updated, when: "event.data.title == 'Canvas bag'"}
reentry: always
steps:
  - catalog.set_texts: {title: "Canvas bag, {{ product.title | size }} l", description: "<p>Strong &amp; light</p>"}
""",
}


@pytest.fixture(scope="module")
def store(vendure_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendure]:
    found = Vendure.on(vendure_folder, tmp_path_factory.mktemp("vendure-flows"))
    found.start("")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def line(store: Vendure) -> Iterator[Dropping]:
    with Dropping(f"http://127.0.0.1:{store.port}/admin-api") as found:
        yield found


@pytest.fixture(scope="module")
def shop(store: Vendure, line: Dropping, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = Shop(tmp_path_factory.mktemp("sereno"), line.url, FLOWS)
    store.start(found.door)
    yield found
    assert found.serving.stop() == 0


@pytest.fixture(scope="module")
def asking(shop: Shop, store: Vendure) -> Asking:
    return Asking(store)


def test_a_flow_tags_notes_and_ships(shop: Shop, store: Vendure, asking: Asking, line: Dropping) -> None:
    order = store.drive("order", "--email", "ship@example.com", "--skus", "TOTE-1:2")
    shop.wait_until_through("ship")
    wait_for(lambda: "Tag: from-sereno" in asking.notes(order["id"]), 60)
    found = asking.order(order["id"])
    assert found["state"] == "Shipped"
    (parcel,) = found["fulfillments"]
    assert (parcel["trackingCode"], parcel["method"]) == (f"T-{order['code']}", "DHL")
    notes = asking.notes(order["id"])
    assert len([text for text in notes if text.startswith(f"Packed for {order['code']}")]) == 1
    assert notes.count("Tag: from-sereno") == 1
    assert {"addNoteToOrder", "addFulfillmentToOrder", "transitionFulfillmentToState"} <= set(line.lost)


def test_a_flow_cancels(shop: Shop, store: Vendure, asking: Asking) -> None:
    order = store.drive("order", "--email", "cancel@example.com", "--first", "Grace", "--skus", "TOTE-1:1")
    shop.wait_until_through("cancel")
    found = asking.order(order["id"])
    assert found["state"] == "Cancelled"
    assert [one["total"] for one in found["payments"][0]["refunds"]] == [order["totalWithTax"]]


def test_a_flow_gives_back_once(shop: Shop, store: Vendure, asking: Asking) -> None:
    order = store.drive("order", "--email", "refund@example.com", "--first", "Mary", "--skus", "TOTE-1:1")
    shop.wait_until_through("refund")
    (payment,) = asking.order(order["id"])["payments"]
    assert [one["total"] for one in payment["refunds"]] == [500]


def test_a_flow_sets_stock_and_does_not_start_itself(shop: Shop, store: Vendure, asking: Asking) -> None:
    before = asking.movements("MATCHA-100")
    store.drive("stock", "MATCHA-100", "4")
    shop.wait_until_through("shelf")
    assert asking.variant("MATCHA-100")["stockLevels"][0]["stockOnHand"] == 33
    wait_for(lambda: updates(shop, "MATCHA-100") >= 2)
    wait_for(lambda: len(shop.list("run", "list", "--flow", "shelf")) == 1, 5)
    # Once by the person, once by the flow.
    assert asking.movements("MATCHA-100") == before + 2


def test_a_flow_sets_the_price(shop: Shop, store: Vendure, asking: Asking) -> None:
    store.drive("stock", "SER-C-30", "9")
    shop.wait_until_through("price")
    assert asking.variant("SER-C-30")["price"] == 3950
    wait_for(lambda: updates(shop, "SER-C-30") >= 2)
    wait_for(lambda: len(shop.list("run", "list", "--flow", "price")) == 1, 5)


def test_a_flow_writes_texts_and_knows_them_again(shop: Shop, store: Vendure, asking: Asking) -> None:
    product = asking.variant("TOTE-1")["product"]["id"]
    say = "mutation($input: UpdateProductInput!) { updateProduct(input: $input) { id } }"
    asking(say, input={"id": product, "translations": [{"languageCode": "en", "name": "Canvas bag"}]})
    shop.wait_until_through("words")
    document = "query($id: ID!) { product(id: $id) { name description } }"
    wanted = {"name": "Canvas bag, 10 l", "description": "<p>Strong &amp; light</p>"}
    assert asking(document, id=product)["product"] == wanted

    def told() -> set[tuple[str, str]]:
        rows = shop.list("event", "list", "--type", "product.updated")
        return {(row["data"].get("title"), row["data"].get("description")) for row in rows}

    wait_for(lambda: (wanted["name"], wanted["description"]) in told())
    wait_for(lambda: len(shop.list("run", "list", "--flow", "words")) == 1, 5)


def updates(shop: Shop, sku: str) -> int:
    return len([one for one in shop.list("event", "list", "--type", "variant.updated") if one["data"]["sku"] == sku])
