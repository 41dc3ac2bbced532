"""How fast history comes in: orders read from recorded pages of a platform, mapped by Shopify's connector, stored,
projected, the job's place moved with every page. A third of the way in the reader is killed (an exception between two
statements of its transaction) and another goes on; at the end the database is counted.

Prints one JSON document; `ok` says whether the goal was reached and nothing is missing or doubled.
`python bench/backfill.py [ORDERS] [sqlite|postgresql]`. Goal: 2,000 orders a second.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import setting
from sereno.runtime.worker import quiet_garbage
from sereno.store.secrets import configure

GOAL = 2000
SIZE = 250
KIND = "bench.platform"
SHAPE = "orders_create.with-transactions.json"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Recorded:
    """Answers as they were recorded: bytes, one for each page."""

    def __init__(self, orders: int) -> None:
        self.pages = [page(first, min(SIZE, orders - first), orders) for first in range(0, orders, SIZE)]

    def send(self, request: Any) -> Any:
        from sereno.sdk.ports import HttpAnswer

        return HttpAnswer(200, {}, self.pages[int(request.url.rpartition("=")[2])])


def page(first: int, count: int, total: int) -> bytes:
    orders = [_order(number) for number in range(first, first + count)]
    return json.dumps({"orders": orders, "total": total, "is_last": first + count >= total}).encode()


def _order(number: int) -> dict[str, Any]:
    """As the recorded one, but for what makes it another order of another day; three orders a customer. It tells three
    facts: that it was placed, paid, and what became of it."""
    at = (NOW - timedelta(minutes=7 * number)).isoformat()
    who = {**SAMPLE["customer"], "id": 10_000_000 + number // 3, "email": f"c{number // 3}@example.com"}
    lines = [{**line, "id": 50_000_000 + number * 10 + place} for place, line in enumerate(SAMPLE["line_items"])]
    own = {"id": 30_000_000 + number, "name": f"#{number}", "email": who["email"], "customer": who, "line_items": lines}
    changed = {"created_at": at, "processed_at": at, "updated_at": at, "financial_status": "paid", "transactions": []}
    return {**SAMPLE, **own, **changed, "token": None, "cart_token": f"k{number}", "checkout_token": f"k{number}"}


def _sample() -> dict[str, Any]:
    import sereno.connectors

    text = (Path(sereno.connectors.__file__).parent / "shopify" / "fixtures" / SHAPE).read_text()
    found = json.loads(text)
    return found.get("order", found)


SAMPLE: dict[str, Any] = {}


def main() -> None:
    numbers, kinds = setting.arguments()
    orders = numbers[0] if numbers else 100_000
    setting.ready()
    configure("bench")
    quiet_garbage()  # as every worker does
    SAMPLE.update(_sample())
    recorded = Recorded(orders)
    found = {kind: measure(kind, orders, recorded) for kind in kinds}
    ok = all(one["orders_per_second"] >= GOAL and one["is_exact"] for one in found.values())
    size = round(sum(map(len, recorded.pages)) / orders)
    setting.emit({"orders": orders, "bytes_an_order": size, **found, "goal_per_second": GOAL, "ok": ok})


def register() -> None:
    """A platform whose answers are the recorded ones."""
    from sereno.sdk.plugin import registry
    from sereno.sdk.stores import Exchange, Item, Page, Probe, Reading, StoreApi

    def read(exchange: Exchange, reading: Reading) -> Page:
        number = int(reading.cursor or 0)
        body: Mapping[str, Any] = exchange.send("GET", f"http://bench.test/orders?page={number}").body
        items = [
            Item("orders/updated", row, str(row["id"]), datetime.fromisoformat(row["updated_at"]))
            for row in body["orders"]
        ]
        if reading.since is not None:  # The steady pass beside the job: nothing of that age has changed since.
            items = [one for one in items if one.updated_at is not None and one.updated_at >= reading.since]
            return Page(items, None, len(items))
        return Page(items, None if body["is_last"] else str(number + 1), body["total"])

    shopify = registry().connectors.get("shopify")
    assert shopify is not None
    api = StoreApi((), (), lambda exchange: Probe(), reads={"order": read}, per_second=1e9)
    if registry().connectors.get(KIND) is None:
        registry().connectors.add(KIND, replace(shopify, kind=KIND, load_store=lambda: api))


def measure(kind: str, orders: int, recorded: Recorded) -> dict[str, Any]:
    from sereno.runtime.clock import SystemClock
    from sereno.runtime.reading import asking
    from sereno.runtime.reading.working import Reader
    from sereno.runtime.stores.finding import seal_access
    from sereno.runtime.world import make_world
    from sereno.sdk.plugin import registry
    from sereno.store.database import open_database
    from sereno.store.secrets import encrypt

    register()
    with setting.database(kind) as url:
        database = open_database(url)
        shop = setting.shop(database)
        with database.transaction() as tx:
            tx.text(
                "INSERT INTO connection (shop_id, name, kind, secrets, access, settings, is_active, created_at) VALUES "
                f"({shop}, 'store', '{KIND}', '{encrypt(['s'])}', '{seal_access({'k': 'v'})}', '{{}}', TRUE, 0)"
            )
        asking.backfill(shop, "store", "bench", database=database)

        def reader(name: str) -> Reader:
            world = make_world(database, registry(), lambda kind, shop: recorded, SystemClock(), name)
            return Reader(world)

        started, cpu = time.perf_counter(), time.process_time()
        _until_killed(reader("one"), orders)
        with database.transaction() as tx:
            tx.text("UPDATE backfill SET lease_until = 0")  # as if the dead one's lease had run out
        again = reader("two")
        while again.run():
            pass
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        counted = _count(database)
        database.close()
    expected = {"orders": orders, "facts": 3 * orders, "customers": -(-orders // 3), "queued": 0, "status": "done"}
    exact = counted.pop("read") == orders and counted == expected
    return {
        "seconds": round(seconds, 2),
        "orders_per_second": round(orders / seconds),
        "cpu_us_an_order": round(cpu / orders * 1e6),
        "is_exact": exact,
        **({} if exact else {"found": counted, "expected": expected}),
    }


def _until_killed(reader: Any, orders: int) -> None:
    """A third of the way in, in the middle of a transaction."""
    from sereno.runtime.reading import taking

    left = max(1, orders // SIZE // 3)
    take = taking.take_past

    def killed(*given: Any) -> Any:
        nonlocal left
        left -= 1
        taken = take(*given)
        if left <= 0:
            raise KeyboardInterrupt
        return taken

    taking.take_past = killed
    try:
        while reader.run():
            pass
    except KeyboardInterrupt:
        pass
    finally:
        taking.take_past = take


def _count(database: Any) -> dict[str, Any]:
    with database.read() as tx:
        counts = json.loads(tx.text("SELECT counts FROM backfill")[0][0])["order"]
        return {
            "read": counts["read"],
            "orders": tx.text("SELECT count(*) FROM orders_order")[0][0],
            "facts": tx.text("SELECT count(*) FROM event")[0][0],
            "customers": tx.text("SELECT count(*) FROM customers_customer")[0][0],
            "queued": tx.text("SELECT count(*) FROM event_queue")[0][0],
            "status": tx.text("SELECT status FROM backfill")[0][0],
        }


if __name__ == "__main__":
    main()
