"""When an order is fit to go on: address, telephone, e-mail, payment; and which zone it falls into."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sereno.modules.orders.rules import (
    Payment,
    check_address,
    check_email,
    check_payment,
    check_phone,
    is_cash,
    reasons_in,
)
from sereno.modules.orders.zones import ZoneInvalid, read_zones, zone_of

ADDRESS: dict[str, Any] = {
    "name": "Ana Ruiz",
    "line1": "Calle Mayor 7",
    "city": "Madrid",
    "postal_code": "28013",
    "country": "ES",
}


def codes(found: Any) -> list[str]:
    return [one.code for one in found]


def order(**changes: Any) -> dict[str, Any]:
    return {"id": "1", "lines": [{"sku": "TAZA-1", "quantity": 1}], "shipping_address": ADDRESS, **changes}


def test_a_whole_address_is_whole() -> None:
    assert check_address(order()) == []


@pytest.mark.parametrize("name", ["line1", "city", "country", "postal_code", "name"])
def test_what_an_address_lacks_is_named(name: str) -> None:
    (found,) = check_address(order(shipping_address={**ADDRESS, name: " "}))
    assert found.code == "address.incomplete"
    assert found.facts["fields"] == name


@pytest.mark.parametrize(
    ("country", "code", "is_good"),
    [
        ("ES", "28013", True), ("ES", "99013", False), ("PT", "1000-205", True), ("PT", "1000 205", False),
        ("RO", "010011", True), ("RO", "10011", False), ("GB", "SW1A 1AA", True), ("US", "94105-1234", True),
        ("NL", "1012 ab", True), ("JP", "anything", True), ("MD", "MD-2001", True),
    ],
)  # fmt: skip
def test_the_shape_of_a_postal_code(country: str, code: str, is_good: bool) -> None:
    found = codes(check_address(order(shipping_address={**ADDRESS, "country": country, "postal_code": code})))
    assert found == ([] if is_good else ["address.postal_code"])


def test_countries_without_postal_codes_need_none() -> None:
    assert check_address(order(shipping_address={**ADDRESS, "country": "AE", "postal_code": None})) == []


def test_what_is_not_sent_needs_no_address() -> None:
    assert check_address(order(shipping_address=None, lines=[{"sku": "PDF", "requires_shipping": False}])) == []
    assert check_address(order(shipping_address=None, lines=[{"sku": "GIFT", "is_gift_card": True}])) == []
    assert codes(check_address(order(shipping_address=None))) == ["address.missing"]


@pytest.mark.parametrize(
    ("phone", "found"),
    [
        ("+34 612 34 56 78", []), ("0040-721-000-111", []), ("(021) 310.33.10", []), ("", ["phone.missing"]),
        ("000000000", ["phone.invalid"]), ("12345", ["phone.invalid"]), ("call me", ["phone.invalid"]),
        ("1234567890123456", ["phone.invalid"]),
    ],
)  # fmt: skip
def test_telephones(phone: str, found: list[str]) -> None:
    assert codes(check_phone({"phone": phone})) == found


def test_any_of_the_numbers_at_hand_serves() -> None:
    assert check_phone({"phone": "x", "shipping_address": {"phone": "612345678"}}) == []
    assert check_phone({"phone": None, "customer": {"phone": "612345678"}}) == []


@pytest.mark.parametrize(
    ("email", "found"),
    [
        ("ana@example.com", []), ("ana.ruiz+1@correo.example.es", []), ("", ["email.missing"]),
        ("ana@example", ["email.invalid"]), ("ana@@example.com", ["email.invalid"]),
        ("ana@example..com", ["email.invalid"]),
        ("ana example.com", ["email.invalid"]), ("ana@exam_ple.com", ["email.invalid"]), ("ana@münchen.de", []),
    ],
)  # fmt: skip
def test_addresses_of_mail(email: str, found: list[str]) -> None:
    assert codes(check_email({"email": email})) == found


@pytest.mark.parametrize(
    ("data", "wanted", "found"),
    [
        ({"payment_status": "paid"}, Payment(), []),
        ({"payment_status": "authorized"}, Payment(), []),
        ({"payment_status": "authorized"}, Payment(takes_authorized=False), ["payment.open"]),
        ({"payment_status": "partially_paid"}, Payment(), ["payment.open"]),
        ({"payment_status": "pending", "payment_method": "bacs"}, Payment(), ["payment.open"]),
        ({"payment_status": "pending", "payment_method": "cod"}, Payment(), []),
        ({"payment_method": "Plata la livrare (ramburs)"}, Payment(), []),
        ({"payment_method": "cod"}, Payment(takes_cash=False), ["payment.cash_refused"]),
        ({"payment_method": "cod", "total": "150.01"}, Payment(cash_limit=Decimal(150)), ["payment.cash_too_high"]),
        ({"payment_method": "cod", "total": "150.00"}, Payment(cash_limit=Decimal(150)), []),
        ({"payment_method": "cod"}, Payment(cash_limit=Decimal(150)), ["payment.cash_too_high"]),
        ({"payment_status": "failed", "payment_method": "cod"}, Payment(), ["payment.failed"]),
        ({"payment_status": "refunded"}, Payment(), ["payment.undone"]),
        ({"payment_status": "pending", "total": "0.00"}, Payment(), []),
        ({}, Payment(), ["payment.open"]),
        ({"payment_method": "Al recoger"}, Payment(cash_methods=["al recoger"]), []),
    ],
)
def test_what_counts_as_paid(data: dict[str, Any], wanted: Payment, found: list[str]) -> None:
    assert codes(check_payment(data, wanted)) == found


def test_a_code_is_not_cash_on_delivery_because_it_begins_alike() -> None:
    assert not is_cash({"payment_method": "codex-pay"})
    assert is_cash({"payment_method": "Payment by COD"})


def test_reasons_are_read_from_any_text() -> None:
    assert reasons_in("stock.short, address.incomplete stock.short") == ["stock.short", "address.incomplete"]
    assert reasons_in("") == ["other"]
    assert reasons_in('["risk.high"]') == ["risk.high"]


ZONES = """
# what we do not send to
Canary Islands | ES 35*, ES 38* | hold
Ceuta | ES 51001-51999, ES Ceuta | refund
Hawaii | US HI | ask
Moldova | MD
Wine abroad | FR, DE | tag | WINE-*
"""


@pytest.mark.parametrize(
    ("address", "skus", "found"),
    [
        ({"country": "ES", "postal_code": "35001"}, (), ("Canary Islands", "hold")),
        ({"country": "es", "postal_code": " 38 001"}, (), ("Canary Islands", "hold")),
        ({"country": "ES", "postal_code": "28013"}, (), None),
        ({"country": "PT", "postal_code": "3500-001"}, (), None),
        ({"country": "ES", "postal_code": "51002"}, (), ("Ceuta", "refund")),
        ({"country": "ES", "region": "Ceuta"}, (), ("Ceuta", "refund")),
        ({"country": "US", "region_code": "US-HI", "postal_code": "96813"}, (), ("Hawaii", "ask")),
        ({"country": "MD"}, (), ("Moldova", "hold")),
        ({"country": "FR"}, ("MUG-1",), None),
        ({"country": "FR"}, ("MUG-1", "wine-2"), ("Wine abroad", "tag")),
        ({}, (), None),
    ],
)
def test_the_first_zone_that_holds(
    address: dict[str, Any], skus: tuple[str, ...], found: tuple[str, str] | None
) -> None:
    order = {"shipping_address": address, "lines": [{"sku": sku} for sku in skus]}
    zone = zone_of(order, read_zones(ZONES))
    assert (zone and (zone.name, zone.outcome)) == found


@pytest.mark.parametrize("line", ["Islands", "Islands | ", "A | 35* | hold", "A | ES | Hold it!", "A|B|C|D|E"])
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(ZoneInvalid, match="line 2"):
        read_zones(f"Good | ES\n{line}")


def test_a_span_whose_end_comes_first_is_a_code() -> None:
    (zone,) = read_zones("Lisbon | PT 1000-205")
    assert zone_of({"shipping_address": {"country": "PT", "postal_code": "1000-205"}}, [zone]) is zone
