"""A second store's ids are told apart, over every recorded body: in data, refs and subject alike, and only once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from bodies import NOW, VENDORS, files_of, map_body, registered
from hypothesis import given
from hypothesis import strategies as st
from test_corpus import check

from sereno.commerce import records
from sereno.commerce.identity import refs_of
from sereno.commerce.schema import Record
from sereno.runtime.namespaces import LONGEST, REFERENCES, choose, plain, put_on
from sereno.sdk.connector import NewEvent

AT_HAND = [(vendor, name) for vendor in VENDORS for name in files_of(vendor)]
NOT_REFERENCES = {
    # Ids within one record, or of things that are no record here.
    ("line", "id"),
    ("line", "parent_line_id"),
    ("order", "device_id"),
    ("order_standing", "change_id"),
    ("fulfillment", "location_id"),
    ("product", "location_id"),
    ("stock_level", "location_id"),
    ("store", "id"),
    ("app", "shop_id"),
    ("pick_ticket", "id"),
    # Numbers that Sereno itself gives.
    ("code", "id"),
    ("purchase_order", "id"),
    ("stock_transfer", "id"),
    ("risk_buying_out", "id"),
    # Names that a channel gives its messages, and a catalogue document its variants.
    ("channel_heard", "message_id"),
    ("chat_message", "message_id"),
    ("channel_told", "provider_id"),
    ("comparison", "id"),
    # Visits are counted by Sereno.
    ("visit", "id"),
    # Of a help desk and a board, which know no store.
    ("ticket", "id"),
    ("card", "id"),
    # And of a CRM.
    ("deal", "id"),
}


def described() -> Iterator[Record]:
    """The records of the model, those that any event carries, and all within them."""
    ahead = [getattr(records, name) for name in records.__all__]
    ahead += [event.data for event in registered().events if event.data is not None]
    seen: set[str] = set()
    while ahead:
        one = ahead.pop()
        if one.name not in seen:
            seen.add(one.name)
            yield one
            ahead += [field.of for field in one.fields.values() if isinstance(field.of, Record)]


def record_of(event: NewEvent) -> Record | None:
    definition = registered().events.get(event.type)
    return definition.data if definition else None


def apart(event: NewEvent, namespace: str = "woo") -> NewEvent:
    return put_on(event, namespace, record_of(event))


@pytest.mark.parametrize(("vendor", "name"), AT_HAND)
def test_events_of_two_stores_share_nothing_but_people_and_skus(vendor: str, name: str) -> None:
    for event in map_body(vendor, name).events:
        moved = apart(event)
        check(moved)
        assert (moved.id, moved.type, moved.occurred_at) == (event.id, event.type, event.occurred_at)
        shared = {ref for ref in event.refs.items() if ref in moved.refs.items()}
        skus = {event.data.get("sku")}
        assert {
            (kind, key)
            for kind, key in shared
            if kind not in ("email", "sku", "shop") and not key.startswith("email:") and key not in skus
        } == set()
        kind, _, key = event.subject.partition(":")
        assert event.subject != moved.subject or kind == "shop" or key.startswith("email:") or key in skus


@pytest.mark.parametrize(("vendor", "name"), AT_HAND)
def test_doing_it_twice_changes_nothing(vendor: str, name: str) -> None:
    for event in map_body(vendor, name).events:
        assert apart(apart(event)) == apart(event)
        assert put_on(event, "", record_of(event)) is event


@pytest.mark.parametrize(("vendor", "name"), AT_HAND)
def test_refs_and_the_keys_of_records_stay_one_thing(vendor: str, name: str) -> None:
    for event in map_body(vendor, name).events:
        moved = apart(event)
        assert refs_of(moved.type, moved.subject, moved.data).items() >= moved.refs.items()
        definition = registered().events.get(event.type)
        assert definition is not None
        if definition.projects:
            projection = registered().projections.get(definition.projects)
            assert projection is not None
            before, after = projection.key(event.data), projection.key(moved.data)
            assert (before is None) == (after is None)
            assert before is None or after is None or plain(after) == before


@pytest.mark.parametrize(("vendor", "name"), AT_HAND)
def test_nothing_but_ids_is_touched(vendor: str, name: str) -> None:
    for event in map_body(vendor, name).events:
        assert json.loads(json.dumps(apart(event).data).replace("woo~", "")) == dict(event.data)


def test_every_id_of_every_record_was_decided_on() -> None:
    ids = {
        (record.name, name)
        for record in described()
        for name, field in record.fields.items()
        if name == "id" or name.endswith(("_id", "_ids")) or (name == "order" and field.kind == "string")
    }
    decided = {(record, field) for record, fields in REFERENCES.items() for field in fields}
    assert ids == decided | NOT_REFERENCES


def test_what_a_custom_event_is_about_is_told_apart_and_its_data_left_alone() -> None:
    data = {"order_id": "7", "email": "ana@example.com"}
    event = NewEvent("1", "custom.packed", "order:7", NOW, data, {"order": "7", "email": "ana@example.com"})
    moved = put_on(event, "woo", None)
    assert moved.subject == "order:woo~7"
    assert moved.refs == {"order": "woo~7", "email": "ana@example.com"}
    assert moved.data == data


def test_a_guest_is_the_same_person_in_both_stores() -> None:
    data = {"id": "9", "customer_id": "email:ana@example.com", "email": "ana@example.com"}
    event = NewEvent("1", "order.created", "order:9", NOW, data, refs_of("order.created", "order:9", data))
    moved = apart(event)
    assert moved.refs["customer"] == "email:ana@example.com"
    assert moved.refs["order"] == "woo~9"


@given(st.text(max_size=80), st.lists(st.text("abc-2", max_size=12), max_size=8))
def test_a_chosen_namespace_is_short_new_and_fit_for_an_id(name: str, taken: list[Any]) -> None:
    found = choose(name, taken)
    assert 0 < len(found) <= LONGEST
    assert found not in taken
    assert plain(f"{found}~17") == "17"


def test_plain_ids_stay_plain() -> None:
    assert plain("17") == "17"
    assert plain("gid://shopify/Order/1~2") == "gid://shopify/Order/1~2"
