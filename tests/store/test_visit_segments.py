"""Segments ask for the visits of customers: when, how often, on what, from where; and follow at once."""

from __future__ import annotations

from segmenting import inside, make, person
from support import Place
from visiting import look


def test_segments_ask_for_visits_and_follow_at_once(place: Place) -> None:
    place.send(person("7"), person("8"))
    place.drain()
    make(place, "phones", {"field": "device", "is": "is", "value": "mobile"})
    make(place, "often", "events('visit.started', '7d').count() >= 2")
    make(place, "away", "customer.last_visit_on.over('14d') && customer.first_source == 'newsletter'")
    make(place, "readers", {"all": [{"field": "visit_pages", "is": "at_least", "value": "3"}]})
    look(place, device="mobile", source="Newsletter", language="pt-BR")
    look(place, "8", device="desktop")
    place.drain()
    assert (inside(place, "phones"), inside(place, "often"), inside(place, "away")) == (["7"], [], [])
    look(place), look(place)
    place.after(minutes=31)
    assert inside(place, "readers") == ["7"], "when the visit is over"
    look(place, device="desktop")
    place.drain()
    assert (inside(place, "phones"), inside(place, "often"), inside(place, "readers")) == ([], ["7"], ["7"])
    place.after(days=7)
    assert inside(place, "often") == [], "by time alone"
    place.after(days=7)
    assert inside(place, "away") == ["7"]
    look(place)
    place.drain()
    assert inside(place, "away") == []
