"""Random `kill -9` of workers (and, on PostgreSQL, of the database) under load: what was lost, what was doubled.

Prints one JSON document. `python bench/kill.py [KILLS] [sqlite|postgresql]`: 20 kills unless told, 200 for all.
Lost: events in the inbox without their run, runs without their effects. Doubled: second runs or effects of one event.
Calls begun twice with the same idempotency key are counted apart: whoever is called recognises them.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import setting

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "crash")]

CALLS = """
flow: calls
trigger: {event: custom.begun}
steps:
  - crash.call: {to: one}
    as: first
  - log: {text: "attempt {{ vars.first.attempt }}"}
  - crash.call: {to: two}
"""
AT_ONCE = 60


def main() -> None:
    numbers, kinds = setting.arguments()
    kills = numbers[0] if numbers else 20
    setting.ready()
    setting.emit({kind: measure(kind, kills) for kind in kinds})


def measure(kind: str, kills: int) -> dict[str, Any]:
    from hosting import Host, Nursery

    nursery = Nursery()
    with tempfile.TemporaryDirectory() as folder, setting.server(kind) as (url, server):
        host = Host(url, Path(folder), nursery)
        try:
            host.flow(CALLS)
            start = time.perf_counter()
            events, killed = _load(host, server, kills, random.Random(11))
            host.until(lambda: host.count("effect WHERE status = 'done'") >= events * 3, 120)
            seconds = time.perf_counter() - start
            begun = [line for line in host.calls().elements() if line.startswith("begin")]
            return {
                "kills": killed,
                "events": events,
                "runs_lost": events - host.count("run WHERE status = 'finished'"),
                "effects_lost": events * 3 - host.count("effect WHERE status = 'done'"),
                "runs_doubled": host.count("run") - events,
                "effects_doubled": host.count("effect") - events * 3,
                "calls_with_a_key_seen_before": len(begun) - len(set(begun)),
                "seconds": round(seconds, 1),
            }
        finally:
            host.close()
            nursery.close()


def _load(host: Any, server: Any, kills: int, rng: random.Random) -> tuple[int, dict[str, int]]:
    from hosting import kill, restart

    killed = {"worker": 0, "database": 0}
    workers = [host.start()] + ([host.start()] if server is not None else [])
    events = 0
    for number in range(kills):
        host.send("custom.begun", *(f"{number}-{one}" for one in range(AT_ONCE)))
        events += AT_ONCE
        time.sleep(rng.uniform(0.02, 0.4))
        if server is not None and rng.random() < 0.25:
            kill(server.get_pid())
            restart(server)
            killed["database"] += 1
            continue
        kill(workers.pop(rng.randrange(len(workers))))
        killed["worker"] += 1
        workers.append(host.start())
    return events, killed


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
