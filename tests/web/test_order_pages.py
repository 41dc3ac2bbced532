"""Orders as staff see them: the list, one order with its story, what is held and how it is released and taken back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from calling import text_of
from django.test import Client
from seeding import NOW, Seeded, make_shop, person

from sereno.modules.orders.models import Order, OrderStanding, PickTicket
from sereno.runtime.orders import doing
from sereno.store.models import Audit, Effect, Shop

DATA: dict[str, Any] = {
    "number": "#2001",
    "currency": "EUR",
    "total": "52.75",
    "email": "ana@example.com",
    "note": "<b>ring twice</b>",
    "lines": [{"sku": "TAZA-1", "title": "Taza", "quantity": 2, "total": "52.75", "properties": {"Name": "A & J"}}],
    "shipping_address": {"name": "Ana Ruiz", "line1": "Calle Mayor 7", "city": "Madrid", "country": "ES"},
}


def make_order(shop: Shop, key: str, *, minutes: int = 0, **columns: Any) -> Order:
    values = {"number": f"#{key}", "status": "open", "payment_status": "paid", "currency": "EUR", "total": "52.75"}
    return Order.objects.create(
        shop=shop, key=key, version=1, data={"id": key, **DATA, "number": f"#{key}"}, seen_at=NOW,
        placed_at=NOW - timedelta(minutes=minutes), **{**values, **columns},
    )  # fmt: skip


def test_the_list_goes_by_when_orders_were_placed_and_pages(seeded: Seeded, boss: Client) -> None:
    for number in range(120):
        make_order(seeded.shop, f"9{number:03}", minutes=number // 2)
    for number in range(120, 190):
        Order.objects.filter(pk=make_order(seeded.shop, f"9{number:03}").pk).update(placed_at=None)
    page = text_of(boss, "/orders")
    assert page.index("#9000") < page.index("#9049")
    assert "#9050" not in page
    seen = set()
    path: str | None = "/orders"
    while path is not None:
        page = text_of(boss, path)
        found = {part[:4] for part in page.split("#9")[1:]}
        assert not (seen & found)
        seen |= found
        older = page.rpartition('href="?before=')[2].partition('"')[0] if "Older" in page else ""
        path = f"/orders?before={older}" if older else None
    assert len(seen) == 190


def test_orders_are_found_by_number_address_and_place(seeded: Seeded, boss: Client) -> None:
    make_order(seeded.shop, "7001", email="ana@example.com")
    make_order(seeded.shop, "7002", email="bea@example.com")
    OrderStanding.objects.create(
        shop=seeded.shop, key="7002", version=0, data={"queue": "express"}, seen_at=NOW, queue="express"
    )
    for path in ("/orders?q=%237001", "/orders?q=ana@example.com", "/orders?q=7001"):
        page = text_of(boss, path)
        assert "#7001" in page and "#7002" not in page, path
    page = text_of(boss, "/orders?queue=express")
    assert "#7002" in page and "#7001" not in page
    assert 'value="express" selected' in page


def test_an_order_shows_its_goods_and_its_story(seeded: Seeded, boss: Client) -> None:
    row = make_order(seeded.shop, "7001")
    doing.hold(seeded.shop.pk, ["7001"], "ana@example.com", reasons=["stock.short"], note="TAZA-1 0/2")
    page = text_of(boss, f"/orders/{row.pk}")
    for said in ("Taza", "TAZA-1", "Name: A &amp; J", "Calle Mayor 7", "Not enough in stock", "TAZA-1 0/2"):
        assert said in page
    assert "&lt;b&gt;ring twice" in page and "<b>ring twice" not in page
    assert "Order held by ana@example.com" in page


def test_another_shops_order_is_not_there(seeded: Seeded, boss: Client) -> None:
    row = make_order(make_shop("other"), "7001")
    assert boss.get(f"/orders/{row.pk}").status_code == 404
    for what in ("hold", "release", "ask"):
        assert boss.post(f"/orders/{row.pk}/{what}", {"action": "orders.note", "text": "x"}).status_code == 404
    assert not OrderStanding.objects.exists()


def test_held_orders_are_released_many_at_once_and_taken_back(seeded: Seeded, boss: Client) -> None:
    for key in ("7001", "7002", "7003"):
        make_order(seeded.shop, key)
    doing.hold(seeded.shop.pk, ["7001", "7002"], "f", reasons=["stock.short"])
    doing.hold(seeded.shop.pk, ["7003"], "f", reasons=["risk.high"])
    page = text_of(boss, "/holds")
    assert page.index("#7001") < page.index("#7003")
    assert "High risk" in page
    ids = list(OrderStanding.objects.filter(key__in=["7001", "7003"]).values_list("pk", flat=True))
    boss.post("/holds/release", {"id": ids, "note": "fine"})
    assert [one.key for one in OrderStanding.objects.filter(is_held=True)] == ["7002"]
    page = text_of(boss, "/holds")
    assert "2 orders are released." in page and "Take it back" in page
    boss.post("/holds/undo")
    held = {one.key: one.data["hold_reasons"] for one in OrderStanding.objects.filter(is_held=True)}
    assert held == {"7001": ["stock.short"], "7002": ["stock.short"], "7003": ["risk.high"]}
    assert "Take it back" not in text_of(boss, "/holds")
    actions = Audit.objects.filter(by=seeded.owner.username).values_list("action", flat=True)
    assert sorted(actions) == ["order.held", "order.held", "order.released", "order.released"]


def test_who_may_only_look_changes_nothing(seeded: Seeded) -> None:
    row = make_order(seeded.shop, "7001")
    viewer = Client()
    viewer.force_login(person(seeded.shop, "v2@example.com", "viewer"))
    page = text_of(viewer, f"/orders/{row.pk}")
    assert "Do something" not in page
    assert viewer.post(f"/orders/{row.pk}/hold", {}).status_code == 403
    assert viewer.post("/holds/release", {"id": 1}).status_code == 403


def test_a_second_press_asks_the_store_once(seeded: Seeded, boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doing, "lack_of", lambda plugins, kinds, action: None)
    row = make_order(seeded.shop, "7001")
    given = {"action": "orders.refund", "amount": "10,00", "notify": "on", "once": "abc"}
    for _ in range(2):
        boss.post(f"/orders/{row.pk}/ask", given)
    (effect,) = Effect.objects.filter(action="orders.refund")
    assert effect.config == {"amount": "10,00", "notify": True}
    assert effect.subject == "order:7001"
    assert boss.post(f"/orders/{row.pk}/ask", {"action": "orders.hold"}).status_code == 404


def test_a_store_that_may_not_be_written_to_is_said(seeded: Seeded, boss: Client) -> None:
    row = make_order(seeded.shop, "7001")
    assert "the permission to write" in text_of(boss, f"/orders/{row.pk}")
    boss.post(f"/orders/{row.pk}/ask", {"action": "orders.cancel"})
    assert not Effect.objects.filter(action="orders.cancel").exists()


def test_a_ticket_is_a_pdf_and_names_nobody_to_who_may_not_see_people(
    seeded: Seeded, boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sereno.web.orders import one

    make_order(seeded.shop, "7001")
    data = {"id": "t1", "order_id": "7001", "order_number": "#7001", "kind": "pick", "locale": "ro",
            "lines": DATA["lines"], "item_count": 2, "created_at": "2026-03-02T09:00:00Z"}  # fmt: skip
    PickTicket.objects.create(shop=seeded.shop, key="t1", version=1, data=data, seen_at=NOW, subject="order:7001")
    answer = boss.get("/orders/tickets/t1.pdf")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    given: list[Any] = []
    monkeypatch.setattr(one, "ticket_pdf", lambda ticket, order, shop: given.append(order) or b"%PDF-")
    boss.get("/orders/tickets/t1.pdf")
    monkeypatch.setattr(one, "level", lambda: "all")
    boss.get("/orders/tickets/t1.pdf")
    assert "Ana Ruiz" in json.dumps(given[0]) and given[1] is None


def test_an_empty_shop_is_taught(seeded: Seeded) -> None:
    shop = make_shop("new")
    client = Client()
    client.force_login(person(shop, "new@example.com", "owner"))
    assert "No orders yet" in text_of(client, "/orders")
    assert "Nothing is held" in text_of(client, "/holds")


def test_the_order_page_shows_where_store_and_provider_differ(seeded: Seeded, boss: Client) -> None:
    order = make_order(seeded.shop, "7301", payment_status="pending")
    taken = {"id": "pi_1", "provider": "stripe", "status": "captured", "amount": "52.75", "currency": "EUR",
             "created_at": "2026-11-02T09:00:00Z", "method": "card"}  # fmt: skip
    order.data |= {
        "payment_status": "pending",
        "payments": [taken, {**taken, "id": "1", "provider": None, "status": "pending"}],
    }
    order.save()
    page = text_of(boss, f"/orders/{order.pk}")
    assert "Stripe took €52.75, and the store still waits for the payment." in page
    assert page.index("The store") < page.index("Mark the order as paid in the store")
    order.data |= {"payment_status": "paid"}
    order.save()
    assert "still waits for the payment" not in text_of(boss, f"/orders/{order.pk}")
