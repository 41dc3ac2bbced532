"""Records of one person are known as one: by rules, by hand, undone exactly, under load, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact, order

from sereno.runtime import services
from sereno.runtime.persons import keys_of, main_key
from sereno.runtime.persons.enrolling import begin_in
from sereno.runtime.persons.joining import decide, join, split
from sereno.runtime.persons.matching import match
from sereno.runtime.records import Records
from sereno.sdk.plugin import registry
from sereno.store.fields import to_micros

FLOW = """
flow: hello
trigger: {event: customer.created}
reentry: once
exit: [{event: order.created}]
steps:
  - wait: 2d
  - log: {text: "{{ customer.id }} {{ customer.email }}"}
"""


def customer(place: Place, id: str, at: int = 0, type: str = "customer.created", **data: Any) -> None:
    moment = START + timedelta(minutes=at)
    told = {"id": id, "updated_at": moment.isoformat(), **data}
    place.send(fact(f"{type}-{id}-{at}", type, f"customer:{id}", told, moment, email=data.get("email", "")))
    place.drain()


def keys(place: Place, key: str) -> list[str]:
    with place.database.read() as tx:
        found = keys_of(tx, place.shop, key)
        assert main_key(tx, place.shop, key) == found[0]
        return found


def read(place: Place, key: str) -> dict[str, Any]:
    with place.database.read() as tx:
        records = Records(registry(), tx, place.database.dialect)
        records.want(place.shop, {"customer": key}, ["customer"])
        records.fetch()
        return dict(records.root(place.shop, {"customer": key}, "customer") or {})


def joins(place: Place) -> list[tuple[Any, ...]]:
    return place.rows("SELECT one, other, status, rule FROM customers_join ORDER BY one, other")


def columns(place: Place) -> list[tuple[Any, ...]]:
    return [
        (key, merged, bool(is_main))
        for key, merged, is_main in place.rows("SELECT key, merged_into, is_main FROM customers_customer ORDER BY key")
    ]


def test_one_address_is_one_person(place: Place) -> None:
    customer(place, "17", email="ana@example.com", first_name="Ana", accepts_email=True, order_count=2)
    customer(place, "two~9", 1, email="ANA@example.com", phone="+34600111222", accepts_email=False, order_count=3)
    assert keys(place, "two~9") == ["17", "two~9"] == keys(place, "17")
    found = read(place, "two~9")
    assert (found["id"], found["phone"], found["order_count"]) == ("17", "+34600111222", 5)
    assert found["accepts_email"] is False, "the strictest word holds"
    assert found["emails"] == ["ana@example.com"]


def test_a_name_alone_joins_nobody_and_a_familys_telephone_is_proposed(place: Place) -> None:
    customer(place, "1", email="ana@example.com", name="Ana Ruiz", phone="+34 600 111 222")
    customer(place, "2", 1, email="luis@example.com", name="Luis Ruiz", phone="0034600111222")
    customer(place, "3", 2, email="other@example.com", name="Ana Ruiz")
    assert [keys(place, one) for one in "123"] == [["1"], ["2"], ["3"]]
    assert joins(place) == [("1", "2", "proposed", "phone_shared")]


def test_one_telephone_and_one_name_are_one_person(place: Place) -> None:
    customer(place, "1", email="ana@example.com", name="Ana Ruíz", phone="+34600111222")
    customer(place, "2", 1, email="ana@work.example", name="ana ruiz", phone="(0034) 600-111-222")
    assert keys(place, "2") == ["1", "2"]
    assert read(place, "2")["emails"] == ["ana@example.com", "ana@work.example"]


def test_undoing_splits_exactly_what_was_joined_and_it_stays_apart(place: Place) -> None:
    for number, (id, email) in enumerate((("1", "a@example.com"), ("2", "a@example.com"), ("3", "b@example.com"))):
        customer(place, id, number, email=email)
    assert join(place.shop, "2", "3", "eva", database=place.database)
    assert not join(place.shop, "1", "3", "eva", database=place.database)
    assert keys(place, "3") == ["1", "2", "3"]
    # The pair by hand alone is undone: 1 and 2 stay.
    (id_,) = place.rows("SELECT id FROM customers_join WHERE rule = 'by_hand'")[0]
    assert decide(place.shop, id_, "apart", "eva", database=place.database) == "joined"
    assert (keys(place, "1"), keys(place, "3")) == (["1", "2"], ["3"])
    assert columns(place) == [("1", "", True), ("2", "1", False), ("3", "", False)]
    # The undo is undone.
    decide(place.shop, id_, "joined", "eva", database=place.database)
    assert keys(place, "3") == ["1", "2", "3"]
    # Of three the one in the middle leaves; whom it held together stay together.
    assert split(place.shop, "2", "eva", database=place.database) == ["1", "3"]
    assert (keys(place, "2"), keys(place, "3")) == (["2"], ["1", "3"])
    # The rules do not join again what people took apart.
    customer(place, "2", 9, "customer.updated", email="a@example.com", name="Anew")
    assert keys(place, "2") == ["2"]
    actions = [row[0] for row in place.rows("SELECT action FROM audit WHERE action LIKE 'customer.%' ORDER BY id")]
    assert actions == ["customer.joined", "customer.split", "customer.joined", "customer.split"]


def test_flows_see_one_customer_and_events_go_where_they_belong(place: Place) -> None:
    place.flow(FLOW)
    customer(place, "17", email="ana@example.com")
    customer(place, "two~9", 1, "customer.updated", email="ana@example.com")
    # One run, whichever record the next event is of.
    customer(place, "two~9", 2, email="ana@example.com", name="Ana")
    assert [(row[0], row[1]) for row in place.runs()] == [("customer:17", "waiting")]
    # What she orders at the other store ends it.
    placed = fact("o1", "order.created", "order:o1", {"id": "o1", "customer_id": "two~9"}, customer="two~9")
    place.send(placed)
    place.drain()
    assert [row[1] for row in place.runs()] == ["exited"]
    # Taken apart, the order and the event are the second record's, as they came.
    split(place.shop, "two~9", "eva", database=place.database)
    links = place.rows("SELECT DISTINCT link FROM event_link WHERE link LIKE 'customer:%' ORDER BY link")
    assert links == [("customer:17",), ("customer:two~9",)]
    assert read(place, "two~9")["id"] == "two~9"
    assert read(place, "17").get("name") is None


def test_no_of_any_address_holds_for_the_person(place: Place) -> None:
    customer(place, "1", email="a@example.com", accepts_email=True)
    customer(place, "2", 1, email="b@example.com", accepts_email=True)
    join(place.shop, "1", "2", "eva", database=place.database)
    assert read(place, "1")["accepts_email"] is True
    line = (place.shop, "b@example.com", "email", "marketing", False, to_micros(START), "page", "{}", "u1")
    with place.database.transaction() as tx:
        tx.many("add_consents", [line])
    assert read(place, "1")["accepts_email"] is False


def test_a_number_of_a_whole_office_joins_nobody(place: Place) -> None:
    for number in range(10):
        customer(place, str(number), number, phone="+34911222333", email=f"p{number}@example.com")
    before = {row[:2] for row in joins(place)}
    assert all(row[2] == "proposed" for row in joins(place))
    customer(place, "99", 20, phone="+34911222333", email="last@example.com")
    assert {row[:2] for row in joins(place)} == before


def test_tags_of_all_records_are_the_persons(place: Place) -> None:
    customer(place, "1", email="a@example.com", tags=["vip"])
    customer(place, "2", 1, email="a@example.com")
    with place.database.transaction() as tx:
        tx.many("add_tags", [(place.shop, "customer", "2", "own", 1)])
    assert read(place, "1")["tags"] == ["vip", "own"]


def test_staff_and_workers_may_decide_at_once(place: Place) -> None:
    """Many join, split and match the same records at the same time: none is lost in between, and the columns follow
    from the pairs."""
    shop, database = place.shop, place.database
    for number in range(8):
        customer(place, str(number), number, email=f"p{number}@example.com")
    broken: list[BaseException] = []

    def work(turn: int) -> None:
        try:
            for step in range(6):
                one, other = str((turn + step) % 8), str((turn * 3 + step + 1) % 8)
                if one != other:
                    join(shop, one, other, "eva", database=database)
                if step % 2:
                    split(shop, one, "eva", database=database)
                with database.transaction() as tx:
                    tx.many("put_to_match", [(shop, one)])
                with database.transaction() as tx:
                    match(tx, shop, begin_in(place.runtime.world), 1)
                services.insert_events(
                    shop, None, "race", [order(f"{turn}-{step}", customer_id=one)], database=database
                )
        except BaseException as error:
            broken.append(error)
        finally:
            database.close_mine()

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        place.runtime.round()
    for thread in threads:
        thread.join()
    place.drain()
    assert broken == []
    pairs = [(row[0], row[1]) for row in joins(place) if row[2] == "joined"]
    held = columns(place)
    for key, merged, is_main in held:
        group = {key}
        while more := {end for pair in pairs if group & set(pair) for end in pair} - group:
            group |= more
        mains = {one for one, into, main in held if one in group and main}
        assert len(mains) == (len(group) > 1), (key, group)
        assert merged in mains if merged else (is_main == (len(group) > 1)), (key, merged, group)


def test_who_joins_a_stranger_is_told(place: Place) -> None:
    customer(place, "1", email="a@example.com")
    with pytest.raises(LookupError):
        join(place.shop, "1", "none", "eva", database=place.database)
    with pytest.raises(ValueError, match="one record"):
        join(place.shop, "1", "1", "eva", database=place.database)
