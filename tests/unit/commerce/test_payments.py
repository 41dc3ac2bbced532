"""The store's word on an order's money beside the payment provider's: never added up, and differences named."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sereno.commerce.payments import differences, failures, refunded

ORDER: dict[str, Any] = {"total": "52.75", "currency": "EUR", "payment_status": "paid", "payment_method": "Stripe"}


def own(status: str = "captured", amount: str = "52.75", **more: Any) -> dict[str, Any]:
    return {"id": "t1", "status": status, "amount": amount, "currency": "EUR", "method": "stripe", **more}


def there(status: str = "captured", amount: str = "52.75", **more: Any) -> dict[str, Any]:
    return {"id": "pi_1", "provider": "stripe", "status": status, "amount": amount, "currency": "EUR", **more}


def back(amount: str, provider: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": f"r{amount}{provider}", "status": "completed", "amount": amount, "provider": provider, **more}


def codes(**order: Any) -> list[str]:
    return [one.code for one in differences({**ORDER, **order})]


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        ({"payments": [own(), there()]}, []),
        ({"payments": [own()]}, []),
        ({"payments": [there()]}, []),
        ({"payments": []}, []),
        ({"payments": [there()], "payment_status": "pending"}, ["payments.not_noted"]),
        ({"payments": [own("failed"), there()], "payment_status": "failed"}, ["payments.not_noted"]),
        ({"payments": [there("failed")], "payment_status": "pending"}, []),
        ({"payments": [own(), there("failed")]}, ["payments.not_taken"]),
        ({"payments": [own(), there("pending")]}, []),
        # Paid another way after a card failed.
        ({"payments": [own(method="bank transfer"), there("failed")], "payment_method": "bank transfer"}, []),
        ({"payments": [own(), there(amount="60.00")]}, ["payments.too_much"]),
        ({"payments": [own(), there(amount="60.00", amount_refunded="7.25")], "refunds": [back("7.25")]}, []),
        ({"payments": [own(), there(amount="50.00")]}, ["payments.too_little"]),
        # The rest was a gift card, as the store says.
        ({"payments": [own(amount="50.00"), own(amount="2.75", method="gift_card"), there(amount="50.00")]}, []),
        ({"payments": [there(amount="1.00", is_test=True)]}, []),
        ({"payments": [there(amount="1.00", currency="USD")]}, []),
        ({"payments": [own(), there(amount_refunded="10.00")]}, ["refunds.not_noted"]),
        ({"payments": [own(), there()], "refunds": [back("10.00", "stripe")]}, ["refunds.not_noted"]),
        (
            {"payments": [own(), there(amount_refunded="10.00")], "refunds": [back("10.00"), back("10.00", "stripe")]},
            [],
        ),
        ({"payments": [own(), there()], "refunds": [back("10.00")]}, ["refunds.not_given"]),
        ({"payments": [own(), there()], "refunds": [back("10.00", status="pending")]}, []),
        ({"payments": [there("refunded", amount_refunded="52.75")], "payment_status": "refunded"}, []),
        ({"payments": [own(), there()], "payment_status": "refunded"}, ["refunds.not_given"]),
        ({"payments": [there()], "total": None, "payment_status": None}, []),
        ({"payments": [there(amount="NaN")]}, ["payments.not_taken"]),
        ({"payments": "nonsense", "refunds": 7}, []),
    ],
)
def test_where_they_differ_it_is_named(order: dict[str, Any], wanted: list[str]) -> None:
    assert codes(**order) == wanted


def test_both_amounts_are_told() -> None:
    (found,) = differences({**ORDER, "payments": [own(), there(amount_refunded="10.00")], "refunds": [back("4.00")]})
    assert (found.provider, found.store, found.there) == ("stripe", Decimal("4.00"), Decimal("10.00"))


def test_a_refund_that_two_tell_of_is_one() -> None:
    assert refunded([back("10.00"), back("10.00", "stripe")]) == Decimal("10.00")
    assert refunded([back("10.00"), back("5.00"), back("10.00", "stripe")]) == Decimal("15.00")
    assert refunded([back("10.00", "stripe")]) == Decimal("10.00")
    assert refunded([]) is None
    assert refunded([{"status": "completed"}]) is None


def test_attempts_that_failed_are_counted_once() -> None:
    assert failures([own("failed"), there("failed"), there("failed", id="pi_2")]) == 2
    assert failures(None) == 0


amounts = some.decimals(min_value=0, max_value=1000, places=2).map(str)
movements = some.builds(
    lambda provider, status, amount, gone: {
        "id": "x", "provider": provider, "status": status, "amount": amount, "amount_refunded": gone, "currency": "EUR",
    },
    some.sampled_from([None, "stripe", "paypal"]),
    some.sampled_from(["pending", "authorized", "captured", "failed", "voided", "refunded", "completed"]),
    amounts,
    some.none() | amounts,
)  # fmt: skip


@given(some.lists(movements, max_size=6), some.lists(movements, max_size=6), amounts, some.randoms())
def test_the_order_they_are_told_in_changes_nothing(payments: Any, refunds: Any, total: str, random: Any) -> None:
    order = {**ORDER, "total": total, "payments": payments, "refunds": refunds}
    mixed = {
        **order,
        "payments": random.sample(payments, len(payments)),
        "refunds": random.sample(refunds, len(refunds)),
    }
    assert differences(order) == differences({**order, **mixed})
    assert all(one.store != one.there or one.code == "payments.not_taken" for one in differences(order))
