"""Recorded deliveries: what is read, what is refused and where, and that the same file twice brings nothing new."""

from __future__ import annotations

import json
from importlib import import_module

import pytest

from sereno.connectors.generic.webhooks import GENERIC
from sereno.ingest.bringing import UnknownConnection, ingest_deliveries
from sereno.ingest.files import AS_GENERIC, LARGEST, Recorded, Unreadable, read_deliveries, topic_of_name
from sereno.ingest.inbox import open_inbox
from sereno.sdk.connector import Delivery
from sereno.store.database import open_database

for room in ("orders", "customers", "catalog", "stock"):
    import_module(f"sereno.modules.{room}.events")

EVENT = {"id": "e1", "type": "order.created", "subject": "order:1", "data": {"id": "1", "total": "12.50"}}


def read(path, topic=None, connector=GENERIC):
    return list(read_deliveries(path, connector, {}, topic))


def ingest(store, *paths, connection="shop", **options):
    inbox = open_inbox(open_database(f"sqlite:///{store.path}"))
    return ingest_deliveries(inbox, connection, paths, lambda kind: GENERIC, **options)


def events(item: Recorded):
    from serving import now

    return GENERIC.map(Delivery(item.headers, item.body, item.topic, now()), {}).events


@pytest.mark.parametrize(
    ("name", "kind", "topic"),
    [
        ("orders_create.test-notification.json", "shopify", "orders/create"),
        ("order_transactions_create.json", "shopify", "order_transactions/create"),
        ("customers_email_marketing_consent_update.json", "shopify", "customers_email_marketing_consent/update"),
        ("customers_data_request.json", "shopify", "customers/data_request"),
        ("order_updated.partially-refunded.json", "woocommerce", "order.updated"),
        ("order.docs.json", "woocommerce", "order"),
        ("order.placed.json", "vendure", "order.placed"),
        ("charge.dispute.created.json", "stripe", "charge.dispute.created"),
    ],
)
def test_topics_by_name(name, kind, topic):
    assert topic_of_name(name, kind) == topic


def test_a_json_file_is_one_delivery_byte_for_byte(store, tmp_path):
    path = tmp_path / "order.placed.json"
    path.write_bytes(b' {"order_id": 820982911946154508}\n')
    (item,) = read(path)
    assert (item.topic, item.body) == ("order.placed", path.read_bytes())
    assert read(path, "mine")[0].topic == "mine"
    path.write_bytes(b"\xff webhook_id=3")
    assert read(path)[0].body == b"\xff webhook_id=3"
    path.write_bytes(b'{"topic":"order.state","data":{}}')
    assert read(path)[0].topic == "order.state"


def test_tables_as_others_export_them_are_one_delivery(tmp_path):
    rows = (
        b"amazon-order-id\tpurchase-date\tsku\tquantity\titem-price\tcurrency\r\n302-1\t2026-11-20\tA\t1\t5.00\tEUR\r\n"
    )
    for name in ("report.txt", "report.tsv"):
        (tmp_path / name).write_bytes(rows)
        (item,) = read(tmp_path / name)
        assert item.body == rows and [event.subject for event in events(item)] == ["order:302-1"]
    comma = tmp_path / "orders.csv"
    comma.write_bytes(rows.replace(b"\t", b","))
    (item,) = read(comma, "table")
    assert [event.type for event in events(item)] == ["order.created"]


def test_canonical_lines(tmp_path):
    path = tmp_path / "events.jsonl"
    second = {**EVENT, "id": "e2", "source": "till"}
    path.write_text(json.dumps(EVENT) + "\n\n" + json.dumps(second) + "\n")
    items = read(path)
    assert [item.topic for item in items] == ["order.created", "order.created"]
    assert all(item.headers[AS_GENERIC] == "generic" for item in items)
    found = [event for item in items for event in events(item)]
    assert [(event.id, event.source) for event in found] == [("e1", None), ("e2", "till")]


