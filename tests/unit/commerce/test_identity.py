"""Names of records: the same facts give the same names, and nothing is too long or odd to have one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.commerce.identity import LONGEST, customer_key, refs_of, stock_key, text, variant_key


def test_customer_key() -> None:
    assert customer_key(7, "A@B.c") == "7"
    assert customer_key(None, "A@B.c") == customer_key("", " a@b.C ") == "email:a@b.c"
    assert customer_key(None, "") is None


def test_stock_is_named_by_what_is_counted() -> None:
    assert stock_key({"inventory_item_id": "i", "variant_id": "v", "sku": "s"}) == "i"
    assert stock_key({"variant_id": "v", "sku": "s"}) == variant_key({"variant_id": "v", "sku": "s"}) == "v"
    assert stock_key({"sku": "s", "product_id": "p"}) == "s"
    assert stock_key({"product_id": "p"}) == "p"


@pytest.mark.parametrize(
    ("type", "subject", "data", "wanted"),
    [
        (
            "order.created",
            "order:1",
            {"id": 1, "cart_id": "c", "customer": {"id": 7}, "email": "A@b.c"},
            {"order": "1", "cart": "c", "customer": "7", "email": "a@b.c"},
        ),
        ("checkout.updated", "cart:c", {"id": "c", "checkout_id": "9"}, {"cart": "c", "checkout": "9"}),
        (
            "refund.created",
            "order:1",
            {"id": "r", "order_id": "1", "email": "a@b.c"},
            {"refund": "r", "order": "1", "email": "a@b.c"},
        ),
        ("customer.created", "customer:7", {"id": "7", "email": None}, {"customer": "7"}),
        ("product.updated", "product:p", {"id": "p"}, {"product": "p"}),
        ("stock.changed", "variant:v", {"variant_id": "v"}, {"variant": "v", "stock_level": "v"}),
        ("custom.visited", "customer:7", {"email": "x@y.z"}, {"customer": "7", "email": "x@y.z"}),
        ("custom.visited", "page", {}, {}),
    ],
)
def test_refs(type: str, subject: str, data: dict[str, Any], wanted: dict[str, str]) -> None:
    assert refs_of(type, subject, data) == wanted


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())))
def test_any_value_is_an_id_or_none(value: object) -> None:
    found = text(value)
    assert found is None or (0 < len(found) <= LONGEST and "\x00" not in found)


def test_long_ids_stay_apart() -> None:
    assert text("x" * 500) != text("x" * 501)
    assert text("x" * 500) == text("x" * 500)
