"""Does a million waiting runs slow the others down? Events to finished runs and timers to finished runs, per second, in
an empty database and beside the million; and the worker's memory in both.

Prints one JSON document. `python bench/waiting.py [WAITING] [sqlite|postgresql]`. The waiting runs are copies of a real
one, made in the database, each with its links and its entry.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import psutil

import setting
import timers

EVENTS = 4000
NAMES = (
    "starts_per_second",
    "cpu_microseconds_per_start",
    "timers_per_second",
    "cpu_microseconds_per_timer",
    "worker_megabytes",
)
WAITING = "flow: waits\ntrigger: {event: custom.parked}\nexit: [{event: custom.ended}]\nsteps:\n  - wait: 300d\n"


def main() -> None:
    numbers, kinds = setting.arguments()
    count = numbers[0] if numbers else 1_000_000
    setting.ready()
    setting.emit({kind: measure(kind, count) for kind in kinds})


def measure(kind: str, count: int) -> dict[str, Any]:
    from sereno.runtime import services
    from sereno.sdk.connector import NewEvent
    from sereno.store.database import open_database

    with setting.database(kind) as url:
        database = open_database(url)
        shop = setting.shop(database, timers.FLOW)
        services.save_draft(shop, WAITING, database=database)
        services.publish(shop, "waits", "bench", database=database)
        event = NewEvent("one", "custom.parked", "parked:one", datetime.now(UTC), {}, {"parked": "one"})
        services.insert_events(shop, None, "bench", [event], database=database)
        timers.drain_queue(database)
        empty = [rates(url, database, shop, number) for number in range(3)]
        copy_runs(database, count)
        full = [rates(url, database, shop, number) for number in range(3, 6)]
        database.close()
    before = {name: round(median(one[name] for one in empty)) for name in NAMES}
    after = {name: round(median(one[name] for one in full)) for name in NAMES}
    return {
        "waiting": count,
        "empty": before,
        "beside_them": after,
        "starts_ratio": round(after["starts_per_second"] / before["starts_per_second"], 2),
        "timers_ratio": round(after["timers_per_second"] / before["timers_per_second"], 2),
    }


def rates(url: str, database: Any, shop: int, round_: int) -> dict[str, float]:
    """A worker starts runs that wait an hour, and then wakes them all."""
    from sereno.runtime import services
    from sereno.sdk.connector import NewEvent

    at = datetime.now(UTC)
    events = [
        NewEvent(f"r{round_}-{number}", "custom.begun", f"r{round_}:{number}", at, {"size": 10}, {})
        for number in range(EVENTS)
    ]
    services.insert_events(shop, None, "bench", events, database=database)
    out = subprocess.run([sys.executable, __file__, "--work", url], stdout=subprocess.PIPE, text=True, check=True)
    return dict(zip(NAMES, (float(word) for word in out.stdout.split()), strict=True))


def work(url: str) -> None:
    from sereno.runtime.clock import VirtualClock
    from sereno.runtime.runtime import Runtime
    from sereno.runtime.worker import quiet_garbage
    from sereno.sdk.plugin import registry
    from sereno.store.database import open_database

    clock = VirtualClock(datetime.now(UTC))
    runtime = Runtime(open_database(url), registry(), clock=clock, worker_name="rates")
    runtime.beat()
    quiet_garbage()
    found: list[float] = []
    for name in ("dispatch", "wake"):
        begin, cpu, done = time.perf_counter(), time.process_time(), 0
        while done < EVENTS:
            done += runtime.round_of(name)
        found += [done / (time.perf_counter() - begin), (time.process_time() - cpu) / done * 1e6]
        clock.move_to(clock.now() + timedelta(hours=2))
    runtime.stop()
    print(*found, psutil.Process().memory_info().rss / 2**20)


def copy_runs(database: Any, count: int) -> None:
    """Copies of the one parked run, with links and entries."""
    sqlite = database.dialect == "sqlite"
    numbers = (
        f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n)"
        if sqlite
        else f"generate_series(1, {count})"
    )
    name = "printf('w%019d', i)" if sqlite else "'w' || lpad(i::text, 19, '0')"
    one = "(SELECT * FROM run WHERE subject = 'parked:one') AS one"
    with database.transaction() as tx:
        tx.text(
            "INSERT INTO run (uid, shop_id, flow_id, version, subject, key, event_id, status, step, is_shadow, due_at, "
            f"started_at, updated_at, state) SELECT {name}, shop_id, flow_id, version, 'parked:' || i, 'parked:' || i, "
            "event_id, status, step, is_shadow, due_at + i * 1000, started_at, updated_at, "
            f"replace(replace(state, 'parked:one', 'parked:' || i), uid, {name}) FROM {one}, {numbers} AS numbers(i)"
            if not sqlite
            else "INSERT INTO run (uid, shop_id, flow_id, version, subject, key, event_id, status, step, is_shadow, "
            f"due_at, started_at, updated_at, state) SELECT {name}, shop_id, flow_id, version, 'parked:' || i, "
            "'parked:' || i, event_id, status, step, is_shadow, due_at + i * 1000, started_at, updated_at, "
            f"replace(replace(state, 'parked:one', 'parked:' || i), uid, {name}) FROM {one}, {numbers} AS numbers"
        )
        tx.text(
            "INSERT INTO run_link (shop_id, link, run_id, flow_id) SELECT shop_id, subject, id, flow_id FROM run "
            "WHERE subject LIKE 'parked:%' AND subject <> 'parked:one'"
        )
        tx.text(
            "INSERT INTO flow_entry (flow_id, key, entered_at, run_uid, is_live) SELECT flow_id, key, started_at, uid, "
            "TRUE FROM run WHERE subject LIKE 'parked:%' AND subject <> 'parked:one'"
        )
    if not sqlite:
        # What the database does by itself within a minute, and would do in the middle of the measurement.
        for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
            database.execute_script(statement)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        setting.ready()
        work(sys.argv[2])
    else:
        main()
