"""History read from a platform: whole, exact, and starting nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fakeplatform import Connected, broken, connected, later
from support import Place

from sereno.runtime import inbox
from sereno.runtime.reading import asking
from sereno.runtime.reading.working import Reader
from sereno.sdk.ports import HttpAnswer
from sereno.store.postgres import Cursor


@pytest.fixture
def store(place: Place) -> Iterator[Connected]:
    with connected(place) as found:
        yield found


def job(store: Connected) -> tuple[Any, ...]:
    return store.at.rows("SELECT status, place, cursor, counts, error FROM backfill ORDER BY id DESC")[0]


def ask(store: Connected, **wanted: Any) -> int:
    return asking.backfill(store.at.shop, "store", "ana", database=store.at.database, **wanted)


def facts(store: Connected) -> list[tuple[Any, ...]]:
    return store.at.rows("SELECT type, subject FROM event ORDER BY subject, type")


def test_history_is_kept_and_projected_and_starts_no_flow(store: Connected) -> None:
    store.at.flow("flow: paid\ntrigger: {event: order.paid}\nsteps:\n  - log: {text: paid}\n")
    store.at.flow("flow: new\ntrigger: {event: order.created}\nsteps:\n  - log: {text: new}\n")
    for number in range(1, 6):
        store.platform.place(number, later(days=-number), financial_status="paid")
    ask(store)
    assert store.read() == 3
    assert job(store) == ("done", 1, "", '{"order":{"read":5,"new":10,"gaps":0,"failed":0,"total":5}}', None)
    assert facts(store) == [
        (type_, f"order:{number}") for number in range(1, 6) for type_ in ("order.created", "order.paid")
    ]
    assert store.at.rows("SELECT key, payment_status FROM orders_order ORDER BY key") == [
        (str(number), "paid") for number in range(1, 6)
    ]
    assert store.at.rows("SELECT key, email FROM customers_customer") == [("17", "ana@example.com")]
    assert store.at.rows("SELECT count(*) FROM event_queue") == [(0,)]
    assert store.at.rows("SELECT count(*) FROM event_link WHERE link = 'customer:17'") == [(10,)]
    store.at.drain()
    assert store.at.runs() == []


def test_a_record_that_comes_in_two_notices_is_one_of_all(store: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a product does on Vendure: "14 of 7" is no progress."""
    once = Reader._seen
    monkeypatch.setattr(Reader, "_seen", lambda self, store, page: 2 * once(self, store, page))
    for number in (1, 2, 3):
        store.platform.place(number, later(days=-number))
    ask(store)
    store.read()
    assert '"read":3,' in job(store)[3] and '"total":3' in job(store)[3]


def test_what_is_known_already_is_not_told_again_by_history_nor_by_a_webhook(store: Connected) -> None:
    store.at.flow("flow: paid\ntrigger: {event: order.paid}\nsteps:\n  - log: {text: paid}\n")
    row = store.platform.place(1, later(days=-1), financial_status="paid")
    store.deliver("orders/paid", row, "a")
    store.at.drain()
    assert len(store.at.runs()) == 1
    ask(store)
    store.read()
    store.deliver("orders/paid", row, "b")
    store.at.drain()
    assert len(store.at.runs()) == 1
    assert [type_ for type_, _ in facts(store)] == ["order.created", "order.paid"]


def test_a_record_that_changed_since_is_brought_up_to_date(store: Connected) -> None:
    row = store.platform.place(1, later(days=-2))
    store.deliver("orders/create", row, "a")
    store.at.drain()
    store.platform.change(1, later(days=-1), note="ring twice", tags="vip")
    ask(store)
    store.read()
    found = store.at.rows("SELECT data FROM orders_order")[0][0]
    assert "ring twice" in found
    assert [type_ for type_, _ in facts(store)] == ["order.created", "order.updated"]


