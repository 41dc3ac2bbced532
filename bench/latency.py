"""From an event to its first action: 200 events a second come in one by one; a worker carries out what leaves us.

Prints one JSON document, milliseconds. `python bench/latency.py [SECONDS] [sqlite|postgresql]`. The clock of an event
starts before it is stored, and stops when its action begins.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import setting

PER_SECOND = 200


def main() -> None:
    numbers, kinds = setting.arguments()
    seconds = numbers[0] if numbers else 15
    setting.ready()
    setting.emit({kind: measure(kind, seconds) for kind in kinds})


def measure(kind: str, seconds: int) -> dict[str, Any]:
    """SQLite: the worker is a thread of the process the events come into; PostgreSQL: a process of its own."""
    from sereno.store.database import open_database

    with setting.database(kind) as url, tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        os.environ["BENCH_JOURNAL"] = str(journal)
        database = open_database(url)
        shop = setting.shop(database)
        notify, finish = in_thread(url) if kind == "sqlite" else in_process(url)
        feed(database, shop, 2, lambda: None, first=1_000_000)
        sent = feed(database, shop, seconds, notify, first=0)
        time.sleep(1.0)
        finish()
        database.close()
        acted = dict(line.split() for line in journal.read_text().splitlines())
    waits = sorted((float(acted[f"#{number}"]) - at) * 1000 for number, at in sent.items() if f"#{number}" in acted)
    return {
        "events_per_second": PER_SECOND,
        "events": len(sent),
        "acted": len(waits),
        "median": round(at(waits, 0.5), 1),
        "p95": round(at(waits, 0.95), 1),
        "p99": round(at(waits, 0.99), 1),
        "most": round(waits[-1], 1),
    }


def at(waits: Sequence[float], part: float) -> float:
    return waits[min(len(waits) - 1, int(len(waits) * part))]


def feed(database: Any, shop: int, seconds: int, notify: Any, first: int) -> dict[int, float]:
    """Store events at an even pace. Gives when each set out."""
    from sereno.runtime import services

    sent: dict[int, float] = {}
    start = time.time()
    for number, event in enumerate(setting.orders(seconds * PER_SECOND, first)):
        due = start + number / PER_SECOND
        time.sleep(max(0.0, due - time.time()))
        sent[first + number] = time.time()
        services.insert_events(shop, None, "bench", [event], database=database)
        notify()
    return sent


def in_thread(url: str) -> Any:
    worker = make_worker(url)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()

    def finish() -> None:
        stop.set()
        worker.notify()
        thread.join()

    return worker.notify, finish


def in_process(url: str) -> Any:
    child = subprocess.Popen([sys.executable, __file__, "--work", url], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()

    def finish() -> None:
        child.kill()
        child.wait()

    return lambda: None, finish


def make_worker(url: str) -> Any:
    from sereno.runtime.runtime import Runtime
    from sereno.runtime.worker import Worker, worker_name
    from sereno.sdk.plugin import registry
    from sereno.store.database import open_database

    return Worker(Runtime(open_database(url), registry(), worker_name=worker_name()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        setting.ready()
        made = make_worker(sys.argv[2])
        print("ready", flush=True)
        made.run(threading.Event())
    else:
        main()
