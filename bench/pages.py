"""Server time of every staff page over a year of a busy shop in SQLite: 1,000,000 events and 200,000 runs.

Pages are read from the addresses themselves and each list also as people narrow it; nothing is cached between two
requests. The time on the clock and that of the processor are given: on a machine with other work only the second tells.
Prints one JSON document. `python bench/pages.py [EVENTS [RUNS]]`; `BENCH_KEEP` names a folder that keeps the
filled installation for the next time, `BENCH_ONLY` a part of the addresses to measure.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from filling import Sizes, fill
from setting import emit, ready

ROUNDS = 20
MOST_MILLISECONDS, MOST_QUERIES = 100.0, 15
sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "web"))


def main() -> None:
    given = [int(word) for word in sys.argv[1:] if word.isdigit()]
    sizes = Sizes(*given)
    kept = os.environ.get("BENCH_KEEP")
    with tempfile.TemporaryDirectory(prefix="sereno-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        data = Path(kept or folder)
        is_new = not (data / "sereno.sqlite3").exists()
        data.mkdir(parents=True, exist_ok=True)
        os.environ["SERENO_DATA_DIR"] = str(data)
        os.environ.pop("SERENO_DATABASE_URL", None)
        ready()
        migrated()
        if is_new:
            make(data / "sereno.sqlite3", sizes)
        emit(measure(sizes, data))


def migrated() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def make(path: Path, sizes: Sizes) -> None:
    from django.db import connection

    from sereno.runtime import installing, services
    from sereno.sdk.templates import shipped_flows
    from sereno.store.database import default_database
    from sereno.store.models import Connection, Flow

    shops, connections = [], []
    for slug in ("busy", "small"):
        shop = services.create_shop(slug=slug, name=slug, currency="EUR", timezone="Europe/Madrid", locale="es")
        for flow in shipped_flows():
            installing.install(shop, flow, "en", "shadow", "bench")
            services.set_status(shop, flow.name, "live", "bench")
        person(shop, f"{slug}@example.com")
        name = "lantern-store" if slug == "busy" else "small-store"
        row = Connection.objects.create(shop_id=shop, name=name, kind="generic", created_at=0)
        shops.append(shop)
        connections.append(row.pk)
    flows = list(Flow.objects.filter(shop=shops[0]).order_by("is_derived", "name").values_list("id", flat=True))
    connection.close()
    default_database().close()
    fill(str(path), shops[0], shops[1], (connections[0], connections[1]), flows, sizes)


def person(shop: int, address: str) -> None:
    from django.contrib.auth import get_user_model

    from sereno.store.models import Membership

    user = get_user_model().objects.create_user(username=address, email=address, password="a long password")
    Membership.objects.create(user=user, shop_id=shop, role="owner")


def measure(sizes: Sizes, data: Path) -> dict[str, Any]:
    from addresses import pages
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.test.utils import setup_test_environment

    from sereno.store.models import Shop

    setup_test_environment()
    found: dict[str, dict[str, Any]] = {}
    for slug in ("busy", "small"):
        shop = Shop.objects.get(slug=slug)
        client = Client(raise_request_exception=False)
        client.force_login(get_user_model().objects.get(username=f"{slug}@example.com"))
        client.get("/")
        for _name, address in pages(shop):
            if os.environ.get("BENCH_ONLY", "") in address:
                numbers = timed(client, address)
                if numbers is not None:
                    found[f"{slug}: {address}"] = numbers
    slow = {page: row["p95_ms"] for page, row in found.items() if row["p95_ms"] >= MOST_MILLISECONDS}
    many = {page: row["queries"] for page, row in found.items() if row["queries"] > MOST_QUERIES}
    scans = {page: row["scans"] for page, row in found.items() if row["scans"]}
    return {
        "events": sizes.events,
        "runs": sizes.runs,
        "megabytes": round((data / "sereno.sqlite3").stat().st_size / 1e6),
        "pages": len(found),
        "worst_p95_ms": max(row["p95_ms"] for row in found.values()),
        "worst_p95_cpu_ms": max(row["p95_cpu_ms"] for row in found.values()),
        "most_queries": max(row["queries"] for row in found.values()),
        "too_slow": slow,
        "too_many_queries": many,
        "scans": scans,
        "slowest_by_cpu": dict(
            sorted(((page, row["p95_cpu_ms"]) for page, row in found.items()), key=lambda row: -row[1])[:15]
        ),
        "goal": "p95 < 100 ms, at most 15 queries, no scan",
    }


def timed(client: Any, address: str) -> dict[str, Any] | None:
    """None for what is not a page (it only takes a form, or leads on)."""
    from django.core.cache import cache
    from plans import is_query, scanned, statements

    cache.clear()
    with statements() as said:
        status = client.get(address).status_code
    if status in (302, 405):
        return None
    if status != 200:
        print(f"{address} answers {status}", file=sys.stderr)
        return None
    queries = [one for one in said if is_query(one)]
    walls, processor = [], []
    for _ in range(ROUNDS):
        cache.clear()
        began, busy = time.perf_counter(), time.thread_time()
        client.get(address)
        walls.append((time.perf_counter() - began) * 1000)
        processor.append((time.thread_time() - busy) * 1000)
    scans = sorted({table for one in queries for table in scanned(one)})
    return {"p95_ms": p95(walls), "p95_cpu_ms": p95(processor), "queries": len(queries), "scans": scans}


def p95(times: list[float]) -> float:
    return round(sorted(times)[int(len(times) * 0.95) - 1], 1)


if __name__ == "__main__":
    main()
