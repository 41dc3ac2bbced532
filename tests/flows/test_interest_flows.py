"""Back in stock, recommended products, looks, prices, wishes, reorders, novelties: every branch, and every end."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from flows.replaying import event, reasons, replay, sent, whats

PERSON: dict[str, Any] = {"id": "7", "email": "ana@example.com", "first_name": "Ana", "accepts_email": True}
ABOUT: dict[str, Any] = {"customer_id": "7", "product_id": "p1", "variant_id": "v1", "sku": "MUG", "title": "Taza"}
BACK = ["restock-incentive", "restock-reminder", "restock-last-units"]


def customer(after: str = "0m", **changes: Any) -> dict[str, Any]:
    return event("customer.created", "customer:7", after, **{**PERSON, **changes})


def stock(available: int, after: str = "0m", **changes: Any) -> dict[str, Any]:
    found = {"variant_id": "v1", "product_id": "p1", "sku": "MUG", "available": available, "is_tracked": True}
    return event("stock.changed", "stock:v1", after, **{**found, **changes})


def variant(price: str, after: str = "0m") -> dict[str, Any]:
    return event("variant.updated", "variant:v1", after, variant_id="v1", product_id="p1", sku="MUG", price=price)


def told(type: str, after: str = "1m", **changes: Any) -> dict[str, Any]:
    found = event(f"interest.{type}", "customer:7", after, **{**ABOUT, "kind": "wish", **changes})
    return {**found, "refs": {"customer": "7", "product": "p1", "variant": "v1", "stock_level": "v1"}}


def order(after: str, type: str = "order.created", number: str = "1", **changes: Any) -> dict[str, Any]:
    found = {"id": number, "customer_id": "7", "email": "ana@example.com", "total": "20.00", **changes}
    return event(type, f"order:{number}", after, **found)


def no(after: str) -> dict[str, Any]:
    data = {"customer_id": "7", "email": "ana@example.com", "channel": "email", "granted": False}
    return event("consent.changed", "customer:7", after, **data)


def cart(after: str, type: str = "cart.updated") -> dict[str, Any]:
    return event(type, "cart:c1", after, id="c1", customer_id="7", email="ana@example.com", item_count=1)


def messages(found: Any) -> list[str]:
    return [what for what in whats(found) if what != "None"]


# Back in stock


def test_four_messages_for_who_wishes_it() -> None:
    found = replay("back-in-stock", [customer(), stock(4), told("restocked")])
    assert messages(found) == ["restock-notice", *BACK]
    times = [when for when, what in sent(found) if what != "None"]
    assert times == ["1m", "1d 1m", "3d 1m", "6d 1m"]


def test_who_waits_is_told_because_they_asked_and_no_more_without_consent() -> None:
    waiting = told("restocked", kind="waiting")
    assert messages(replay("back-in-stock", [customer(), stock(4), waiting])) == ["restock-asked", *BACK]
    shy = customer(accepts_email=False)
    assert messages(replay("back-in-stock", [shy, stock(4), waiting])) == ["restock-asked"]
    nobody = replay("back-in-stock", [shy, stock(4), told("restocked")])
    assert messages(nobody) == [] and reasons(nobody, "back-in-stock") == ["when_false"]


@pytest.mark.parametrize(("gone", "number"), [("30s", 0), ("12h", 1), ("2d", 2), ("4d", 3), ("10d", 4)])
def test_stock_is_read_again_before_each(gone: str, number: int) -> None:
    found = replay("back-in-stock", [customer(), stock(4), told("restocked"), stock(0, gone)])
    assert messages(found) == ["restock-notice", *BACK][:number]


def test_the_last_pieces_are_few_or_not_spoken_of() -> None:
    assert messages(replay("back-in-stock", [customer(), stock(60), told("restocked")])) == [
        "restock-notice",
        *BACK[:2],
    ]
    endless = stock(0, is_tracked=False)
    assert messages(replay("back-in-stock", [customer(), endless, told("restocked")])) == ["restock-notice", *BACK[:2]]


@pytest.mark.parametrize(
    "ending",
    [
        order("2h"),
        no("2h"),
        event("waiting.left", "customer:7", "2h", customer_id="7", email="ana@example.com", product_id="p1"),
    ],
)
def test_ends_of_back_in_stock(ending: dict[str, Any]) -> None:
    product = event("product.updated", "product:p1", "0m", id="p1", title="Taza")
    found = replay("back-in-stock", [customer(), product, stock(4), told("restocked", kind="waiting"), ending])
    assert messages(found) == ["restock-asked"]


def test_one_thing_is_not_told_again_within_a_fortnight_another_is() -> None:
    other = {**told("restocked", "3m", product_id="p2", variant_id="v2"), "refs": {"customer": "7", "product": "p2"}}
    found = replay("back-in-stock", [customer(), stock(4), told("restocked"), told("restocked", "9d"), other])
    assert messages(found).count("restock-notice") == 2


def test_a_place_in_line_is_confirmed_where_the_shop_wants_it() -> None:
    asked = {"email": "ana@example.com", "product_id": "p1", "confirm_url": "https://sereno.example/waiting/x"}
    request = event("waiting.requested", "customer:email:ana@example.com", "0m", **asked)
    assert messages(replay("waiting-confirm", [request])) == ["waiting-confirm"]
    plain = event("waiting.requested", "customer:email:ana@example.com", "0m", **{**asked, "confirm_url": None})
    assert messages(replay("waiting-confirm", [plain])) == []


# Recommended products

PICKS = ["picks-related", "picks-together", "picks-interest", "picks-incentive"]


def paid(after: str = "1m") -> dict[str, Any]:
    return order(after, "order.paid", lines=[{"product_id": "p1", "title": "Taza", "quantity": 1}])


def test_four_recommendations_after_an_order() -> None:
    found = replay("recommended-products", [customer(), paid()])
    assert messages(found) == PICKS
    assert [when for when, what in sent(found) if what != "None"] == ["21d 1m", "28d 1m", "38d 1m", "48d 1m"]


def test_a_delivery_begins_the_week_before_the_first() -> None:
    arrived = event("shipment.delivered", "order:1", "4d", id="f1", order_id="1", customer_id="7", status="delivered")
    found = replay("recommended-products", [customer(), paid(), arrived])
    assert [when for when, what in sent(found) if what != "None"] == ["11d", "18d", "28d", "38d"]


def test_who_only_looked_around_gets_what_needs_no_order() -> None:
    found = replay("recommended-by-interest", [customer(), told("browsed", items=["p1"]), told("browsed", "30d")])
    assert messages(found) == PICKS[2:]
    assert [when for when, what in sent(found) if what != "None"] == ["10d 1m", "20d 1m"]
    for ending in (order("5d"), no("5d")):
        assert messages(replay("recommended-by-interest", [customer(), told("browsed"), ending])) == []
    for ending in (order("15d"), no("15d")):
        assert messages(replay("recommended-by-interest", [customer(), told("browsed"), ending])) == PICKS[2:3]
    assert messages(replay("recommended-by-interest", [customer(accepts_email=None), told("browsed")])) == []


@pytest.mark.parametrize(("at", "number"), [("2d", 0), ("22d", 1), ("30d", 2), ("40d", 3), ("55d", 4)])
def test_the_next_order_ends_them(at: str, number: int) -> None:
    found = replay("recommended-products", [customer(), paid(), order(at, number="2")])
    assert messages(found) == PICKS[:number]


def test_other_ends_of_recommendations() -> None:
    for ending in (order("22d", "order.cancelled"), no("22d")):
        assert messages(replay("recommended-products", [customer(), paid(), ending])) == PICKS[:1]
    assert messages(replay("recommended-products", [customer(accepts_email=False), paid()])) == []


# Looks


def test_two_messages_for_who_looked_and_left() -> None:
    found = replay("browse-abandonment", [customer(), told("browsed", items=["p1", "p2"])])
    assert sent(found) == [("2h 1m", "browse-reminder"), ("2d 2h 1m", "browse-help")]
    again = replay("browse-abandonment", [customer(), told("browsed"), told("browsed", "5d"), told("browsed", "20d")])
    assert messages(again) == ["browse-reminder", "browse-help"] * 2


BUYING = ("cart.created", "cart.updated", "checkout.created", "checkout.updated")


@pytest.mark.parametrize("ending", [*(partial(cart, type=type) for type in BUYING), order, no])
def test_a_cart_an_order_or_a_no_ends_it(ending: Any) -> None:
    assert messages(replay("browse-abandonment", [customer(), told("browsed"), ending("1h")])) == []
    assert messages(replay("browse-abandonment", [customer(), told("browsed"), ending("5h")])) == ["browse-reminder"]


def test_nobody_is_followed_who_did_not_agree() -> None:
    for flow, type in (
        ("browse-abandonment", "browsed"),
        ("price-drop", "price_dropped"),
        ("wish-low-stock", "running_low"),
        ("replenishment", "running_out"),
        ("new-arrivals", "arrived"),
    ):
        found = replay(flow, [customer(accepts_email=None), stock(4), told(type)])
        assert messages(found) == [] and reasons(found, flow) == ["when_false"], flow


# Prices and few left


def test_a_price_that_holds_is_told_one_that_rose_again_is_not() -> None:
    drop = told("price_dropped", price="8.00", old_price="10.00", percent=20)
    assert sent(replay("price-drop", [customer(), variant("8.00"), drop])) == [("31m", "price-drop")]
    assert messages(replay("price-drop", [customer(), variant("8.00"), drop, variant("7.00", "9m")])) == ["price-drop"]
    assert messages(replay("price-drop", [customer(), variant("8.00"), drop, variant("9.00", "9m")])) == []
    assert messages(replay("price-drop", [customer(), stock(0), drop])) == []
    for ending in (order("9m"), no("9m")):
        assert messages(replay("price-drop", [customer(), variant("8.00"), drop, ending])) == []
    later = told("price_dropped", "3d", price="7.00")
    assert messages(replay("price-drop", [customer(), variant("7.00"), drop, later])) == ["price-drop"]


def test_few_left_while_there_are_any() -> None:
    low = told("running_low", available=2)
    assert sent(replay("wish-low-stock", [customer(), stock(2), low])) == [("16m", "wish-low-stock")]
    product = event("product.updated", "product:p1", "0m", id="p1", title="Taza")
    removed = event("wish.removed", "customer:7", "5m", customer_id="7", product_id="p1")
    for ending in (stock(0, "5m"), removed, order("5m"), no("5m")):
        assert messages(replay("wish-low-stock", [customer(), product, stock(2), low, ending])) == []


# Reorders and novelties


def test_two_messages_when_it_is_usually_bought_again() -> None:
    out = told("running_out", kind="bought", interval_days=30)
    found = replay("replenishment", [customer(), stock(9), out])
    assert sent(found) == [("1m", "replenish-reminder"), ("6d 1m", "replenish-nudge")]
    assert messages(replay("replenishment", [customer(), stock(9), out, stock(0, "2d")])) == ["replenish-reminder"]
    assert messages(replay("replenishment", [customer(), stock(0), out])) == []
    for ending in (order("2d"), no("2d")):
        assert messages(replay("replenishment", [customer(), stock(9), out, ending])) == ["replenish-reminder"]


def test_what_is_new_at_ten_and_at_most_once_a_fortnight() -> None:
    first, again = told("arrived", items=["p8", "p9"]), told("arrived", "4d", items=["p7"])
    found = replay("new-arrivals", [customer(), first, again])
    assert messages(found) == ["new-arrivals"]
    assert messages(replay("new-arrivals", [customer(), told("arrived", "2h"), no("3h")])) == []
