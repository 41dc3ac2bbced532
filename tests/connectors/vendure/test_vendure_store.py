"""Vendure written to and read back by what a real store has answered (see `tests/vendure/record.py`): each operation's
requests, its answers and its refusals."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bodies import NOW
from operations import OPERATIONS
from wires import mapped

from sereno.connectors.marks import mark, marked
from sereno.connectors.vendure.admin import ask
from sereno.connectors.vendure.api import API
from sereno.connectors.vendure.reads import items_of
from sereno.connectors.vendure.webhooks import VENDURE
from sereno.sdk.connector import Delivery
from sereno.sdk.ports import HttpAnswer, HttpRequest
from sereno.sdk.stores import Call, Exchange, StoreBusy, StoreRefused

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recorded" / "operations.json").read_text())
_numbers = itertools.count()


class Tape:
    """Answers as the store did, and only to what it was asked then. `users` are whom it lets in."""

    def __init__(self, exchanges: list[dict[str, Any]]) -> None:
        self.left = list(exchanges)
        self.sent: list[HttpRequest] = []
        self.is_signed_out = False

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.sent.append(request)
        body = json.loads(request.body or b"{}")
        if "login(" in body["query"]:
            if body["variables"]["password"] != "right":
                result = {"__typename": "InvalidCredentialsError", "errorCode": "INVALID_CREDENTIALS_ERROR"}
                return _answer({"data": {"login": {**result, "message": "The credentials did not match"}}})
            self.is_signed_out = False
            return _answer({"data": {"login": {"__typename": "CurrentUser"}}}, {"vendure-auth-token": "session"})
        if self.is_signed_out or request.headers.get("Authorization") != "Bearer session":
            error = {"message": "You are not currently authorized", "extensions": {"code": "FORBIDDEN"}}
            return _answer({"errors": [error], "data": None})
        held = self.left.pop(0)
        assert (body["variables"], held["asks"]) == (held["variables"], _first(body["query"]))
        return _answer(held["answer"])


def _first(document: str) -> str:
    return document.split("{", 1)[1].split("(")[0].split("{")[0].strip().split()[0]


def _answer(body: Any, headers: dict[str, str] | None = None) -> HttpAnswer:
    held = {"date": "Sun, 22 Nov 2026 12:00:00 GMT", **(headers or {})}
    return HttpAnswer(200, held, json.dumps(body).encode())


def way_to(tape: Tape, **access: str) -> Exchange:
    url = f"https://shop{next(_numbers)}.example/admin-api"
    return Exchange(tape, {}, {"url": url, "user": "sereno", "password": "right", **access})


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_as_the_store_answered(name: str) -> None:
    held, write = RECORDED[name], OPERATIONS[name]
    tape = Tape(held["exchanges"])
    call = Call(way_to(tape), name, 1, NOW)
    if "refused" in held:
        with pytest.raises(StoreRefused) as refused:
            API.writes[type(write)](call, write)
        assert refused.value.code == held["refused"] != ""
    else:
        written = API.writes[type(write)](call, write)
        assert dict(written.value) == held["value"]
        assert written.version in (None, datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC))
    assert tape.left == []


def test_all_kinds_of_writes_are_recorded() -> None:
    assert {type(write) for write in OPERATIONS.values()} == set(API.writes)


def test_refusals_have_codes_of_their_own() -> None:
    refused = {name: held["refused"] for name, held in RECORDED.items() if "refused" in held}
    assert refused == {
        "refund-too-much": "refund.too_much",
        "cancel-shipped": "order.shipped",
        "stock-changed": "stock.changed",
        "no-field": "metafield.unknown",
        "gone": "store.not_found",
    }


def test_money_moves_before_the_lines_that_say_what_they_cost() -> None:
    asked = [one["asks"] for one in RECORDED["cancel"]["exchanges"]]
    assert asked.index("refundOrder") < asked.index("cancelOrder")
    asked = [one["asks"] for one in RECORDED["refund-lines"]["exchanges"]]
    assert asked.index("refundOrder") < asked.index("cancelOrder")


def test_a_refund_that_bears_the_mark_is_not_made_again() -> None:
    read, note, made = RECORDED["refund"]["exchanges"]
    order = json.loads(json.dumps(read))
    (payment,) = order["answer"]["data"]["order"]["payments"]
    payment["refunds"] = [{"id": "9", "state": "Settled", "total": 500, "reason": marked("late", "refund")}]
    write = OPERATIONS["refund"]
    value = API.writes[type(write)](Call(way_to(Tape([order])), "refund", 2, NOW), write).value
    assert (value["refunds"], value["status"]) == ([{"id": "9", "status": "settled"}], "settled")
    # One that failed does not count, and one whose request may still be running is waited for.
    payment["refunds"][0]["state"] = "Failed"
    text = note["variables"]["input"]["note"]
    entry = {"id": "1", "createdAt": "2026-11-22T11:58:00.000Z", "data": {"note": text}}
    held = {"data": {"order": {"id": "1", "history": {"totalItems": 1, "items": [entry]}}}}
    looked = {"asks": "order", "variables": {"id": "1", "take": 100, "skip": 0}, "answer": held}
    with pytest.raises(StoreBusy, match="may still be running"):
        API.writes[type(write)](Call(way_to(Tape([order, looked])), "refund", 2, NOW), write)
    tape = Tape([order, looked, made])
    later = NOW + timedelta(minutes=4)
    assert API.writes[type(write)](Call(way_to(tape), "refund", 3, later), write).value["status"] == "pending"
    assert tape.left == []


def test_signing_in_once_and_again_when_the_session_is_over() -> None:
    answer = {"asks": "activeChannel", "variables": {}, "answer": {"data": {"activeChannel": {"id": "1"}}}}
    tape = Tape([answer, answer, answer])
    way = way_to(tape, channel="b2b")
    document = "query { activeChannel { id } }"
    ask(way, document)
    ask(way, document)
    assert len(tape.sent) == 3
    tape.is_signed_out = True
    ask(way, document)
    assert len(tape.sent) == 6
    assert all(request.headers["vendure-token"] == "b2b" for request in tape.sent)


def test_keys_that_are_not_taken() -> None:
    for access in ({"password": "wrong"}, {"user": ""}, {"api_key": "none"}):
        with pytest.raises(StoreRefused) as refused:
            ask(way_to(Tape([]), **access), "query { me { id } }")
        assert refused.value.code == "store.key_refused"


def test_a_store_that_breaks_is_tried_again() -> None:
    error = {"message": "SQLITE_BUSY", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
    tape = Tape([{"asks": "me", "variables": {}, "answer": {"errors": [error], "data": None}}])
    with pytest.raises(StoreBusy):
        ask(way_to(tape), "query { me { id } }")


def test_an_order_read_back_tells_each_fact_by_the_name_its_notice_had() -> None:
    order = {
        "id": "4",
        "code": "ABC",
        "state": "Shipped",
        "createdAt": "2026-11-22T11:00:00.000Z",
        "updatedAt": "2026-11-22T11:30:00.000Z",
        "orderPlacedAt": "2026-11-22T11:00:10.000Z",
        "currencyCode": "USD",
        "totalWithTax": 5376,
        "total": 4480,
        "customer": {"id": "1", "emailAddress": "ana@example.com"},
        "lines": [],
        "payments": [
            {
                "id": "4",
                "state": "Settled",
                "amount": 5376,
                "method": "card",
                "updatedAt": "2026-11-22T11:00:10.000Z",
                "refunds": [{"id": "2", "state": "Pending", "total": 500, "paymentId": "4", "reason": "late"}],
            }
        ],
        "fulfillments": [
            {"id": "3", "state": "Shipped", "trackingCode": "T-1", "updatedAt": "2026-11-22T11:40:00.000Z", "lines": []}
        ],
    }
    (item,) = items_of("order", order)
    # The parcel's own time, and the end of a second that the database cut off.
    assert item.updated_at == datetime(2026, 11, 22, 11, 40, 0, 999_000, tzinfo=UTC)
    found = {event.id: event for event in mapped(VENDURE, item).events}
    assert {
        "order:4:created",
        "order:4:paid",
        "order:4:fulfilled",
        "order:4:updated:2026-11-22T11:40:00.999000Z",
        "cart:ABC:completed",
        "payment:4:captured",
        "refund:2:created",
        "shipment:3:shipped",
    } == set(found)
    assert found["order:4:created"].data["total"] == "53.76"
    cart = {**order, "orderPlacedAt": None}
    assert mapped(VENDURE, items_of("order", cart)[0]).reason == "order.not_placed"


def test_stock_and_products_read_back() -> None:
    level = {"stockLocationId": "1", "stockOnHand": 12, "stockAllocated": 2, "updatedAt": "2026-11-22T11:00:00.000Z"}
    variant = {"id": "3", "sku": "MATCHA-100", "productId": "3", "price": 2450, "currencyCode": "USD", "name": "Matcha"}
    row = {**variant, "stockLevels": [level], "updatedAt": "2026-11-22T10:00:00.000Z"}
    (event,) = mapped(VENDURE, items_of("stock_level", row)[0]).events
    assert (event.type, event.data["available"], event.data["reserved"]) == ("stock.changed", 10, 2)
    product = {
        "id": "3",
        "name": "Matcha",
        "slug": "matcha",
        "enabled": True,
        "variants": [row],
        "updatedAt": NOW.isoformat(),
    }
    own, parts = (mapped(VENDURE, item).events for item in items_of("product", product))
    assert [event.type for event in own] == ["product.updated"]
    assert [(event.type, event.data["price"], event.data["available"]) for event in parts] == [
        ("variant.updated", "24.50", 10)
    ]


def told(entity: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a notice of the shop's own plugin says of a product."""
    body = {"topic": "product.updated", "occurred_at": NOW.isoformat(), "data": {"entity": {"id": 1, **entity}}, **more}
    delivery = Delivery({}, json.dumps(body).encode(), "product.updated", NOW)
    return dict(VENDURE.map(delivery, {}).events[0].data)


