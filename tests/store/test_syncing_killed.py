"""Killed between any two statements, comparing and writing lose nothing and say nothing twice: what a transaction has
not committed never was, so a death is an exception that nobody catches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from selling import Market

from sereno.modules.catalog.aligning import AlignConfig, align
from sereno.runtime.syncing import services
from sereno.runtime.syncing.aligning import LiveAlignments
from sereno.runtime.syncing.comparing import pass_on, work_off
from sereno.runtime.syncing.services import Rule
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Alignments
from sereno.sdk.result import Done, Result
from sereno.store.database import Database, Transaction
from sereno.store.fields import to_micros


class Killed(BaseException):
    pass


class Mortal:
    """Passes all on, and dies before the statement with this number; a transaction's end is one too."""

    def __init__(self, database: Database, dies_at: int) -> None:
        self.database, self.dialect, self.left = database, database.dialect, dies_at

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self.database.transaction() as tx:
            yield Watched(tx, self)
            self.step()

    @contextmanager
    def read(self) -> Iterator[Any]:
        with self.database.read() as tx:
            yield Watched(tx, self)


class Watched:
    def __init__(self, tx: Transaction, life: Mortal) -> None:
        self.tx, self.life = tx, life

    def __getattr__(self, name: str) -> Any:
        def asked(*given: Any) -> Any:
            self.life.step()
            return getattr(self.tx, name)(*given)

        return asked


@pytest.fixture
def market(database: Any, secret_key: None) -> Iterator[Market]:
    market = Market(database)
    yield market
    market.runtime.stop()


def test_a_pass_that_is_killed_again_and_again_tells_of_each_once(market: Market) -> None:
    skus = [f"CUP-{number}" for number in range(8)]
    for sku in skus:
        market.sell("web", sku, price="12.00")
        market.sell("pim", sku)
        market.send(market.news("web", sku), market.news("pim", sku))
    market.drain()
    services.set_rule(market.shop, Rule("price", "pim", "leader", (), 0), by="ana", database=market.database)
    now, deaths = to_micros(market.clock.now()), 0
    for dies_at in range(1, 100):
        try:
            with Mortal(market.database, dies_at).transaction() as tx:
                pass_on(tx, registry(), market.shop, "price", now, 1)
            break
        except Killed:
            deaths += 1
    assert deaths >= 12, "it died before each of the statements of a piece"
    market.drain()
    assert sorted(one.sku for one in market.differences()) == skus
    assert len(market.told()) == len(skus)


def test_a_queue_that_is_killed_keeps_what_it_had(market: Market) -> None:
    market.sell("web", "MUG")
    market.sell("pim", "MUG")
    market.tell("web", "pim")
    market.rule()
    market.sell("web", "MUG", price="12.00")
    market.pass_by(minutes=1)
    market.sell("web", "MUG", price="12.00")
    market.send(market.news("web", "MUG"))
    market.runtime.dispatcher.run(10)
    now, deaths = to_micros(market.clock.now()), 0
    for dies_at in range(1, 100):
        try:
            with Mortal(market.database, dies_at).transaction() as tx:
                work_off(tx, registry(), market.shop, now)
            break
        except Killed:
            deaths += 1
            assert market.short() == market.told() == []
    assert deaths >= 12
    assert market.short() == [("price", "web", "12", "10", "open", "")]
    assert len(market.told()) == 1


class Stores:
    """The store of the market, or the worker's death before or after it does it."""

    def __init__(self, market: Market, life: Mortal) -> None:
        self.market, self.life = market, life

    def write(self, write: Any, *, key: str, attempt: int, now: Any) -> Result:
        self.life.step()
        self.market.write(write, key=key, attempt=attempt, now=now)
        self.life.step()
        return Done({})


def test_a_write_that_is_killed_is_done_again_under_its_key(market: Market) -> None:
    market.sell("web", "MUG")
    market.sell("pim", "MUG")
    market.tell("web", "pim")
    market.rule()
    market.change("web", price="12.00")
    (held,) = market.differences()
    deaths = 0
    for dies_at in range(1, 40):
        try:
            found = attempt(market, dies_at)
        except Killed:
            deaths += 1
            assert market.short() == [("price", "web", "12", "10", "open", "")]
            continue
        assert found == Done({"written": True, "reason": "", "store": "web"})
        break
    assert deaths >= 8
    assert market.short() == [("price", "web", "12", "10", "waiting", "")]
    assert set(market.keys) == {"run/1"}, "the store knows a second try by its key"
    assert attempt(market, 99) == Done({"written": False, "reason": "waiting"})
    market.tell("web")
    assert market.short() == []
    assert attempt(market, 99) == Done({"written": False, "reason": "equal"})
    assert held.state == "open"


def attempt(market: Market, dies_at: int) -> Result:
    life = Mortal(market.database, dies_at)

    def port(kind: type[Any]) -> Any:
        if kind is Alignments:
            return LiveAlignments(life, registry(), market.shop, to_micros(market.clock.now()))
        return Stores(market, life)

    data = {"sku": "MUG", "field": "price", "connection": "web", "target": "10"}
    shop = ShopFacts(market.shop, "Demo", "EUR", "Europe/Madrid", "es", "")
    given: dict[str, Any] = {"refs": {}, "records": {}, "event": {"data": data}, "vars": {}}
    ctx = Context("run/1", 1, "align", "run", "sku:MUG", shop, now=market.clock.now(), find_port=port, **given)
    return align(AlignConfig(), ctx)
