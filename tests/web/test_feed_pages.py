"""Pages of files and feeds: who may do what, what a file would bring, what was held back, and what goes out."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from seeding import NOW, Seeded, make_shop, person, seed

from sereno.modules.catalog.models import Product, Variant
from sereno.modules.feeds.models import FeedFile, FeedHeld, FeedOut, FeedSource
from sereno.modules.stock.models import StockItem, StockSafety
from sereno.runtime.feeds import outgoing, sources
from sereno.runtime.feeds.working import Taker
from sereno.runtime.staff import open_staff
from sereno.store.models import Audit

SALES = "sale-id,date,sku,qty,price\nB-1,2026-11-20,MUG,2,9.50\nB-2,2026-11-20,MUG,two,9.50\n"


@pytest.fixture
def seeded() -> Seeded:
    found = seed()
    FeedSource.objects.all().delete()
    FeedOut.objects.all().delete()
    return found


@pytest.fixture
def owner(seeded: Seeded) -> Client:
    client = Client()
    client.force_login(seeded.owner)
    return client


@pytest.fixture
def till(seeded: Seeded) -> str:
    return sources.make(seeded.shop.pk, "Till", by="ana@example.com")


def upload(client: Client, name: str, text: str = SALES):
    file = SimpleUploadedFile("sales.csv", text.encode(), "text/csv")
    return client.post(f"/feeds/{name}/upload", {"file": file}, follow=True)


def take(client: Client, name: str) -> FeedFile:
    row = FeedFile.objects.get()
    client.post(f"/feeds/{name}/files/{row.pk}/settle", {"do": "take"})
    Taker(open_staff().world).run()
    row.refresh_from_db()
    return row


def test_a_source_is_made_and_its_file_looked_at_and_taken(owner: Client, seeded: Seeded) -> None:
    assert "No source yet" in owner.get("/feeds").content.decode()
    answer = owner.post("/feeds/new", {"title": "Till", "way": "hand"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/feeds/till" and "No file yet" in answer.content.decode()
    told = upload(owner, "till").content.decode()
    assert "19.00 EUR: 2 × MUG" in told and "This is no number" in told and "Take in 1 record" in told
    row = take(owner, "till")
    assert (row.status, row.entries, row.held, row.new) == ("done", 1, 1, 1)
    told = owner.get("/feeds/till").content.decode()
    assert "not whole" in told and "B-2" in told
    actions = list(Audit.objects.filter(action__startswith="feed.").order_by("id").values_list("action", flat=True))
    assert actions == ["feed.made", "feed.file_brought", "feed.file_taken"]
    assert "Uploaded the file sales.csv" in owner.get("/audit").content.decode()


def test_what_was_held_back_is_mended_on_its_page(owner: Client, till: str) -> None:
    upload(owner, till)
    row = take(owner, till)
    held = FeedHeld.objects.get()
    address = f"/feeds/{till}/held/{held.pk}"
    assert "still wrong" in owner.post(address, {"value-0": "many"}, follow=True).content.decode()
    assert "Mended, and taken in." in owner.post(address, {"value-0": "3"}, follow=True).content.decode()
    row.refresh_from_db()
    held.refresh_from_db()
    assert (row.entries, row.held, row.new, held.status) == (2, 0, 2, "taken")
    assert "dealt with" in owner.post(address, {"do": "drop"}, follow=True).content.decode()


def test_columns_are_named_once_for_all_files(owner: Client, till: str) -> None:
    told = upload(owner, till, "Bon,Tag,Artikel\n1,2026-11-20,MUG\n").content.decode()
    assert "Some needed columns were not found" in told
    row = FeedFile.objects.get()
    owner.post(
        f"/feeds/{till}/files/{row.pk}/columns",
        {"column-0": "id", "column-1": "placed_at", "column-2": "sku", "column-9": "x"},
    )
    assert FeedSource.objects.get().layout["columns"] == {"Bon": "id", "Tag": "placed_at", "Artikel": "sku"}
    assert "Take in 1 record" in owner.get(f"/feeds/{till}/files/{row.pk}").content.decode()
    owner.post(f"/feeds/{till}/change", {"part": "layout", "decimal": ",", "day": "day", "currency": "usd"})
    layout = sources.layout_of(FeedSource.objects.get().layout)
    assert (layout.decimal, layout.day, layout.currency, layout.columns["Bon"]) == (",", "day", "USD", "id")


def test_a_viewer_looks_and_changes_nothing(seeded: Seeded, till: str) -> None:
    client = Client()
    client.force_login(seeded.viewer)
    assert client.get(f"/feeds/{till}").status_code == 200
    assert upload(client, till).status_code == 403 and FeedFile.objects.count() == 0
    for address in ("/feeds/new", "/feeds/out/new", f"/feeds/{till}/change"):
        assert client.post(address, {"title": "x"}).status_code == 403


def test_another_shops_source_is_not_there(seeded: Seeded, till: str) -> None:
    other = make_shop("other")
    eve = Client()
    eve.force_login(person(other, "eve@example.com", "owner"))
    made = outgoing.make(seeded.shop.pk, "Stock", by="ana", what="stock", columns=(("sku", "sku"),))
    for address in (f"/feeds/{till}", f"/feeds/out/{made.name}"):
        assert eve.get(address).status_code == 404
    assert upload(eve, till).status_code == 404


def test_a_key_is_shown_once_and_sealed(owner: Client, till: str) -> None:
    answer = owner.post("/feeds/out/new", {"title": "Market", "shape": "amazon"})
    key = answer.context["key"] if answer.context else answer.content.decode().partition("?key=")[2][:43]
    told = owner.get("/feeds/out/market").content.decode()
    assert key not in told and key not in json.dumps(list(FeedOut.objects.values()), default=str)
    assert owner.get(f"/feed/market.csv?key={key}").status_code == 200
    owner.post("/feeds/out/market/key")
    assert owner.get(f"/feed/market.csv?key={key}").status_code == 404
    owner.post(
        f"/feeds/{till}/change", {"part": "way", "way": "address", "url": "https://x.example/a.csv", "key": "k1"}
    )
    assert FeedSource.objects.get().key and "k1" not in owner.get(f"/feeds/{till}").content.decode()


def test_what_goes_out_is_what_may_be_sold_there(seeded: Seeded) -> None:
    shop = seeded.shop
    for item, number in (("CUP", 5), ("HAT", 1), ("=2+2", 9)):
        StockItem.objects.create(shop=shop, item=item, title=item, on_hand=number, available=number)
    Variant.objects.create(
        shop=shop, key="v1", version=1, data={}, seen_at=NOW, sku="CUP", price="9.50", currency="EUR"
    )
    StockSafety.objects.create(shop=shop, item="", channel="", quantity=1)
    StockSafety.objects.create(shop=shop, item="", channel="market", quantity=2)
    StockSafety.objects.create(shop=shop, item="CUP", channel="market", quantity=4)
    columns = outgoing.SHAPES["amazon"][1]
    made = outgoing.make(shop.pk, "A", by="ana", what="stock", columns=columns, channel="market")
    answer = Client().get(f"/feed/{made.name}.csv", headers={"Authorization": f"Bearer {made.key}"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[arg-type]
    rows = {row["sku"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["CUP"] == {"sku": "CUP", "price": "9.50", "quantity": "1"}
    assert rows["HAT"]["quantity"] == "0" and rows["'=2+2"]["quantity"] == "7"
    data = {
        "id": "p1", "vendor": "Azahar", "url": "https://x.example/p1", "status": "active",
        "variants": [{"sku": "CUP", "price": "9.50", "currency": "EUR", "available": 4, "barcode": "400"}],
    }  # fmt: skip
    Product.objects.create(shop=shop, key="p1", version=1, data=data, seen_at=NOW, status="active")
    made = outgoing.make(
        shop.pk, "G", by="ana", what="products", columns=outgoing.SHAPES["google"][1], channel="market"
    )
    text = b"".join(Client().get(f"/feed/{made.name}.csv?key={made.key}").streaming_content).decode()  # type: ignore[arg-type]
    row = next(iter(csv.DictReader(io.StringIO(text))))
    assert (row["availability"], row["price"], row["gtin"]) == ("out_of_stock", "9.50 EUR", "400")


def test_a_feed_of_many_items_is_written_in_pieces(seeded: Seeded) -> None:
    items = [StockItem(shop=seeded.shop, item=f"S{n:05}", title="x", on_hand=n, available=n) for n in range(2500)]
    StockItem.objects.bulk_create(items)
    pieces = list(outgoing.lines(seeded.shop.pk, "stock", (("sku", "sku"), ("n", "available")), "tsv", ""))
    lines = "".join(pieces).split("\r\n")
    assert len(pieces) == 3 and len([line for line in lines if line.startswith("S")]) == 2500
    assert "S02499\t2499" in lines


PEOPLE = "email,name\nana@x.example,Ana\nbo@x,Bo\neva@,Eva\n"


def test_the_reasons_are_counted_and_the_report_can_be_brought_again(owner: Client, till: str) -> None:
    page = upload(owner, till, PEOPLE).content.decode()
    row = FeedFile.objects.get()
    assert "This is no e-mail address" in page
    assert "Download the report" in page
    for _when in ("before it is taken", "and after"):
        text = owner.get(f"/feeds/{till}/files/{row.pk}/report").getvalue().decode()
        report = list(csv.DictReader(io.StringIO(text)))
        assert [one["name"] for one in report] == ["Bo", "Eva"], _when
        assert [one["Line"] for one in report] == ["3", "4"]
        assert "email: This is no e-mail address" in report[0]["Why it was held back"]
        if row.status == "looked":
            row = take(owner, till)
    mended = text.replace("bo@x,", "bo@x.example,").replace("eva@,", "eva@x.example,")
    page = upload(owner, till, mended).content.decode()
    assert "Take in 2 records" in page
    page = owner.post(f"/feeds/{till}/files/{row.pk}/drop", follow=True).content.decode()
    assert "2 records dropped" in page
    row.refresh_from_db()
    assert (row.held, FeedHeld.objects.filter(status="waiting").count()) == (0, 0)
    assert Audit.objects.filter(action="feed.records_dropped").count() == 1


def test_how_letters_and_people_who_stand_twice_are_read_is_said_on_the_page(owner: Client, till: str) -> None:
    given = {"part": "layout", "what": "customers", "letters": "windows-1250", "twice": "last"}
    assert "Central European" in owner.post(f"/feeds/{till}/change", given, follow=True).content.decode()
    held = sources.layout_of(FeedSource.objects.get().layout)
    assert (held.letters, held.twice) == ("windows-1250", "last")
    owner.post(f"/feeds/{till}/change", {**given, "letters": "klingon"})
    assert sources.layout_of(FeedSource.objects.get().layout).letters == "windows-1250"
