"""Customers as a spreadsheet, there and back, by the pages alone: downloaded, uploaded with columns named otherwise,
looked at, taken in; and who may."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from seeding import Seeded, person

from sereno.connectors.generic.workbook import as_text
from sereno.modules.customers.models import Customer
from sereno.modules.feeds.models import FeedFile, FeedHeld, FeedSource
from sereno.runtime.feeds import sources
from sereno.runtime.feeds.working import Taker
from sereno.runtime.persons.workbook import workbook
from sereno.runtime.runtime import Runtime
from sereno.runtime.staff import open_staff
from sereno.sdk.plugin import registry
from sereno.store import models
from sereno.store.database import default_database

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PEOPLE = (
    ("Buzón", "Nombre", "Apellido", "Nacida"),
    ("ana@x.example", "Ana", "Ruiz", "1990-05-07"),
    ("bo@x.example", "Bo", "=HYPERLINK(1)", ""),
    ("no address", "Carla", "Paz", ""),
)
NAMED = {"column-0": "email", "column-1": "first_name", "column-2": "last_name", "column-3": "birthday"}


@pytest.fixture
def nobody(seeded: Seeded) -> Seeded:
    Customer.objects.all().delete()
    FeedSource.objects.all().delete()
    return seeded


def by(seeded: Seeded, email: str, role: str) -> Client:
    client = Client()
    client.force_login(person(seeded.shop, email, role))
    return client


def put(client: Client, name: str, body: bytes, called: str = "people.xlsx") -> str:
    file = SimpleUploadedFile(called, body, XLSX)
    return client.post(f"/feeds/{name}/upload", {"file": file}, follow=True).content.decode()


def table(*rows: tuple[str, ...]) -> bytes:
    return b"".join(workbook(iter(rows), "People"))


def downloaded(client: Client, query: str) -> tuple[dict[str, str], list[list[str]]]:
    answer = client.get(f"/customers/export?{query}")
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return dict(answer.items()), list(csv.reader(io.StringIO(as_text(body, 1000))))


def test_a_workbook_is_uploaded_its_columns_named_and_downloaded_again(boss: Client, nobody: Seeded) -> None:
    made = boss.post("/feeds/new", {"title": "Old shop", "way": "hand", "what": "customers"}, follow=True)
    assert made.redirect_chain[-1][0] == "/feeds/old-shop"
    assert "XLSX" in made.content.decode()
    told = put(boss, "old-shop", table(*PEOPLE))
    assert "Buzón" in told and "Some needed columns were not found" in told
    assert "Take in" not in told, "nothing is taken while nobody knows whose address is where"
    row = FeedFile.objects.get()
    told = boss.post(f"/feeds/old-shop/files/{row.pk}/columns", NAMED, follow=True).content.decode()
    assert "Ana Ruiz" in told and "Take in 2 records" in told
    boss.post(f"/feeds/old-shop/files/{row.pk}/settle", {"do": "take"})
    Taker(open_staff().world).run()
    row.refresh_from_db()
    assert (row.status, row.entries, row.held) == ("done", 2, 1)
    Runtime(default_database(), registry(), worker_name="test").drain()
    assert sorted(Customer.objects.values_list("email", flat=True)) == ["ana@x.example", "bo@x.example"]

    page = boss.get("/customers/export").content.decode()
    assert 'value="xlsx"' in page and 'value="csv"' in page
    headers, rows = downloaded(boss, "form=xlsx&field=email&field=name&field=birthday&field=nonsense")
    assert headers["Content-Type"] == XLSX and headers["Cache-Control"] == "private, no-store"
    assert headers["Content-Disposition"] == f'attachment; filename="customers-{nobody.shop.slug}.xlsx"'
    assert rows[0] == ["email", "name", "birthday"]
    assert sorted(rows[1:]) == [["ana@x.example", "Ana Ruiz", "1990-05-07"], ["bo@x.example", "Bo =HYPERLINK(1)", ""]]
    assert models.Audit.objects.filter(action="customer.exported").count() == 1

    # What goes out comes in again as it was: its columns are known by themselves, and nothing is new.
    again = sources.make(nobody.shop.pk, "Again", by="ana@example.com")
    assert "Take in 2 records" in put(boss, again, table(*(tuple(row) for row in rows)))


def test_the_row_that_was_held_back_is_mended_and_taken(boss: Client, nobody: Seeded) -> None:
    boss.post("/feeds/new", {"title": "Old shop", "way": "hand", "what": "customers"})
    put(boss, "old-shop", table(*PEOPLE))
    row = FeedFile.objects.get()
    boss.post(f"/feeds/old-shop/files/{row.pk}/columns", NAMED)
    boss.post(f"/feeds/old-shop/files/{row.pk}/settle", {"do": "take"})
    Taker(open_staff().world).run()
    held = FeedHeld.objects.get()
    told = boss.post(f"/feeds/old-shop/held/{held.pk}", {"value-0": "carla@x.example"}, follow=True).content.decode()
    assert "Mended, and taken in." in told


@pytest.mark.parametrize("body", [b"PK\x03\x04 and nothing more", table(("Buzón",))[:200]], ids=["rubbish", "cut"])
def test_a_file_that_is_no_workbook_is_said_and_kept_from_the_books(boss: Client, nobody: Seeded, body: bytes) -> None:
    name = sources.make(nobody.shop.pk, "Broken", by="ana@example.com")
    told = put(boss, name, body)
    assert "Take in" not in told and "Traceback" not in told
    assert not Customer.objects.exists()


def test_who_may(nobody: Seeded) -> None:
    name = sources.make(nobody.shop.pk, "Old shop", by="ana@example.com")
    viewer = by(nobody, "see@example.com", "viewer")
    assert viewer.get("/customers/export?form=xlsx&field=email").status_code == 403
    assert viewer.post(f"/feeds/{name}/upload", {"file": SimpleUploadedFile("p.xlsx", b"PK")}).status_code == 403
    assert not FeedFile.objects.exists()
    Customer.objects.create(
        shop=nobody.shop, key="1", version=1, seen_at=0, data={"id": "1", "phone": "+34 600 111 222"}
    )
    _, rows = downloaded(by(nobody, "mk@example.com", "marketer"), "form=xlsx&field=id&field=phone")
    assert rows[0][0] == "id" and rows[1][0] == "1" and "600 111" not in str(rows)
