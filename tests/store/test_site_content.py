"""Flows show campaigns of the site and take them back, once each; what a person shows stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import Place, fact

from sereno.runtime.content import calendar, showing
from sereno.runtime.content.port import LiveSiteContent
from sereno.store.documents import encode
from sereno.store.fields import to_micros

PIECES = [{"id": "p1", "kind": "badge", "text": {"es": "De vuelta"}}, {"id": "p2", "kind": "bar", "text": {"en": "Hi"}}]


def campaign(place: Place, name: str, *, is_on: bool = True, **document: Any) -> None:
    held = {"title": name, "is_asked": True, "pieces": PIECES, **document}
    at = {"starts_at": None, "ends_at": None}
    for key in at:
        if key in document:
            at[key] = to_micros(document[key])
            held[key] = document[key].isoformat()
    with place.database.transaction() as tx:
        tx.text(
            f"INSERT INTO content_campaign (shop_id, name, document, is_on, starts_at, ends_at, version, changed_at, "
            f"changed_by) VALUES ({place.shop}, '{name}', '{encode(held)}', {str(is_on).lower()}, "
            f"{at['starts_at'] or 'NULL'}, {at['ends_at'] or 'NULL'}, 1, 0, 'ana')"
        )


def told(place: Place, customer: str = "") -> dict[str, Any]:
    now = place.clock.now()
    if customer:
        found = showing.for_customer(place.shop, customer, "es", now=now, database=place.database)
    else:
        found = json.loads(showing.for_everybody(place.shop, "es", now=now, database=place.database)[0])
    return {one["name"]: one for one in found["campaigns"]}


def flow(place: Place, *steps: str, event: str = "product.updated") -> None:
    lines = "".join(f"  - {step}\n" for step in steps)
    place.flow(f"flow: try\nname: T\ntrigger: {{event: {event}}}\nreentry: always\nsteps:\n{lines}")


def test_a_flow_shows_it_on_a_product_for_a_week_and_no_longer(place: Place) -> None:
    campaign(place, "back")
    flow(place, "content.show: {campaign: back, about: product, lasting: 7d}")
    place.send(fact("1", "product.updated", "product:p1", {"id": "p1"}))
    place.drain()
    assert place.effects() == [("content.show", "done", 1, None)]
    (shown,) = told(place)["back"]["shown"]
    assert shown["product"] == "p1" and told(place)["back"]["pieces"][0]["text"] == "De vuelta"
    place.send(fact("2", "product.updated", "product:p1", {"id": "p1"}))
    place.drain()
    assert len(place.rows("SELECT id FROM content_showing")) == 1, "asked again it only lasts longer"
    place.after(days=7)
    assert told(place) == {}


def test_it_is_taken_back_but_what_a_person_shows_stays(place: Place) -> None:
    campaign(place, "back")
    flow(place, "content.hide: {campaign: back, about: customer}", event="order.created")
    port = LiveSiteContent(place.database, place.shop, to_micros(place.clock.now()))
    assert port.show("back", "7", "", None, "flow") and port.show("back", "8", "", None, "flow")
    with place.database.transaction() as tx:
        tx.text("UPDATE content_showing SET is_by_hand = true WHERE customer = '8'")
    assert not port.show("back", "8", "", None, "flow"), "a flow does not change it"
    for who in ("7", "8"):
        place.send(fact(f"o{who}", "order.created", f"order:{who}", {"id": who, "customer_id": who}, customer=who))
    place.drain()
    assert place.rows("SELECT customer FROM content_showing") == [("8",)]
    assert sorted(place.rows("SELECT result FROM effect")) == [
        ('{"changed":false,"reason":"by_hand_or_not_shown"}',),
        ('{"changed":true,"reason":null}',),
    ]


def test_a_campaign_nobody_made_fails_with_what_to_do(place: Place) -> None:
    flow(place, "content.show: {campaign: none}")
    place.send(fact("1", "product.updated", "product:p1", {"id": "p1"}))
    place.drain()
    ((_action, status, _attempts, error),) = place.effects()
    assert status == "failed" and "content.unknown" in error


def test_the_answer_for_everybody_names_no_customer_and_holds_what_begins_soon(place: Place) -> None:
    from datetime import timedelta

    now = place.clock.now()
    campaign(place, "soon", is_asked=False, starts_at=now + timedelta(minutes=30))
    campaign(place, "later", is_asked=False, starts_at=now + timedelta(hours=2))
    campaign(place, "over", is_asked=False, starts_at=now - timedelta(hours=2), ends_at=now)
    campaign(place, "off", is_on=False, is_asked=False)
    campaign(place, "vip", is_asked=False, segment="vip")
    campaign(place, "back")
    LiveSiteContent(place.database, place.shop, to_micros(now)).show("back", "7", "", None, "flow")
    assert list(told(place)) == ["soon"]
    assert list(told(place, "7")) == ["back"] and told(place, "8") == {}
    body, tag = showing.for_everybody(place.shop, "es", now=now, database=place.database)
    assert b'"7"' not in body
    assert showing.for_everybody(place.shop, "es", now=now, database=place.database)[1] == tag


@pytest.mark.parametrize(("days", "state"), [(-1, "planned"), (0, "planned"), (30, None)])
def test_the_calendar_has_what_has_dates(place: Place, days: int, state: str | None) -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime.now(UTC) + timedelta(days=10)
    campaign(place, "sale", is_asked=False, starts_at=start, ends_at=start + timedelta(days=2))
    campaign(place, "always", is_asked=False)
    since = start + timedelta(days=days)
    with place.database.read() as tx:
        found = calendar.between(tx, place.shop, since, since + timedelta(days=3))
    assert [(one.title, one.state, one.url) for one in found] == (
        [("sale", state, "/site-content/sale")] if state else []
    )
