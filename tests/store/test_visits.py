"""Visits of customers who are signed in: begun once, counted once, over once; what flows and retention ask."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from segmenting import person
from support import START, Place
from visiting import look

from sereno.commerce.persons import one_of
from sereno.engine.durations import format_instant
from sereno.runtime.privacy import asking, requests, retention
from sereno.runtime.privacy.exporting import export
from sereno.runtime.staff import open_staff
from sereno.runtime.visits.ending import Ender

TABLES = ("visits_visitor", "visits_visit", "visits_view")
STARTS = "SELECT subject FROM event WHERE type = 'visit.started' ORDER BY id"


def told(place: Place, type_: str = "visit.started") -> list[dict[str, Any]]:
    return [json.loads(row[0]) for row in place.rows(f"SELECT data FROM event WHERE type = '{type_}' ORDER BY id")]


def known(place: Place, key: str = "7") -> dict[str, Any]:
    ((data,),) = place.rows(f"SELECT data FROM customers_customer WHERE key = '{key}'")
    return json.loads(data)


def test_pages_are_one_visit_until_half_an_hour_passes_without_one(place: Place) -> None:
    place.send(person("7"))
    assert look(place, device="mobile", source="instagram", medium="social", language="es") == "started"
    for _ in range(3):
        place.after(minutes=29)
        assert look(place, source="elsewhere.example", product="p1") == "kept"
    assert [one["number"] for one in told(place)] == [1] and told(place, "visit.ended") == []
    place.after(minutes=29)
    assert told(place, "visit.ended") == []
    place.after(minutes=1)
    (left,) = told(place, "visit.ended")
    assert (left["pages"], left["products"], left["seconds"]) == (4, 1, 87 * 60)
    place.after(days=3)
    assert look(place, device="desktop") == "started"
    place.drain()
    (_, second) = told(place)
    assert (second["number"], second["days_since"], second.get("source")) == (2, 3, None)
    visits = known(place)["visits"]
    assert visits["first_at"] == format_instant(START) and visits["last_at"] == format_instant(place.clock.now())
    assert (visits["count"], visits["last_30_days"], visits["pages"], visits["device"]) == (2, 2, 4, "desktop")
    assert (visits["first_source"], visits["first_medium"], visits.get("source")) == ("instagram", "social", None)
    assert known(place)["last_seen_on"] == place.clock.now().date().isoformat()


def test_a_page_that_is_told_again_counts_once(place: Place) -> None:
    assert look(place, view="one-page-1", product="p1") == "started"
    for _ in range(3):
        assert look(place, view="one-page-1", product="p1") == "kept"
    look(place, view="one-page-2", product="p1")
    look(place, view="one-page-3", product="p2")
    place.after(minutes=31)
    assert look(place, view="one-page-3", product="p2") == "kept", "late, from a tab that was away"
    (left,) = told(place, "visit.ended")
    assert (left["pages"], left["products"]) == (3, 2)
    assert len(told(place)) == 1 and look(place, "8", view="one-page-3") == "started", "another customer's is another"


def test_single_pages_are_forgotten_after_a_day(place: Place) -> None:
    look(place)
    place.after(hours=23)
    assert place.rows("SELECT count(*) FROM visits_view") == [(1,)]
    place.after(hours=2)
    assert place.rows("SELECT count(*) FROM visits_view") == [(0,)]
    assert place.rows("SELECT pages FROM visits_visit") == [(1,)]


def test_who_comes_back_before_a_worker_looked_has_left_before(place: Place) -> None:
    look(place, product="p1")
    place.clock.move_to(START + timedelta(minutes=40))
    assert look(place) == "started"
    place.drain()
    types = [row[0] for row in place.rows("SELECT type FROM event WHERE type LIKE 'visit.%' ORDER BY id")]
    assert types == ["visit.started", "visit.ended", "visit.started"]
    assert known(place)["visits"]["count"] == 2 and known(place)["visits"]["pages"] == 1


def test_tabs_opened_at_once_begin_one_visit(postgres: Any) -> None:
    place = Place(postgres)
    ready, answers = threading.Barrier(6), list[str]()

    def open_tab(number: int) -> None:
        ready.wait()
        answers.append(look(place, product=f"p{number % 2}"))

    tabs = [threading.Thread(target=open_tab, args=(number,)) for number in range(6)]
    for one in tabs:
        one.start()
    for one in tabs:
        one.join(30)
    assert sorted(answers) == ["kept"] * 5 + ["started"]
    assert place.rows("SELECT pages, products FROM visits_visit") == [(6, 2)]
    place.after(minutes=31)
    assert len(told(place)) == len(told(place, "visit.ended")) == 1


def test_several_workers_end_each_visit_once(postgres: Any) -> None:
    place = Place(postgres)
    for number in range(40):
        look(place, f"c{number}")
    place.clock.move_to(START + timedelta(minutes=31))
    ready = threading.Barrier(3)

    def work() -> None:
        ender = Ender(place.runtime.world)
        ready.wait()
        while ender.run():
            pass

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(30)
    assert len(told(place, "visit.ended")) == 40
    assert place.rows("SELECT count(*) FROM visits_visit WHERE due_at IS NOT NULL") == [(0,)]


def test_an_address_is_the_customer_whose_it_is(place: Place) -> None:
    place.send(person("7"))
    place.drain()
    look(place, "7@EXAMPLE.com")
    look(place, "new@example.com")
    place.drain()
    assert [row[0] for row in place.rows(STARTS)] == ["customer:7", "customer:email:new@example.com"]
    assert known(place, "email:new@example.com")["email"] == "new@example.com"


def test_a_flow_greets_who_comes_back_after_long(place: Place) -> None:
    place.flow(
        'flow: greet\ntrigger: {event: visit.started, when: "event.days_since >= 14"}\nreentry: always\n'
        'steps: [{log: {text: "{{ customer.visits.device }} {{ customer.visits.first_source }} {{ event.number }}"}}]'
    )
    look(place, source="newsletter")
    place.after(days=3)
    look(place)
    place.after(days=14)
    look(place, device="tablet")
    place.drain()
    (row,) = place.rows("SELECT config FROM effect")
    assert json.loads(row[0])["text"] == "tablet newsletter 3"


def test_old_visits_go_and_what_they_add_up_to_stays(place: Place) -> None:
    for _ in range(2):
        look(place, source="newsletter")
        place.after(days=40)
    retention.set_days(place.shop, {"visits": 31}, "ana", database=place.database)
    look(place)
    place.after(minutes=10)
    assert place.rows("SELECT number FROM visits_visit") == [(3,)]
    assert place.rows("SELECT visits, recent, first_source FROM visits_visitor") == [(3, 1, "newsletter")]
    with pytest.raises(ValueError, match="at least 31 days"):
        retention.set_days(place.shop, {"visits": 7}, "ana", database=place.database)


def test_two_records_of_one_person_are_one_visitor() -> None:
    early = {"count": 2, "first_at": "2026-01-01T09:00:00Z", "last_at": "2026-01-05T09:00:00Z", "first_source": "news"}
    late = {"count": 3, "first_at": "2026-02-01T09:00:00Z", "last_at": "2026-03-01T09:00:00Z", "device": "mobile"}
    person = one_of([{"id": "1", "visits": early}, {"id": "2", "visits": {**late, "first_source": "instagram"}}])
    visits = person["visits"]
    assert (visits["count"], visits["first_source"], visits["device"]) == (5, "news", "mobile")
    assert (visits["first_at"], visits["last_at"]) == (early["first_at"], late["last_at"])
    assert one_of([{"id": "1"}, {"id": "2", "visits": late}])["visits"] == late


def test_what_is_kept_of_a_person_is_handed_over_and_erased(place: Place) -> None:
    place.send(person("7"), person("8"))
    place.drain()
    look(place, source="instagram", product="p1"), look(place, "8")
    place.drain()
    staff = open_staff(place.database)
    with place.database.read() as tx:
        packed, counts = export(staff, tx, place.shop, ["7@example.com"], place.clock.now())
    assert {name: counts.get(name) for name in TABLES} == dict.fromkeys(TABLES, 1)
    with ZipFile(BytesIO(packed)) as archive:
        (one,) = json.loads(archive.read("data/visits_visit.json"))
    assert (one["source"], one["pages"], one["started_at"]) == ("instagram", 1, format_instant(START))
    id_ = asking.ask(place.shop, "erase", ["7@example.com"], "ana", database=place.database)
    assert id_ is not None
    requests.carry_out(id_, database=place.database)
    for table in TABLES:
        assert place.rows(f"SELECT person FROM {table}") == [("8",)], table
