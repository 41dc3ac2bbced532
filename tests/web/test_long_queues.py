"""Queues longer than a page, looked through and searched; and forms that were refused, with what was typed in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from calling import call, text_of
from django.test import Client
from seeding import NOW, Seeded
from test_purchasing_pages import supplied
from test_risk_pages import make_risky

from sereno.modules.orders.models import Order, OrderStanding
from sereno.modules.purchasing.models import PurchaseOrder, SupplierPrice
from sereno.modules.risk.models import RiskAssessment, RiskPolicy
from sereno.modules.stock.models import StockItem
from sereno.runtime.orders import doing
from sereno.runtime.stock import places
from sereno.store.keys import issue


def test_what_is_over_never_hides_what_waits(seeded: Seeded, boss: Client) -> None:
    gone = [
        Order(shop=seeded.shop, key=f"g{one}", version=1, data={}, seen_at=NOW, status="cancelled")
        for one in range(310)
    ]
    Order.objects.bulk_create(gone)
    over = {"score": 100, "level": "high", "is_waiting": True, "seen_at": NOW, "version": 0, "data": {}}
    RiskAssessment.objects.bulk_create(
        RiskAssessment(shop=seeded.shop, key=one.key, subject=f"order:{one.key}", **over) for one in gone
    )
    make_risky(seeded.shop, "r1", score=65)
    assert "#r1" in text_of(boss, "/risk")


def test_the_queue_of_risk_turns_its_pages_and_is_searched(seeded: Seeded, boss: Client) -> None:
    for one in range(53):
        make_risky(seeded.shop, f"r{one:02}", score=99 - one % 2)
    first = text_of(boss, "/risk")
    assert "#r00" in first and "#r51" not in first
    older = first.split('aria-label="Pages of the list"')[1].split('href="')[1].split('"')[0]
    second = text_of(boss, f"/risk{older}")
    assert [name for name in ("#r47", "#r49", "#r51") if name in second] == ["#r47", "#r49", "#r51"]
    assert "#r50" in first and "#r50" not in second
    found = text_of(boss, "/risk?q=%23r51")
    assert "#r51" in found and "#r00" not in found
    assert "Nothing that waits belongs to it" in text_of(boss, "/risk?q=nobody")
    key = issue(seeded.shop.pk, "k", "read", "ana@example.com")
    page = call(key, "GET", "risk/queue?limit=50")
    assert len(page["items"]) == 50
    rest = call(key, "GET", f"risk/queue?limit=50&after={page['next']}")
    assert (len(rest["items"]), rest["next"]) == (3, None)


def test_holds_turn_their_pages_and_are_searched(seeded: Seeded, boss: Client) -> None:
    for one in range(52):
        make_risky(seeded.shop, f"h{one:02}")
        OrderStanding.objects.create(
            shop=seeded.shop, key=f"h{one:02}", version=0, subject=f"order:h{one:02}", is_held=True, seen_at=NOW,
            held_at=NOW + timedelta(seconds=one // 2), data={"hold_reasons": ["risk.high"]},
        )  # fmt: skip
    first = text_of(boss, "/holds")
    assert "#h00" in first and "#h49" in first and "#h50" not in first and "52 are held in all" in first
    older = first.split('aria-label="Pages of the list"')[1].split('href="')[1].split('"')[0]
    second = text_of(boss, f"/holds{older}")
    assert "#h50" in second and "#h51" in second and "#h49" not in second
    found = text_of(boss, "/holds?q=%23h51")
    assert "#h51" in found and "#h00" not in found
    assert "Nothing that is held belongs to it" in text_of(boss, "/holds?q=nobody")


def test_a_list_is_searched_by_the_mark_however_it_is_written(boss: Client) -> None:
    boss.post("/risk/lists/add", {"list": "block", "kind": "email", "values": "Bad@Example.com\nworse@example.com"})
    found = text_of(boss, "/risk/lists?q=bad@example.COM")
    assert "bad@example.com" in found and "worse@example.com" not in found
    assert "Nothing matches" in text_of(boss, "/risk/lists?q=bad@example.com&list=allow")


def test_refused_lists_and_rules_lose_nothing(boss: Client) -> None:
    boss.post("/risk/lists/add", {"list": "allow", "kind": "ip", "values": "81.40.1.7\nnonsense", "reason": "office"})
    page = text_of(boss, "/risk/lists")
    assert "81.40.1.7\nnonsense</textarea>" in page and 'value="office"' in page
    assert '<option value="allow" selected>' in page
    boss.post("/risk/rules", {"medium": "70", "high": "60", "review": "high", "watched": "GIFT-*\nRING-1"})
    page = text_of(boss, "/risk/rules")
    assert 'value="70"' in page and "GIFT-*\nRING-1</textarea>" in page
    assert 'name="on-card.cvv" checked' not in page
    assert not RiskPolicy.objects.exists()
    assert "RING-1" not in text_of(boss, "/risk/rules")


def test_refused_purchases_and_price_lists_lose_nothing(boss: Client, seeded: Seeded) -> None:
    supplied(boss, seeded)
    boss.post("/purchases/new", {"supplier": "north", "lines": "MUG 24\nCUP many", "key": "k"})
    assert "MUG 24\nCUP many</textarea>" in text_of(boss, "/purchases")
    boss.post("/suppliers/north/prices", {"text": "sku,price\nMUG,dear\n"})
    assert "MUG,dear" in text_of(boss, "/suppliers/north")
    boss.post("/demand/rule", {"sku": "MUG", "least": "ten", "most": "40", "service": "95"})
    page = text_of(boss, "/demand/item?sku=MUG")
    assert 'value="ten"' in page and 'value="40"' in page
    boss.post("/demand/calendar", {"name": "Sale", "first": "soon", "lift": "30"})
    page = text_of(boss, "/demand/calendar")
    assert 'value="Sale"' in page and 'value="30"' in page


def test_what_another_shop_or_a_secret_is_never_shows(boss: Client, seeded: Seeded) -> None:
    supplied(boss, seeded)
    boss.post("/purchases/new", {"supplier": "north", "lines": "MUG x", "password": "hush"})
    assert "hush" not in str(boss.session["typed"])
    session = boss.session
    session["typed"] = {**session["typed"], "shop": seeded.shop.pk + 1}
    session.save()
    assert "MUG x" not in text_of(boss, "/purchases")


def test_a_refused_refund_stands_in_its_field(seeded: Seeded, boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sereno.web.orders.one.lacks", lambda *given: {})
    make_risky(seeded.shop, "r1")
    row = Order.objects.get(key="r1")

    def refuse(*given: Any, **named: Any) -> None:
        raise ValueError("no")

    monkeypatch.setattr(doing, "ask", refuse)
    boss.post(f"/orders/{row.pk}/ask", {"action": "orders.refund", "amount": "12,oo"})
    page = text_of(boss, f"/orders/{row.pk}")
    assert 'value="12,oo"' in page and '<details name="deed" open>' in page


def test_goods_are_received_by_reading_their_barcodes(boss: Client, seeded: Seeded) -> None:
    supplied(boss, seeded)
    boss.post("/purchases/new", {"supplier": "north", "lines": "MUG 24\nCUP 3", "key": "k"})
    number = PurchaseOrder.objects.get().number
    at = f"/purchases/{number}"
    assert "Approve the order first" in text_of(boss, f"{at}/scan")
    boss.post(f"{at}/step", {"do": "approve"})
    assert "camera=(self)" in boss.get(f"{at}/scan").headers["Permissions-Policy"]
    assert "Blue mug" in text_of(boss, f"{at}/scan?code=N-1")
    page = text_of(boss, f"{at}/scan?code=84999")
    assert "Nothing on this order has the barcode" in page and "Which item is it?" in page
    mug = StockItem.objects.get(item="MUG")
    boss.post(f"/stock/items/{mug.pk}/barcode", {"barcode": "84999", "next": f"{at}/scan?code=84999"})
    assert 'name="sku:MUG"' in text_of(boss, f"{at}/scan?code=84999")
    key = places.add_place(seeded.shop.pk, "Cellar", "ana")
    again = f"{at}/scan?code=84999&place="
    given = {"key": "s1", "place": key, "next": f"{at}/scan?place={key}", "refused": again}
    answer = boss.post(f"{at}/receive", {**given, "sku:MUG": "two"})
    assert answer.headers["Location"] == again and 'value="two"' in text_of(boss, again)
    for _ in range(2):
        answer = boss.post(f"{at}/receive", {**given, "sku:MUG": "20"})
    assert answer.headers["Location"] == f"{at}/scan?place=cellar"
    mug.refresh_from_db()
    assert mug.on_hand == 3 + 20
    assert "20 × MUG" in text_of(boss, at)
    assert "PO-" in text_of(boss, "/purchases?q=mug") and "Nothing matches" in text_of(boss, "/purchases?q=nothing")


def test_a_line_is_taken_off_a_price_list(boss: Client, seeded: Seeded) -> None:
    supplied(boss, seeded)
    assert "Take MUG off the price list" in text_of(boss, "/suppliers/north")
    boss.post("/suppliers/north/prices", {"do": "remove", "sku": "MUG"})
    assert list(SupplierPrice.objects.values_list("sku", flat=True)) == ["CUP"]
