"""Verifying, routing, zones and tickets by flows: what is stated, what it leaves in the records, and what shadow keeps
from happening."""

from __future__ import annotations

import json
from typing import Any

from support import START, Place

from sereno.runtime import services, webhooks
from sereno.sdk.connector import NewEvent

WHOLE: dict[str, Any] = {
    "id": "1",
    "number": "#1",
    "total": "50.00",
    "currency": "EUR",
    "email": "ana@example.com",
    "phone": "+34 612 345 678",
    "payment_status": "paid",
    "lines": [
        {"id": "a", "sku": "TAZA-1", "title": "Taza", "quantity": 2},
        {"id": "b", "sku": "RING-9", "title": "Anillo", "quantity": 1, "properties": {"Engraving": "A+J"}},
        {"id": "c", "sku": "PDF-1", "title": "Guide", "quantity": 1, "requires_shipping": False},
    ],
    "shipping_address": {
        "name": "Ana Ruiz", "line1": "Calle Mayor 7", "city": "Madrid", "postal_code": "28013", "country": "ES",
    },
}  # fmt: skip
VERIFY = """
flow: f
trigger: {event: order.created}
steps:
  - orders.verify: {stock: false}
    as: check
  - if: vars.check.is_verified
    then:
      - log: {text: good}
    else:
      - log: {text: "{{ vars.check.reasons | join: ',' }}: {{ vars.check.text }}"}
"""


def order(uid: str = "e1", type: str = "order.created", **changes: Any) -> NewEvent:
    refs = {"order": "1", "customer": "17", "email": "ana@example.com"}
    return NewEvent(uid, type, "order:1", START, {**WHOLE, **changes}, refs)


def said(place: Place) -> list[str]:
    return [
        json.loads(row[0])["text"] for row in place.rows("SELECT config FROM effect WHERE action = 'log' ORDER BY id")
    ]


def stated(place: Place, type: str) -> list[dict[str, Any]]:
    return [json.loads(row[0]) for row in place.rows(f"SELECT data FROM event WHERE type = '{type}' ORDER BY id")]


def test_a_good_order_is_verified_once(place: Place) -> None:
    place.flow(VERIFY)
    place.send(order())
    place.drain()
    assert said(place) == ["good"]
    assert [one["is_verified"] for one in stated(place, "order.verified")] == [True]
    assert [bool(row[0]) for row in place.rows("SELECT is_verified FROM orders_standing")] == [True]


def test_verifying_twice_in_a_run_is_told_once(place: Place) -> None:
    place.flow(VERIFY.replace("steps:", "steps:\n  - orders.verify: {stock: false}"))
    place.send(order())
    place.drain()
    assert len(stated(place, "order.verified")) == 1


def test_what_is_cancelled_or_sent_leaves_the_queue(place: Place) -> None:
    place.flow(VERIFY)
    place.send(order(phone=None))
    place.drain()
    assert place.rows("SELECT key FROM orders_standing WHERE is_held") == [("1",)]
    place.send(order("e2", "order.cancelled", status="cancelled", phone=None))
    place.drain()
    assert place.rows("SELECT key FROM orders_standing WHERE is_held") == []


def test_a_bad_order_is_held_with_its_reasons_in_the_shops_language(place: Place) -> None:
    place.flow(VERIFY)
    place.send(order(phone=None, payment_status="pending", payment_method="bacs"))
    place.drain()
    assert said(place)[0].startswith("phone.missing,payment.open: ")
    (held,) = stated(place, "order.held")
    assert held["hold_reasons"] == ["phone.missing", "payment.open"]
    assert held["held_by"] == "f"
    assert place.rows("SELECT subject FROM orders_standing WHERE is_held") == [("order:1",)]


def test_one_may_only_look(place: Place) -> None:
    place.flow(VERIFY.replace("stock: false", "stock: false, hold: false"))
    place.send(order(phone=None))
    place.drain()
    assert said(place)[0].startswith("phone.missing")
    assert stated(place, "order.held") == []


def test_in_shadow_it_decides_and_states_nothing(place: Place) -> None:
    place.flow(VERIFY)
    services.set_status(place.shop, "f", "shadow", "tester", database=place.database)
    place.send(order())
    place.drain()
    assert said(place) == ["good"]
    assert stated(place, "order.verified") == []
    assert place.rows("SELECT status FROM effect WHERE action = 'orders.verify'") == [("shadow",)]


def test_a_route_is_kept_and_told_once(place: Place) -> None:
    place.flow(
        "flow: f\ntrigger: {event: [order.created, order.updated]}\nsteps:\n"
        "  - orders.route: {warehouse: ' North ', queue: express}"
    )
    place.send(order())
    place.drain()
    place.send(order("e2", "order.updated"))
    place.drain()
    assert [(one["warehouse"], one["queue"]) for one in stated(place, "order.routed")] == [("North", "express")]
    assert place.rows("SELECT warehouse, queue, team FROM orders_standing") == [("North", "express", None)]


