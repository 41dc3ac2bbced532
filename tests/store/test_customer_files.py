"""A file of customers: whole rows become people, the rest waits with its reason; an old yes never wins over a no."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Place
from test_feeds import Feeds

from sereno.runtime.consenting import choose
from sereno.runtime.feeds import sources
from sereno.runtime.persons.reading import person_of
from sereno.sdk.tables import Layout

pytestmark = pytest.mark.usefixtures("secret_key")
FILE = """email,first_name,phone,newsletter,consent-date,consent-source,tags
ana@x.example,Ana,+34600111222,yes,2026-01-02T10:00:00Z,till,vip
bo@x.example,Bo,,yes,2026-01-02T10:00:00Z,till,
eva@x.example,Eva,,yes,,,
"""


def test_a_file_of_customers_is_taken_with_its_consent(place: Place, tmp_path: Path) -> None:
    feeds = Feeds(place, tmp_path)
    choose(place.shop, "bo@x.example", "email", granted=False, database=place.database)
    place.drain()
    name = sources.make(
        place.shop, "CRM", by="ana", layout=Layout(what="customers", zone="UTC"), database=place.database
    )
    feeds.bring(name, FILE)
    feeds.run()
    ana, bo = (person_of(place.shop, f"email:{one}@x.example", database=place.database) for one in ("ana", "bo"))
    assert ana is not None and bo is not None
    assert (ana.record["first_name"], ana.record["accepts_email"], ana.record["tags"]) == ("Ana", True, ["vip"])
    assert bo.record["accepts_email"] is False, "what was said later holds"
    assert person_of(place.shop, "email:eva@x.example", database=place.database) is None
    held = place.rows("SELECT faults FROM feed_held")
    assert len(held) == 1
    assert "consent.no_proof" in held[0][0]
    lines = place.rows("SELECT address, granted, source FROM consent WHERE source = 'till' ORDER BY address")
    assert [(row[0], bool(row[1])) for row in lines] == [("ana@x.example", True), ("bo@x.example", True)], "the proof"
    (newest,) = place.rows(
        "SELECT granted FROM consent WHERE address = 'bo@x.example' ORDER BY at DESC, id DESC LIMIT 1"
    )
    assert not newest[0], "an older yes is no news"
    # The same file again changes nothing.
    count = place.rows("SELECT count(*) FROM event")
    feeds.bring(name, FILE + "\n")
    feeds.run()
    assert place.rows("SELECT count(*) FROM event") == count
