"""Every write against the real store, each with its answer lost the first time, and asked for a third time: what the
store says then happened once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from asking import Asking, Line, with_fields
from store_process import Vendure

from sereno.commerce.money import Money
from sereno.connectors.vendure.webhooks import VENDURE
from sereno.sdk.connector import Delivery
from sereno.sdk.stores import Item, Reading, StoreBusy, StoreRefused
from sereno.sdk.writes import (
    CancelOrder,
    CapturePayment,
    ChangeAddress,
    ChangeItems,
    CollectProduct,
    CreateDiscountCode,
    CreateDraftOrder,
    FulfillOrder,
    LineQuantity,
    NoteOrder,
    PublishProduct,
    RefundLine,
    RefundOrder,
    SetMetafield,
    SetPrice,
    SetStock,
    SetTexts,
    TagCustomer,
    TagOrder,
    TagProduct,
    Write,
)
from waiting import wait_for

ADDRESS = {"name": "Ana Ruiz", "line1": "Calle 1", "city": "Graz", "postal_code": "8010", "country": "AT"}


@pytest.fixture(scope="module")
def store(vendure_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendure]:
    found = Vendure.on(vendure_folder, tmp_path_factory.mktemp("vendure-writes"))
    found.start("", **with_fields(found.work))
    yield found
    found.stop()


@pytest.fixture(scope="module")
def asking(store: Vendure) -> Asking:
    found = Asking(store)
    found.has_fields = True
    return found


@pytest.fixture
def line(asking: Asking) -> Line:
    return Line(asking)


@pytest.fixture
def place(store: Vendure) -> Callable[..., str]:
    """Somebody buys: gives the order's id."""

    def buy(*arguments: str) -> str:
        store.drive("stock", "TOTE-1", "500")
        return store.drive("order", *arguments)["id"]

    return buy


def thrice(line: Line, write: Write, key: str, losing: str) -> dict[str, Any]:
    """The answer to the request that holds `losing` is lost; then again, and again. Gives the last value."""
    line.losing = losing
    with pytest.raises(StoreBusy):
        line.write(write, key)
    value = line.write(write, key, attempt=2).value
    assert line.write(write, key, attempt=3).value.keys() == value.keys()
    return dict(value)


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def test_the_probe_knows_the_shop_and_what_a_clerk_may_not(line: Line, asking: Asking) -> None:
    assert VENDURE.store is not None
    found = VENDURE.store.probe(line.exchange)
    assert (found.shop, found.currency, list(found.lacking)) == ("", "USD", [])
    roles = asking("{ roles { items { id code } } }")["roles"]["items"]
    clerk = next(item["id"] for item in roles if item["code"] == "clerk")
    document = "mutation($input: CreateAdministratorInput!) { createAdministrator(input: $input) { id } }"
    person = {"firstName": "C", "lastName": "L", "emailAddress": "clerk@example.com", "password": "secret"}
    asking(document, input={**person, "roleIds": [clerk]})
    exchange = line.as_user(user="clerk@example.com", password="secret")
    lacking = VENDURE.store.probe(exchange).lacking
    assert any("CreatePromotion" in item for item in lacking)
    assert not any("UpdateOrder" in item for item in lacking)
    with pytest.raises(StoreRefused) as refused:
        VENDURE.store.probe(line.as_user(password="wrong"))
    assert refused.value.code == "store.key_refused"


def test_a_write_one_may_not_do_says_so(line: Line, asking: Asking) -> None:
    line.exchange = line.as_user(user="clerk@example.com", password="secret")
    variant = asking.variant("TOTE-1")
    with pytest.raises(StoreRefused) as refused:
        line.write(SetPrice(variant["product"]["id"], variant["id"], usd("1")), "clerk")
    assert refused.value.code == "store.key_refused"


