"""100,000 timers due at once, as after a downtime: how fast they are drained and in how much memory; and with a worker
stopped by SIGTERM and one by `kill -9` on the way, that each rang once.

Prints one JSON document. `python bench/timers.py [TIMERS] [sqlite|postgresql]`. The run goes on with a condition and
two steps after its wait. SQLite has one worker process, PostgreSQL two.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil

import setting

FLOW = """
flow: bench
trigger: {event: custom.begun}
exit: [{event: custom.ended}]
steps:
  - wait: 1h
  - if: event.size >= 10
    then:
      - log: {text: "{{ event.size }}"}
  - bench.call: {to: done}
"""


class Ahead:
    """The machine's clock, two hours ahead."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(hours=2)


def main() -> None:
    numbers, kinds = setting.arguments()
    count = numbers[0] if numbers else 100_000
    setting.ready()
    setting.emit({kind: measure(kind, count) for kind in kinds})


def measure(kind: str, count: int) -> dict[str, Any]:
    from sereno.store.database import open_database

    with setting.database(kind) as url:
        database = open_database(url)
        shop = setting.shop(database, FLOW)
        fill(database, shop, count)
        drain_queue(database)
        workers = 1 if kind == "sqlite" else 2
        smooth, memory = drain(url, database, workers, count // 2)
        rough, _ = drain(url, database, workers, count, [signal.SIGTERM, signal.SIGKILL])
        finished, runs, effects = (
            one(database, f"SELECT count(*) FROM {what}") for what in ("run WHERE status = 'finished'", "run", "effect")
        )
        database.close()
    return {
        "timers": count,
        "runs_per_second": round((count // 2) / smooth),
        "worker_megabytes_at_most": round(memory),
        "with_a_sigterm_and_a_kill_9_per_second": round((count - count // 2) / rough),
        "lost": count - finished,
        "runs_doubled": runs - count,
        "effects_doubled_or_lost": effects - 2 * count,
    }


def fill(database: Any, shop: int, count: int) -> None:
    from sereno.runtime import services
    from sereno.sdk.connector import NewEvent

    at = datetime.now(UTC)
    for first in range(0, count, 5000):
        events = [
            NewEvent(f"e{number}", "custom.begun", f"thing:{number}", at, {"size": 10}, {"thing": str(number)})
            for number in range(first, min(first + 5000, count))
        ]
        services.insert_events(shop, None, "bench", events, database=database)


def drain_queue(database: Any) -> None:
    from sereno.runtime.runtime import Runtime
    from sereno.sdk.plugin import registry

    runtime = Runtime(database, registry(), worker_name="fill")
    while runtime.round_of("dispatch"):
        pass
    runtime.stop()


def drain(url: str, database: Any, workers: int, until: int, signals: list[int] | None = None) -> tuple[float, float]:
    """Workers go until so many runs are through. Gives seconds and the megabytes of the largest worker."""
    children = [start(url) for _ in range(workers)]
    begin = time.perf_counter()
    for child in children:
        say_go(child)
    seen = one(database, "SELECT count(*) FROM run WHERE status = 'finished'")
    marks = [seen + (until - seen) * (number + 1) // 3 for number in range(len(signals or []))]
    memory = 0.0
    while (done := one(database, "SELECT count(*) FROM run WHERE status = 'finished'")) < until:
        time.sleep(0.05)
        memory = max(memory, *(psutil.Process(child.pid).memory_info().rss / 2**20 for child in children))
        if marks and done >= marks[0]:
            marks.pop(0)
            assert signals is not None
            children[0].send_signal(signals.pop(0))
            children[0].wait()
            children[0] = start(url)
            say_go(children[0])
    seconds = time.perf_counter() - begin
    for child in children:
        child.kill()
        child.wait()
    return seconds, memory


def start(url: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, __file__, "--work", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    return child


def say_go(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("go\n")
    child.stdin.flush()


def one(database: Any, sql: str) -> int:
    with database.read() as tx:
        return tx.text(sql)[0][0]


def work(url: str) -> None:
    from sereno.runtime.runtime import Runtime
    from sereno.runtime.worker import Worker, worker_name
    from sereno.sdk.plugin import registry
    from sereno.store.database import open_database

    stop = threading.Event()
    runtime = Runtime(open_database(url), registry(), clock=Ahead(), worker_name=worker_name())
    runtime.effects.run = lambda **_: 0  # type: ignore[method-assign] - effects that leave are measured apart
    worker = Worker(runtime)
    signal.signal(signal.SIGTERM, lambda *_: (stop.set(), worker.notify()))
    print("ready", flush=True)
    sys.stdin.readline()
    worker.run(stop)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        setting.ready()
        work(sys.argv[2])
    else:
        main()
