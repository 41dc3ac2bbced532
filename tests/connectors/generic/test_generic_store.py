"""Any system that takes writes: what it is asked, how it is signed, and what its answers mean."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from wires import NOW, Asked, Wire, carry_out, changes_once, exchange, mapped

from sereno.commerce.money import Money
from sereno.connectors.generic.schemas import document
from sereno.connectors.generic.webhooks import GENERIC
from sereno.connectors.generic.writing import STORE
from sereno.connectors.signatures import verify_standard
from sereno.sdk import writes
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Reading, StoreBusy, StoreLimited, StoreRefused

SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0"
ACCESS = {"url": "https://erp.example/sereno", "secret": SECRET, "token": "t0", "reads_url": "https://erp.example/api"}

EUR = Money(Decimal("12.50"), "EUR")
EACH: list[writes.Write] = [
    writes.TagOrder("1", ("VIP",), ("old",)),
    writes.NoteOrder("1", "Ring twice"),
    writes.HoldFulfillment("1", "risk"),
    writes.ReleaseFulfillment("1"),
    writes.CancelOrder("1"),
    writes.RefundOrder("1", EUR, (writes.RefundLine("7", 2),)),
    writes.CapturePayment("1"),
    writes.ChangeAddress("1", {"line1": "1 New St"}),
    writes.ChangeItems("1", (writes.LineQuantity(2, line="7"),)),
    writes.FulfillOrder("1", tracking_number="PK1"),
    writes.CreateDraftOrder("3", lines=(writes.LineQuantity(1, variant="9"),), discount=EUR),
    writes.TagCustomer("3", ("VIP",)),
    writes.TagProduct("4", ("New",)),
    writes.SetPrice("4", "9", EUR),
    writes.SetTexts("4", "Coffee", "<p>Dark</p>"),
    writes.PublishProduct("4"),
    writes.CollectProduct("4", "coffee"),
    writes.SetStock("9", 3, expected=4),
    writes.SetMetafield("order", "1", "shelf", "B4"),
    writes.CreateDiscountCode("BACK10", value=Decimal("10.5"), ends_at=NOW),
    writes.WritePost("news/sale", {"title": "Sale", "is_published": True}),
    writes.WritePage("sale", {"body": "<p>Now</p>"}, {"body": "<p>Then</p>"}),
    writes.SetThemeFile("config/settings_data.json", {"": "{}"}),
    writes.PublishTheme("", {"": "77"}),
]


@dataclass
class System(Wire):
    """Keeps the idempotency keys it has seen, as it is asked to."""

    seen: dict[str, Any] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)

    def state(self) -> Any:
        return {key: {**body, "timestamp": None} for key, body in self.seen.items()}

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        if asked.method == "GET":
            place = int(asked.query.get("cursor", 0))
            size = int(asked.query["size"]) if "size" in asked.query else 1
            onward = place + size
            if not asked.path.endswith("s"):
                own = asked.path.rpartition("/")[2]
                return next(
                    ((200, one) for one in self.records if str(one["id"]) == own), (404, {"message": "unknown"})
                )
            more = {"next": str(onward)} if onward < len(self.records) else {}
            return 200, {"items": self.records[place:onward], "total": len(self.records), **more}
        if asked.body["type"] == "store.probe":
            return 200, {"shop": "Till 1", "currency": "EUR", "lacking": ["It makes no discount codes."]}
        self.seen.setdefault(asked.headers["Idempotency-Key"], asked.body)
        return 200, {"value": {"id": "42"}, "version": "2026-11-22T12:00:01Z"}


def done(system: System, write: writes.Write, attempt: int = 1):
    return carry_out(exchange(system, STORE, ACCESS), STORE, write, attempt=attempt)


@pytest.mark.parametrize("write", EACH, ids=lambda one: one.ability)
def test_each_write_is_as_its_schema_says_and_done_once(write: writes.Write) -> None:
    assert changes_once(System, STORE, ACCESS, write) == 1
    system = System()
    found = done(system, write)
    assert found.value == {"id": "42"} and found.version == NOW + timedelta(seconds=1)
    (asked,) = system.asked
    schema = document()
    jsonschema.Draft202012Validator(schema["$defs"][write.ability] | {"$defs": schema["$defs"]}).validate(asked.body)
    jsonschema.Draft202012Validator(schema).validate(asked.body)


def test_nothing_is_missing() -> None:
    assert [type(one) for one in EACH] == list(writes.WRITES)
    assert set(STORE.writes) == set(writes.WRITES)


def test_amounts_are_text() -> None:
    system = System()
    done(system, EACH[5])
    assert system.asked[0].body == {
        "type": "store.refund_order",
        "timestamp": "2026-11-22T12:00:00Z",
        "data": {
            "order": "1",
            "amount": {"amount": "12.50", "currency": "EUR"},
            "lines": [{"line": "7", "quantity": 2, "restock": True}],
            "note": "",
            "notify": True,
        },
    }


def test_it_is_signed_and_named_the_same_on_every_attempt() -> None:
    requests: list[HttpRequest] = []

    class Kept(System):
        def send(self, request: HttpRequest):
            requests.append(request)
            return super().send(request)

    system = Kept()
    done(system, EACH[0])
    done(system, EACH[0], attempt=2)
    for request, minutes in zip(requests, (0, 10), strict=True):
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert verify_standard([SECRET], headers, request.body or b"", NOW + timedelta(minutes=minutes)) == "ok"
        assert verify_standard([SECRET], headers, b"{}", NOW + timedelta(minutes=minutes)) == "bad_signature"
        assert headers["webhook-id"] == headers["idempotency-key"] == "7/1"
        assert headers["authorization"] == "Bearer t0"
    assert [one.headers["X-Sereno-Attempt"] for one in requests] == ["1", "2"]
    STORE.probe(exchange(system, STORE, ACCESS))
    headers = {name.lower(): value for name, value in requests[-1].headers.items()}
    assert verify_standard([SECRET], headers, requests[-1].body or b"", datetime.now(UTC)) == "ok"


@pytest.mark.parametrize(
    ("status", "said", "kind", "code"),
    [
        (429, {}, StoreLimited, None),
        (503, {}, StoreBusy, None),
        (200, b"<html>", StoreBusy, None),
        (401, {"message": "no"}, StoreRefused, "store.key_refused"),
        (501, {"message": "we make no codes"}, StoreRefused, "store.cannot"),
        (404, {"message": "unknown order"}, StoreRefused, "store.not_found"),
        (422, {"code": "refund.too_much", "message": "only 5.00 is left"}, StoreRefused, "refund.too_much"),
        (409, {"code": "DROP TABLE", "message": "odd"}, StoreRefused, "store.refused"),
        (400, {"errors": ["x"]}, StoreRefused, "store.refused"),
    ],
)
def test_answers(status: int, said: Any, kind: type[Exception], code: str | None) -> None:
    system = System(fixed={("POST", "/sereno"): (status, said)})
    with pytest.raises(kind) as raised:
        done(system, EACH[0])
    assert getattr(raised.value, "code", None) == code
    if isinstance(said, dict) and "message" in said:
        assert said["message"] in str(raised.value)


def test_an_empty_answer_is_enough() -> None:
    found = done(System(fixed={("POST", "/sereno"): (204, b"")}), EACH[0])
    assert (found.value, found.version) == ({}, None)


def test_probe() -> None:
    found = STORE.probe(exchange(System(), STORE, ACCESS))
    assert (found.shop, found.currency, list(found.lacking)) == ("Till 1", "EUR", ["It makes no discount codes."])


def test_reading() -> None:
    records = [{"id": str(own), "total": "5.00", "updated_at": f"2026-11-20T10:00:0{own}Z"} for own in range(5)]
    system = System(records=records)
    way, cursor, items = exchange(system, STORE, ACCESS), None, []
    while True:
        page = STORE.reads["order"](way, Reading(NOW - timedelta(days=3), None, cursor, 2))
        items += page.items
        cursor = page.next
        if cursor is None:
            break
    assert [item.id for item in items] == ["0", "1", "2", "3", "4"] and page.total == 5
    assert system.asked[0].path == "/api/orders"
    assert system.asked[0].query == {"size": "2", "since": "2026-11-19T12:00:00Z"}
    (event,) = mapped(GENERIC, items[1]).events
    assert (event.id, event.type, event.subject) == ("order:1:updated:2026-11-20T10:00:01Z", "order.updated", "order:1")
    one = STORE.fetch["order"](way, "3")
    assert one is not None and one.id == "3" and STORE.fetch["order"](way, "9") is None


def test_canonical_events_are_read_as_they_are() -> None:
    event = {
        "id": "e1",
        "type": "order.paid",
        "occurred_at": "2026-11-20T10:00:00Z",
        "data": {"id": "1", "total": "5.00"},
    }
    (item,) = STORE.reads["order"](exchange(System(records=[event]), STORE, ACCESS), Reading()).items
    assert (item.topic, item.id) == ("order.paid", "1")
    (found,) = mapped(GENERIC, item).events
    assert (found.id, found.type) == ("e1", "order.paid")
    level = {"id": "s", "sku": "A-1", "available": 4}
    (item,) = STORE.reads["stock_level"](exchange(System(records=[level]), STORE, ACCESS), Reading()).items
    assert item.topic == "stock.changed" and mapped(GENERIC, item).events[0].data["available"] == 4


def test_without_an_address_to_read_it_says_so() -> None:
    with pytest.raises(StoreRefused) as refused:
        STORE.reads["order"](exchange(System(), STORE, {**ACCESS, "reads_url": ""}), Reading())
    assert refused.value.code == "store.no_address"


def test_the_schema_is_a_schema_and_json() -> None:
    schema = document()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    wrong = {"type": "store.tag_order", "timestamp": "2026-11-22T12:00:00Z", "data": {"add": [1]}}
    assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)
