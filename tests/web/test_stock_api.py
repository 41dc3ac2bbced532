"""Stock by API key: looked at, reserved, counted, sold, moved."""

from __future__ import annotations

import pytest
from calling import call
from seeding import Seeded, make_shop

from sereno.store.keys import issue


@pytest.fixture
def key(seeded: Seeded) -> str:
    return issue(seeded.shop.pk, "till", "read work", "ana@example.com")


def test_what_there_is(seeded: Seeded, key: str) -> None:
    (one,) = call(key, "GET", "stock")["items"]
    assert (one["item"], one["available"]) == ("OIL-5L", 7)
    assert call(key, "GET", "stock?sku=nothing")["items"] == []
    assert call(key, "GET", "stock?at_most=3")["items"] == []
    assert len(call(key, "GET", "stock?sku=OIL-5L&limit=1")["items"]) == 1
    found = call(key, "GET", "stock/item?sku=OIL-5L")
    assert found["locations"][0]["on_hand"] == 7
    call(key, "GET", "stock/item?sku=nothing", status=404)
    other = issue(make_shop("other", "Other").pk, "k", "read", "x@example.com")
    assert call(other, "GET", "stock")["items"] == []
    call(other, "GET", "stock/item?sku=OIL-5L", status=404)


def test_reserved_all_or_nothing_and_given_back(seeded: Seeded, key: str) -> None:
    asked = {"order": "cart-1", "lines": [{"sku": "OIL-5L", "quantity": 5}]}
    assert call(key, "POST", "stock/reservations", asked) == {"ok": True, "short": []}
    assert call(key, "POST", "stock/reservations", asked) == {"ok": True, "short": []}
    other = call(key, "POST", "stock/reservations", {**asked, "order": "cart-2"})
    short = {"item": "OIL-5L", "wanted": 5, "available": 2, "code": "stock.short"}
    assert other == {"ok": False, "short": [short]}
    assert call(key, "GET", "stock/item?sku=OIL-5L")["reservations"][0]["order"] == "cart-1"
    assert call(key, "POST", "stock/reservations/release?order=cart-1") == {"lines": 1}
    assert call(key, "GET", "stock")["items"][0]["available"] == 7
    call(key, "POST", "stock/reservations", {"order": "x", "lines": []}, 422)
    reader = issue(seeded.shop.pk, "reader", "read", "ana@example.com")
    call(reader, "POST", "stock/reservations", asked, 403)


def test_sold_counted_and_moved(seeded: Seeded, key: str) -> None:
    sale = {"order": "t-1", "lines": [{"sku": "OIL-5L", "quantity": 2}]}
    assert call(key, "POST", "stock/sales", sale)["ok"]
    call(key, "POST", "stock/sales", sale)
    assert call(key, "GET", "stock")["items"][0]["on_hand"] == 5
    counted = call(key, "POST", "stock/counts", {"item": "OIL-5L", "there": 4})
    assert (counted["before"], counted["now"]) == (5, 4)
    call(key, "POST", "stock/counts", {"item": "nothing", "there": 4}, 404)
    given = {"origin": "", "destination": "yard", "lines": [{"sku": "OIL-5L", "quantity": 3}], "uid": "mine"}
    made = call(key, "POST", "stock/transfers", given)
    assert call(key, "POST", "stock/transfers", given)["id"] == made["id"]
    assert call(key, "POST", f"stock/transfers/{made['id']}/send")["status"] == "sent"
    assert call(key, "POST", f"stock/transfers/{made['id']}/receive")["status"] == "received"
    call(key, "POST", f"stock/transfers/{made['id']}/cancel", status=409)
    assert len(call(key, "GET", "stock/transfers")["items"]) == 2
    assert call(key, "GET", "stock/transfers?limit=1")["next"] == made["id"]


def test_places_what_is_kept_back_and_barcodes(seeded: Seeded, key: str) -> None:
    whole = issue(seeded.shop.pk, "whole", "read work settings", "ana@example.com")
    call(key, "POST", "stock/places", {"name": "Yard"}, 403)
    made = call(whole, "POST", "stock/places", {"name": "Back Yard", "sells": False, "rank": 7})
    assert (made["key"], made["sells"], made["is_own"], made["is_used"]) == ("back-yard", False, True, False)
    call(whole, "POST", "stock/places", {"name": "back yard"}, 409)
    call(whole, "PUT", "stock/places", {"key": "", "name": "Shop", "channels": ["lantern-store"]})
    call(whole, "PUT", "stock/places", {"key": "", "name": "Shop", "channels": ["nowhere"]}, 409)
    assert call(whole, "PUT", "stock/places", {"key": "", "name": "Shop"})["channels"] == ["lantern-store"]
    assert [one["name"] for one in call(key, "GET", "stock/places")["items"]] == ["Back Yard", "Shop"]
    given = {"origin": "", "destination": "back-yard", "lines": [{"sku": "OIL-5L", "quantity": 3}]}
    call(key, "POST", "stock/transfers", {**given, "lines": [{"sku": "NOPE", "quantity": 1}]}, 409)
    id_ = call(key, "POST", "stock/transfers", given)["id"]
    call(key, "POST", f"stock/transfers/{id_}/send", {"lines": []}, 422)
    call(key, "POST", f"stock/transfers/{id_}/send")
    call(key, "POST", f"stock/transfers/{id_}/receive", {"lines": [{"sku": "NOPE", "quantity": 1}]}, 409)
    came = {"lines": [{"sku": "OIL-5L", "quantity": 2}]}
    assert call(key, "POST", f"stock/transfers/{id_}/receive", came)["status"] == "received"
    there = {one["location"]: one["on_hand"] for one in call(key, "GET", "stock/item?sku=OIL-5L")["locations"]}
    assert there == {"": 4, "back-yard": 2}
    call(whole, "DELETE", "stock/places?key=back-yard", status=409)
    call(whole, "POST", "stock/places", {"name": "Nobody's"})
    call(whole, "DELETE", "stock/places?key=nobody-s", status=204)
    assert [one["key"] for one in call(key, "GET", "stock/places")["items"]] == ["back-yard", ""]
    sale = {"order": "T-77", "lines": [{"sku": "OIL-5L", "quantity": 3}], "place": "back-yard"}
    assert call(key, "POST", "stock/sales", sale)["short"][0]["available"] == 2
    call(key, "POST", "stock/sales", {**sale, "place": "nowhere"}, 404)
    kept = {"channel": "till", "item": "OIL-5L", "quantity": 2}
    assert call(key, "PUT", "stock/kept-back", kept) == kept
    assert call(key, "GET", "stock/kept-back")["items"] == [kept]
    call(key, "PUT", "stock/kept-back", {**kept, "quantity": None})
    assert call(key, "GET", "stock/kept-back")["items"] == []
    assert call(key, "PUT", "stock/barcodes", {"item": "OIL-5L", "barcode": " 84123 "})["barcode"] == "84123"
    assert call(key, "GET", "stock?sku=84123")["items"][0]["item"] == "OIL-5L"
    call(key, "PUT", "stock/barcodes", {"item": "NOPE", "barcode": "1"}, 404)
