"""Webhook over HTTP to finished run, with everything on: the load generator shares the two cores.

Prints one JSON document. `python bench/http_to_run.py [WEBHOOKS] [ROUNDS]`. `sereno serve` with its worker, SQLite with
`synchronous=FULL`; orders of 3 KB, each another, signed as Shopify signs, over 128 connections; every order starts a
run of three steps (a condition, two local actions). The clock runs from the first request to the last finished run.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

import loading

CONNECTIONS = 128

FLOW = """
flow: bench
name: Bench
trigger: {event: order.created, when: 'order.total >= 30 && order.currency == "EUR"'}
steps:
  - log: {text: "order {{ order.number }} of {{ customer.first_name }}"}
  - if: order.total >= 100
    then:
      - orders.add_tag: {tag: large}
    else:
      - orders.add_tag: {tag: small}
"""


def main() -> None:
    numbers = [int(part) for part in sys.argv[1:] if part.isdigit()]
    count = numbers[0] if numbers else 6000
    rounds = numbers[1] if len(numbers) > 1 else 3
    with tempfile.TemporaryDirectory(prefix="sereno-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "SERENO_DATA_DIR": folder, "SERENO_BIND": f"127.0.0.1:{port}"}
        environment.pop("SERENO_DATABASE_URL", None)
        set_up(environment, Path(folder))
        with Path(folder, "log").open("wb") as log:
            server = subprocess.Popen([*_SERENO, "serve"], env=environment, stderr=log)
        try:
            wait_until_ready(port)
            send(port, Path(folder), 300, 0)
            used = processor_seconds(server.pid)
            found = [send(port, Path(folder), count, turn + 1) for turn in range(rounds)]
            used = processor_seconds(server.pid) - used
            report(found, count, server.pid, used / count / rounds)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(40)


_SERENO = [sys.executable, "-c", "from sereno.site.command import main; main()"]


def set_up(environment: dict[str, str], folder: Path) -> None:
    flow = folder / "bench.yaml"
    flow.write_text(FLOW)
    for arguments in (
        ["init"],
        ["shop", "add", "Bench", "--currency", "EUR", "--timezone", "Europe/Madrid", "--locale", "es"],
        ["connect", "shopify", "--shop", "bench", "--name", "bench", "--secret", loading.SECRET],
        ["flow", "apply", str(flow)],
        ["flow", "publish", "bench"],
    ):
        subprocess.run([*_SERENO, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)


def wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server did not become ready")


def send(port: int, folder: Path, count: int, turn: int) -> dict[str, float]:
    """Seconds until all was acknowledged, and until all runs of it were finished."""
    first = turn * 1_000_000
    requests = [loading.webhook("/hooks/bench", loading.order(first + n), f"t{turn}-{n:08d}") for n in range(count)]
    before = finished(folder)
    start = time.perf_counter()
    load = loading.run(port, requests, connections=CONNECTIONS, seconds=120, once=True)
    acknowledged = time.perf_counter() - start
    assert not load.refused
    deadline = time.monotonic() + 120
    while (done := finished(folder)) < before + count:
        assert time.monotonic() < deadline, f"{done - before} of {count} runs"
        time.sleep(0.02)
    return {"acknowledged": acknowledged, "finished": time.perf_counter() - start, "p99_ms": load.p99}


def finished(folder: Path) -> int:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(f"file:{folder}/sereno.sqlite3?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute("SELECT count(*) FROM run WHERE status = 'finished'").fetchone()[0]


def processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(found: list[dict[str, float]], count: int, process: int, each_used: float) -> None:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    print(
        json.dumps(
            {
                "runs_per_second": round(median(count / each["finished"] for each in found)),
                "acknowledged_per_second": round(median(count / each["acknowledged"] for each in found)),
                "rounds": [round(count / each["finished"]) for each in found],
                "door_p99_ms": round(median(each["p99_ms"] for each in found), 1),
                "processor_microseconds_per_run": round(each_used * 1e6),
                "webhooks": count,
                "megabytes": int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024,
                "goal": "runs_per_second >= 1000",
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
