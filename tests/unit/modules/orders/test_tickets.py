"""Tickets as PDF: the same bytes for the same ticket, any letters, any length."""

from __future__ import annotations

from typing import Any

import pytest

from installation import ready
from sereno.modules.orders.tickets import address_lines, ticket_pdf

TICKET: dict[str, Any] = {
    "id": "ab12",
    "order_number": "#1024",
    "kind": "make",
    "locale": "ro",
    "packaging": "cutie S",
    "note": "Fragil <b>",
    "item_count": 3,
    "created_at": "2026-03-02T09:00:00Z",
    "lines": [
        {"sku": "INEL-9", "title": "Inel", "quantity": 1.0, "properties": {"Gravură": "Ștefan & Ioana <3"}},
        {"title": None, "quantity": None},
    ],
}
ORDER: dict[str, Any] = {
    "phone": "+40 721 000 111",
    "shipping_address": {"first_name": "Ștefan", "last_name": "Ionescu", "line1": "Str. Lipscani 12",
                         "postal_code": "030031", "city": "București", "country": "RO"},
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _words() -> None:
    """A ticket is written in its language, and Django knows no words before it is set up."""
    ready()


def pages(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n") or pdf.count(b"/Type /Page ")


def test_the_same_ticket_is_the_same_file() -> None:
    first = ticket_pdf(TICKET, ORDER, "Casa Azahar")
    assert first.startswith(b"%PDF-") and first == ticket_pdf(TICKET, ORDER, "Casa Azahar")
    assert first != ticket_pdf(TICKET, None, "Casa Azahar")


def test_a_long_ticket_goes_on_on_the_next_page() -> None:
    lines = [{"sku": f"SKU-{number}", "title": "Taza", "quantity": 1} for number in range(120)]
    assert pages(ticket_pdf({**TICKET, "lines": lines}, ORDER, "Casa")) > pages(ticket_pdf(TICKET, ORDER, "Casa")) >= 1


def test_what_nobody_said_is_left_out() -> None:
    assert ticket_pdf({}, {}, "Casa").startswith(b"%PDF-")
    assert ticket_pdf({"order_number": "ș" * 80, "lines": None}, None, "Casa").startswith(b"%PDF-")


def test_an_address_as_it_is_written_on_a_parcel() -> None:
    assert address_lines(ORDER) == ["Ștefan Ionescu", "Str. Lipscani 12", "030031 București", "RO", "+40 721 000 111"]
    assert address_lines({"shipping_address": None}) == []
