"""Low stock once per crossing, and the tags that flows put on orders and customers."""

from __future__ import annotations

from typing import Any

import pytest

from flows.replaying import event, reasons, replay, sent, whats


def stock(after: str, available: float | None, **changes: Any) -> dict[str, Any]:
    data = {"variant_id": "v1", "sku": "TZ-1", "title": "Taza", "available": available, **changes}
    return event("stock.changed", f"variant:{data['variant_id']}", after, **data)


def test_an_alert_for_each_crossing() -> None:
    levels = [9, 5, 4, 0, 3, 6, 5, 5, 20, 2]
    found = replay("low-stock", [stock(f"{hour}h", level) for hour, level in enumerate(levels)])
    assert [when for when, _what in sent(found)] == ["1h", "6h", "9h"]
    assert sent(found)[0][1] == "Pocas existencias: Taza (TZ-1): quedan 5"
    assert reasons(found, "low-stock").count("already_running") == 4


@pytest.mark.parametrize(
    ("locale", "one", "none"),
    [
        ("en", "Low stock: Taza, Azul (TZ-1): 1 left", "Low stock: Taza (TZ-1): 0 left"),
        ("de", "Low stock: Taza, Azul (TZ-1): 1 left", "Low stock: Taza (TZ-1): 0 left"),
        ("es-MX", "Pocas existencias: Taza, Azul (TZ-1): queda 1", "Pocas existencias: Taza (TZ-1): quedan 0"),
        ("pt-BR", "Stock baixo: Taza, Azul (TZ-1): resta 1", "Stock baixo: Taza (TZ-1): restam 0"),
        ("ro", "Stoc redus: Taza, Azul (TZ-1): a rămas 1", "Stoc redus: Taza (TZ-1): au rămas 0"),
    ],
)
def test_the_alert_is_in_the_shops_language(locale: str, one: str, none: str) -> None:
    assert whats(replay("low-stock", [stock("0h", 1, variant_title="Azul")], locale=locale)) == [one]
    assert whats(replay("low-stock", [stock("0h", 0)], locale=locale)) == [none]


def test_the_shop_says_how_low() -> None:
    events = [stock("0h", 30), stock("1h", 20), stock("2h", 21), stock("3h", 20)]
    assert len(whats(replay("low-stock", events, low_stock_threshold=20))) == 2
    assert len(whats(replay("low-stock", events))) == 0


def test_each_variant_for_itself() -> None:
    events = [stock("0h", 2), stock("1h", 1, variant_id="v2", sku="PL"), stock("2h", 0)]
    assert [when for when, _what in sent(replay("low-stock", events))] == ["0", "1h"]


def test_the_sum_over_places_counts() -> None:
    events = [stock("0h", 4, location_id="a"), stock("1h", 9, location_id="b"), stock("2h", 3, location_id="a")]
    assert [when for when, _what in sent(replay("low-stock", events))] == ["0"]


@pytest.mark.parametrize("changes", [{"is_tracked": False}, {}])
def test_what_is_not_counted_is_never_low(changes: dict[str, Any]) -> None:
    found = replay("low-stock", [stock("0h", None if not changes else 0, **changes)])
    assert whats(found) == []


def order(after: str = "0m", **changes: Any) -> dict[str, Any]:
    data = {"id": "1", "customer_id": "7", "email": "ana@example.com", "total": "80.00", "currency": "EUR", **changes}
    return event("order.created", f"order:{data['id']}", after, **data)


@pytest.mark.parametrize(
    ("total", "amount", "is_high"),
    [
        ("499.99", None, False),
        ("500.00", None, True),
        ("80.00", 80, True),
        ("79.99", 80, False),
        ("1200", "80.5", True),
    ],
)
def test_orders_of_high_value(total: str, amount: Any, is_high: bool) -> None:
    settings = {} if amount is None else {"high_value_amount": amount}
    found = replay("high-value-customer", [order(total=total)], **settings)
    assert [(effect["action"], effect["config"]["tag"]) for effect in found["effects"]] == (
        [("orders.add_tag", "high-value"), ("customers.add_tag", "high-value")] if is_high else []
    )


def test_an_order_of_nobody_is_tagged_alone() -> None:
    found = replay("high-value-customer", [order(total="900.00", customer_id=None, email=None)])
    assert [effect["action"] for effect in found["effects"]] == ["orders.add_tag"]


def test_an_order_without_a_total_is_said_to_be_unknown() -> None:
    found = replay("high-value-customer", [order(total=None)])
    assert whats(found) == []
    assert reasons(found, "high-value-customer") == ["when_error"]


@pytest.mark.parametrize(
    ("order_says", "tags"),
    [
        ({"utm_source": "Newsletter", "utm_campaign": "Spring 26"}, ["source:newsletter", "campaign:spring 26"]),
        ({"utm_source": "google"}, ["source:google"]),
        ({"referring_site": "https://www.Instagram.com/p/x"}, ["source:instagram.com"]),
        ({"referring_site": "blog.example"}, ["source:blog.example"]),
        ({"referring_site": ""}, ["source:direct"]),
        ({}, ["source:direct"]),
        ({"channel": "POS", "utm_source": "flyer"}, ["source:flyer", "channel:pos"]),
    ],
)
def test_how_a_customer_came(order_says: dict[str, Any], tags: list[str]) -> None:
    found = replay("acquisition-channel", [order(**order_says)])
    assert whats(found) == tags
    assert {effect["action"] for effect in found["effects"]} == {"customers.add_tag"}


def test_the_first_order_says_it() -> None:
    found = replay("acquisition-channel", [order(utm_source="a"), order("1d", id="2", utm_source="b")])
    assert whats(found) == ["source:a"]
    assert reasons(found, "acquisition-channel") == ["once"]


def test_nobody_knows_whose_it_is() -> None:
    found = replay("acquisition-channel", [order(customer_id=None, email=None)])
    assert reasons(found, "acquisition-channel") == ["key_missing"]
