"""Two workers that compare products of one shop at once, on PostgreSQL: one waits for the other, and neither says again
what the other has said."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selling import Market

from sereno.runtime.syncing import services
from sereno.runtime.syncing.comparing import pass_on, work_off
from sereno.runtime.syncing.services import Rule
from sereno.sdk.plugin import registry
from sereno.store.database import Database, open_database
from sereno.store.fields import to_micros

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def market(postgres: Any, secret_key: None) -> Iterator[Market]:
    market = Market(postgres)
    yield market
    market.runtime.stop()


@pytest.fixture
def other(postgres_url: str) -> Iterator[Database]:
    """As another worker has it."""
    found = open_database(postgres_url)
    yield found
    found.close()


def changed(market: Market, *skus: str) -> None:
    """Both stores have these, and one of them says since that they cost more: it is in the queue."""
    for sku in skus:
        for name in ("web", "pim"):
            market.sell(name, sku)
            market.send(market.news(name, sku))
    market.drain()
    market.rule()
    market.pass_by(minutes=1)
    for sku in skus:
        market.sell("web", sku, price="12.00")
        market.send(market.news("web", sku))
    market.runtime.dispatcher.run(1000)


def in_thread(do: Callable[[], None]) -> tuple[threading.Thread, list[Exception]]:
    failed: list[Exception] = []

    def run() -> None:
        try:
            do()
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, failed


def test_who_passes_over_the_catalogue_waits_for_who_works_the_queue_off(market: Market, other: Database) -> None:
    """Both look at the same thing: the second sees what the first has found, and keeps silent."""
    changed(market, "MUG")
    now = to_micros(market.clock.now())
    with market.database.transaction() as tx:
        tx.many("pass_again", [(market.shop, "price")])

    def passed() -> None:
        with other.transaction() as tx:
            pass_on(tx, registry(), market.shop, "price", now)

    with market.database.transaction() as tx:
        work_off(tx, registry(), market.shop, now)
        thread, failed = in_thread(passed)
        while thread.is_alive() and not tx.text(WAITING)[0][0]:
            thread.join(0.01)
        assert thread.is_alive(), "it did not wait"
    thread.join(60)
    assert not thread.is_alive() and failed == []
    market.drain()
    assert market.short() == [("price", "web", "12", "10", "open", "")]
    assert len(market.told()) == 1


def test_a_decision_waits_for_a_comparison_and_is_made_on_what_that_found(market: Market, other: Database) -> None:
    changed(market, "MUG")
    market.drain()
    (held,) = market.differences()
    market.pass_by(minutes=1)
    market.sell("web", "MUG", price="13.00")
    market.send(market.news("web", "MUG"))
    market.runtime.dispatcher.run(10)
    refused: list[str] = []

    def decided() -> None:
        try:
            services.decide(market.shop, held.id, "leave", by="eva", seen=held.seen, database=other)
        except services.SyncRefused as refusal:
            refused.append(refusal.code)

    with market.database.transaction() as tx:
        work_off(tx, registry(), market.shop, to_micros(market.clock.now()))
        thread, failed = in_thread(decided)
        while thread.is_alive() and not tx.text(WAITING)[0][0]:
            thread.join(0.01)
    thread.join(60)
    assert failed == [] and refused == ["difference.changed"]
    assert market.short() == [("price", "web", "13", "10", "open", "")]


def test_two_that_work_one_queue_off_tell_of_each_once(market: Market, other: Database) -> None:
    """While both are at it the store tells of all once more, so that things come twice into different hands."""
    skus = [f"CUP-{number}" for number in range(30)]
    changed(market, *skus)
    services.set_rule(market.shop, Rule("title", "pim", "leader", (), 0), by="ana", database=market.database)
    now = to_micros(market.clock.now())
    start = threading.Barrier(3)

    def compare(database: Database) -> None:
        start.wait(60)
        idle = 0
        while idle < 20:
            with database.transaction() as tx:
                found = work_off(tx, registry(), market.shop, now, 3)
                found += pass_on(tx, registry(), market.shop, "title", now, 3) if not found else 0
            idle = 0 if found > 1 else idle + 1

    workers = [in_thread(lambda: compare(market.database)), in_thread(lambda: compare(other))]
    start.wait(60)
    for sku in skus:
        market.send(market.news("web", sku))
        market.runtime.dispatcher.run(1)
    for thread, _ in workers:
        thread.join(120)
    assert [failed for _, failed in workers] == [[], []]
    market.drain()
    assert market.rows("SELECT count(*) FROM catalog_to_compare") == [(0,)]
    assert sorted(one.sku for one in market.differences()) == sorted(skus)
    assert len(market.told()) == len(skus)
