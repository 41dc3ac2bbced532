"""Purchase orders doubled over random kills: four schedulers at once are killed with -9 at random moments, a fifth then
goes through; whatever happened, each thing that runs low is on order once.

Prints one JSON document; `ok` says whether nothing was ever doubled or left out. `python bench/purchasing.py [ROUNDS]
[sqlite|postgresql]`.
"""

from __future__ import annotations

import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any

import setting

THINGS = 12
SCHEDULERS = 4
LONGEST = {"sqlite": 0.15, "postgresql": 0.8}
"""Seconds until the last is killed, at the most: in about half of the rounds one has landed an order by then."""
OPEN_ORDERS = "SELECT number FROM purchasing_order WHERE status NOT IN ('received', 'cancelled')"
OPEN_LINES = "SELECT sku, count(*) FROM purchasing_line WHERE is_open GROUP BY sku"


def main() -> None:
    numbers, kinds = setting.arguments()
    rounds = numbers[0] if numbers else 250
    setting.ready()
    for name in ("purchasing.reordering", "purchasing.ordering", "services", "staff"):
        import_module(f"sereno.runtime.{name}")  # before the forks, so that kills meet work and not imports
    found = {kind: measure(kind, rounds) for kind in kinds}
    setting.emit({"rounds": rounds, **found, "ok": all(one["wrong"] == 0 for one in found.values())})


def measure(kind: str, rounds: int) -> dict[str, Any]:
    chance = random.Random(11)
    began = time.monotonic()
    wrong = killed = landed = 0
    with setting.database(kind) as url:
        assert apart(lambda: fill(url)) == 0
        for number in range(rounds):
            assert apart(lambda: clear(url)) == 0
            pids = [fork(partial(order, url, f"{number}-{at}", 50)) for at in range(SCHEDULERS)]
            for pid in pids:
                time.sleep(chance.uniform(0, LONGEST[kind] / SCHEDULERS))
                os.kill(pid, signal.SIGKILL)
            ends = [os.waitpid(pid, 0)[1] for pid in pids]
            killed += sum(os.WIFSIGNALED(end) for end in ends)
            landed += apart(lambda: 1 if count(url) else 0)
            assert apart(partial(order, url, f"{number}-0", 1)) == 0
            wrong += apart(lambda: 0 if count(url) == {f"SKU-{at}": 1 for at in range(THINGS)} else 1)
    seconds = round(time.monotonic() - began, 1)
    return {"killed": killed, "rounds_in_which_one_had_landed": landed, "wrong": wrong, "seconds": seconds}


def fork(what: Callable[[], int]) -> int:
    """A process of its own, which opens its own connections."""
    pid = os.fork()
    if pid:
        return pid
    status = 99
    try:
        status = what()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def apart(what: Callable[[], int]) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(fork(what), 0)[1])


def fill(url: str) -> int:
    from sereno.commerce.purchasing import Offer
    from sereno.runtime import services
    from sereno.runtime.purchasing import suppliers
    from sereno.runtime.purchasing.suppliers import Supplier
    from sereno.runtime.staff import open_staff
    from sereno.runtime.stock import moving
    from sereno.store.database import open_database
    from sereno.store.fields import to_micros

    database = open_database(url)
    shop = services.create_shop(
        slug="bench", name="Bench", currency="EUR", timezone="UTC", locale="en", database=database
    )
    assert shop == 1, shop
    for code in ("north", "south"):
        suppliers.put_supplier(shop, Supplier(code, code, "EUR", send_by="hand"), "bench", database=database)
        offers = [
            Offer(0, f"SKU-{at}", Decimal("1.50"), rank=0 if (at % 2 == 0) == (code == "north") else 1)
            for at in range(THINGS)
        ]
        suppliers.put_prices(shop, code, offers, "bench", database=database)
    now = to_micros(open_staff(database).world.clock.now())
    with database.transaction() as tx:
        moving.receive(tx, shop, "", {f"SKU-{at}": 1 for at in range(THINGS)}, "first", "bench", now)
    for at in range(THINGS):
        suppliers.put_rule(shop, f"SKU-{at}", "bench", least=5, most=40, database=database)
    return 0


def order(url: str, key: str, times: int) -> int:
    from sereno.runtime.purchasing.reordering import Asked, reorder
    from sereno.store.database import open_database

    database = open_database(url)
    for at in range(times):
        reorder(1, Asked(f"{key}-{at}" if at % 3 else key, "bench"), database=database)
    return 0


def clear(url: str) -> int:
    """Everything that is on order is cancelled: all runs low again."""
    from sereno.runtime.purchasing import ordering
    from sereno.store.database import open_database

    database = open_database(url)
    numbers = [row[0] for row in asked(database, OPEN_ORDERS)]
    for number in numbers:
        ordering.cancel(1, number, "bench", database=database)
    return 0


def count(url: str) -> dict[str, int]:
    """In how many open lines each thing stands."""
    from sereno.store.database import open_database

    database = open_database(url)
    return {sku: int(lines) for sku, lines in asked(database, OPEN_LINES)}


def asked(database: Any, statement: str) -> list[Any]:
    cursor = database.connection().cursor()
    cursor.execute(statement)
    return list(cursor.fetchall())


if __name__ == "__main__":
    main()
