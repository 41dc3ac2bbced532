"""Events in the inbox to finished runs, per second: projection, match, condition, context, effects, trace, all kept.

Prints one JSON document. `python bench/runs.py [EVENTS] [sqlite|postgresql]`: SQLite with one process, PostgreSQL with
two workers. A run has three steps, two of them local actions and one that leaves the house (its effect is written in
the run's transaction; carrying it out is measured apart).
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import setting


def main() -> None:
    numbers, kinds = setting.arguments()
    count = numbers[0] if numbers else 20_000
    setting.ready()
    setting.emit({kind: measure(kind, count) for kind in kinds})


def measure(kind: str, count: int) -> dict[str, Any]:
    from sereno.store.database import open_database

    with setting.database(kind) as url:
        database = open_database(url)
        shop = setting.shop(database)
        fill(database, shop, count)
        workers = Workers(url, 1 if kind == "sqlite" else 2)
        start = time.perf_counter()
        cpu = workers.run()
        seconds = time.perf_counter() - start
        with database.read() as tx:
            finished = tx.text("SELECT count(*) FROM run WHERE status = 'finished'")[0][0]
            left = tx.text("SELECT count(*) FROM event_queue")[0][0]
        effects_start = time.perf_counter()
        called = work(url, only="effects") if kind == "sqlite" else 0
        effect_seconds = time.perf_counter() - effects_start
        database.close()
    assert left == 0, left
    return {
        "events": count,
        "runs_finished": finished,
        "runs_per_second": round(finished / seconds),
        "events_per_second": round(count / seconds),
        "seconds": round(seconds, 2),
        "cpu_microseconds_per_run": round(cpu / finished * 1e6),
        "outside_effects_per_second": round(called / effect_seconds) if called else None,
    }


def fill(database: Any, shop: int, count: int) -> None:
    from sereno.runtime import services

    for first in range(0, count, 2000):
        events = list(setting.orders(min(2000, count - first), first))
        services.insert_events(shop, None, "bench", events, database=database)


class Workers:
    """Processes that are loaded and wait for the word."""

    def __init__(self, url: str, count: int) -> None:
        self._children = [
            subprocess.Popen(
                [sys.executable, __file__, "--work", url, str(number)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(count)
        ]
        for child in self._children:
            assert child.stdout is not None
            child.stdout.readline()

    def run(self) -> float:
        """Let them work until the queue is empty. Gives their CPU seconds."""
        for child in self._children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        return sum(float(child.communicate()[0].split()[-1]) for child in self._children)


def work(url: str, only: str, name: str = "bench") -> int:
    from sereno.runtime.runtime import Runtime
    from sereno.runtime.worker import quiet_garbage
    from sereno.sdk.plugin import registry
    from sereno.store.database import open_database

    database = open_database(url)
    runtime = Runtime(database, registry(), worker_name=name)
    runtime.beat()
    # As `sereno work` does: once more when those who started with us have been heard of.
    time.sleep(0.1)
    runtime.beat()
    quiet_garbage()
    total = 0
    if only == "effects":
        while done := runtime.effects.run(wait_for_all=True):
            total += done
        runtime.stop()
        return total // 2
    while True:
        done = runtime.round_of("dispatch")
        if not done and not _left(database):
            break
        total += done
    runtime.stop()
    database.close()
    return total


def _left(database: Any) -> int:
    with database.read() as tx:
        return tx.one("queue_length")[0]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        setting.ready()
        print("ready", flush=True)
        sys.stdin.readline()
        before = time.process_time()
        work(sys.argv[2], "runs", f"bench-{sys.argv[3]}")
        print(time.process_time() - before)
    else:
        main()