def words(language: str, name: str, day: str, **more: Any) -> dict[str, Any]:
    return {"languageCode": language, "name": name, "createdAt": f"2026-11-{day}T00:00:00.000Z", **more}


def test_a_notice_of_new_words_says_no_more_than_it_knows() -> None:
    # As the real store sends it: the words that were written, and the product as it was before.
    before = {"enabled": True, "translations": [words("en", "Canvas Tote", "20", description="Plain")]}
    found = told({"translations": [{"languageCode": "en", "name": "Canvas bag", "id": 1, "base": before}]})
    assert (found["title"], found["status"]) == ("Canvas bag", "active") and "description" not in found
    before["enabled"] = False
    assert told({"translations": [{"languageCode": "en", "name": "Bag", "base": before}]})["status"] == "draft"
    assert "status" not in told({"translations": [words("en", "Bag", "20")]})
    assert told({"enabled": True, "translations": [words("en", "Bag", "20", description="")]})["description"] is None


def test_of_several_languages_one_is_read_and_always_the_same() -> None:
    english, german = words("en", "Bag", "20", description="Plain"), words("de", "Tasche", "21", description="Schlicht")
    before = {"enabled": True, "translations": [german, english]}
    new = {"languageCode": "de", "name": "Beutel", "base": before}
    for held in ([german, english], [english, german], [new, english]):
        assert told({"translations": held})["title"] == "Bag"
    assert told({"translations": [english, new]}, language_code="de")["title"] == "Beutel"
    new = {"languageCode": "en", "name": "Canvas bag", "base": before}
    assert told({"translations": [new, german]})["title"] == "Canvas bag"
    read_back = {"name": "Sac", "slug": "sac", "description": "<p>Simple</p>", "enabled": False}
    found = told({**read_back, "translations": [english]})
    assert (found["title"], found["description"], found["status"]) == ("Sac", "<p>Simple</p>", "draft")


def test_a_price_is_read_as_it_is_listed() -> None:
    # With tax in the list price; `price` is what is left without it.
    row = {"id": "3", "sku": "A", "name": "A", "currencyCode": "EUR", "price": 1653, "updatedAt": NOW.isoformat()}
    listed = [{"currencyCode": "USD", "price": 2200}, {"currencyCode": "EUR", "price": 2000}]
    for more in ({"prices": listed}, {"listPrice": 2000, "listPriceIncludesTax": True}):
        _own, parts = items_of(
            "product", {"id": "1", "name": "A", "variants": [{**row, **more}], "updatedAt": NOW.isoformat()}
        )
        assert mapped(VENDURE, parts).events[0].data["price"] == "20.00"


def test_marks_are_short_and_stay_whole() -> None:
    assert mark("7/1") == mark("7/1") != mark("7/2")
    long = marked("x" * 500, "7/1")
    assert len(long) == 250 and long.endswith(f"[{mark('7/1')}]")
    assert marked("", "7/1") == f"[{mark('7/1')}]"
