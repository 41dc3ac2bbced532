"""No page of the staff reads a table from end to end, or asks the database more than fifteen times."""

from __future__ import annotations

from addresses import own_message, pages
from django.core.cache import cache
from django.test import Client
from plans import is_query, scanned, statements
from seeding import seed

MOST_QUERIES = 15
MORE = {"/privacy/person": 28, "/customers/1": 17, "/why": 16, "/stock/items/1": 16}
"""Looking for a person follows their names from record to record, in two rounds, each of which asks for the records
that were joined with them, and then asks every place. A customer's page asks for their visits too; those two ask
besides where stores differ of the thing."""
NOT_PAGES = (302, 405)
"""Addresses that only take a form, or only lead on."""


def test_no_page_scans_a_table_or_asks_often() -> None:
    seeded = seed()
    own_message(seeded.owner)
    client = Client()
    client.force_login(seeded.owner)
    for page in ("/", "/limits"):
        client.get(page)  # A process reads the flows once, and again when one changed.
    scans: dict[str, list[str]] = {}
    many: dict[str, int] = {}
    for _name, page in pages(seeded.shop):
        cache.clear()
        with statements() as found:
            status = client.get(page).status_code
        if status in NOT_PAGES:
            continue
        assert status == 200, (page, status)
        queries = [one for one in found if is_query(one)]
        if len(queries) > MORE.get(page.partition("?")[0], MOST_QUERIES):
            many[page] = len(queries)
        wrong = [f"{table} in {one}" for one in queries for table in scanned(one)]
        if wrong:
            scans[page] = wrong
    assert not scans
    assert not many
