"""Pages that ask for a customer or a product take what people know of them: an address, a SKU, a title."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from seeding import Seeded

from sereno.modules.catalog.models import Product, Variant
from sereno.modules.content import services
from sereno.modules.content.models import Showing
from sereno.modules.customers.models import Customer
from sereno.modules.interests.models import Interest
from sereno.modules.pricing.models import Code
from sereno.store.models import Shop
from sereno.web.naming import customer_named, products_named

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RECORD: dict[str, Any] = {"version": 1, "data": {}, "seen_at": NOW}


@pytest.fixture
def known(seeded: Seeded) -> Shop:
    shop = seeded.shop
    Product.objects.bulk_create(
        [Product(shop=shop, key=key, title=title, **RECORD) for key, title in (("p1", "Blue cup"), ("p2", "Red cup"))]
    )
    Variant.objects.create(shop=shop, key="v2", product_key="p2", sku="CUP-R", **RECORD)
    main = Customer(shop=shop, key="71", email="mara@example.com", is_main=True, **RECORD)
    joined = Customer(shop=shop, key="email:mara@example.com", email="mara@example.com", merged_into="71", **RECORD)
    Customer.objects.bulk_create([main, joined])
    return shop


def test_an_address_a_sku_and_a_title_are_enough(known: Shop) -> None:
    assert customer_named(known, " Mara@Example.com ") == "71", "the main record"
    assert customer_named(known, "71") == "71" and customer_named(known, "") == ""
    assert customer_named(known, "new@example.com") == "email:new@example.com"
    assert products_named(known, ["CUP-R", "p1", "Blue cup", "none", " "]) == ["p2", "p1", "p1", "none"]


def test_who_waits_is_found_by_address_and_by_title(known: Shop, boss: Client) -> None:
    Interest.objects.create(
        shop=known, person="71", product="p1", rank=0, email="mara@example.com", since=NOW, last_at=NOW, state="active"
    )
    for asked in ("customer=MARA@example.com", "product=Blue+cup"):
        page = boss.get(f"/interests?{asked}").content.decode()
        assert "mara@example.com</a>" in page, asked


def test_a_campaign_is_shown_to_somebody_there_is(known: Shop, boss: Client) -> None:
    piece = {"id": "p1", "kind": "bar", "text": {"en": "Back"}}
    services.save(known.pk, "back", {"title": "Back", "pieces": [piece], "is_asked": True}, "ana")
    shown = {"customer": "mara@example.com", "product": "CUP-R", "lasting": "7d"}
    boss.post("/site-content/back/show", shown)
    assert list(Showing.objects.values_list("customer", "product")) == [("71", "p2")]
    for wrong, said in (({"customer": "nobody"}, "No customer of that"), ({"product": "none"}, "No product of that")):
        page = boss.post("/site-content/back/show", {**shown, **wrong}, follow=True).content.decode()
        assert said in page and all(f'value="{one}"' in page for one in wrong.values()), "it stands there still"
    assert Showing.objects.count() == 1


def test_codes_and_results_call_a_flow_that_ships_in_the_readers_language(known: Shop, boss: Client) -> None:
    Code.objects.create(
        shop=known, code="A1", status="issued", kind="percent", value="10", flow="cart-recovery", created_at=0
    )
    boss.cookies["django_language"] = "es"
    page = boss.get("/results/messages?flow=cart-recovery").content.decode()
    assert "Recuperación de carritos" in page and ">Cart recovery<" not in page
    page = boss.get("/codes").content.decode()
    assert "Recuperación de carritos" in page and ">cart-recovery<" not in page
