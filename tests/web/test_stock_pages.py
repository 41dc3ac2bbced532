"""Stock as pages show it: the list, one item, counting and taking back, transfers, and what is kept back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from seeding import Seeded, make_shop, person, seed

from sereno.modules.catalog.models import Variant
from sereno.modules.stock.models import (
    StockBalance,
    StockItem,
    StockLevel,
    StockLocation,
    StockMovement,
    StockSafety,
    StockTransfer,
)
from sereno.runtime.stock.reserving import LiveReservations
from sereno.store.database import default_database
from sereno.store.models import Audit, Shop
from sereno.web import subjects

NOW = 1_780_000_000_000_000


def put(shop: Shop, item: str, there: int, place: str = "", **more: Any) -> StockItem:
    row, _ = StockItem.objects.get_or_create(
        shop=shop, item=item, defaults={"title": f"The {item}", "barcode": f"84{item}", "available": 0, **more}
    )
    StockBalance.objects.create(
        shop=shop, item=item, location=place, on_hand=there, figure=there, figure_at=NOW, changed_at=NOW
    )
    row.on_hand, row.available = row.on_hand + there, row.available + there
    row.save()
    return row


@pytest.fixture
def seeded() -> Seeded:
    found = seed()
    for model in (StockItem, StockBalance, StockTransfer):
        model.objects.all().delete()
    return found


@pytest.fixture
def staff(seeded: Seeded) -> Client:
    client = Client()
    client.force_login(person(seeded.shop, "op@example.com", "operator"))
    return client


def read(client: Client, path: str, status: int = 200) -> str:
    cache.clear()
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def test_the_list_begins_with_what_is_scarce_and_is_narrowed(seeded: Seeded, staff: Client) -> None:
    assert "Nothing is counted yet" in read(staff, "/stock")
    for name, there in (("LAMP", 40), ("WICK", 0), ("OIL", 3)):
        put(seeded.shop, name, there)
    page = read(staff, "/stock")
    assert page.index("The WICK") < page.index("The OIL") < page.index("The LAMP")
    assert "Sold out" in page
    assert "The LAMP" not in read(staff, "/stock?show=low")
    assert "The OIL" not in read(staff, "/stock?show=out")
    for search in ("OIL", "84OIL", "The O"):
        found = read(staff, f"/stock?q={search}")
        assert "The OIL" in found and "The LAMP" not in found
    assert "Nothing matches" in read(staff, "/stock?q=nothing")


def test_a_long_list_turns_its_pages(seeded: Seeded, staff: Client) -> None:
    for number in range(60):
        put(seeded.shop, f"I{number:02}", number // 2)
    first = read(staff, "/stock")
    assert "The I49" in first and "The I50" not in first
    second = read(staff, "/stock?before=24~I49")
    assert "The I50" in second and "The I49" not in second


def test_an_item_shows_where_it_is_for_whom_and_what_happened(seeded: Seeded, staff: Client) -> None:
    row = put(seeded.shop, "OIL", 5)
    LiveReservations(default_database(), seeded.shop.pk, NOW).reserve("1001", [{"sku": "OIL", "quantity": 2}])
    staff.post("/stock/count/keep", {"item": "OIL", "place": "", "there": "4"})
    page = read(staff, f"/stock/items/{row.pk}")
    assert "The store says 5" in page and "not told yet: -3" in page
    assert "Promised to orders" in page and "1001" in page
    assert "Counted" in page and "op@example.com" in page
    other = make_shop("other", "Other")
    assert staff.get(f"/stock/items/{put(other, 'X', 1).pk}").status_code == 404


def test_counting_by_barcode_and_taking_it_back(seeded: Seeded, staff: Client) -> None:
    put(seeded.shop, "OIL", 5)
    page = read(staff, "/stock/count?code=84OIL")
    assert "The OIL" in page and "The book says 5." in page
    assert "No item has the barcode" in read(staff, "/stock/count?code=77")
    answer = staff.post("/stock/count/keep", {"item": "OIL", "place": "", "there": "3"})
    assert answer["Location"] == "/stock/count"
    assert StockItem.objects.get(item="OIL").on_hand == 3
    page = read(staff, "/stock/count")
    assert "5 before, 3 now" in page and "Undo" in page
    move = StockMovement.objects.get(kind="counted")
    staff.post("/stock/count/undo", {"id": move.pk})
    staff.post("/stock/count/undo", {"id": move.pk})
    assert StockItem.objects.get(item="OIL").on_hand == 5
    assert "taken back already" in read(staff, "/stock/count")
    told = Audit.objects.filter(action__startswith="stock").order_by("id")
    assert [one.action for one in told] == ["stock.counted", "stock.count_undone"]
    for wrong in ("-1", "many", ""):
        staff.post("/stock/count/keep", {"item": "OIL", "place": "", "there": wrong})
    assert StockItem.objects.get(item="OIL").on_hand == 5


def test_the_camera_is_for_counting_alone(seeded: Seeded, staff: Client) -> None:
    assert "camera=(self)" in staff.get("/stock/count")["Permissions-Policy"]
    assert "camera=()" in staff.get("/stock")["Permissions-Policy"]


def test_who_may_only_look_counts_nothing(seeded: Seeded) -> None:
    put(seeded.shop, "OIL", 5)
    viewer = Client()
    viewer.force_login(person(seeded.shop, "v@example.com", "viewer"))
    assert viewer.get("/stock").status_code == 200
    assert viewer.get("/stock/count").status_code == 403
    assert viewer.post("/stock/count/keep", {"item": "OIL", "there": "1"}).status_code == 403


def test_goods_move_from_one_place_to_another(seeded: Seeded, staff: Client) -> None:
    row = put(seeded.shop, "OIL", 5, "north")
    for key, name in (("north", "North"), ("south", "South")):
        staff.post("/stock/locations", {"key": key, "name": name, "sells": "yes", "rank": "1"})
    assert set(StockLocation.objects.values_list("name", flat=True)) == {"North", "South"}
    given = {"lines": "OIL 2", "origin": "north", "destination": "south"}
    staff.post("/stock/transfers/propose", given)
    staff.post("/stock/transfers/propose", {**given, "lines": "OIL x"})
    transfer = StockTransfer.objects.get()
    assert "2 × OIL" in read(staff, "/stock/transfers")
    staff.post(f"/stock/transfers/{transfer.pk}/step", {"to": "receive"})
    assert "it cannot be received now" in read(staff, "/stock/transfers")
    staff.post(f"/stock/transfers/{transfer.pk}/step", {"to": "send"})
    staff.post(f"/stock/transfers/{transfer.pk}/step", {"to": "receive"})
    assert "Arrived" in read(staff, "/stock/transfers")
    assert {one.location: one.on_hand for one in StockBalance.objects.filter(item="OIL")} == {"north": 3, "south": 2}
    assert "South" in read(staff, f"/stock/items/{row.pk}")


def test_what_is_kept_back_from_a_store(seeded: Seeded, staff: Client) -> None:
    row = put(seeded.shop, "OIL", 5, variant="v1")
    Variant.objects.create(shop=seeded.shop, key="v1", version=1, data={}, seen_at=NOW, sku="OIL")
    StockLevel.objects.create(
        shop=seeded.shop, key="v1", version=1, data={}, seen_at=NOW, sku="OIL", variant_key="v1", available=5
    )
    staff.post(f"/stock/items/{row.pk}/keep-back", {"channel": seeded.connection.name, "quantity": "2"})
    assert StockSafety.objects.get().quantity == 2
    assert "should say 3" in read(staff, f"/stock/items/{row.pk}")
    staff.post(f"/stock/items/{row.pk}/keep-back", {"channel": seeded.connection.name, "quantity": "two"})
    assert StockSafety.objects.get().quantity == 2
    staff.post(f"/stock/items/{row.pk}/keep-back", {"channel": seeded.connection.name, "quantity": ""})
    assert not StockSafety.objects.exists()


def test_an_item_of_the_book_is_called_by_its_name(seeded: Seeded) -> None:
    put(seeded.shop, "CUP-S", 3)
    assert subjects.labels(seeded.shop, ["sku:CUP-S", "sku:none"]) == {"sku:CUP-S": "The CUP-S"}
