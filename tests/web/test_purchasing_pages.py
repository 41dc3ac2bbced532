"""Suppliers, price lists, purchase orders and demand as people use them."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from plans import is_query, scanned, statements
from seeding import Seeded

from sereno.modules.purchasing.models import DemandEvent, DemandForecast, PurchaseOrder, ReorderRule, Supplier
from sereno.modules.stock.models import StockItem
from sereno.runtime.staff import open_staff
from sereno.runtime.stock import moving
from sereno.store.fields import to_micros
from sereno.store.keys import issue
from sereno.store.models import Audit, Effect


def read(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content[:500]
    return answer.content.decode()


NORTH = {
    "code": "north",
    "name": "North Mugs",
    "currency": "EUR",
    "email": "orders@north.example",
    "send_by": "email",
    "locale": "es",
    "lead_days": "7",
    "confirm_days": "2",
}
PRICES = (
    "sku;supplier_sku;title;price;breaks;minimum;multiple\nMUG;N-1;Blue mug;4,50;100:4.20;12;6\nCUP;N-2;Cup;2.00;;1;1\n"
)


def supplied(boss: Client, seeded: Seeded) -> None:
    boss.post("/suppliers/new", NORTH)
    boss.post("/suppliers/north/prices", {"file": SimpleUploadedFile("p.csv", PRICES.encode())})
    desk = open_staff()
    with desk.database.transaction() as tx:
        moving.receive(tx, seeded.shop.pk, "", {"MUG": 3}, "first", "ana", to_micros(desk.world.clock.now()))
    week = 10.0
    DemandForecast.objects.create(
        shop=seeded.shop, sku="MUG", title="Blue mug", first_day="2026-01-05", begins_on="2026-03-02",
        history=[8, None, 12.5, 9], mean=[week] * 26,
        sums=[[week * n * share for share in (0.3, 0.5, 0.8, 1, 1.2, 1.5, 1.7, 1.9, 2.2)] for n in range(1, 27)],
        method="steady", accuracy={"wape": 0.21, "bias": -0.05, "rmsse": 0.8, "within": 1.0}, weekly=week, error=0.21,
        made_at=0,
    )  # fmt: skip


def test_from_a_price_list_to_the_shelf(boss: Client, seeded: Seeded) -> None:
    assert "No suppliers yet" in read(boss, "/suppliers")
    supplied(boss, seeded)
    assert "North Mugs" in read(boss, "/suppliers")
    page = read(boss, "/suppliers/north")
    assert "Blue mug" in page and "4.50" in page and "100:" in page
    assert "21\xa0%" in read(boss, "/demand").replace(" %", "\xa0%")
    shown = read(boss, "/demand/item?sku=MUG")
    assert "wrong by 21 %" in shown and '<path class="line"' in shown

    boss.post("/purchases/reorder", {"key": "k1"})
    boss.post("/purchases/reorder", {"key": "k2"})
    order = PurchaseOrder.objects.get()
    assert order.status == "draft" and order.origin == "reorder"
    page = read(boss, "/purchases/1")
    assert "Why so many" in page and "Approve and send" in page
    boss.post("/purchases/1/step", {"do": "lines", "sku:MUG": "24"})
    boss.post("/purchases/1/step", {"do": "approve"})
    order.refresh_from_db()
    assert (order.status, order.total) == ("approved", "108.00")
    effect = Effect.objects.get(action="purchasing.deliver_order")
    assert (effect.status, effect.subject) == ("pending", "purchase_order:1")
    assert "Message to the supplier" in read(boss, "/purchases/1")
    boss.post("/purchases/1/step", {"do": "sent"})
    boss.post("/purchases/1/step", {"do": "confirm", "expected": "2026-12-24", "reference": "A-77"})
    assert "A-77" in read(boss, "/purchases/1")
    assert StockItem.objects.get(item="MUG").incoming == 24
    for _ in range(2):
        boss.post("/purchases/1/receive", {"key": "van", "sku:MUG": "10"})
    item = StockItem.objects.get(item="MUG")
    assert (item.available, item.incoming) == (13, 14)
    boss.post("/purchases/1/step", {"do": "cancel", "reason": "enough"})
    order.refresh_from_db()
    item.refresh_from_db()
    assert (order.status, item.incoming) == ("received", 0)
    said = set(Audit.objects.filter(shop=seeded.shop).values_list("action", flat=True))
    assert {"supplier.created", "purchase.approved", "purchase.received", "purchase.cancelled"} <= said
    read(boss, "/audit")


def test_lines_by_hand_and_what_is_refused(boss: Client, seeded: Seeded) -> None:
    supplied(boss, seeded)
    boss.post("/purchases/new", {"supplier": "north", "key": "a", "lines": "MUG 12\nCUP 3"})
    assert PurchaseOrder.objects.get().total == "60.00"
    page = boss.post("/purchases/new", {"supplier": "north", "key": "b", "lines": "TEA 3"}, follow=True)
    assert "no price for TEA" in page.content.decode()
    page = boss.post("/suppliers/new", {**NORTH, "code": "x y"})
    assert page.status_code == 422 and "small letters" in page.content.decode()
    wrong = SimpleUploadedFile("p.csv", b"sku,price\nMUG,dear\n")
    page = boss.post("/suppliers/north/prices", {"file": wrong}, follow=True)
    assert "line 2" in page.content.decode()
    boss.post("/demand/rule", {"sku": "MUG", "is_on": "yes", "least": "5", "most": "50", "service": "97"})
    rule = ReorderRule.objects.get()
    assert (rule.least, rule.most, rule.service) == (5, 50, 0.97)
    read(boss, "/demand/item?sku=NOTHING", 404)


def test_suppliers_are_found_by_what_one_remembers(boss: Client, seeded: Seeded) -> None:
    supplied(boss, seeded)
    boss.post("/suppliers/new", {**NORTH, "code": "south", "name": "South Teas", "email": "tea@south.example"})
    for search, shown in (("mugs", "North Mugs"), ("SOUTH.example", "South Teas"), ("MUG", "North Mugs")):
        page = read(boss, f"/suppliers?q={search}")
        assert shown in page and ({"North Mugs", "South Teas"} - {shown}).pop() not in page, search
    assert "Nothing matches" in read(boss, "/suppliers?q=nobody") and "No suppliers yet" not in read(
        boss, "/suppliers?q=nobody"
    )
    key = {"Authorization": f"Bearer {issue(seeded.shop.pk, 'test', 'read', 'ana')}"}
    found = boss.get("/api/v1/suppliers?q=CUP", headers=key).json()["items"]
    assert [one["code"] for one in found] == ["north"]
    with statements() as asked:
        read(boss, "/suppliers?q=MUG")
    assert [line for one in asked if is_query(one) for line in scanned(one)] == []


def test_the_secret_of_a_supplier_is_never_shown(boss: Client, seeded: Seeded) -> None:
    boss.post("/suppliers/new", {**NORTH, "send_by": "api", "url": "https://north.example/in", "secret": "s3cr3t-word"})
    for path in ("/suppliers", "/suppliers/north", "/suppliers/north/edit", "/audit"):
        assert "s3cr3t-word" not in read(boss, path)
    kept: Any = Supplier.objects.get().secret
    assert kept and "s3cr3t-word" not in kept


def test_the_calendar_and_the_known_days_of_an_item(boss: Client, seeded: Seeded) -> None:
    supplied(boss, seeded)
    page = read(boss, "/demand/calendar")
    assert "Black Friday" in page and "None yet" in page
    told = boss.post(
        "/demand/calendar", {"name": "Feria", "first": "2026-03-16", "last": "", "lift": "30"}, follow=True
    )
    assert "Feria" in told.content.decode() and "+30 %" in told.content.decode()
    event = DemandEvent.objects.get(shop=seeded.shop)
    assert (event.first_day.isoformat(), event.last_day.isoformat(), event.lift) == ("2026-03-16", "2026-03-16", 0.3)
    for bad, said in (
        ({"first": "tomorrow"}, "2026-11-27"),
        ({"first": "2026-03-16", "lift": "much"}, "percentage"),
        ({"first": "2026-03-16", "name": " "}, "has a name"),
    ):
        answer = boss.post("/demand/calendar", {"name": "Feria", **bad}, follow=True)
        assert said in answer.content.decode()
    days = [
        {"code": "own:Feria", "on": "2026-03-16", "effect": 0.3, "basis": "assumed"},
        {"code": "mothers_day", "on": "2026-05-03", "effect": 0.0, "basis": "unused"},
        {"code": "fathers_day", "on": "2026-03-19", "effect": -0.042, "basis": "learned"},
        {"code": "black_friday", "on": "2026-11-27", "effect": 0.12, "basis": "assumed"},
    ]
    DemandForecast.objects.filter(shop=seeded.shop).update(days=days)
    item = read(boss, "/demand/item?sku=MUG")
    assert item.count('class="known"') == 3, "what lies beyond the picture is not in it"
    assert "Feria" in item and "+30 % in its week" in item and "-4 % in its week" in item
    assert "no effect" in item and "no better" in item
    boss.post("/demand/calendar/drop", {"event": str(event.pk)})
    assert not DemandEvent.objects.exists()
    assert "no event" in boss.post("/demand/calendar/drop", {"event": "x"}, follow=True).content.decode()
