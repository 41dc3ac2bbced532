"""What webhooks missed is found, told late and once; a platform without webhooks is read the same way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from fakeplatform import Connected, broken, connected
from support import START, Place

from sereno.runtime.reading import asking
from sereno.sdk.ports import HttpAnswer
from sereno.store.documents import decode

FLOWS = (
    "flow: new\ntrigger: {event: order.created}\nsteps:\n  - log: {text: new}\n",
    "flow: paid\ntrigger: {event: order.paid}\nsteps:\n  - log: {text: paid}\n",
    "flow: changed\ntrigger: {event: order.updated}\nreentry: {always: true}\nsteps:\n  - log: {text: changed}\n",
)


@pytest.fixture
def store(place: Place) -> Iterator[Connected]:
    with connected(place) as found:
        for flow in FLOWS:
            place.flow(flow)
        found.reader.enrol()
        place.clock.move_to(START + timedelta(hours=1))
        yield found


def now(store: Connected, **later: float) -> datetime:
    store.at.clock.move_to(store.at.clock.now() + timedelta(**later))
    return store.at.clock.now()


def runs(store: Connected) -> list[tuple[str, str]]:
    return sorted(
        store.at.rows("SELECT flow.name, run.subject FROM run JOIN flow ON flow.id = run.flow_id WHERE NOT is_derived")
    )


def read(store: Connected) -> dict[str, int]:
    """A pass, with what webhooks have had time to bring; gives what it counted."""
    now(store, minutes=5)
    assert store.pass_now() > 0
    store.at.drain()
    rows = store.at.rows("SELECT last_counts FROM reading")
    return decode(rows[0][0])["order"]


def test_a_lost_webhook_is_made_good_late_and_once(store: Connected) -> None:
    row = store.platform.place(1, now(store), financial_status="paid")
    assert read(store) == {"read": 1, "new": 2, "gaps": 1, "failed": 0, "total": 1}
    assert runs(store) == [("new", "order:1"), ("paid", "order:1")]
    gap = store.at.rows("SELECT kind, facts, behind, delivery FROM reading_gap")
    assert gap[0][:3] == ("order", 2, 300)
    headers, topic, status = store.at.rows("SELECT headers, topic, status FROM delivery")[0]
    assert (headers, topic, status) == ('{"x-sereno-read":"gap"}', "orders/updated", "done")
    assert store.at.rows("SELECT DISTINCT delivery_id FROM event WHERE source = 'store'") == [(gap[0][3],)]
    # Read again, and received after all: nothing is told twice.
    assert read(store)["new"] == 0
    store.deliver("orders/create", row, "late-1")
    store.deliver("orders/paid", row, "late-2")
    store.at.drain()
    assert runs(store) == [("new", "order:1"), ("paid", "order:1")]


def test_a_lost_change_is_told_once_though_its_webhook_comes_late(store: Connected) -> None:
    row = store.platform.place(1, now(store))
    store.deliver("orders/create", row, "a")
    store.at.drain()
    row = store.platform.change(1, now(store, minutes=1), note="ring twice")
    assert read(store)["gaps"] == 1
    assert runs(store) == [("changed", "order:1"), ("new", "order:1")]
    store.deliver("orders/updated", row, "late")
    store.at.drain()
    assert runs(store) == [("changed", "order:1"), ("new", "order:1")]
    assert store.at.rows("SELECT status FROM delivery WHERE dedupe_key = 'late'") == [("done",)]
    # The next change is one of its own, received or read.
    row = store.platform.change(1, now(store, minutes=1), note="ring thrice")
    store.deliver("orders/updated", row, "next")
    store.at.drain()
    assert read(store)["gaps"] == 0
    assert runs(store) == [("changed", "order:1"), ("changed", "order:1"), ("new", "order:1")]


def test_what_is_still_on_its_way_is_not_taken_for_lost(store: Connected) -> None:
    row = store.platform.place(1, now(store))
    store.deliver("orders/create", row, "a")
    store.at.drain()
    row = store.platform.change(1, now(store, minutes=1), note="ring twice")
    # A moment old: left to the webhooks under way.
    store.pass_now()
    assert store.at.rows("SELECT count(*) FROM reading_gap") == [(0,)]
    # Received, not yet projected.
    store.deliver("orders/updated", row, "b")
    store.at.runtime.mapper.run(100)
    now(store, minutes=5)
    store.pass_now()
    assert store.at.rows("SELECT count(*) FROM reading_gap") == [(0,)]
    store.at.drain()
    assert runs(store) == [("changed", "order:1"), ("new", "order:1")]


def test_deliveries_not_yet_understood_are_waited_for(store: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    row = store.platform.place(1, now(store))
    store.deliver("orders/create", row, "a")
    now(store, minutes=5)
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        if seconds and len(waited) > 3:
            store.at.runtime.mapper.run(100)
        return False

    monkeypatch.setattr(store.reader, "_wait", wait)
    store.pass_now()
    assert store.at.rows("SELECT count(*) FROM reading_gap") == [(0,)]
    assert store.at.rows("SELECT type FROM event WHERE source = 'store'") == [("order.created",)]


def test_what_happened_before_sereno_came_starts_nothing(store: Connected) -> None:
    store.platform.place(1, START - timedelta(days=90), financial_status="paid")
    store.platform.change(1, now(store), note="touched today")
    assert read(store)["new"] == 2
    assert runs(store) == []
    assert store.at.rows("SELECT key, payment_status FROM orders_order") == [("1", "paid")]
    assert store.at.rows("SELECT count(*) FROM reading_gap") == [(0,)]
    # From now on it is known, and what becomes of it is news.
    store.platform.change(1, now(store, minutes=10), financial_status="refunded")
    assert read(store)["gaps"] == 1
    assert ("changed", "order:1") in runs(store)


def test_with_one_delivery_in_ten_lost_the_state_converges_and_nothing_acts_twice(store: Connected) -> None:
    chance = random.Random(7)
    dropped = sent = 0

    def hook(topic: str, row: dict[str, object]) -> None:
        nonlocal dropped, sent
        sent += 1
        if chance.random() < 0.1:
            dropped += 1
            return
        store.deliver(topic, row, f"h{sent}")
        if chance.random() < 0.1:
            store.deliver(topic, row, f"h{sent}")

    changes = 0
    for step in range(1, 61):
        at = now(store, seconds=40)
        row = store.platform.place(step, at)
        hook("orders/create", row)
        if step > 5 and chance.random() < 0.8:
            paid = store.platform.change(step - 5, at, financial_status="paid")
            hook("orders/paid", paid)
            hook("orders/updated", paid)
            changes += 1
        store.at.drain()
        if step % 20 == 0:
            read(store)
    read(store)
    assert dropped >= 8
    paid_orders = sorted(str(row["id"]) for row in store.platform.orders.values() if row["financial_status"] == "paid")
    held = dict(store.at.rows("SELECT key, payment_status FROM orders_order"))
    assert sorted(held) == sorted(str(number) for number in store.platform.orders)
    assert sorted(key for key, status in held.items() if status == "paid") == paid_orders
    started = runs(store)
    assert sorted(subject for flow, subject in started if flow == "new") == sorted(f"order:{key}" for key in held)
    assert sorted(subject for flow, subject in started if flow == "paid") == sorted(f"order:{k}" for k in paid_orders)
    told = [subject for flow, subject in started if flow == "changed"]
    assert len(told) == len(set(told)) <= changes
    effects = store.at.rows("SELECT count(*), count(DISTINCT key) FROM effect WHERE action = 'log'")
    assert effects == [(len(started), len(started))]
    assert read(store)["new"] == 0


def test_a_pass_goes_on_where_a_killed_one_stopped(store: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 7):
        store.platform.place(number, now(store, seconds=1))
    now(store, minutes=5)
    keep, kept = store.reader._keep_pass, 0

    def killed(*given: object, **named: object) -> None:
        nonlocal kept
        kept += 1
        if kept == 2:
            raise KeyboardInterrupt
        keep(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store.reader, "_keep_pass", killed)
    with pytest.raises(KeyboardInterrupt):
        store.pass_now()
    monkeypatch.undo()
    now(store, minutes=2)
    store.platform.asked.clear()
    assert store.read() == 2
    assert "after=2" in store.platform.asked[0]
    store.at.drain()
    assert len(runs(store)) == 6
    assert store.at.rows("SELECT count(*) FROM reading_gap") == [(6,)]


def test_a_platform_that_does_not_answer_is_an_alert_until_it_does(store: Connected) -> None:
    store.platform.answers = [broken(), broken(), broken(), HttpAnswer(401, {}, b"no")]
    now(store, minutes=20)
    for _ in range(3):
        store.read()
        now(store, minutes=20)
    alerts = "SELECT kind, about, status FROM alert ORDER BY id"
    assert store.at.rows(alerts) == [("reading.stopped", "connection:store", "open")]
    assert store.at.rows("SELECT error, failures FROM reading") == [("store.busy", 3)]
    store.read()
    assert store.at.rows("SELECT error FROM reading") == [("store.key_refused",)]
    now(store, minutes=20)
    store.read()
    assert store.at.rows("SELECT error, failures FROM reading") == [(None, 0)]
    assert store.at.rows(alerts) == [("reading.stopped", "connection:store", "settled")]


def test_reading_is_asked_for_turned_off_and_paced(store: Connected) -> None:
    place, since = store.at, START - timedelta(days=2)
    asking.read_now(place.shop, "store", "ana", since=since, database=place.database)
    assert store.read() == 1
    assert f"since={(since - timedelta(minutes=10)).date()}" in store.platform.asked[0]
    asking.change(place.shop, "store", "ana", is_on=False, every=60, database=place.database)
    now(store, hours=1)
    assert store.read() == 0
    asking.change(place.shop, "store", "ana", is_on=True, database=place.database)
    assert store.read() == 1
    with pytest.raises(ValueError, match="a day"):
        asking.change(place.shop, "store", "ana", every=5, database=place.database)
    assert [row[0] for row in place.rows("SELECT action FROM audit WHERE action LIKE 'reading%' ORDER BY id")] == [
        "reading.asked",
        "reading.changed",
        "reading.changed",
    ]


def test_a_platform_without_webhooks_is_read_all_the_time(place: Place) -> None:
    with connected(place, is_poll=True) as store:
        for flow in FLOWS:
            place.flow(flow)
        store.reader.enrol()
        assert place.rows("SELECT every FROM reading") == [(60,)]
        store.platform.place(1, now(store, minutes=2))
        store.read()
        place.drain()
        assert runs(store) == [("new", "order:1")]
        store.platform.change(1, now(store, minutes=2), financial_status="paid")
        store.read()
        place.drain()
        assert runs(store) == [("changed", "order:1"), ("new", "order:1"), ("paid", "order:1")]
        assert place.rows("SELECT count(*) FROM reading_gap") == [(0,)]
        assert place.rows("SELECT dedupe_key FROM delivery ORDER BY id")[0][0].startswith("poll:orders/updated:1:")
