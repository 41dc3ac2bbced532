"""How long a checkout waits for its answer: 40 rules over cart, visitor, customer and history, two comparisons, a shop
of 20,000 customers and 100,000 orders in SQLite, `sereno serve` with its worker; each visitor is new and is noted.

Prints one JSON document, milliseconds from the first byte sent to the last received. `python bench/decisions.py
[PER_SECOND [SECONDS]]`. The load generator shares the two cores. The goal is 20 ms at the 95th percentile.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from http_to_run import _SERENO, processor_seconds, wait_until_ready
from setting import emit

CLIENTS = 8
CUSTOMERS, ORDERS = 20_000, 100_000
GOAL = 20.0
CONDITIONS = (
    "cart.total > {n}",
    "cart.total < {n} && address.country == 'ES'",
    "visitor.device == 'mobile' && cart.total > {n}",
    "customer.order_count > {n} || customer.tags.exists(tag, tag == 'vip')",
    "history.order_count >= 3 && history.cancelled_count * 100 > history.order_count * {n}",
    "cart.lines.exists(line, line.sku == 'SKU-{n}')",
    "address.postal_code.startsWith('{n}')",
    "history.undelivered_count > 1 && visitor.is_signed_in",
)
FILL = """
import django; django.setup()
from sereno.site.plugins import load_plugins; load_plugins()
from django.conf import settings
from sereno.store.secrets import configure; configure(settings.ENVIRONMENT.secret_key)
import json, sys
from sereno.runtime.decisions import keeping
from sereno.store import storefronts
from sereno.store.database import default_database
from sereno.store.keys import issue
from sereno.store.models import Shop
customers, orders = int(sys.argv[2]), int(sys.argv[3])
shop = Shop.objects.get().pk
people = [(shop, f"{n}", 1, 1, json.dumps({"id": f"{n}", "email": f"c{n}@example.com", "order_count": n % 9}),
    f"c{n}@example.com", f"c{n}") for n in range(customers)]
bought = [(shop, f"o{n}", 1, 1, json.dumps({"id": f"o{n}", "lines": [{"sku": "S"}] * 3, "note": "x" * 1500}),
    f"{n % customers}", f"c{n % customers}@example.com", "EUR", "25.00", "open", "paid", 1_700_000_000_000_000 + n)
    for n in range(orders)]
with default_database().transaction() as tx:
    tx.text_many("INSERT INTO customers_customer (shop_id, key, version, seen_at, data, email, name) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        people, ("bigint", "text", "bigint", "bigint", "text", "text", "text"))
    tx.text_many("INSERT INTO orders_order (shop_id, key, version, seen_at, data, customer_key, email, currency, "
        "total, status, payment_status, placed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        bought, ("bigint", "text", "bigint", "bigint", *["text"] * 7, "bigint"))
keeping.keep_draft(shop, json.load(open(sys.argv[1])), "bench")
keeping.publish(shop, "bench")
key, secret = storefronts.issue(shop, "bench", [], "bench")
people = {f"{n}": storefronts.proof(secret, f"{n}") for n in range(1000)}
print(json.dumps({"key": key.token, "bearer": issue(shop, "bench", "read write", "bench"), "people": people}))
"""


def main() -> None:
    numbers = [int(part) for part in sys.argv[1:] if part.isdigit()]
    per_second = numbers[0] if numbers else 40
    seconds = numbers[1] if len(numbers) > 1 else 15
    with tempfile.TemporaryDirectory(prefix="sereno-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "SERENO_DATA_DIR": folder, "SERENO_BIND": f"127.0.0.1:{port}"}
        environment |= {"DJANGO_SETTINGS_MODULE": "sereno.site.settings"}
        environment.pop("SERENO_DATABASE_URL", None)
        made = set_up(environment, Path(folder))
        with Path(folder, "log").open("wb") as log:
            server = subprocess.Popen([*_SERENO, "serve"], env=environment, stderr=log)
        try:
            wait_until_ready(port)
            report(port, server.pid, made, per_second, seconds)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(40)


def set_up(environment: dict[str, str], folder: Path) -> dict[str, Any]:
    document = folder / "decisions.json"
    document.write_text(json.dumps(the_document()))
    shop = ["shop", "add", "Bench", "--currency", "EUR", "--timezone", "Europe/Madrid", "--locale", "es"]
    for arguments in (["init"], shop):
        subprocess.run([*_SERENO, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
    fill = [sys.executable, "-c", FILL, str(document), str(CUSTOMERS), str(ORDERS)]
    return json.loads(subprocess.run(fill, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def the_document() -> dict[str, Any]:
    ids = ("card", "cod", "paypal", "courier", "locker", "pickup")
    options = [{"id": id_, "kind": "payment" if n < 3 else "delivery", "name": id_} for n, id_ in enumerate(ids)]
    rules = [
        {
            "id": f"r{n}",
            "when": CONDITIONS[n % len(CONDITIONS)].replace("{n}", str(n)),
            "do": "hide",
            "options": [ids[n % 6]],
        }
        for n in range(40)
    ]
    arms = [{"name": "a", "weight": 1}, {"name": "b", "weight": 1}]
    return {"options": options, "rules": rules, "variants": [{"id": "one", "arms": arms}, {"id": "two", "arms": arms}]}


def report(port: int, process: int, made: dict[str, Any], per_second: int, seconds: int) -> None:
    load(port, made, "storefront", 50, 2)
    found: dict[str, Any] = {"per_second": per_second, "seconds": seconds, "goal_p95": GOAL}
    for way in ("storefront", "api"):
        used = processor_seconds(process)
        waits = sorted(load(port, made, way, per_second, seconds))
        used = processor_seconds(process) - used
        found[way] = {
            "answers": len(waits),
            **{name: round(waits[int(len(waits) * part)], 2) for name, part in (("median", 0.5), ("p95", 0.95))},
            "p99": round(waits[int(len(waits) * 0.99)], 2),
            "processor_ms_each": round(used / len(waits) * 1000, 2),
        }
    emit(found)
    if found["storefront"]["p95"] >= GOAL:
        raise SystemExit("slower than the goal")


def load(port: int, made: dict[str, Any], way: str, per_second: int, seconds: int) -> list[float]:
    """Milliseconds of each answer; requests begin at fixed moments, however long the ones before take."""
    waits: list[float] = []
    start = time.perf_counter() + 0.1
    count = per_second * seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for turn in range(number, count, CLIENTS):
            due = start + turn / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            waits.append(ask(connection, made, way, turn, due))
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def ask(connection: http.client.HTTPConnection, made: dict[str, Any], way: str, turn: int, due: float) -> float:
    person = str(turn % 1000)
    body = {
        "visitor": {"id": f"{way}-{turn}-{due}"},
        "cart": {
            "id": f"c{turn}",
            "total": str(turn % 400),
            "currency": "EUR",
            "lines": [{"sku": "SKU-5", "quantity": 1}],
        },
        "address": {"country": "ES", "postal_code": "28004"},
        "customer": {"id": person, "signature": made["people"][person]} if way == "storefront" else {"id": person},
    }
    headers = {"User-Agent": "Mozilla/5.0 (iPhone) Mobile Safari/604.1"}
    if way == "storefront":
        path = f"/storefront/{made['key']}/decide"
        headers |= {"Content-Type": "text/plain", "Origin": "https://shop.example"}
    else:
        path = "/api/v1/decisions"
        headers |= {"Content-Type": "application/json", "Authorization": f"Bearer {made['bearer']}"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, (answer.status, text[:300])
    return (time.perf_counter() - due) * 1000


if __name__ == "__main__":
    main()
