"""Erasing one person among 1,000,000 events in SQLite: seconds until everything their names lead to is gone and
verified, seconds of the search through every text after it, and what a reading of the whole file still finds.

Prints one JSON document; `ok` says whether the goal was reached. `python bench/erasure.py [EVENTS [RUNS]]`;
`BENCH_KEEP` names a folder that keeps the filled installation for the next time.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filling import Sizes
from pages import make, migrated
from setting import emit, ready

MOST_SECONDS = 5.0
ORDERS = 20
TURN = str(int(time.time()))
"""A new person each time: what an erased one did before is erased on the way in."""
EMAIL = f"leocadia.{TURN}@example.org"
CUSTOMER = f"lz{TURN}"
PERSON = {
    "first_name": "Leocadia",
    "last_name": f"Zumalacarregui {TURN}",
    "name": f"Leocadia Zumalacarregui {TURN}",
    "address1": f"Callejon del Gato {TURN}",
    "country": "ES",
    "phone": "+34 699 414 213",
}
WORDS = (EMAIL, f"Zumalacarregui {TURN}", f"Callejon del Gato {TURN}", f"customer:{CUSTOMER}")


def main() -> None:
    given = [int(word) for word in sys.argv[1:] if word.isdigit()]
    kept = os.environ.get("BENCH_KEEP")
    with tempfile.TemporaryDirectory(prefix="sereno-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        data = Path(kept or folder)
        path = data / "sereno.sqlite3"
        is_new = not path.exists()
        data.mkdir(parents=True, exist_ok=True)
        os.environ["SERENO_DATA_DIR"] = str(data)
        os.environ.pop("SERENO_DATABASE_URL", None)
        ready()
        from django.conf import settings

        from sereno.store import secrets

        secrets.configure(settings.ENVIRONMENT.secret_key)
        migrated()
        if is_new:
            make(path, Sizes(*given))
        emit(measure(path))


def measure(path: Path) -> dict[str, Any]:
    from sereno.runtime.privacy.asking import ask
    from sereno.runtime.privacy.requests import Runner
    from sereno.runtime.staff import open_staff
    from sereno.store.models import Event, PrivacyRequest, Shop

    shop = Shop.objects.get(slug="busy").pk
    bring(shop)
    before = count(path)
    id_ = ask(shop, "erase", [EMAIL], "bench")
    runner = Runner(open_staff(None), "bench")
    begin, verified = time.perf_counter(), None
    while PrivacyRequest.objects.filter(pk=id_).exclude(status="done").exists():
        runner.carry_out(id_, 0.02)
        row = PrivacyRequest.objects.get(pk=id_)
        if verified is None and row.stage in ("sweep", ""):
            verified = time.perf_counter() - begin
        if row.status == "failed":
            raise SystemExit(f"it failed: {row.problem}")
    whole = time.perf_counter() - begin
    report = PrivacyRequest.objects.get(pk=id_).report
    after = count(path)
    return {
        "events": Event.objects.count(),
        "megabytes": path.stat().st_size // 2**20,
        "of_the_person": {place: counts["before"] for place, counts in report["places"].items()},
        "seconds": round(verified or whole, 2),
        "most_seconds": MOST_SECONDS,
        "seconds_with_sweep": round(whole, 2),
        "swept": report["swept"],
        "in_the_file_before": before,
        "in_the_file_after": after,
        "ok": (verified or whole) < MOST_SECONDS and not any(after.values()),
    }


def bring(shop: int) -> None:
    """A customer with orders, carts, raw deliveries and runs, by the way everything comes in."""
    from sereno.runtime.runtime import Runtime
    from sereno.runtime.services import publish, save_draft
    from sereno.sdk.plugin import registry
    from sereno.store.database import default_database
    from sereno.store.models import Connection, Delivery

    flow = (
        "flow: erasure-bench\ntrigger: {event: order.created, when: \"order.email == '" + EMAIL + "'\"}\n"
        'steps:\n  - log: {text: "{{ order.email }}"}\n  - wait: 9d\n  - log: {text: "{{ customer.first_name }}"}\n'
    )
    publish(shop, save_draft(shop, flow).name, "bench")
    connection = Connection.objects.filter(shop=shop, kind="generic").first()
    if connection is None:
        connection = Connection.objects.create(
            shop_id=shop, name="erasure", kind="generic", created_at=datetime.now(UTC)
        )
    now = datetime.now(UTC)
    for number in range(ORDERS):
        for type_ in ("cart.updated", "order.created", "order.paid", "order.updated"):
            at = (now - timedelta(days=ORDERS - number)).isoformat()
            data = {
                "id": f"{CUSTOMER}-{number}",
                "number": f"#{CUSTOMER}{number}",
                "currency": "EUR",
                "total": "31.00",
                "email": EMAIL,
                "customer_id": CUSTOMER,
                "customer": {"id": CUSTOMER, "email": EMAIL, **PERSON},
                "shipping_address": PERSON,
                "note": f"For {PERSON['name']}",
                "placed_at": at,
                "updated_at": at,
                "lines": [{"sku": "CUP-1", "title": "Cup", "quantity": 1, "total": "31.00"}],
            }
            kind = type_.partition(".")[0]

            body = {
                "id": f"{type_}-{CUSTOMER}-{number}",
                "type": type_,
                "subject": f"{kind}:{CUSTOMER}-{number}",
                "occurred_at": at,
                "data": data,
            }
            Delivery.objects.create(
                connection=connection,
                dedupe_key=f"{type_}-{number}-{now.timestamp()}",
                topic=type_,
                headers={"x-sereno-as": "generic"},
                body=json.dumps(body).encode(),
                received_at=now,
            )
    runtime = Runtime(default_database(), registry(), worker_name="bench")
    while runtime.round_of("map"):
        pass
    while runtime.round_of("dispatch"):
        pass
    runtime.stop()


def count(path: Path) -> dict[str, int]:
    """How often each word stands in the database's files, byte by byte."""
    found = dict.fromkeys(WORDS, 0)
    for one in (path, Path(f"{path}-wal")):
        if not one.exists() or not one.stat().st_size:
            continue
        with one.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
            for word in WORDS:
                sought, at = word.encode(), -1
                while (at := held.find(sought, at + 1)) >= 0:
                    found[word] += 1
    return found


if __name__ == "__main__":
    main()
