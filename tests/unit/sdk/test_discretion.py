"""What is hidden from whom."""

from __future__ import annotations

import logging

from sereno.sdk.discretion import Discreet, blurred, discreet, hides, shown_to
from sereno.sdk.masking import HIDDEN

ORDER = {
    "id": "1001",
    "total": "20.00",
    "email": "mara@example.com",
    "customer": {"first_name": "Mara", "phone": "+40 721 111 222"},
    "shipping_address": {"address1": "Strada Lunga 3", "country": "RO"},
    "lines": [{"name": "Cup", "sku": "CUP-1"}],
    "note": "ring twice",
}


def test_who_answers_customers_sees_them() -> None:
    for role in ("owner", "operator", "support"):
        with shown_to(role):
            assert discreet(ORDER) is ORDER


def test_a_viewer_sees_goods_and_amounts_and_nobody() -> None:
    with shown_to("viewer"):
        seen = discreet(ORDER)
        assert seen["customer"] == {"first_name": HIDDEN, "phone": HIDDEN}
        assert seen["shipping_address"] == {"address1": HIDDEN, "country": "RO"}
        assert (seen["email"], seen["note"], seen["total"]) == (HIDDEN, HIDDEN, "20.00")
        assert seen["lines"] == [{"name": "Cup", "sku": "CUP-1"}]
        assert hides("customer.first_name") and not hides("store.name")


def test_who_writes_campaigns_reads_names_but_no_streets() -> None:
    with shown_to("marketer"):
        seen = discreet(ORDER)
    assert seen["email"] == "mara@example.com" and seen["customer"]["first_name"] == "Mara"
    assert seen["customer"]["phone"] == HIDDEN and seen["shipping_address"]["address1"] == HIDDEN


def test_texts_are_blurred_by_shape() -> None:
    text = (
        'of <a href="?q=mara%40example.com">mara@example.com</a>, +40 721 111 222 from 192.0.2.7 for 1.234,50 at 10:00'
    )
    assert (
        blurred(text, "all")
        == f'of <a href="?q=m•••%40e•••.com">m•••@e•••.com</a>, {HIDDEN} from {HIDDEN} for 1.234,50 at 10:00'
    )
    assert blurred(text, "") == text
    assert "mara@example.com" in blurred(text, "some")
    assert (
        blurred("me@example.com and mara@example.com", "all", frozenset({"me@example.com"}))
        == "me@example.com and m•••@e•••.com"
    )


def test_logs_name_nobody() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "sent to %s", ("mara@example.com",), None)
    assert Discreet().filter(record) and record.getMessage() == "sent to m•••@e•••.com"
