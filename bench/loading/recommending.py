"""A shop of many products for `bench/recommend.py`: how long a request takes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import setting

DAY = 86_400_000_000
ASKED = 300
GOAL_MS = 20.0


def speed(products: int, kinds: tuple[str, ...] = ("sqlite", "postgresql")) -> dict[str, Any]:
    """Requests of every way, in turn; p95 in milliseconds of the processor (this process and the database's that serves
    it), so that a busy machine does not blur it, and by the clock."""
    setting.ready()
    from sereno.runtime.worker import quiet_garbage
    from sereno.store.database import open_database

    quiet_garbage()  # as a process does that serves

    found: dict[str, Any] = {"products": products, "goal_ms": GOAL_MS, "ok": True}
    for kind in kinds:
        with setting.database(kind) as url:
            opened = open_database(url)
            try:
                found[kind] = _measure(opened, setting.shop(opened), products)
            finally:
                opened.close()
        found["ok"] = found["ok"] and found[kind]["p95_ms"] < GOAL_MS
    return found


def _measure(opened: Any, shop: int, products: int) -> dict[str, Any]:
    from sereno.modules.recommendations.asking import WAYS, Asked, recommend

    chance = random.Random(7)
    began = time.perf_counter()
    people = _fill(opened, shop, products, chance)
    filled = time.perf_counter() - began
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    clock: list[float] = []
    busy = _busy(opened)
    for number in range(ASKED):
        way = WAYS[number % len(WAYS)]
        items = [f"p{_popular(chance, products // 20)}" for _ in range(5)]
        asked = Asked(way, items, chance.choice(people), f"shelf {chance.randrange(200)}")
        began, before = time.perf_counter(), busy()
        recommend(opened, shop, asked)
        took[way].append(1000 * (busy() - before))
        clock.append(1000 * (time.perf_counter() - began))
    every = sorted(one for times in took.values() for one in times)
    return {
        "p50_ms": round(every[len(every) // 2], 2),
        "p95_ms": round(every[int(len(every) * 0.95)], 2),
        "clock_p95_ms": round(sorted(clock)[int(len(clock) * 0.95)], 2),
        "by_way_p95_ms": {way: round(sorted(one)[int(len(one) * 0.95)], 2) for way, one in took.items()},
        "filling_seconds": round(filled, 1),
    }


def _busy(opened: Any) -> Callable[[], float]:
    """Seconds of the processor so far: ours, and where the database has processes of its own, theirs for us."""
    if opened.dialect != "postgresql":
        return time.process_time
    with opened.read() as tx:
        ((server,),) = tx.text("SELECT pg_backend_pid()")
    spent = Path(f"/proc/{server}/schedstat")
    return lambda: time.process_time() + int(spent.read_text().split()[0]) / 1e9


def _popular(chance: random.Random, products: int) -> int:
    """A few are wanted much, most hardly."""
    return min(int(products * chance.random() ** 3), products - 1)


def _fill(opened: Any, shop: int, products: int, chance: random.Random) -> list[str]:
    """Things with the neighbours that learning would leave, and 30,000 baskets of the last weeks."""
    from sereno.store.documents import encode

    now = int(time.time() * 1e6)
    names = [f"p{number}" for number in range(products)]
    for begin in range(0, products, 5000):
        part = names[begin : begin + 5000]
        with opened.transaction() as tx:
            facts = [
                (shop, item, encode({"title": f"Thing {item}", "type": "thing", "price": "10"}), now) for item in part
            ]
            tx.many("put_facts", facts)
            tx.many("put_shelves", [(shop, f"shelf {int(item[1:]) % 200}", item) for item in part])
    with opened.read() as tx:
        ids = {row[1]: row[0] for row in tx.all("facts_of_things", {"shop": shop, "after": 0, "limit": 10**7})}
    # What nobody asks about needs no neighbours: the wanted twentieth is all that requests name.
    rows: list[tuple[Any, ...]] = []
    alike: list[tuple[Any, ...]] = []
    for number in range(max(products // 20, 100)):
        near = [[f"p{_popular(chance, products)}", 1 + chance.randrange(40)] for _ in range(100)]
        count = 5 + products // (1 + number)
        rows.append(
            (
                ids[f"p{number}"],
                count,
                count,
                float(now / DAY / 90),
                float(now / DAY / 8),
                encode(near),
                encode([[other, 0.02] for other, _ in near[:50]]),
            )
        )
        alike.append((ids[f"p{number}"], encode([[other, 0.5] for other, _ in near[:40]])))
    with opened.transaction() as tx:
        tx.many("set_things", rows)
        tx.many("set_alike", alike)
    people = [f"c{number}" for number in range(2000)]
    for begin in range(0, 30_000, 5000):
        baskets = []
        for number in range(begin, begin + 5000):
            items = list(dict.fromkeys(f"p{_popular(chance, products)}" for _ in range(chance.randint(1, 8))))
            kind = "seen" if number % 2 else "bought"
            at = now - chance.randrange(25) * DAY
            baskets.append((shop, f"b{number}", kind, chance.choice(people), at, encode(items), items))
        with opened.transaction() as tx:
            tx.many("put_baskets", [one[:6] for one in baskets])
            held = tx.all("baskets_by_key", {"shop": shop, "keys": [one[1] for one in baskets]})
            found = {row[1]: row[0] for row in held}
            tx.many("put_members", [(shop, found[o[1]], o[2], item, o[4]) for o in baskets for item in o[6]])
    return people