def test_the_disk_is_waited_for_at_the_end_and_not_at_each_page(
    store: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        store.platform.place(number, later(days=-number))
    ask(store)
    said: list[str] = []
    execute = Cursor.execute

    def listening(self: Cursor, sql: str, *given: Any, **options: Any) -> Any:
        said.append(sql)
        return execute(self, sql, *given, **options)

    monkeypatch.setattr(Cursor, "execute", listening)
    assert store.read() == 3
    hasty = [place for place, sql in enumerate(said) if "synchronous_commit" in sql]
    if store.at.database.dialect == "sqlite":
        assert not said and store.at.rows("PRAGMA synchronous") == [(2,)]
        return
    assert [said[place + 1] for place in hasty] == ["COMMIT"] * 3
    (end,) = [place for place, sql in enumerate(said) if sql.startswith("UPDATE backfill SET status = $1")]
    assert end > max(hasty) and said[end + 1] == "COMMIT"
    assert store.at.rows("SHOW synchronous_commit") == [("on",)]


def test_a_fact_somebody_stores_meanwhile_is_found_on_the_next_try(
    store: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = store.platform.place(1, later(days=-1))
    store.platform.place(2, later(days=-2))
    store.deliver("orders/create", row, "a")
    store.at.drain()
    ask(store)
    look, looks = inbox.known_in, 0

    def blind(*given: Any) -> set[tuple[Any, ...]]:
        nonlocal looks
        looks += 1
        return set() if looks == 1 else look(*given)

    monkeypatch.setattr(inbox, "known_in", blind)
    store.read()
    assert looks == 2, "the page was not tried again"
    assert job(store)[3] == '{"order":{"read":2,"new":1,"gaps":0,"failed":0,"total":2}}'
    assert facts(store) == [("order.created", "order:1"), ("order.created", "order:2")]
    assert store.at.rows("SELECT count(*) FROM event_link WHERE link = 'order:1'") == [(1,)]


@pytest.mark.parametrize("killed_at", [1, 2, 3])
def test_a_killed_reader_is_followed_at_the_same_page(
    store: Connected, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    for number in range(1, 7):
        store.platform.place(number, later(days=-number))
    ask(store)
    keep, kept = store.reader._keep_job, 0

    def killed(*given: Any) -> None:
        nonlocal kept
        kept += 1
        if kept == killed_at:
            raise KeyboardInterrupt
        keep(*given)

    monkeypatch.setattr(store.reader, "_keep_job", killed)
    with pytest.raises(KeyboardInterrupt):
        store.reader.run()
    monkeypatch.undo()
    assert job(store)[0] == "running"
    assert store.reader.run() == 0  # the lease of the dead still runs
    store.at.clock.move_to(store.at.clock.now() + timedelta(minutes=2))
    store.read()
    assert job(store)[0] == "done"
    assert job(store)[3] == '{"order":{"read":6,"new":6,"gaps":0,"failed":0,"total":6}}'
    assert facts(store) == [("order.created", f"order:{number}") for number in range(1, 7)]
    pages = [one for one in store.platform.asked if one.startswith("/orders")]
    assert len(pages) <= 5  # the page that was being kept was read twice, and the one asked for meanwhile


def test_it_pauses_goes_on_and_ends_on_a_word(store: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 7):
        store.platform.place(number, later(days=-number))
    id_ = ask(store)
    with pytest.raises(ValueError, match="read already"):
        ask(store)
    monkeypatch.setattr("sereno.runtime.reading.working.SLICE", 0.0)
    keep = store.reader._keep_job

    def kept(*given: Any) -> None:
        keep(*given)
        asking.pause(store.at.shop, id_, "ana", database=store.at.database)

    monkeypatch.setattr("sereno.runtime.reading.working.SLICE", 5.0)
    monkeypatch.setattr(store.reader, "_keep_job", kept)
    store.reader.run()
    monkeypatch.undo()
    assert job(store)[:3] == ("paused", 0, "2")
    assert store.read() == 0
    asking.resume(store.at.shop, id_, "ana", database=store.at.database)
    asking.cancel(store.at.shop, id_, "ana", database=store.at.database)
    assert store.read() == 0
    assert job(store)[0] == "cancelled"
    with pytest.raises(ValueError, match="over"):
        asking.cancel(store.at.shop, id_, "ana", database=store.at.database)
    with pytest.raises(LookupError):
        asking.cancel(store.at.shop + 1, id_, "ana", database=store.at.database)
    ask(store)
    store.read()
    assert job(store)[0] == "done"


def test_a_busy_platform_is_asked_again_later_and_a_refused_key_stops_it(store: Connected) -> None:
    store.platform.place(1, later(days=-1))
    id_ = ask(store)
    store.platform.answers = [broken(), HttpAnswer(429, {"retry-after": "30"}, b"slow"), HttpAnswer(401, {}, b"no")]
    assert store.read() == 0
    assert job(store)[0] == "running"
    assert job(store)[4] == "store.busy"
    store.at.clock.move_to(store.at.clock.now() + timedelta(seconds=20))
    assert store.read() == 0
    assert job(store)[4] == "store.rate_limited"
    store.at.clock.move_to(store.at.clock.now() + timedelta(seconds=29))
    assert store.read() == 0
    assert len(store.platform.asked) == 2
    store.at.clock.move_to(store.at.clock.now() + timedelta(seconds=2))
    store.read()
    assert job(store)[::4] == ("failed", "store.key_refused")
    asking.resume(store.at.shop, id_, "ana", database=store.at.database)
    store.read()
    assert job(store)[::4] == ("done", None)


def test_a_record_that_is_not_understood_is_kept_to_be_tried_again(store: Connected) -> None:
    store.platform.place(1, later(days=-1))
    store.platform.place(2, later(days=-2))["id"] = None
    ask(store)
    store.read()
    assert '"read":2,"new":1,"gaps":0,"failed":1' in job(store)[3]
    assert store.at.rows("SELECT status, reason FROM delivery") == [("failed", "An order without an id.")]
    # After a mend it is history still.
    body = b'{"id": 2, "created_at": "2026-03-01T00:00:00Z", "financial_status": "paid"}'
    with store.at.database.transaction() as tx:
        tx.text("UPDATE delivery SET status = 'pending', body = " + ("?1" if tx_is_sqlite(store) else "$1"), [body])
    store.at.flow("flow: paid\ntrigger: {event: order.paid}\nsteps:\n  - log: {text: paid}\n")
    store.at.drain()
    assert store.at.runs() == []
    assert ("order.paid", "order:2") in facts(store)


def tx_is_sqlite(store: Connected) -> bool:
    return store.at.database.dialect == "sqlite"


def test_history_needs_a_key_and_kinds_the_platform_gives(store: Connected) -> None:
    with pytest.raises(ValueError, match="gives no records of the kind gift_card"):
        ask(store, kinds=["gift_card"])
    with pytest.raises(LookupError):
        asking.backfill(store.at.shop, "other", "ana", database=store.at.database)
    with store.at.database.transaction() as tx:
        tx.text("UPDATE connection SET access = ''")
    with pytest.raises(ValueError, match="no key"):
        ask(store)
