"""Durable webhooks acknowledged per second, against the same server answering 200 without verifying or writing.

Prints one JSON document. `python bench/door.py [SECONDS] [ROUNDS]`: seconds per measurement. SQLite with
`synchronous=FULL`, one process, 32 connections, orders of 3 KB signed as Shopify signs. The ratio is the median of the
rounds; in each the two are measured one after the other. Then the latency at half of the load reached.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

import loading

CONNECTIONS = 32
DISTINCT = 200


def main() -> None:
    numbers = [int(part) for part in sys.argv[1:] if part.isdigit()]
    seconds, rounds = (*numbers, 4, 3)[:2] if len(numbers) < 2 else numbers[:2]
    with tempfile.TemporaryDirectory(prefix="sereno-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        environment = {**os.environ, "SERENO_DATA_DIR": folder}
        environment.pop("SERENO_DATABASE_URL", None)
        command = [sys.executable, __file__, "--server"]
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            print(json.dumps(measure(port, seconds, rounds, server.pid), indent=2))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def measure(port: int, seconds: int, rounds: int, process: int) -> dict[str, Any]:
    plain = [loading.webhook("/plain", loading.order(n), f"{n:08d}-@@@@@@@@") for n in range(DISTINCT)]
    loading.run(port, plain, seconds=1)
    bare, durable = [], []
    for turn in range(rounds):
        bare.append(loading.run(port, plain, connections=CONNECTIONS, seconds=seconds))
        durable.append(loading.run(port, hooks(f"r{turn}"), connections=CONNECTIONS, seconds=seconds))
    assert not any(load.refused for load in (*bare, *durable)), "something was refused"
    reached = median(load.per_second for load in durable)
    pause = CONNECTIONS / (reached / 2) * 1000
    half = loading.run(port, hooks("half"), connections=CONNECTIONS, seconds=seconds, delay_ms=pause)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stored") as answer:
        stored = json.load(answer)
    acknowledged = sum(load.requests for load in durable) + half.requests
    assert stored["rows"] >= acknowledged, "acknowledged and not there"
    return {
        "durable_per_second": round(reached),
        "plain_per_second": round(median(load.per_second for load in bare)),
        "ratio": round(median(d.per_second / b.per_second for d, b in zip(durable, bare, strict=True)), 3),
        "rounds": [[round(d.per_second), round(b.per_second)] for d, b in zip(durable, bare, strict=True)],
        "latency_ms": {"p50": durable[-1].median, "p99": durable[-1].p99},
        "half_load": {"per_second": round(half.per_second), "p50_ms": half.median, "p99_ms": half.p99},
        "acknowledged": acknowledged,
        "stored": stored["rows"],
        "rows_per_commit": round(stored["rows"] / max(1, stored["batches"]), 1),
        "synchronous": stored["synchronous"],
        "megabytes": memory(process),
        "generator": durable[0].generator,
        "goal": "ratio >= 0.60, p99 < 50 ms at half load",
    }


def hooks(round_: str) -> list[bytes]:
    return [loading.webhook("/hooks/bench", loading.order(n), f"{round_}-{n:08d}-@@@@@@@@") for n in range(DISTINCT)]


def memory(process: int) -> int | None:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024
    except OSError:
        return None


# --- the server: `sereno serve` without a worker, and with one more path


def serve() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sereno.site.settings")
    from sereno.site.command import Installation

    Installation().prepare()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    connect()
    import socket
    from concurrent.futures import ThreadPoolExecutor

    import uvloop

    from sereno.site.composition import build_door, build_front
    from sereno.site.serve import SWITCH_INTERVAL, make_server

    sys.setswitchinterval(SWITCH_INTERVAL)
    door = build_door()
    front = build_front(door, ThreadPoolExecutor(1))
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
    end = {"type": "http.response.body", "body": b"", "more_body": False}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path")
        if path == "/plain":
            while (await receive())["more_body"]:
                pass
            await send(start)
            await send(end)
        elif path == "/stored":
            body = json.dumps(stored(door)).encode()
            await send({**start, "headers": [(b"content-length", str(len(body)).encode())]})
            await send({**end, "body": body})
        else:
            await front(scope, receive, send)

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(make_server(application, door).serve(sockets=[listening]))


def connect() -> None:
    from sereno.store.models import Connection, Shop
    from sereno.store.secrets import encrypt

    now = int(time.time() * 1e6)
    shop = Shop.objects.create(
        slug="bench", name="Bench", currency="EUR", timezone="Europe/Madrid", locale="es", created_at=now
    )
    secrets = encrypt([loading.SECRET])
    Connection.objects.create(shop=shop, name="bench", kind="shopify", secrets=secrets, settings={}, created_at=now)


def stored(door: Any) -> dict[str, Any]:
    from sereno.store.database import default_database

    with default_database().read() as transaction:
        rows = transaction.text("SELECT count(*) FROM delivery")[0][0]
        level = transaction.text("PRAGMA synchronous")[0][0]
    return {"rows": rows, "batches": door.commits.batches, "synchronous": {1: "NORMAL", 2: "FULL"}.get(level, level)}


if __name__ == "__main__":
    if "--server" in sys.argv:
        serve()
    else:
        main()