def test_errors_name_file_and_line_and_the_rest_goes_on(store, tmp_path):
    path = tmp_path / "events.jsonl"
    lines = [json.dumps(EVENT).encode(), b"{broken", b"\xff", b"[" * 100_000, b"x" * (LARGEST + 10), b'{"id": 2}']
    path.write_bytes(b"\n".join(lines))
    report = ingest(store, path, tmp_path / "absent.json", tmp_path / "note.txt")
    assert (report["deliveries"], report["new"], report["unreadable"]) == (2, 2, 6)
    assert [(error["line"], error["file"].rsplit("/", 1)[1]) for error in report["errors"]] == [
        (2, "events.jsonl"),
        (3, "events.jsonl"),
        (4, "events.jsonl"),
        (5, "events.jsonl"),
        (0, "absent.json"),
        (0, "note.txt"),
    ]
    assert [row[1] for row in store.deliveries()] == ["order.created", "events"]


def test_the_same_file_twice_brings_nothing_new(store, tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps({**EVENT, "id": f"e{n}"}) + "\n" for n in range(1200)))
    told = []
    assert ingest(store, path, progress=lambda done, total: told.append((done, total)))["new"] == 1200
    assert told[-1] == (1200, 1200)
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(path.read_bytes())
    report = ingest(store, path, copy)
    assert (report["new"], report["duplicates"]) == (0, 2400)
    assert len(store.deliveries()) == 1200


def test_a_delivery_as_recorded_has_the_key_it_had_at_the_door(server, store, tmp_path):
    body = b'{"id": 1}'
    assert server.deliver("shop", body, id="d1").status == 200
    path = tmp_path / "recorded.jsonl"
    line = {"topic": "order.created", "headers": {"X-Delivery": "d1"}, "body": body.decode()}
    path.write_text(json.dumps(line) + "\n" + json.dumps({"topic": "order.paid", "body": {"id": 2}}) + "\n")
    report = ingest(store, path)
    assert (report["new"], report["duplicates"]) == (1, 1)


def test_a_header_of_ours_is_taken_from_nobody(server, store):
    assert server.deliver("shop", b"{}", **{"X-Sereno-As": "generic", "X-Other": "1"}).status == 200
    ((headers,),) = store.rows("SELECT headers FROM delivery")
    assert AS_GENERIC not in json.loads(headers) and json.loads(headers)["x-other"] == "1"


def test_a_table_of_events(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        "\ufeffid;type;subject;occurred_at;total;currency;customer.email;customer.phone;is_test;zip\n"
        "e1;order.created;order:9;2026-11-20T10:00:00Z;19.90;EUR;Ada@example.com;600123456;false;01010\n"
        "\n"
        "e2;custom.called;customer:7;;;;;;;\n",
        encoding="utf-8",
    )
    first, second = (events(item)[0] for item in read(path))
    assert (first.id, first.type, first.subject) == ("e1", "order.created", "order:9")
    assert first.occurred_at.isoformat() == "2026-11-20T10:00:00+00:00"
    assert first.data["total"] == "19.90" and first.data["customer"]["email"] == "Ada@example.com"
    assert first.data["customer"]["phone"] == "600123456"
    assert first.data["is_test"] is False and first.data["zip"] == "01010"
    assert (second.type, second.subject, second.data) == ("custom.called", "customer:7", {})


def test_a_table_of_records(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text('id,email,first_name\n7,a@b.c,"Ada, ""the"" first"\n8,d@e.f,Bo\n')
    first, second = (events(item)[0] for item in read(path, "customer.created"))
    assert (first.type, first.subject) == ("customer.created", "customer:7")
    assert first.data == {"id": "7", "email": "a@b.c", "first_name": 'Ada, "the" first'}
    assert first.id != second.id
    assert events(read(path)[0])[0].type == "custom.customers"


def test_a_bad_table(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(b"id,name\n1,a,too many\n2,\xff\n3,fine\n")
    found = read(path)
    assert [item.line for item in found if isinstance(item, Unreadable)] == [2, 3]
    assert isinstance(found[2], Recorded)
    path.write_bytes(b"")
    assert isinstance(read(path)[0], Unreadable)
    path.write_bytes(b"a,a.b\n1,2\n")
    assert "record" in read(path)[0].message


def test_an_unknown_connection(store, tmp_path):
    with pytest.raises(UnknownConnection):
        ingest(store, connection="nobody")
