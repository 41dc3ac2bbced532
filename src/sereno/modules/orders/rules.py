"""What makes an order fit to go on: pure rules over records, each refusal a stable code with its facts.

Invariant: nothing is guessed in the shop's favour: what is not known counts as missing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sereno.commerce.addresses import is_email
from sereno.commerce.merging import parts
from sereno.commerce.money import finite

Record = Mapping[str, Any]

OTHER = "other"
_CODE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+|other")
_NOT_DIGITS = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")
POSTAL_CODES: Mapping[str, re.Pattern[str]] = {
    country: re.compile(pattern, re.IGNORECASE)
    for country, pattern in {
        "AT": r"\d{4}", "BE": r"\d{4}", "BG": r"\d{4}", "BR": r"\d{5}-?\d{3}", "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
        "CH": r"\d{4}", "CZ": r"\d{3} ?\d{2}", "DE": r"\d{5}", "DK": r"\d{4}", "ES": r"(0[1-9]|[1-4]\d|5[0-2])\d{3}",
        "FI": r"\d{5}", "FR": r"\d{5}", "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", "GR": r"\d{3} ?\d{2}",
        "HU": r"\d{4}", "IT": r"\d{5}", "MD": r"(MD-?)?\d{4}", "MX": r"\d{5}", "NL": r"\d{4} ?[A-Z]{2}",
        "PL": r"\d{2}-?\d{3}", "PT": r"\d{4}(-?\d{3})?", "RO": r"\d{6}", "SE": r"\d{3} ?\d{2}", "SK": r"\d{3} ?\d{2}",
        "US": r"\d{5}(-\d{4})?",
    }.items()
}  # fmt: skip
"""Shapes of postal codes, of countries whose shape is fixed; others are only asked for one."""
WITHOUT_POSTAL_CODE = frozenset({"AE", "AO", "BO", "BS", "GH", "HK", "IE", "JM", "MO", "PA", "QA", "SY", "UG", "YE"})
"""Countries where addresses are whole without one."""
CASH = ("cod", "cash_on_delivery", "cashondelivery", "cash on delivery", "contra reembolso", "contrareembolso",
        "reembolso", "contra entrega", "à cobrança", "cobranca", "pagamento na entrega", "ramburs", "plata la livrare",
        "nachnahme", "contrassegno")  # fmt: skip
"""How platforms and shops name cash on delivery, in small letters."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an order is not fit. `facts` fill the words of `code` and name nobody."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict[str, str])


def reasons_in(text: str) -> list[str]:
    """The codes in a text, each once, `other` when it has none."""
    return list(dict.fromkeys(_CODE.findall(text.lower()))) or [OTHER]


def is_sent(order: Record) -> bool:
    """Whether anything of it must be sent; a line that does not say must, unless it is a gift card."""
    lines = parts(order.get("lines"))
    if not lines:
        return order.get("shipping_address") is not None
    return any(
        line.get("requires_shipping") is True
        or (line.get("requires_shipping") is None and not line.get("is_gift_card"))
        for line in lines
    )


def check_address(order: Record) -> list[Finding]:
    """Where the goods go must be whole; an order of which nothing is sent needs no address."""
    if not is_sent(order):
        return []
    address = order.get("shipping_address")
    if not isinstance(address, Mapping) or not any(address.values()):
        return [Finding("address.missing")]
    country = str(address.get("country") or "").upper()
    wanted = {"line1": address.get("line1"), "city": address.get("city"), "country": country}
    wanted["name"] = address.get("name") or address.get("last_name") or address.get("company")
    code = str(address.get("postal_code") or "").strip()
    if country not in WITHOUT_POSTAL_CODE:
        wanted["postal_code"] = code
    lacking = [name for name, value in wanted.items() if not str(value or "").strip()]
    if lacking:
        return [Finding("address.incomplete", {"fields": ", ".join(lacking)})]
    shape = POSTAL_CODES.get(country)
    if shape is not None and code and not shape.fullmatch(code):
        return [Finding("address.postal_code", {"country": country})]
    return []


def check_phone(order: Record) -> list[Finding]:
    """One number of those at hand must be one that can be called."""
    address, customer = order.get("shipping_address"), order.get("customer")
    found = [str(held.get("phone") or "").strip() for held in (order, address, customer) if isinstance(held, Mapping)]
    given = [one for one in found if one]
    if not given:
        return [Finding("phone.missing")]
    return [] if any(is_phone(one) for one in given) else [Finding("phone.invalid")]


def is_phone(text: str) -> bool:
    """7 to 15 digits (ITU-T E.164), not all the same, written as people write them."""
    digits = _NOT_DIGITS.sub("", text).removeprefix("+")
    return digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15 and len(set(digits)) > 1


def check_email(order: Record) -> list[Finding]:
    customer = order.get("customer")
    email = order.get("email") or (customer.get("email") if isinstance(customer, Mapping) else None)
    if not email:
        return [Finding("email.missing")]
    return [] if is_email(str(email)) else [Finding("email.invalid")]


@dataclass(frozen=True, slots=True)
class Payment:
    """What counts as paid. `cash_methods` are names of payment methods beside the usual ones; `cash_limit` the highest
    total that is brought against cash, in the order's currency (None: any)."""

    takes_authorized: bool = True
    takes_cash: bool = True
    cash_limit: Decimal | None = None
    cash_methods: Collection[str] = ()


def check_payment(order: Record, wanted: Payment) -> list[Finding]:
    status = order.get("payment_status")
    if status == "paid" or order.get("is_prepaid") or (status == "authorized" and wanted.takes_authorized):
        return []
    total = finite(order.get("total"))
    if total == 0 and status in (None, "pending"):
        return []
    if status in ("failed", "voided", "refunded", "partially_refunded"):
        return [Finding("payment.failed" if status == "failed" else "payment.undone")]
    if not is_cash(order, wanted.cash_methods):
        return [Finding("payment.open")]
    if not wanted.takes_cash:
        return [Finding("payment.cash_refused")]
    if wanted.cash_limit is not None and (total is None or total > wanted.cash_limit):
        return [Finding("payment.cash_too_high", {"limit": str(wanted.cash_limit)})]
    return []


def is_cash(order: Record, more: Collection[str] = ()) -> bool:
    """Whether it is paid at the door, by the method's name."""
    method = " ".join(str(order.get("payment_method") or "").lower().split())
    return bool(method) and any(
        word == method or (len(word) > 4 and word in method) or re.search(rf"\b{re.escape(word)}\b", method)
        for word in (*CASH, *(one.lower().strip() for one in more if one.strip()))
    )


def check_stock(short: Sequence[tuple[str, int, int]]) -> list[Finding]:
    """Of lines that could not be reserved: what, how many were wanted, how many there are."""
    if not short:
        return []
    said = ", ".join(f"{item} {max(available, 0)}/{wanted}" for item, wanted, available in short[:5])
    return [Finding("stock.short", {"items": said})]