def test_notes_and_tags_of_an_order(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place()
    thrice(line, NoteOrder(order, "Call first"), "note", "addNoteToOrder")
    thrice(line, TagOrder(order, ("vip", "gift")), "tag", "addNoteToOrder")
    line.write(TagOrder(order, remove=("gift",)), "untag")
    line.write(TagOrder(order, remove=("gift",)), "untag", attempt=2)
    notes = asking.notes(order)
    assert [text for text in notes if text.startswith("Tag: ")] == ["Tag: vip"]
    assert len([text for text in notes if text.startswith("Call first")]) == 1


def test_an_amount_is_given_back_once(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place("--skus", "TOTE-1:2")
    value = thrice(line, RefundOrder(order, usd("5.00"), note="late"), "refund", "refundOrder")
    assert value["status"] == "pending" and len(value["refunds"]) == 1
    line.write(RefundOrder(order, usd("5.00")), "another refund")
    (payment,) = asking.order(order)["payments"]
    assert [item["total"] for item in payment["refunds"]] == [500, 500]
    with pytest.raises(StoreRefused) as refused:
        line.write(RefundOrder(order, usd("500")), "too much")
    assert refused.value.code == "refund.too_much"
    # All that is left, once.
    thrice(line, RefundOrder(order), "rest", "refundOrder")
    (payment,) = asking.order(order)["payments"]
    assert sum(item["total"] for item in payment["refunds"]) == payment["amount"]
    with pytest.raises(StoreRefused) as refused:
        line.write(RefundOrder(order), "again")
    assert refused.value.code == "refund.nothing_left"


def test_lines_are_given_back_and_put_on_the_shelf_once(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place("--skus", "TOTE-1:3")
    item = asking.order(order)["lines"][0]
    before = asking.variant("TOTE-1")["stockLevels"][0]
    wanted = RefundOrder(order, lines=(RefundLine(item["id"], 2),), note="torn")
    thrice(line, wanted, "lines", "cancelOrder")
    after = asking.order(order)
    assert after["lines"][0]["quantity"] == 1
    assert sum(one["total"] for one in after["payments"][0]["refunds"]) == 2 * 2388
    level = asking.variant("TOTE-1")["stockLevels"][0]
    assert level["stockAllocated"] == before["stockAllocated"] - 2


def test_cancelling_gives_all_back_first(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place("--skus", "TOTE-1:2")
    thrice(line, CancelOrder(order, reason="fraud", note="checked"), "cancel", "cancelOrder")
    found = asking.order(order)
    assert found["state"] == "Cancelled"
    assert [one["total"] for one in found["payments"][0]["refunds"]] == [found["payments"][0]["amount"]]
    assert "fraud: checked" in found["payments"][0]["refunds"][0]["reason"]


def test_cancelling_voids_what_was_only_authorized(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place("--authorize-only")
    thrice(line, CancelOrder(order), "void", "cancelPayment")
    found = asking.order(order)
    assert (found["state"], found["payments"][0]["state"]) == ("Cancelled", "Cancelled")


def test_cancelling_leaves_what_has_shipped(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place("--skus", "TOTE-1:2,GIFTWRAP:1")
    totes, wrap = asking.order(order)["lines"]
    shipped = FulfillOrder(order, (LineQuantity(1, totes["id"]),), "T-1", "DHL")
    thrice(line, shipped, "ship one", "transitionFulfillmentToState")
    assert [one["trackingCode"] for one in asking.order(order)["fulfillments"]] == ["T-1"]
    thrice(line, CancelOrder(order), "cancel the rest", "cancelOrder")
    found = asking.order(order)
    assert {one["id"]: one["quantity"] for one in found["lines"]} == {totes["id"]: 1, wrap["id"]: 0}
    # One tote and the wrapping, with tax; not the shipping of what did go.
    assert [one["total"] for one in found["payments"][0]["refunds"]] == [2388 + 420]
    with pytest.raises(StoreRefused) as refused:
        line.write(CancelOrder(order), "cancel what is gone")
    assert refused.value.code == "order.shipped"


def test_capturing(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place("--authorize-only")
    with pytest.raises(StoreRefused) as refused:
        line.write(CapturePayment(order, usd("1.00")), "part")
    assert refused.value.code == "capture.partial"
    thrice(line, CapturePayment(order), "capture", "settlePayment")
    found = asking.order(order)
    assert (found["state"], found["payments"][0]["state"]) == ("PaymentSettled", "Settled")


def test_shipping_all_of_an_order_once(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place("--skus", "TOTE-1:2,GIFTWRAP:1")
    thrice(line, FulfillOrder(order, carrier="Post"), "ship", "addFulfillmentToOrder")
    found = asking.order(order)
    assert found["state"] == "Shipped"
    assert [(one["state"], one["method"]) for one in found["fulfillments"]] == [("Shipped", "Post")]


def test_a_new_address(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place()
    thrice(line, ChangeAddress(order, ADDRESS), "address", "modifyOrder")
    found = asking.order(order)
    assert found["shippingAddress"] == {"city": "Graz", "streetLine1": "Calle 1"}
    assert (found["state"], len(found["modifications"])) == ("PaymentSettled", 1)


def test_fewer_items_are_given_back_and_more_are_left_to_pay(
    line: Line, asking: Asking, place: Callable[..., str]
) -> None:
    order = place("--skus", "TOTE-1:3")
    item = asking.order(order)["lines"][0]["id"]
    # The first answer that says `dryRun: false` is the one that counts: the trial before it is lost instead, and then
    # the way back out of the state for changes.
    thrice(line, ChangeItems(order, (LineQuantity(2, item),)), "one less", "transitionOrderToState")
    found = asking.order(order)
    assert (found["state"], found["lines"][0]["quantity"]) == ("PaymentSettled", 2)
    assert [one["total"] for one in found["payments"][0]["refunds"]] == [2388]
    wrap = asking.variant("GIFTWRAP")["id"]
    value = thrice(line, ChangeItems(order, (LineQuantity(1, variant=wrap),)), "wrapped", "modifyOrder")
    found = asking.order(order)
    assert (found["state"], len(found["lines"])) == ("ArrangingAdditionalPayment", 2)
    assert len(found["modifications"]) == 2
    assert value["order"] == order


def test_a_refused_change_leaves_the_order_as_it_was(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place()
    sold_out = asking.variant("SWT-S-NV")["id"]
    with pytest.raises(StoreRefused) as refused:
        line.write(ChangeItems(order, (LineQuantity(3, variant=sold_out),)), "sold out")
    assert refused.value.code == "stock.insufficient"
    assert asking.order(order)["state"] == "PaymentSettled"


def test_drafts(line: Line, asking: Asking) -> None:
    variant = asking.variant("TOTE-1")["id"]
    draft = CreateDraftOrder("", "d@example.com", (LineQuantity(2, variant=variant),), "by phone", ("b2b",), ADDRESS)
    value = thrice(line, draft, "draft", "addItemToDraftOrder")
    found = asking.order(value["order"])
    assert (found["state"], [one["quantity"] for one in found["lines"]]) == ("Draft", [2])
    document = '{ orders(options: {filter: {state: {eq: "Draft"}}}) { totalItems } }'
    assert asking(document)["orders"]["totalItems"] == 1


def test_customers_are_tagged_by_groups(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    place("--email", "tagged@example.com")
    document = """{ customers(options: {filter: {emailAddress: {eq: "tagged@example.com"}}}) { items {
      id groups { name } } } }"""
    customer = asking(document)["customers"]["items"][0]["id"]
    thrice(line, TagCustomer(customer, ("vip", "wholesale")), "groups", "createCustomerGroup")
    line.write(TagCustomer(customer, remove=("wholesale",)), "one less")
    assert asking(document)["customers"]["items"][0]["groups"] == [{"name": "vip"}]
    groups = asking('{ customerGroups(options: {filter: {name: {eq: "vip"}}}) { totalItems } }')
    assert groups["customerGroups"]["totalItems"] == 1


def test_products_are_tagged_priced_shown_and_collected(line: Line, asking: Asking) -> None:
    variant = asking.variant("SER-C-30")
    product = variant["product"]["id"]
    thrice(line, TagProduct(product, ("New in", "oferta")), "tags", "createFacetValues")
    line.write(TagProduct(product, remove=("oferta",)), "tags off")
    thrice(line, SetPrice(product, variant["id"], usd("45.50")), "price", "updateProductVariants")
    thrice(line, PublishProduct(product, is_published=False), "hide", "updateProduct(")
    found = asking.variant("SER-C-30")
    assert [(one["name"], one["facet"]["code"]) for one in found["product"]["facetValues"]] == [("New in", "tags")]
    assert (found["price"], found["product"]["enabled"]) == (4550, False)
    with pytest.raises(StoreRefused) as refused:
        line.write(SetPrice(product, variant["id"], usd("45"), usd("60")), "struck through")
    assert refused.value.code == "price.no_compare_at"
    line.write(PublishProduct(product), "show")
    made = asking(
        """mutation { createCollection(input: {filters: [],
          translations: [{languageCode: en, name: "Sale", slug: "sale", description: ""}]}) { id } }"""
    )
    thrice(line, CollectProduct(product, "sale"), "collect", "updateCollection")
    counted = "query($id: ID!) { collection(id: $id) { productVariantCount } }"
    wait_for(lambda: asking(counted, id=made["createCollection"]["id"])["collection"]["productVariantCount"] == 1)
    line.write(CollectProduct(product, made["createCollection"]["id"], is_in=False), "uncollect")
    wait_for(lambda: asking(counted, id=made["createCollection"]["id"])["collection"]["productVariantCount"] == 0)


def test_a_text_is_written_in_the_shops_language_and_read_back(line: Line, asking: Asking) -> None:
    product = asking.variant("MATCHA-100")["product"]["id"]
    say = "mutation($input: UpdateProductInput!) { updateProduct(input: $input) { id } }"
    german = {"languageCode": "de", "name": "Matcha-Pulver", "slug": "matcha-pulver", "description": "<p>Grün</p>"}
    asking(say, input={"id": product, "translations": [german]})
    before = words_of(asking, product)
    html = "<p>Del <em>valle</em> de Uji &amp; más</p>"
    thrice(line, SetTexts(product, "Té matcha «30 g»", html), "texts", "updateProduct(")
    assert len([one for one in line.sent if "updateProduct(" in one]) == 1
    after = words_of(asking, product)
    assert after["de"] == before["de"] == {name: german[name] for name in ("name", "slug", "description")}
    assert after["en"] == {"name": "Té matcha «30 g»", "slug": before["en"]["slug"], "description": html}
    assert VENDURE.store is not None
    item = VENDURE.store.fetch["product"](line.exchange, product)
    assert item is not None
    told = {name: value for name, value in read_as(item).items() if name in ("title", "description", "status")}
    assert told == {"title": "Té matcha «30 g»", "description": html, "status": "active"}
    line.write(SetTexts(product, description=""), "no words")
    assert words_of(asking, product)["en"] == {**after["en"], "description": ""}
    item = VENDURE.store.fetch["product"](line.exchange, product)
    assert item is not None and read_as(item)["description"] is None
    with pytest.raises(StoreRefused) as refused:
        line.write(SetTexts("999999", "x"), "gone")
    assert refused.value.code == "store.not_found"


def read_as(item: Item) -> Mapping[str, Any]:
    """The product that reading it back gives."""
    delivery = Delivery({}, json.dumps(item.body).encode(), item.topic, datetime.now(UTC))
    return VENDURE.map(delivery, {}).events[0].data


def words_of(asking: Asking, product: str) -> dict[str, dict[str, str]]:
    """What the store calls a product, by language."""
    document = "query($id: ID!) { product(id: $id) { translations { languageCode name slug description } } }"
    found = asking(document, id=product)["product"]["translations"]
    return {one.pop("languageCode"): one for one in found}


def test_stock_is_what_can_be_sold(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    place("--skus", "MATCHA-100:2")
    variant = asking.variant("MATCHA-100")
    before = asking.movements("MATCHA-100")
    thrice(line, SetStock(variant["id"], 20), "stock", "updateProductVariants")
    level = asking.variant("MATCHA-100")["stockLevels"][0]
    assert level["stockOnHand"] - level["stockAllocated"] == 20 and level["stockAllocated"] == 2
    assert asking.movements("MATCHA-100") == before + 1
    with pytest.raises(StoreRefused) as refused:
        line.write(SetStock(variant["id"], 5, expected=19), "not as thought")
    assert refused.value.code == "stock.changed"
    with pytest.raises(StoreRefused) as refused:
        line.write(SetStock(asking.variant("GIFTWRAP")["id"], 5), "no stock")
    assert refused.value.code == "stock.untracked"


def test_custom_fields(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    order = place()
    thrice(line, SetMetafield("order", order, "colour", "azul"), "field", "setOrderCustomFields")
    assert asking.order(order)["customFields"] == {"colour": "azul"}
    with pytest.raises(StoreRefused) as refused:
        line.write(SetMetafield("order", order, "shape", "round"), "no such field")
    assert refused.value.code == "metafield.unknown"


def test_coupon_codes(line: Line, asking: Asking) -> None:
    wanted = CreateDiscountCode("GRACIAS-10", value=Decimal("12.5"), minimum=usd("20"), customer="1")
    thrice(line, wanted, "code", "createPromotion")
    with pytest.raises(StoreRefused) as refused:
        line.write(wanted, "somebody else's")
    assert refused.value.code == "discount.code_taken"
    with pytest.raises(StoreRefused) as refused:
        line.write(CreateDiscountCode("GRACIAS-11", customer="email:ana@example.com"), "without an account")
    assert refused.value.code == "discount.no_customer"
    found = asking(
        """{ promotions { items { couponCode perCustomerUsageLimit usageLimit
          conditions { code } actions { code args { name value } } } } }"""
    )["promotions"]["items"]
    assert found == [
        {
            "couponCode": "GRACIAS-10",
            "perCustomerUsageLimit": 1,
            "usageLimit": 1,
            "conditions": [{"code": "minimum_order_amount"}, {"code": "customer_group"}],
            "actions": [{"code": "order_percentage_discount", "args": [{"name": "discount", "value": "12.5"}]}],
        }
    ]


def test_reading_all_pages_from_a_time_and_one(line: Line, asking: Asking, place: Callable[..., str]) -> None:
    assert VENDURE.store is not None
    order = place()
    counts = asking(
        "{ orders(options: {filter: {orderPlacedAt: {isNull: false}}}) { totalItems } products { totalItems } "
        "customers { totalItems } productVariants { totalItems } }"
    )
    wanted = {"order": "orders", "product": "products", "customer": "customers", "stock_level": "productVariants"}
    for kind, read in VENDURE.store.reads.items():
        seen: set[str] = set()
        page = read(line.exchange, Reading(size=2))
        assert page.total == counts[wanted[kind]]["totalItems"]
        while True:
            seen |= {item.id for item in page.items if item.topic != "product_variant.updated"}
            if page.next is None:
                break
            page = read(line.exchange, Reading(size=2, cursor=page.next))
        assert len(seen) == counts[wanted[kind]]["totalItems"], kind
    newest = VENDURE.store.reads["order"](line.exchange, Reading(size=50)).items[-1]
    assert newest.updated_at is not None and newest.id == order
    later = VENDURE.store.reads["order"](line.exchange, Reading(since=newest.updated_at.replace(microsecond=0)))
    assert newest.id in {item.id for item in later.items}
    fetched = VENDURE.store.fetch["order"](line.exchange, order)
    assert fetched is not None and fetched.body["data"]["order"]["state"] == "PaymentSettled"
    assert VENDURE.store.fetch["order"](line.exchange, "999999") is None
