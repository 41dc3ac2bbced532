"""Files and feeds by API key."""

from __future__ import annotations

from calling import call
from seeding import Seeded

from sereno.modules.feeds.models import FeedHeld
from sereno.runtime.feeds.working import Taker
from sereno.runtime.staff import open_staff
from sereno.store.keys import issue

SALES = "sale-id,date,sku,qty,price\nB-1,2026-11-20,MUG,2,9.50\nB-2,2026-11-20,MUG,two,9.50\n"


def key_of(seeded: Seeded, *scopes: str) -> str:
    return issue(seeded.shop.pk, "tests", " ".join(scopes), "ana@example.com")


def test_a_table_is_looked_at_taken_and_mended(seeded: Seeded) -> None:
    key = key_of(seeded, "read", "work", "settings")
    made = call(key, "POST", "feeds", {"title": "Till"}, 201)
    assert (made["name"], made["way"], "key" in made) == ("till", "hand", False)
    assert [one["name"] for one in call(key, "GET", "feeds")["items"]] == ["lantern-store", "till"]
    file = call(key, "POST", "feeds/till/files", {"name": "a.csv", "text": SALES, "is_taken": False}, 201)
    assert (file["status"], file["preview"]["entries"], file["preview"]["held"]) == ("looked", 1, 1)
    assert file["preview"]["faults"][0]["code"] == "number.odd"
    assert call(key, "POST", f"feeds/till/files/{file['id']}/take")["status"] == "waiting"
    call(key, "POST", f"feeds/till/files/{file['id']}/take", None, 409)
    Taker(open_staff().world).run()
    told = call(key, "GET", f"feeds/till/files/{file['id']}")
    assert (told["status"], told["entries"], told["held"], told["new"]) == ("done", 1, 1, 1)
    (held,) = call(key, "GET", "feeds/till/held")["items"]
    value = {"row": 0, "column": "qty", "value": "3"}
    assert call(key, "POST", f"feeds/held/{held['id']}/mend", {"values": [value]}) == {"faults": 0}
    call(key, "POST", f"feeds/held/{held['id']}/drop", None, 409)
    again = call(key, "POST", "feeds/till/files", {"name": "a.csv", "text": SALES}, 201)
    assert again["status"] == "same"
    assert len(call(key, "GET", "feeds/till/files")["items"]) == 2


def test_how_it_writes_is_said(seeded: Seeded) -> None:
    key = key_of(seeded, "read", "settings")
    call(key, "POST", "feeds", {"title": "Till"}, 201)
    layout = {"columns": {"Bon": "id"}, "decimal": ",", "day": "day", "currency": "EUR", "zone": "Europe/Madrid"}
    told = call(key, "PUT", "feeds/till/layout", layout)
    assert told["layout"]["columns"] == {"Bon": "id"}
    call(key, "PUT", "feeds/till/layout", {"zone": "Nowhere"}, 409)
    call(key, "PUT", "feeds/till/layout", {"decimal": ";"}, 422)
    call(key, "GET", "feeds/nothing", None, 404)


def test_who_may(seeded: Seeded) -> None:
    call(key_of(seeded, "read", "work"), "POST", "feeds", {"title": "Till"}, 403)
    call(key_of(seeded, "read"), "POST", "feeds/lantern-store/files", {"name": "a", "text": "a,b"}, 403)
    held = FeedHeld.objects.get()
    call(key_of(seeded, "read"), "POST", f"feeds/held/{held.pk}/drop", None, 403)
    assert call(key_of(seeded, "work"), "POST", f"feeds/held/{held.pk}/drop") == {"faults": 0}
