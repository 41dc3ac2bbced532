"""Buyers who want the same stock at the same moment: how many reservations a second, and whether each unit was promised
once.

Prints one JSON document; `ok` says whether the goals were reached. `python bench/reserve.py [BUYERS]
[sqlite|postgresql]`: so many threads (64) ask without a pause, for units of one item, then for two items out of a
hundred each, and in PostgreSQL all of it once more from two processes; every answer is durable when it is given.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import Any

import setting

PER_BUYER = 60
GOAL = {"sqlite": 0, "postgresql": 1_000}


def main() -> None:
    numbers, kinds = setting.arguments()
    buyers = numbers[0] if numbers else 64
    setting.ready()
    found = {kind: measure(kind, buyers) for kind in kinds}
    is_ok = all(
        one["exact"] and one["per_second"] >= GOAL[kind] for kind, parts in found.items() for one in parts.values()
    )
    print(json.dumps({"buyers": buyers, **found, "ok": is_ok}))
    sys.exit(0 if is_ok else 1)


def measure(kind: str, buyers: int) -> dict[str, Any]:
    from sereno.store.database import open_database

    with setting.database(kind) as url:
        opened = open_database(url)
        shop = setting.shop(opened)
        try:
            # A fifth of what is wanted cannot be had.
            wanted = buyers * PER_BUYER
            found: dict[str, Any] = {}
            for processes in (1, 2) if kind == "postgresql" else (1,):
                one = _round(opened, url, processes, shop, buyers, 1, wanted * 4 // 5)
                many = _round(opened, url, processes, shop, buyers, 100, wanted * 2 * 4 // 5 // 100)
                found |= {f"one_item_{processes}": one, f"hundred_items_{processes}": many}
        finally:
            opened.close()
    return found


def _round(opened: Any, url: str, processes: int, shop: int, buyers: int, items: int, units: int) -> dict[str, Any]:
    prefix = f"S{processes}-{items}-"
    with opened.transaction() as tx:
        names = [f"{prefix}{number}" for number in range(items)]
        tx.many("put_stock_items", [(shop, name, None, None, None, None, True, False) for name in names])
        rows = [(shop, name, "", units, 0, 0, None, None, 0, None, None, 0) for name in names]
        tx.many("put_stock_balances", rows)
    parts = [str(part) for part in (url, prefix, shop, buyers // processes, items)]
    running = [
        subprocess.Popen([sys.executable, __file__, "--buy", *parts, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(processes)
    ]
    told = [json.loads(one.communicate()[0]) for one in running]
    with opened.read() as tx:
        sums = tx.text(
            "SELECT coalesce(sum(reserved), 0), coalesce(sum(on_hand), 0), coalesce(max(reserved), 0) "
            f"FROM stock_balance WHERE shop_id = {shop} AND item LIKE '{prefix}%'"
        )[0]
        held = tx.text(f"SELECT coalesce(sum(quantity), 0) FROM stock_reservation WHERE item LIKE '{prefix}%'")[0][0]
    per_wish = 1 if items == 1 else 2
    got = sum(one["got"] for one in told)
    seconds = max(one["ended"] for one in told) - min(one["began"] for one in told)
    asked = sum(one["asked"] for one in told)
    is_exact = sums[0] == held == got * per_wish and sums[2] <= units and (items > 1 or got == min(asked, units))
    return {
        "asked": asked,
        "got": got,
        "exact": bool(is_exact),
        "seconds": round(seconds, 2),
        "per_second": round(asked / seconds),
        "milliseconds_p95": max(one["p95"] for one in told),
    }


def buy(url: str, prefix: str, shop: int, buyers: int, items: int, number: int) -> None:
    """One process of buyers, each a thread."""
    from sereno.runtime.stock.reserving import Counter, wish
    from sereno.store.database import open_database

    opened = open_database(url)
    counter = Counter(opened)
    got: list[float] = []
    took: list[float] = []
    start = threading.Barrier(buyers + 1)

    def one(buyer: int) -> None:
        start.wait()
        for turn in range(PER_BUYER):
            place = buyer * 7 + turn * 13
            chosen = {place % items, (place * 31 + 17) % items if items > 1 else 0}
            if items > 1 and len(chosen) == 1:
                chosen.add((place + 1) % items)
            lines = [{"sku": f"{prefix}{item}", "quantity": 1} for item in chosen]
            began = time.perf_counter()
            short = counter.reserve(wish(shop, f"b~{prefix}{number}-{buyer}-{turn}", lines))
            took.append(time.perf_counter() - began)
            if not short:
                got.append(1)

    threads = [threading.Thread(target=one, args=(buyer,)) for buyer in range(buyers)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    start.wait()
    began = time.time()
    for thread in threads:
        thread.join()
    ended = time.time()
    opened.close()
    took.sort()
    p95 = round(took[len(took) * 95 // 100] * 1000, 1)
    print(json.dumps({"asked": len(took), "got": len(got), "began": began, "ended": ended, "p95": p95}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--buy"]:
        setting.ready()
        buy(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
    else:
        main()
