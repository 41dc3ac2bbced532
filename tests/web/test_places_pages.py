"""Places that the shop adds, transfers of several lines that arrive in part, barcodes that nobody knew; and that what
was typed into a form that was refused is in it again."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from seeding import Seeded, person, seed
from test_stock_pages import NOW, put

from sereno.modules.stock.models import StockBalance, StockItem, StockLocation, StockRetelling, StockTransfer
from sereno.store.models import Audit, Connection


@pytest.fixture
def seeded() -> Seeded:
    found = seed()
    for model in (StockItem, StockBalance, StockTransfer, StockLocation):
        model.objects.all().delete()
    return found


@pytest.fixture
def staff(seeded: Seeded) -> Client:
    client = Client()
    client.force_login(person(seeded.shop, "op@example.com", "operator"))
    return client


def read(client: Client, path: str) -> str:
    cache.clear()
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_place_of_the_shops_own_is_added_named_and_taken_away(seeded: Seeded, staff: Client) -> None:
    assert "No places yet" in read(staff, "/stock/places")
    put(seeded.shop, "OIL", 5, "673001")
    assert "673001" in read(staff, "/stock/places") and "Add a place" in read(staff, "/stock/transfers")
    staff.post("/stock/places/add", {"name": "Market Stall", "sells": "yes", "rank": "5"})
    row = StockLocation.objects.get()
    assert (row.key, row.name, row.rank, row.sells, row.is_own) == ("market-stall", "Market Stall", 5, True, True)
    page = read(staff, "/stock/places")
    assert page.index("Market Stall") < page.index("673001")
    staff.post("/stock/locations", {"key": "673001", "name": "Main", "sells": "yes"})
    staff.post("/stock/locations", {"key": "673001", "name": "market stall", "sells": "yes"})
    assert "there is a place called Market Stall already" in read(staff, "/stock/places")
    assert StockLocation.objects.get(key="673001").name == "Main"
    staff.post("/stock/places/remove", {"key": "673001"})
    assert StockLocation.objects.count() == 2
    staff.post("/stock/places/remove", {"key": "market-stall"})
    assert StockLocation.objects.count() == 1
    assert {"stock.location_added", "stock.location_removed"} <= set(Audit.objects.values_list("action", flat=True))


def test_a_place_with_goods_stays_and_a_refused_one_keeps_what_was_typed(seeded: Seeded, staff: Client) -> None:
    put(seeded.shop, "OIL", 5, "")
    staff.post("/stock/places/add", {"name": "Cellar", "rank": "1"})
    staff.post("/stock/count/keep", {"item": "OIL", "place": "cellar", "there": "3"})
    staff.post("/stock/places/remove", {"key": "cellar"})
    assert StockLocation.objects.get().key == "cellar"
    staff.post("/stock/places/add", {"name": "Attic", "rank": "first"})
    page = read(staff, "/stock/places")
    assert 'value="Attic"' in page and 'value="first"' in page
    assert 'value="Attic"' not in read(staff, "/stock/places"), "shown once"
    watcher = Client()
    watcher.force_login(person(seeded.shop, "look@example.com", "viewer"))
    assert watcher.post("/stock/places/add", {"name": "Mine"}).status_code == 403


def test_a_transfer_of_several_lines_arrives_in_part(seeded: Seeded, staff: Client) -> None:
    put(seeded.shop, "OIL", 9, "673001")
    put(seeded.shop, "WICK", 9, "673001")
    staff.post("/stock/places/add", {"name": "Yard", "sells": "yes"})
    given = {"origin": "673001", "destination": "yard", "lines": "OIL 4\nWICK\t2\n", "key": "k1"}
    for wrong, said in (
        ({"lines": "OIL 4\nNOPE 1"}, "there is no item NOPE"),
        ({"lines": "OIL"}, "Write each line as the SKU and how many"),
        ({"destination": "nowhere"}, "choose where it leaves"),
        ({"destination": "673001"}, "from one place to another"),
    ):
        staff.post("/stock/transfers/propose", {**given, **wrong})
        page = read(staff, "/stock/transfers")
        assert said.lower() in page.lower() and "OIL" in page.split("<textarea")[1].split("</textarea>")[0]
    staff.post("/stock/transfers/propose", given)
    staff.post("/stock/transfers/propose", given)
    row = StockTransfer.objects.get()
    staff.post(f"/stock/transfers/{row.pk}/step", {"to": "send"})
    assert "Not all of it came" in read(staff, "/stock/transfers?status=sent")
    assert "Nothing matches" in read(staff, "/stock/transfers?status=received")
    assert "2 × WICK" in read(staff, f"/stock/transfers?q={row.pk}")
    staff.post(f"/stock/transfers/{row.pk}/step", {"to": "receive", "sku:OIL": "5", "sku:WICK": "0"})
    assert 'value="5"' in read(staff, "/stock/transfers"), "more than was sent is refused, and stays typed"
    staff.post(f"/stock/transfers/{row.pk}/step", {"to": "receive", "sku:OIL": "3", "sku:WICK": "0"})
    there = {(one.item, one.location): (one.on_hand, one.incoming) for one in StockBalance.objects.all()}
    assert there["OIL", "yard"] == (3, 0) and there["WICK", "yard"] == (0, 0)
    assert there["OIL", "673001"] == (5, 0) and there["WICK", "673001"] == (7, 0)


def test_a_barcode_nobody_knew_is_kept_with_its_item(seeded: Seeded, staff: Client) -> None:
    row = put(seeded.shop, "OIL", 5)
    other = put(seeded.shop, "WICK", 5)
    page = read(staff, "/stock/count?code=5012345678900")
    assert "Is it the barcode of an item you know?" in page
    staff.post("/stock/count/barcode", {"code": "5012345678900", "item": "LAMP"})
    assert 'value="LAMP"' in read(staff, "/stock/count?code=5012345678900")
    answer = staff.post("/stock/count/barcode", {"code": "5012345678900", "item": "OIL"})
    assert "code=OIL" in answer.headers["Location"]
    assert "The OIL" in read(staff, "/stock/count?code=5012345678900")
    staff.post(f"/stock/items/{other.pk}/barcode", {"barcode": "5012345678900"})
    assert "finds OIL already" in read(staff, f"/stock/items/{other.pk}")
    staff.post(f"/stock/items/{row.pk}/barcode", {"barcode": "bad\x07code"})
    row.refresh_from_db()
    assert row.barcode == "5012345678900"
    staff.post(f"/stock/items/{row.pk}/barcode", {"barcode": ""})
    row.refresh_from_db()
    assert row.barcode is None


def test_who_counts_at_a_place_goes_on_there_with_what_never_was_at_it(seeded: Seeded, staff: Client) -> None:
    put(seeded.shop, "OIL", 5, "673001")
    staff.post("/stock/places/add", {"name": "Yard", "sells": "yes"})
    page = read(staff, "/stock/count?code=OIL&place=yard")
    assert '<option value="yard" selected>' in page and "The book says 0." in page
    assert '<option value="673001" selected>' in read(staff, "/stock/count?code=OIL&place=nowhere")


def test_a_count_that_was_refused_stands_in_the_field(seeded: Seeded, staff: Client) -> None:
    put(seeded.shop, "OIL", 5)
    answer = staff.post("/stock/count/keep", {"item": "OIL", "place": "", "there": "1o"})
    assert 'value="1o"' in read(staff, answer.headers["Location"])


def test_a_place_is_kept_for_the_channels_chosen(seeded: Seeded, staff: Client) -> None:
    put(seeded.shop, "OIL", 5, "")
    names = ("first", "second")
    for name in names:
        Connection.objects.create(shop=seeded.shop, name=name, kind="generic", created_at=NOW)
    staff.post("/stock/places/add", {"name": "Cellar", "sells": "yes", "channel": list(names)})
    assert StockLocation.objects.get().channels == ["first", "second"]
    page = read(staff, "/stock/places")
    assert "first, second" in page and "all channels" in page and "Serves orders of" in page
    staff.post("/stock/locations", {"key": "cellar", "name": "Cellar", "sells": "yes", "channel": "nobody"})
    assert "there is no connection nobody" in read(staff, "/stock/places")
    staff.post("/stock/locations", {"key": "cellar", "name": "Cellar", "sells": "yes"})
    assert StockLocation.objects.get().channels == [] and StockRetelling.objects.count() == 1