def test_a_zone_decides_the_branch(place: Place) -> None:
    place.flow(
        "flow: f\ntrigger: {event: order.created}\nsteps:\n"
        "  - orders.check_zone: {zones: 'Islands | ES 35* | refund'}\n    as: zone\n"
        "  - log: {text: '{{ vars.zone.is_restricted }} {{ vars.zone.zone }} {{ vars.zone.outcome }}'}"
    )
    place.send(order(shipping_address={"country": "ES", "postal_code": "35001"}))
    place.drain()
    assert said(place) == ["true Islands refund"]


def test_a_ticket_holds_what_is_picked_and_nobodys_name(place: Place) -> None:
    place.flow(
        "flow: f\ntrigger: {event: order.created}\nsteps:\n"
        "  - orders.print_ticket: {packaging: box S}\n    as: ticket\n"
        "  - orders.print_ticket: {kind: make, note: engrave}\n"
        "  - log: {text: '{{ vars.ticket.text }}'}"
    )
    place.send(order())
    place.drain()
    pick, make = stated(place, "pick_ticket.created")
    assert [line["sku"] for line in pick["lines"]] == ["TAZA-1", "RING-9"]
    assert (pick["item_count"], pick["packaging"], pick["locale"]) == (3, "box S", "es")
    assert [(line["sku"], line["properties"]) for line in make["lines"]] == [("RING-9", {"Engraving": "A+J"})]
    assert "Ana" not in json.dumps([pick, make]) and "Mayor" not in json.dumps([pick, make])
    assert said(place) == ["2 x TAZA-1 Taza\n1 x RING-9 Anillo (Engraving: A+J)"]
    assert place.rows("SELECT count(*) FROM orders_ticket") == [(2,)]


def test_there_is_no_ticket_for_an_order_that_is_held(place: Place) -> None:
    place.flow("flow: f\ntrigger: {event: order.paid}\nsteps:\n  - orders.print_ticket: {}")
    place.flow(VERIFY.replace("flow: f", "flow: g"))
    place.send(order(phone=None))
    place.drain()
    place.send(order("e2", "order.paid"))
    place.drain()
    assert stated(place, "pick_ticket.created") == []
    assert ("orders.print_ticket", "failed", 1, "order.held") in place.effects()


def test_goods_are_reserved_together_or_the_order_is_held(place: Place) -> None:
    level = {"sku": "TAZA-1", "variant_id": "v-1", "available": 3, "is_tracked": True, "updated_at": START.isoformat()}
    place.send(NewEvent("s1", "stock.changed", "variant:v-1", START, level, {"variant": "v-1", "sku": "TAZA-1"}))
    place.drain()
    place.flow(VERIFY.replace("{stock: false}", "{}"))
    for key in ("1", "2"):
        refs = {"order": key, "customer": "17"}
        place.send(NewEvent(f"o{key}", "order.created", f"order:{key}", START, {**WHOLE, "id": key}, refs))
        place.drain()
    assert said(place)[0] == "good"
    assert said(place)[1].startswith("stock.short: ") and "TAZA-1 1/2" in said(place)[1]
    reserved = place.rows("SELECT order_key, item, quantity FROM stock_reservation WHERE status = 'open'")
    assert ("1", "TAZA-1", 2) in reserved
    assert {row[0] for row in reserved} == {"1"}


def test_others_hear_of_holds_and_tickets_once(place: Place) -> None:
    webhooks.create_webhook(
        place.shop,
        "erp",
        "https://erp.example/in",
        ["order.held", "pick_ticket.created"],
        "ana",
        database=place.database,
    )
    place.flow(VERIFY)
    place.flow("flow: t\ntrigger: {event: order.created}\nsteps:\n  - orders.print_ticket: {}")
    place.send(order(phone=None))
    place.drain()
    told = [json.loads(row[0]) for row in place.rows("SELECT config FROM effect WHERE action = 'webhooks.deliver'")]
    assert sorted(one["type"] for one in told) == ["order.held", "pick_ticket.created"]
    ticket = next(one["body"]["data"] for one in told if one["type"] == "pick_ticket.created")
    assert [line["sku"] for line in ticket["lines"]] == ["TAZA-1", "RING-9"]


def test_nobody_outside_can_tell_of_a_hold(place: Place) -> None:
    webhooks.create_webhook(place.shop, "erp", "https://erp.example/in", ["order.held"], "ana", database=place.database)
    place.send(NewEvent("x", "order.held", "order:1", START, {"id": "1", "is_held": True}, {"order": "1"}))
    place.drain()
    assert place.rows("SELECT count(*) FROM effect WHERE action = 'webhooks.deliver'") == [(0,)]
