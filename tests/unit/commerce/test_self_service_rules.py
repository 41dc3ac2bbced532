"""What a customer may change of an order, what it costs, and what paying before costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sereno.commerce import self_service as own
from sereno.commerce.money import Money
from sereno.commerce.self_service import ChangeRefused, Rules, RulesInvalid

PLACED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ORDER: dict[str, Any] = {
    "id": "1", "number": "#1", "currency": "EUR", "total": "50.00", "status": "open", "payment_status": "paid",
    "placed_at": "2026-03-02T09:00:00Z", "email": "ana@example.com",
    "shipping_address": {"name": "Ana Ruiz", "first_name": "Ana", "last_name": "Ruiz", "line1": "Calle 1",
                         "city": "Madrid", "postal_code": "28001", "country": "ES", "region": "Madrid",
                         "region_code": "ES-M"},
    "lines": [{"id": "a", "sku": "CUP", "quantity": 2, "total": "30.00"},
              {"id": "b", "sku": "TEA", "quantity": 1, "price": "20.00"},
              {"id": "c", "parent_line_id": "b", "quantity": 1}, {"sku": "no id", "quantity": 1}],
}  # fmt: skip
ON = Rules(is_on=True, minutes=30, until="picked")


def at(**later: float) -> datetime:
    return PLACED + timedelta(**later)


def test_a_window_lasts_its_minutes() -> None:
    window = own.judge(ON, ORDER, (), at(minutes=29))
    assert window.kinds == ("address", "items", "cancel") and window.until == at(minutes=30)
    assert own.judge(ON, ORDER, (), at(minutes=30)).why == "change.too_late"
    assert own.judge(Rules(), ORDER, (), PLACED).why == "change.off"
    assert own.judge(ON, {**ORDER, "placed_at": None}, (), PLACED).why == "change.unknown"
    assert own.judge(ON, ORDER, (), PLACED, is_changing=True).why == "change.under_way"


@pytest.mark.parametrize(
    ("until", "passed", "why"),
    [
        ("routed", "order.routed", "change.routed"),
        ("routed", "pick_ticket.created", "change.picked"),
        ("picked", "order.routed", ""),
        ("picked", "pick_ticket.created", "change.picked"),
        ("picked", "shipment.created", "change.label"),
        ("label", "pick_ticket.created", ""),
        ("label", "fulfillment.created", "change.label"),
        ("label", "order.fulfilled", "change.sent"),
        ("label", "order.cancelled", "change.cancelled"),
    ],
)
def test_a_window_ends_with_the_step_the_shop_chose_and_those_after_it(until: str, passed: str, why: str) -> None:
    assert own.judge(Rules(is_on=True, until=until), ORDER, {passed}, PLACED).why == why


def test_the_order_itself_says_that_it_left() -> None:
    assert own.judge(ON, {**ORDER, "fulfillment_status": "partial"}, (), PLACED).why == "change.sent"
    assert own.judge(ON, {**ORDER, "fulfillments": [{"id": "f"}]}, (), PLACED).why == "change.label"
    assert own.judge(ON, {**ORDER, "status": "cancelled"}, (), PLACED).why == "change.cancelled"
    assert own.judge(ON, {**ORDER, "shipping_address": None}, (), PLACED).kinds == ("items", "cancel")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"a": "2", "b": "1"}, "change.nothing"),
        ({"a": "0", "b": "0"}, "change.empty"),
        ({"a": "3"}, "change.more"),
        ({"a": "-1"}, "change.quantity"),
        ({"a": "١"}, "change.quantity"),
        ({"a": "1.5"}, "change.quantity"),
        ({"c": "0"}, "change.line_unknown"),
        ({"z": "1"}, "change.line_unknown"),
    ],
)
def test_goods_that_cannot_be_asked_for(given: dict[str, str], code: str) -> None:
    with pytest.raises(ChangeRefused) as refused:
        own.read_items(ORDER, given, takes_more=False)
    assert refused.value.code == code


def test_goods_that_can() -> None:
    assert own.read_items(ORDER, {"a": "1", "b": "1"}, takes_more=False).lines == (("a", 1),)
    more = own.read_items(ORDER, {"a": "4", "b": "0"}, takes_more=True)
    assert more.lines == (("a", 4), ("b", 0))
    assert own.difference(ORDER, more.lines) == Decimal("10.00")
    assert [(line["id"], line["quantity"]) for line in own.lines_after(ORDER, more.lines) if "id" in line] == [
        ("a", 4), ("c", 1),
    ]  # fmt: skip


def test_an_address_is_changed_whole_and_its_country_stays() -> None:
    typed = {"name": "Eva  Ruiz Gil", "line1": "Calle 2", "region": "Toledo", "country": "FR"}
    found = own.read_address(ORDER, typed).address
    assert found is not None
    assert (found["first_name"], found["last_name"], found["line1"]) == ("Eva", "Ruiz Gil", "Calle 2")
    assert found["country"] == "ES" and "region_code" not in found and found["city"] == "Madrid"
    with pytest.raises(ChangeRefused, match=r"change\.nothing"):
        own.read_address(ORDER, {"line1": "Calle 1 "})
    with pytest.raises(ChangeRefused, match=r"change\.too_long"):
        own.read_address(ORDER, {"line1": "x" * 121})


@pytest.mark.parametrize(
    ("was", "after", "left"),
    [
        ({"change_payment_before": "paid"}, {"total": "35.00"}, "-15.00"),
        ({"change_payment_before": "paid"}, {"total": "35.00", "total_refunded": "15.00"}, "0.00"),
        ({"change_payment_before": "paid"}, {"total": "62.50"}, "12.50"),
        ({"change_payment_before": "partially_refunded", "change_refunded_before": "5"},
         {"total": "40.00", "total_refunded": "5.00"}, "-10.00"),
        ({"change_payment_before": "authorized"}, {"total": "35.00"}, "0"),
        ({"change_payment_before": "authorized"}, {"total": "60.00"}, "10.00"),
        ({"change_payment_before": "pending"}, {"total": "35.00"}, "0"),
    ],
)  # fmt: skip
def test_what_a_change_leaves_to_settle(was: dict[str, Any], after: dict[str, Any], left: str) -> None:
    assert own.due({"change_total_before": "50.00", **was}, {**ORDER, **after}) == Decimal(left)


def test_what_nobody_said_is_not_settled() -> None:
    assert own.due({"change_payment_before": "paid"}, ORDER) is None


def test_paying_before_is_rounded_in_the_shop_s_coins() -> None:
    def said(total: str, currency: str, percent: str | None, amount: str | None) -> tuple[str, str]:
        now, off = own.prepaid(
            Money.parse(total, currency), Decimal(percent) if percent else None, Decimal(amount) if amount else None
        )
        return now.text, off.text

    assert said("33.33", "EUR", "5", None) == ("31.67", "1.66")
    assert said("1999", "JPY", "5", None) == ("1900", "99")
    assert said("10.00", "EUR", None, "3.50") == ("6.50", "3.50")
    assert said("2.00", "EUR", None, "3.50") == ("0.00", "2.00")


def test_one_payment_told_twice_is_one() -> None:
    door = {**ORDER, "payment_status": "pending", "payments": []}
    assert own.paid_before(door, Decimal(47)) is None
    link = {"status": "captured", "amount": "47.00", "currency": "EUR"}
    store = {"status": "captured", "amount": "50.00"}
    assert own.paid_before({**door, "payments": [link]}, Decimal(47)) == Decimal(47)
    assert own.paid_before({**door, "payments": [store, link], "payment_status": "paid"}, Decimal(47)) == Decimal(47)
    assert own.paid_before({**door, "payments": [store]}, Decimal(47)) == Decimal(50)
    assert own.paid_before({**door, "payment_status": "paid"}, Decimal(47)) == Decimal(50)
    for wrong in ({"amount": "46.99"}, {"currency": "USD"}, {"status": "failed"}, {"is_test": True}):
        assert own.paid_before({**door, "payments": [{**link, **wrong}]}, Decimal(47)) is None


def test_the_link_to_pay_says_what_is_open_and_nothing_else() -> None:
    standing = {"prepay_amount": "47.00", "prepay_until": "2026-03-02T10:00:00Z"}
    door = {**ORDER, "payment_status": "pending"}
    assert own.prepay_state(door, standing, PLACED) == ("47.00", "prepay")
    assert own.prepay_state(door, standing, at(hours=1)) == (None, "pay.expired")
    assert own.prepay_state(door, {}, PLACED) == (None, "pay.nothing")
    assert own.prepay_state(door, {**standing, "is_prepaid": True}, PLACED) == (None, "pay.paid")
    assert own.prepay_state(ORDER, standing, PLACED) == (None, "pay.paid")
    assert own.prepay_state({**door, "fulfillment_status": "fulfilled"}, standing, PLACED) == (None, "pay.sent")
    held = {"is_held": True, "hold_reasons": ["payment.due"], "due_amount": "12.50"}
    assert own.prepay_state(ORDER, held, PLACED) == ("12.50", "difference")


def test_where_it_is_paid() -> None:
    amount = Money.parse("47", "EUR")
    rules = Rules(pay_url="https://pay.example.com/?r={reference}&a={amount}&c={currency}&e={email}&n={number}")
    assert own.pay_address(rules, ORDER, amount, "1-prepay") == (
        "https://pay.example.com/?r=1-prepay&a=47.00&c=EUR&e=ana%40example.com&n=%231"
    )
    assert (
        own.pay_address(Rules(), {"status_url": "https://shop.example/o/1"}, amount, "") == "https://shop.example/o/1"
    )
    assert own.pay_address(Rules(), {"status_url": "javascript:alert(1)"}, amount, "") is None


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ([], [""]),
        ({"minutes": 0}, ["minutes"]),
        ({"minutes": True, "until": "packed"}, ["minutes", "until"]),
        ({"can": ["everything"], "is_on": "yes"}, ["is_on", "can"]),
        ({"pay_url": "http://pay.example"}, ["pay_url"]),
        ({"pay_url": "https://{order}.example/"}, ["pay_url"]),
        ({"pay_url": "https://pay.example/{secret}"}, ["pay_url"]),
        ({"colour": "blue"}, ["colour"]),
    ],
)
def test_rules_that_cannot_hold_name_the_field(document: Any, fields: list[str]) -> None:
    with pytest.raises(RulesInvalid) as wrong:
        own.read_rules(document)
    assert [field for field, _ in wrong.value.problems] == fields


def test_rules_come_back_as_they_were_kept() -> None:
    kept = own.read_rules({"is_on": True, "can": ["cancel", "address"], "pay_url": " https://pay.example/{order} "})
    assert kept.can == ("address", "cancel") and own.rules_of({own.SETTING: kept.document()}) == kept
    assert own.rules_of({own.SETTING: {"minutes": "many"}}) == Rules() == own.rules_of({})
