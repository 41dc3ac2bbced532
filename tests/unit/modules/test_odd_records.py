"""Canonical data from anywhere may be of any shape: projecting it never raises and never gives what cannot be kept."""

from __future__ import annotations

from typing import Any

import msgspec
from folding import Line, Records
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.commerce.records import CART, CONSENT, CUSTOMER, FULFILLMENT, ORDER, PAYMENT, PRODUCT, REFUND, STOCK_LEVEL

AT = "2026-07-01T10:00:00Z"
ODD = st.sampled_from(
    [
        None,
        "",
        "x",
        "NaN",
        "2026-99-99",
        0,
        -1,
        1.5,
        True,
        [],
        {},
        [1, None, {}],
        {"id": []},
        [{"id": "1"}],
        "9" * 300,
        "email",
    ]
)
TYPES = st.sampled_from(
    [
        "order.created",
        "order.updated",
        "order.paid",
        "payment.captured",
        "refund.created",
        "refund.updated",
        "fulfillment.created",
        "shipment.delivered",
        "dispute.opened",
        "cart.updated",
        "checkout.updated",
        "customer.updated",
        "consent.changed",
        "product.updated",
        "product.deleted",
        "variant.updated",
        "stock.changed",
        "stock.item_updated",
    ]
)
RECORDS = (ORDER, REFUND, PAYMENT, FULFILLMENT, CART, CUSTOMER, CONSENT, PRODUCT, STOCK_LEVEL)
NAMES = sorted({name for record in RECORDS for name in record.fields})
LIKELY = ["id", "order_id", "customer_id", "email", "customer", "updated_at", "refunds", "variants", "granted"]
DATA = st.dictionaries(st.sampled_from(LIKELY) | st.sampled_from(NAMES), ODD, max_size=10)


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(st.tuples(TYPES, DATA), max_size=6))
def test_anything_can_be_projected(lines: list[tuple[str, dict[str, Any]]]) -> None:
    events: list[Line] = [(type, {"id": "1", "variant_id": "1", **data}, AT) for type, data in lines]
    records = Records().take(events)
    for name, rows in records.rows.items():
        projection = records.plugins.projections.get(name)
        assert projection is not None
        for key, (version, record) in rows.items():
            assert 0 < len(key) <= 200
            assert 0 <= version < 2**63
            msgspec.json.encode(dict(record))
            for column in projection.columns.values():
                value = column(record)
                assert value is None or isinstance(value, str | int | float | bool)
