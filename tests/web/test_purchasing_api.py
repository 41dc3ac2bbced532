"""Buying by API key: from a price list to the shelf, each call safe to repeat."""

from __future__ import annotations

from calling import call
from seeding import Seeded

from sereno.modules.stock.models import StockItem
from sereno.runtime.staff import open_staff
from sereno.runtime.stock import moving
from sereno.store.fields import to_micros
from sereno.store.keys import issue


def test_from_a_price_list_to_the_shelf(seeded: Seeded) -> None:
    key = issue(seeded.shop.pk, "tests", "read work settings", "ana@example.com")
    north = {"name": "North", "currency": "EUR", "send_by": "hand", "secret": "s3cr3t"}
    assert "secret" not in call(key, "PUT", "suppliers/north", north)
    prices = {"items": [{"sku": "MUG", "price": "4.50", "breaks": [{"least": 100, "price": "4.20"}], "multiple": 6}]}
    assert call(key, "PUT", "suppliers/north/prices", prices) == {"lines": 1}
    one = call(key, "GET", "suppliers/north")
    assert (one["code"], one["receipts"], one["on_time"]) == ("north", 0, None) and one["learned_days"] > 0
    call(key, "GET", "suppliers/nobody", status=404)
    assert call(key, "GET", "suppliers/north/prices")["items"][0]["breaks"] == [{"least": 100, "price": "4.20"}]
    desk = open_staff()
    with desk.database.transaction() as tx:
        moving.receive(tx, seeded.shop.pk, "", {"MUG": 3}, "first", "ana", to_micros(desk.world.clock.now()))
    draft = {"supplier": "north", "key": "a", "lines": {"MUG": 120}}
    made = call(key, "POST", "purchases", draft)
    assert (made["number"], made["total"]) == (1, "504.00")
    assert call(key, "POST", "purchases", draft)["number"] == 1
    assert call(key, "POST", "purchases/reorder", {"key": "b"})["orders"] == []
    assert call(key, "POST", "purchases/1/approve") == {"changed": True, "status": "approved"}
    assert call(key, "POST", "purchases/1/approve") == {"changed": False, "status": "approved"}
    assert call(key, "POST", "purchases/1/sent")["status"] == "sent"
    said = call(key, "POST", "purchases/1/confirmation", {"expected_on": "2026-12-20", "reference": "N-9"})
    assert said == {"changed": True, "status": "confirmed"}
    came = {"key": "van", "lines": {"MUG": 100}}
    assert call(key, "POST", "purchases/1/receipts", came) == {"changed": True, "status": "partial"}
    assert call(key, "POST", "purchases/1/receipts", came) == {"changed": False, "status": "partial"}
    assert StockItem.objects.get(item="MUG").available == 103
    assert call(key, "GET", "purchases")["items"][0]["reference"] == "N-9"
    assert call(key, "GET", "purchases/1")["lines"][0]["received"] == 100
    assert call(key, "POST", "demand/forecasts") == {"begun": True}
    assert call(key, "GET", "demand") == {"items": []}
    call(key, "GET", "demand/item?sku=MUG", status=404)
    call(key, "POST", "purchases/9/approve", status=404)
    assert call(key, "POST", "purchases/1/decline") == {"changed": True, "status": "received"}
    assert call(key, "POST", "purchases/1/decline") == {"changed": False, "status": "received"}
    call(key, "POST", "purchases", {**draft, "key": "c", "lines": {"TEA": 1}}, status=409)


def test_approving_needs_more_than_work(seeded: Seeded) -> None:
    key = issue(seeded.shop.pk, "tests", "read work", "ana@example.com")
    call(key, "POST", "purchases/1/approve", status=403)
    call(key, "PUT", "suppliers/north", {"name": "North", "currency": "EUR"}, 403)


def test_the_calendar_of_what_people_buy_for(seeded: Seeded) -> None:
    key = issue(seeded.shop.pk, "tests", "read work", "ana@example.com")
    sale = {"name": "Summer sale", "first_day": "2026-07-01", "last_day": "2026-07-14", "lift": 0.3}
    made = call(key, "POST", "demand/events", sale)
    assert made == {"id": made["id"], **sale}
    assert call(key, "POST", "demand/events", {**sale, "lift": None})["id"] == made["id"]
    once = call(key, "POST", "demand/events", {"name": "Open day", "first_day": "2026-06-06"})
    assert once["last_day"] == "2026-06-06"
    assert [one["name"] for one in call(key, "GET", "demand/events")["items"]] == ["Open day", "Summer sale"]
    call(key, "POST", "demand/events", {**sale, "last_day": "2026-06-30"}, status=422)
    call(key, "POST", "demand/events", {**sale, "lift": -1}, status=422)
    call(key, "DELETE", f"demand/events/{once['id']}", status=204)
    call(key, "DELETE", f"demand/events/{once['id']}", status=404)
    only = issue(seeded.shop.pk, "tests", "read", "ana@example.com")
    call(only, "POST", "demand/events", sale, status=403)
