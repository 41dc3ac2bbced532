"""What a careless or hostile sender may send, and what one role or program could do to everybody else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from time import thread_time

import pytest
from django.test import Client
from seeding import Seeded, seed

from sereno.store import keys, models
from sereno.web import formats
from sereno.web.highlight import yaml_lines


def owner_of(seeded: Seeded) -> Client:
    client = Client()
    client.force_login(seeded.owner)
    return client


def program_of(seeded: Seeded) -> Client:
    client = Client()
    client.defaults["HTTP_AUTHORIZATION"] = "Bearer " + keys.issue(seeded.shop.pk, "program", "read write", "test")
    return client


def put(client: Client, at: str = "2026-01-01T00:00:00Z", value: str = "1") -> int:
    event = f'[{{"id":"e","type":"custom.odd","subject":"order:1","occurred_at":"{at}","data":{{"x":{value}}}}}]'
    return client.post("/api/v1/events", event, content_type="application/json").status_code


@pytest.mark.parametrize("text", ["a" * 100_000, '\\"' * 50_000, "'a" * 50_000, "a" * 300 + " " * 99, "- " * 50_000])
def test_marking_a_flow_takes_time_in_proportion_to_its_length(text: str) -> None:
    began = thread_time()
    yaml_lines("\n".join([text, *(text[:399] for _ in range(100))]))
    assert thread_time() - began < 2


@pytest.mark.parametrize("number", ["²", "①", "x", "-1", "9" * 40])
def test_what_is_no_number_in_an_address_is_no_fault_of_ours(number: str) -> None:
    client = owner_of(seed())
    for address in ("/runs", "/events", "/effects", "/deliveries"):
        assert client.get(address, {"before": number}).status_code == 200
    assert client.get("/flows/thanks/yaml", {"version": number}).status_code == 200
    assert client.post("/effects/replay", {"id": number}).status_code == 302


@pytest.mark.parametrize("body", [b'{"note":"\\ud800"}', b"[" * 900 + b"1," * 20_000 + b"1" + b"]" * 900, b"\xff\x00"])
def test_a_delivery_can_be_looked_at_whatever_is_in_it(body: bytes) -> None:
    seeded = seed()
    models.Delivery.objects.filter(pk=seeded.delivery.pk).update(body=body)
    answer = owner_of(seeded).get(f"/deliveries/{seeded.delivery.pk}")
    assert answer.status_code == 200
    assert len(answer.content) < 300_000


def test_what_is_nested_deeper_than_can_be_written_is_said_so() -> None:
    document: list[object] = []
    for _ in range(100_000):
        document = [document]
    assert formats.pretty(document) == "[…]"


def test_an_instant_at_the_end_of_the_calendar_breaks_no_list() -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)
    for at in (first, last):
        for zone in ("America/New_York", "Pacific/Kiritimati"):
            assert str(at.year) in formats.ago(at, zone)
            assert str(at.year) in formats.clock(at, zone)
            assert str(at.year) in formats.minute(at, zone)


@pytest.mark.parametrize("value", ["NaN", "1e999", '"\\ud800"'])
def test_an_event_that_cannot_be_kept_as_json_is_refused_with_its_place(value: str) -> None:
    client = program_of(seed())
    assert put(client, value=value) == 422
    assert put(client) == 202


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
def test_an_event_from_before_or_after_all_time_is_refused(at: str) -> None:
    assert put(program_of(seed()), at=at) == 422


def test_ids_larger_than_any_are_refused() -> None:
    client = program_of(seed())
    for kind in ("effects", "deliveries"):
        answer = client.post(f"/api/v1/{kind}/replay", json.dumps({"ids": [10**30]}), content_type="application/json")
        assert answer.status_code == 422


def test_a_flow_that_unfolds_without_end_is_refused_at_once() -> None:
    lines = ["flow: bomb", "a: &a {x: 1, y: 2}", "b0: &b0 {<<: [*a]}"]
    lines += [f"b{n}: &b{n} {{<<: [{', '.join([f'*b{n - 1}'] * 10)}]}}" for n in range(1, 9)]
    client = program_of(seed())
    began = thread_time()
    for text in ("\n".join(lines), "[" * 5000):
        answer = client.put("/api/v1/flows/bomb", json.dumps({"text": text}), content_type="application/json")
        assert answer.status_code == 422
        assert answer.json()["code"] == "flow.invalid"
    assert thread_time() - began < 5


@pytest.mark.parametrize(
    ("role", "by", "status"),
    [
        ("support", "owner", 403),
        ("operator", "owner", 403),
        ("support", "support", 302),
        ("owner", "support", 302),
        ("support", "somebody@else.example", 403),
        ("support", "vic@example.com", 302),
        ("support", "the night shift", 302),
        ("viewer", "viewer", 403),
    ],
)
def test_only_whom_an_approval_asks_may_answer_it(role: str, by: str, status: int) -> None:
    seeded = seed()
    models.Approval.objects.filter(pk=seeded.approval.pk).update(by=by)
    models.Membership.objects.filter(user=seeded.viewer).update(role=role)
    client = Client()
    client.force_login(seeded.viewer)
    offered = f"/approvals/{seeded.approval.pk}/decide".encode() in client.get("/approvals").content
    assert offered is (status == 302)
    assert client.post(f"/approvals/{seeded.approval.pk}/decide", {"answer": "yes"}).status_code == status
    seeded.approval.refresh_from_db()
    assert (seeded.approval.status == "approved") is (status == 302)
