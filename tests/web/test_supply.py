"""A supplier answers an order by its link, without an account; its system by the same address, signed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from seeding import Seeded

from sereno.commerce.purchasing import Offer
from sereno.modules.purchasing.models import PurchaseLine, PurchaseOrder, SupplierRefusal
from sereno.runtime.purchasing import answering, ordering, suppliers
from sereno.runtime.purchasing.answering import answer_link
from sereno.runtime.purchasing.suppliers import Supplier
from sereno.sdk.standard_webhooks import signed_headers
from sereno.store.models import Audit, Event

SECRET = "agreed-with-north-long-ago"
SOON = (datetime.now(UTC).date() + timedelta(days=20)).isoformat()


@pytest.fixture
def address(seeded: Seeded) -> str:
    """Of an order of 12 mugs and 6 cups that was sent."""
    shop = seeded.shop.pk
    north = Supplier("north", "North Mugs", "EUR", locale="es", send_by="api", url="https://north.example/in")
    suppliers.put_supplier(shop, suppliers.replace(north, secret=SECRET), "ana")
    prices = [Offer(0, "MUG", Decimal("4.50"), title="Blue mug"), Offer(0, "CUP", Decimal("2"), title="Cup")]
    suppliers.put_prices(shop, "north", prices, "ana")
    number = ordering.draft_order(shop, "north", {"MUG": 12, "CUP": 6}, "ana", key="a")
    path = answer_link(settings.ENVIRONMENT.secret_key, "", shop, number)
    assert Client().get(path).status_code == 404, "a draft is the shop's own"
    ordering.approve(shop, number, "ana")
    ordering.mark_sent(shop, number, "ana")
    return path


def order() -> PurchaseOrder:
    return PurchaseOrder.objects.get()


def test_a_supplier_confirms_with_fewer_and_changes_its_mind_about_the_day(address: str) -> None:
    nobody = Client()
    page = nobody.get(address).content.decode()
    assert "Blue mug" in page and "Confirmar el pedido" in page
    given = {"do": "confirm", "sku:MUG": "10", "sku:CUP": "6", "expected": SOON, "reference": "N-7", "remark": "short"}
    assert nobody.post(address, given).status_code == 302
    assert (order().status, order().reference, order().total) == ("confirmed", "N-7", "57.00")
    assert order().expected_at.date().isoformat() == SOON
    before = order().changes
    assert nobody.post(address, {**given, "sku:MUG": "10"}).status_code == 302
    assert order().changes == before, "said twice, it is one"
    assert list(SupplierRefusal.objects.values_list("sku", "reason")) == [("MUG", "short")]
    assert Audit.objects.filter(action="purchase.confirmed", by="supplier:north").count() == 1
    later = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    nobody.post(address, {**given, "expected": later})
    assert order().expected_at.date().isoformat() == later


def test_a_supplier_declines(address: str, seeded: Seeded) -> None:
    nobody = Client()
    assert nobody.post(address, {"do": "decline", "reason": "sold out"}).status_code == 302
    assert order().status == "cancelled"
    assert not PurchaseLine.objects.filter(is_open=True).exists()
    fact = Event.objects.get(type="purchase_order.declined")
    assert fact.data["reason"] == "sold out"
    assert SupplierRefusal.objects.count() == 2
    page = nobody.get(address).content.decode()
    assert 'name="do"' not in page, "nothing is left to answer"
    assert nobody.post(address, {"do": "confirm"}).status_code == 422
    boss = Client()
    boss.force_login(seeded.owner)
    assert "declined purchase order PO-1" in boss.get("/audit").content.decode()


def test_what_a_supplier_said_by_telephone_is_noted(address: str, seeded: Seeded) -> None:
    boss = Client()
    boss.force_login(seeded.owner)
    page = boss.get("/purchases/1").content.decode()
    assert "/supply/" in page and "The supplier declined" in page
    boss.post("/purchases/1/step", {"do": ["cancel", "decline"], "reason": "closed in August"})
    assert order().status == "cancelled"
    assert SupplierRefusal.objects.filter(reason="closed in August").count() == 2
    page = boss.get("/purchases/1").content.decode()
    assert "closed in August" in page and "/supply/" not in page


@pytest.mark.parametrize(
    "wrong", [{"sku:MUG": "lots"}, {"expected": "tomorrow"}, {"expected": "2020-01-01"}, {"expected": "2999-01-01"}]
)
def test_what_cannot_be_read_changes_nothing(address: str, wrong: dict[str, str]) -> None:
    answer = Client().post(address, {"do": "confirm", **wrong})
    assert answer.status_code == 422
    assert order().status == "sent"


def test_a_link_is_good_for_nothing_else(address: str) -> None:
    for path in ("/supply/made-up", address[:-2], address.replace("supply", "unsubscribe")):
        assert Client().get(path).status_code == 404, path
    assert Client().post("/supply/made-up", {"do": "decline"}).status_code == 404
    with pytest.raises(answering.TokenInvalid):
        answering.order_of_link("another secret", address.rpartition("/")[2])


def said(address: str, body: Any, *, secret: str = SECRET, at: datetime | None = None) -> Any:
    raw = json.dumps(body).encode()
    headers = signed_headers(secret, raw, "m1", at or datetime.now(UTC))
    return Client().post(address, raw, content_type="application/json", headers=headers)


def test_the_suppliers_system_answers_signed(address: str) -> None:
    yes = {"status": "confirmed", "expected_on": SOON, "reference": "N-8", "quantities": {"CUP": 5}}
    assert said(address, yes, secret="guessed-by-somebody").status_code == 401
    assert said(address, yes, at=datetime.now(UTC) - timedelta(hours=1)).status_code == 401
    assert Client().post(address, yes, content_type="application/json").status_code == 401
    assert order().status == "sent"
    answer = said(address, yes)
    assert (answer.status_code, answer.json()) == (200, {"changed": True, "status": "confirmed"})
    assert said(address, yes).json()["changed"] is False
    for wrong in ({"status": "maybe"}, [], {**yes, "quantities": {"CUP": "5"}}, {**yes, "expected_on": "soon"}):
        assert said(address, wrong).status_code == 422
    assert said(address, {"status": "declined", "reason": "fire"}).json() == {"changed": True, "status": "cancelled"}
