"""What segments may ask of a person beside orders and addresses, live on both databases: how ready a lead is, what was
answered, points, wishes, birthdays, and at what people looked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from segmenting import bought, inside, make, person, settle, told
from support import START, Place, fact

from sereno.engine.segments.definition import SegmentInvalid
from sereno.runtime.segments import services


def says(place: Place, name: str, type_: str, key: str, data: dict[str, Any], **refs: str) -> None:
    place.send(fact(name, type_, f"customer:{key}", {"id": key, **data}, START, customer=key, **refs))
    place.drain()


def at_least(field: str, value: str) -> dict[str, Any]:
    return {"field": field, "is": "at_least", "value": value}


def test_a_lead_comes_in_as_its_score_rises_and_goes_when_it_orders(place: Place) -> None:
    make(place, "hot", {"all": [at_least("lead_score", "5"), {"not": {"did": "order"}}]}, tag="hot")
    place.flow(
        "flow: call\ntrigger: {event: segment.entered, when: \"event.segment == 'hot'\"}\n"
        'steps: [{tests.call: {to: "{{ customer.lead_score }}"}}]'
    )
    place.send(person("1"), person("2"))
    place.drain()
    for number, score in enumerate(("1.5", "7")):
        at = (START + timedelta(minutes=number)).isoformat()
        prospect = {"score": float(score), "horizon": 30, "is_learned": False, "scored_at": at}
        says(place, f"s{score}", "lead.scored", "1", {"prospect": prospect})
    assert inside(place, "hot") == ["1"]
    assert [row[0] for row in place.effects()] == ["tests.call"]
    assert told(place) == [("segment.entered", "customer:1")]
    found = services.preview(place.shop, "customer.lead_score >= 2", database=place.database)
    assert (found.size, found.people, found.examples) == (1, 2, ("1",))
    place.send(bought("1", 0))
    place.drain()
    assert inside(place, "hot") == []
    assert told(place)[1:] == [("segment.left", "customer:1")]


def test_a_stage_of_a_lead_by_the_form_and_what_it_did_since(place: Place) -> None:
    make(place, "engaged", "customer.lead_stage in ['engaged', 'qualified'] && 'dry' in customer.answers.skin")
    make(place, "by-quiz", "customer.form == 'Quiz' && has(customer.form_on)")
    answers = {"skin": ["Dry ", "Oily"], "why": "my  hands\nhurt"}
    signup = {"form": "quiz", "answers": answers, "submitted_at": START.isoformat()}
    said = {"form": "quiz", "email": "lea@example.com", "signup": signup, "points": 3, "consent": {}}
    says(place, "f1", "form.submitted", "email:lea@example.com", said, email="lea@example.com")
    assert (inside(place, "engaged"), inside(place, "by-quiz")) == ([], ["email:lea@example.com"])
    says(place, "v1", "product.viewed", "email:lea@example.com", {}, product="7")
    assert inside(place, "engaged") == ["email:lea@example.com"]
    text = "customer.answers.why.contains('my hands') && has(customer.answers.skin) && !('dr' in customer.answers.skin)"
    assert services.preview(place.shop, text, database=place.database).size == 1


def test_what_they_think_what_they_have_and_how_they_are_reached(place: Place) -> None:
    make(place, "promoters", {"all": [at_least("nps", "9"), {"field": "opinion_on", "is": "within", "value": "30d"}]})
    make(place, "gold", {"all": [{"field": "tier", "is": "is", "value": "Gold"}, at_least("points", "100")]})
    make(place, "credit", at_least("store_credit", "5.50"))
    make(place, "chat", "customer.last_channel == 'whatsapp' || customer.takes_push == true || has(customer.telegram)")
    place.send(person("1", phone="+34600111222"), person("2"))
    place.drain()
    at = START.isoformat()
    opinion = {"survey": "nps", "nps": 10, "satisfaction": 4, "said_at": at}
    says(place, "a", "survey.answered", "1", {"opinion": opinion})
    says(place, "b", "points.changed", "1", {"loyalty": {"points": 120, "tier": "Gold", "changed_at": at}})
    says(place, "c", "credit.changed", "1", {"credit": {"amount": "5.50", "currency": "EUR", "changed_at": at}})
    says(place, "d", "customer.reached", "1", {"reach": {"last_channel": "whatsapp", "reached_at": at}})
    for name in ("promoters", "gold", "credit", "chat"):
        assert inside(place, name) == ["1"], name
    later = (START + timedelta(hours=1)).isoformat()
    says(place, "e", "points.changed", "1", {"loyalty": {"points": 20, "tier": "Gold", "changed_at": later}})
    assert inside(place, "gold") == []
    place.after(days=31)
    assert inside(place, "promoters") == [], "an opinion grows old by itself"
    assert services.preview(place.shop, "customer.phone.contains('600111')", database=place.database).size == 1


def test_wishes_and_places_in_line_count_while_they_last(place: Place) -> None:
    make(place, "wishing", at_least("wishes", "1"))
    make(place, "waiting", at_least("waits", "1"))
    place.send(person("1"), person("2"))
    place.drain()
    says(place, "w1", "wish.added", "1", {"product_id": "7"}, product="7")
    says(place, "w2", "waiting.joined", "2", {"product_id": "7"}, product="7")
    assert (inside(place, "wishing"), inside(place, "waiting")) == (["1"], ["2"])
    says(place, "w3", "wish.removed", "1", {"product_id": "7"}, product="7")
    assert inside(place, "wishing") == []
    place.send(bought("2", 0, lines=[{"product_id": "7", "quantity": 1, "total": "5.00"}]))
    place.drain()
    assert inside(place, "waiting") == [], "who bought it waits no more"
    # Known by the address alone when they wished, by the store's own record later.
    place.send(fact("w4", "wish.added", "product:8", {"product_id": "8"}, START, email="2@example.com", product="8"))
    place.drain()
    assert inside(place, "wishing") == ["2"]


def test_what_people_looked_at_counts_by_thing(place: Place) -> None:
    tea = {"id": "7", "title": "Sencha", "product_type": "Tea", "updated_at": START.isoformat()}
    place.send(fact("p7", "product.updated", "product:7", tea), person("1"), person("2"), person("3"))
    for number in range(3):
        at = START - timedelta(days=number)
        place.send(fact(f"v{number}", "product.viewed", "product:7", {}, at, customer="1", product="7"))
        place.send(fact(f"y{number}", "product.viewed", "product:8", {}, at, customer="2", product="8"))
    place.drain()
    looked = {"did": "product.viewed", "of": {"category": "tea"}, "times": {"at_least": 3}, "within": "7d"}
    make(place, "tea-lovers", {"all": [looked, {"not": {"did": "order", "within": "7d"}}]})
    make(place, "sencha", {"did": "wish.added", "of": {"product": "7"}})
    assert inside(place, "tea-lovers") == ["1"], "what was there before is counted"
    for number in range(3):
        at = START + timedelta(minutes=number)
        place.send(fact(f"x{number}", "product.viewed", "product:7", {"product_id": "7"}, at, customer="3"))
    says(place, "w", "wish.added", "2", {}, product="7")
    assert (inside(place, "tea-lovers"), inside(place, "sencha")) == (["1", "3"], ["2"])
    rows = "SELECT person_id, kind, day, product, count FROM segments_look ORDER BY 1, 2, 3, 4"
    before = place.rows(rows)
    with place.database.transaction() as tx:
        tx.run("move_segments", {"shop": place.shop, "stage": "people", "cursor": 0})
    settle(place)
    assert place.rows(rows) == before
    place.after(days=6)
    assert inside(place, "tea-lovers") == ["3"], "the first look was eight days ago"
    place.after(days=2)
    assert inside(place, "tea-lovers") == []
    with pytest.raises(SegmentInvalid, match=r"segment\.thing_unknown"):
        make(place, "odd", {"did": "product.viewed", "of": {"sku": "x"}})


def test_birthdays_come_and_pass_by_themselves_every_year(place: Place) -> None:
    soon, past, leap = START + timedelta(days=5), START - timedelta(days=2), "2000-02-29"
    place.send(person("1", birthday=f"--{soon:%m-%d}"), person("2", birthday=f"1980-{past:%m-%d}"))
    place.send(person("3", birthday=leap), person("4", birthday="soon"))
    place.drain()
    make(place, "soon", {"field": "birthday", "is": "next", "value": "3d"})
    make(place, "just-had", {"field": "birthday", "is": "within", "value": "7d"})
    assert (START.month, START.day) == (3, 2), "the 28th of February, where there is no 29th, was two days ago"
    assert (inside(place, "soon"), inside(place, "just-had")) == ([], ["2", "3"])
    place.after(days=3)
    assert inside(place, "soon") == ["1"]
    place.after(days=3)
    assert (inside(place, "soon"), inside(place, "just-had")) == ([], ["1"])
    place.after(days=362)
    assert inside(place, "soon") == ["1"], "and so it is next year"
