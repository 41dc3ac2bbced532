"""Orders, carts, customers, products and stock as last known, whatever the order of arrival."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from folding import Line, Records

T = [f"2026-07-01T10:{minute:02}:00Z" for minute in range(60)]


def order(minute: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "number": "#1",
        "status": "open",
        "currency": "EUR",
        "total": "50.00",
        "payment_status": "pending",
        "customer_id": "7",
        "email": "ada@example.com",
        "customer": {"id": "7", "email": "ada@example.com", "name": "Ada"},
        "accepts_marketing": True,
        "placed_at": T[0],
        "updated_at": T[minute],
        "lines": [{"id": "1", "sku": "A"}],
        **changes,
    }


HISTORY: list[Line] = [
    ("order.created", order(0), T[0]),
    ("order.paid", order(1, payment_status="paid"), T[1]),
    ("payment.captured", {"id": "p1", "order_id": "1", "status": "captured", "amount": "50.00"}, T[1]),
    ("fulfillment.created", {"id": "f1", "order_id": "1", "status": "success", "updated_at": T[2]}, T[2]),
    (
        "shipment.delivered",
        {"id": "f1", "order_id": "1", "delivery_status": "delivered", "tracking_number": "X1", "updated_at": T[4]},
        T[4],
    ),
    ("refund.created", {"id": "r1", "order_id": "1", "status": "completed", "amount": "5.50"}, T[5]),
]


def test_any_order_of_arrival_gives_the_same_order() -> None:
    wanted = Records().take(HISTORY).get("order", "1")
    assert wanted is not None
    assert (wanted["payment_status"], wanted["total_refunded"], wanted["delivery_status"]) == (
        "paid",
        "5.50",
        "delivered",
    )
    assert wanted["fulfillments"][0]["status"] == "success"
    assert "is_thin" not in wanted
    for shuffled in itertools.permutations(HISTORY):
        assert Records().take(shuffled).get("order", "1") == wanted


def test_doubles_change_nothing() -> None:
    once = Records().take(HISTORY).rows
    assert Records().take([*HISTORY, *HISTORY]).rows == once


def test_an_older_update_never_overwrites() -> None:
    records = Records().take(
        [("order.updated", order(9, note="new"), T[9]), ("order.updated", order(3, note="old"), T[3])]
    )
    assert (records.get("order", "1") or {})["note"] == "new"


def test_a_thin_event_never_wipes_a_full_record() -> None:
    records = Records().take(
        [
            ("order.created", order(0), T[0]),
            ("order.fulfilled", {"id": "1", "platform_status": "Shipped", "is_thin": True}, T[3]),
        ]
    )
    found = records.get("order", "1") or {}
    assert (found["total"], found["fulfillment_status"], found["platform_status"]) == ("50.00", "fulfilled", "Shipped")
    assert "is_thin" not in found


def test_a_full_record_fills_a_thin_one_that_came_first() -> None:
    thin: Line = ("order.created", {"id": "1", "is_thin": True}, T[8])
    found = Records().take([thin, ("order.updated", order(2), T[2])]).get("order", "1") or {}
    assert found["total"] == "50.00"
    assert "is_thin" not in found


@pytest.mark.parametrize(
    ("type", "field", "value"),
    [
        ("order.paid", "payment_status", "paid"),
        ("order.cancelled", "status", "cancelled"),
        ("order.fulfilled", "fulfillment_status", "fulfilled"),
        ("order.refunded", "payment_status", "refunded"),
    ],
)
def test_what_a_bare_event_says_by_its_name(type: str, field: str, value: str) -> None:
    base = {name: item for name, item in order(0).items() if name != field}
    found = Records().take([("order.created", base, T[0]), (type, {"id": "1"}, T[1])]).get("order", "1") or {}
    assert (found[field], found["total"]) == (value, "50.00")


def test_parts_without_an_order_touch_none() -> None:
    records = Records().take(
        [
            ("payment.captured", {"id": "p9", "order_id": None, "amount": "1.00"}, T[0]),
            ("shipment.shipped", {"id": "s"}, T[0]),
        ]
    )
    assert records.rows.get("order", {}) == {}


def test_pending_refunds_do_not_count_until_they_move() -> None:
    pending: Line = ("refund.created", {"id": "r1", "order_id": "1", "status": "pending", "amount": "5.00"}, T[1])
    done: Line = (
        "refund.updated",
        {"id": "r1", "order_id": "1", "status": "completed", "amount": "5.00", "updated_at": T[3]},
        T[3],
    )
    created: Line = ("order.created", order(0), T[0])
    assert "total_refunded" not in (Records().take([created, pending]).get("order", "1") or {})
    assert (Records().take([created, pending, done]).get("order", "1") or {})["total_refunded"] == "5.00"


def test_a_refund_told_by_store_and_provider_went_back_once() -> None:
    here: Line = ("refund.created", {"id": "77", "order_id": "1", "status": "completed", "amount": "5.50"}, T[1])
    there: Line = ("refund.created", {**here[1], "id": "re_1", "provider": "stripe"}, T[2])
    created: Line = ("order.created", {"id": "1", "total": "20.00", "updated_at": T[0]}, T[0])
    for told in ([created, here, there], [there, created, here]):
        assert (Records().take(told).get("order", "1") or {})["total_refunded"] == "5.50"


def test_the_customer_inside_an_order() -> None:
    found = Records().take([("order.created", order(0, channel="instagram"), T[0])]).get("customer", "7") or {}
    assert (found["name"], found["accepts_email"], found["channel"]) == ("Ada", True, "instagram")
    assert (found["first_order_at"], found["is_thin"]) == (T[0], True)


def test_guest_is_found_by_address() -> None:
    guest = order(0, customer_id=None, customer=None, email="Guest@Example.com")
    found = Records().take([("order.created", guest, T[0])])
    assert found.get("customer", "email:guest@example.com") is not None


def test_any_order_of_arrival_gives_the_same_customer() -> None:
    first = order(0, channel="instagram", accepts_marketing=False)
    second = order(20, id="2", placed_at=T[20], channel="web", customer={"id": "7", "name": "Ada L"})
    whole = {"id": "7", "email": "ada@example.com", "name": "Ada Lovelace", "accepts_email": False, "updated_at": T[10]}
    lines: list[Line] = [
        ("order.created", first, T[0]),
        ("order.created", second, T[20]),
        ("customer.updated", {**whole, "order_count": 2, "phone": None}, T[10]),
        ("consent.changed", {"customer_id": "7", "channel": "email", "granted": True, "changed_at": T[30]}, T[30]),
    ]
    wanted = Records().take(lines).get("customer", "7") or {}
    assert (wanted["name"], wanted["accepts_email"], wanted["order_count"]) == ("Ada Lovelace", True, 2)
    assert (wanted["first_order_at"], wanted["last_order_at"], wanted["channel"]) == (T[0], T[20], "instagram")
    assert "is_thin" not in wanted
    assert "as_of" not in wanted
    for shuffled in itertools.permutations(lines):
        assert Records().take(shuffled).get("customer", "7") == wanted


def test_a_customer_changed_after_the_consent_says_more() -> None:
    lines: list[Line] = [
        ("customer.updated", {"id": "7", "accepts_email": False, "updated_at": T[40]}, T[40]),
        ("consent.changed", {"customer_id": "7", "channel": "email", "granted": True, "changed_at": T[30]}, T[30]),
    ]
    for shuffled in itertools.permutations(lines):
        assert (Records().take(shuffled).get("customer", "7") or {})["accepts_email"] is False


def test_lines_are_counted_where_nobody_says_how_many() -> None:
    lines = [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": "1.5"}, {"sku": "C"}, {"sku": "D", "quantity": "?"}]
    lines.append({"sku": "E", "quantity": "1e999999"})
    first: Line = ("cart.updated", {"id": "c", "lines": lines, "updated_at": T[1]}, T[1])
    renamed: Line = ("cart.updated", {"id": "c", "email": "a@b.c", "updated_at": T[2]}, T[2])
    emptied: Line = ("cart.updated", {"id": "c", "lines": [], "updated_at": T[3]}, T[3])
    said: Line = ("cart.updated", {"id": "c", "lines": lines[:1], "item_count": 7, "updated_at": T[4]}, T[4])
    thin: Line = ("cart.updated", {"id": "c", "lines": lines, "is_thin": True}, T[5])
    counts = [
        [found.get("line_count"), found.get("item_count")]
        for end in range(1, 6)
        if (found := Records().take([first, renamed, emptied, said, thin][:end]).get("cart", "c")) is not None
    ]
    assert counts == [[5, 4.5], [5, 4.5], [0, 0], [1, 7], [1, 7]]
    placed: Line = ("order.created", order(0, lines=[{"sku": "A", "quantity": 3}]), T[0])
    found = Records().take([placed]).get("order", "1") or {}
    assert (found["line_count"], found["item_count"]) == (1, 3)
    assert "item_count" not in (Records().take([renamed]).get("cart", "c") or {})


def test_checkout_and_cart_are_one_record() -> None:
    cart: Line = ("cart.updated", {"id": "c", "total": "20.00", "item_count": 1, "updated_at": T[5]}, T[5])
    checkout: Line = (
        "checkout.updated",
        {"id": "c", "checkout_id": "9", "email": "a@b.c", "total": "18.00", "updated_at": T[6]},
        T[6],
    )
    found = Records().take([cart, checkout]).get("cart", "c") or {}
    assert (found["total"], found["email"], found["item_count"]) == ("18.00", "a@b.c", 1)
    late = Records().take([checkout, cart]).get("cart", "c") or {}
    assert late["total"] == "18.00"


def product(minute: int, **changes: Any) -> dict[str, Any]:
    variant = {"variant_id": "v1", "sku": "A-1", "price": "9.00", "available": 4, "inventory_item_id": "i1"}
    return {"id": "p", "title": "Tea", "price": "9.00", "variants": [variant], "updated_at": T[minute], **changes}


def test_product_brings_variants_and_what_is_counted() -> None:
    records = Records().take([("product.updated", product(0), T[0])])
    assert (records.get("variant", "v1") or {})["title"] == "Tea"
    stock = records.get("stock_level", "i1") or {}
    assert (stock["sku"], stock["variant_id"]) == ("A-1", "v1")


def test_deleted_product() -> None:
    gone: Line = ("product.deleted", {"id": "p", "deleted_at": T[9]}, T[9])
    found = Records().take([("product.updated", product(0), T[0]), gone]).get("product", "p") or {}
    assert (found["status"], found["title"]) == ("deleted", "Tea")


def level(minute: int, place: str, available: int) -> Line:
    data = {"inventory_item_id": "i1", "location_id": place, "available": available, "updated_at": T[minute]}
    return ("stock.changed", data, T[minute])


def test_places_are_summed_and_each_keeps_its_newest() -> None:
    lines: list[Line] = [
        level(0, "north", 5),
        level(3, "north", 2),
        level(1, "south", 7),
        ("product.updated", product(2), T[2]),
    ]
    wanted = Records().take(lines).get("stock_level", "i1") or {}
    assert (wanted["available"], wanted["locations"]) == (9, {"north": 2, "south": 7})
    assert wanted["sku"] == "A-1"
    for shuffled in itertools.permutations(lines):
        found = Records().take(shuffled).get("stock_level", "i1") or {}
        assert (found["available"], found["locations"], found["sku"]) == (9, {"north": 2, "south": 7}, "A-1")


def test_changes_count_once_a_figure_is_known() -> None:
    change: Line = ("stock.changed", {"variant_id": "v", "change": -2, "updated_at": T[2]}, T[2])
    assert "available" not in (Records().take([change]).get("stock_level", "v") or {})
    figure: Line = ("stock.changed", {"variant_id": "v", "available": 10, "updated_at": T[1]}, T[1])
    assert (Records().take([figure, change]).get("stock_level", "v") or {})["available"] == 8


def test_columns_take_anything() -> None:
    records = Records()
    odd = {"id": 5, "total": 5, "email": ["x"], "placed_at": "never", "number": "n" * 500, "currency": None}
    for projection in records.plugins.projections:
        for column in projection.columns.values():
            column(odd)
            column({})
    columns = records.plugins.projections.get("order")
    assert columns is not None
    assert len(columns.columns["number"](odd)) == 100
    assert columns.columns["placed_at"]({"placed_at": T[0]}) == 1782900000000000


def test_orders_are_counted_once_each_in_any_order_and_cancelled_ones_not() -> None:
    lines: list[Line] = [
        ("order.created", order(0), T[0]),
        ("order.paid", order(1, payment_status="paid"), T[1]),
        ("order.created", order(2, id="2", placed_at=T[2]), T[2]),
        ("order.cancelled", order(3, id="2", placed_at=T[2], status="cancelled"), T[3]),
        ("order.created", order(4, id="3", placed_at=T[4]), T[4]),
        ("customer.updated", {"id": "7", "email": "ada@example.com", "name": "Ada", "updated_at": T[5]}, T[5]),
    ]
    for shuffled in itertools.permutations(lines):
        found = Records().take([*shuffled, shuffled[0]]).get("customer", "7") or {}
        assert (found["orders_placed"], sorted(found["orders_seen"])) == (2, ["1", "2", "3"])
        assert found.get("order_count") is None
    many: list[Line] = [("order.created", order(6, id=f"m{n}"), T[6]) for n in range(120)]
    kept = Records().take([*many, *many]).get("customer", "7") or {}
    assert kept["orders_placed"] == len(kept["orders_seen"]) == 100
    told: Line = ("customer.updated", {"id": "7", "order_count": 240, "updated_at": T[7]}, T[7])
    assert (Records().take([*many, told]).get("customer", "7") or {})["orders_placed"] == 240
