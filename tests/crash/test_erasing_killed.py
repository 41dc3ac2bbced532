"""An erasure whose worker is killed again and again: another goes on where it was, and in the end nothing is found."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from hosting import Host, is_alive, kill

from sereno.runtime import services
from sereno.runtime.privacy import asking, looking
from sereno.sdk.connector import NewEvent
from sereno.store import secrets

MAIL = "kanarienvogel@quillabamba.example"
WORDS = (MAIL, "Quillabamba", "Callejon del Gato", "customer:kv5")
ORDERS = 300
KILLS = 6
AHEAD = 70.0
"""Seconds by which each worker's clock is ahead of the one before: a dead one's lease is over."""
FLOW = """flow: greeted
trigger: {event: order.created}
steps:
  - log: {text: "{{ order.email }} {{ customer.last_name }}"}
  - wait: 30d
  - log: {text: "{{ customer.last_name }}"}
"""


@pytest.fixture(autouse=True)
def _one_key() -> Iterator[None]:
    """Other tests of this process may have set a key that the worker's process does not know."""
    held = secrets._keys
    secrets.configure(settings.ENVIRONMENT.secret_key)
    yield
    if held:
        secrets.configure(*held)


def test_killed_at_any_moment_it_ends_and_nothing_is_found(host: Host) -> None:
    host.flow(FLOW)
    _send(host)
    worker = host.start()
    host.until(lambda: host.count("effect WHERE status = 'done'") == ORDERS + 1)
    kill(worker)
    assert all(_found(host)[word] for word in WORDS)
    id_ = asking.ask(host.shop, asking.ERASE, [MAIL], "tester", database=host.database)
    rng = random.Random(11)
    under_way = 0
    for number in range(1, KILLS + 1):
        before = _whose(host, id_)
        worker = host.start(ahead=AHEAD * number)
        host.until(lambda before=before: _whose(host, id_) != before)
        time.sleep(rng.uniform(0.0, 0.1))
        kill(worker)
        if _state(host, id_) == "done":
            break
        under_way += 1
    assert under_way >= 2, "it was killed at work"
    last = host.start(ahead=AHEAD * (KILLS + 1))
    host.until(lambda: _state(host, id_) == "done")
    assert is_alive(last)
    assert not {word: where for word, where in _found(host).items() if where}
    assert looking.held_about(host.shop, [MAIL], database=host.database).known_as["emails"] == []
    assert host.count("run WHERE status = 'stopped' AND reason = 'privacy.erased'") == ORDERS
    assert host.count("run WHERE status = 'waiting'") == 1, "the other person's run goes on"
    assert host.count("orders_order") == ORDERS + 1, "the books have them all"
    assert host.count("audit WHERE action = 'privacy.erase_done'") == 1


def _send(host: Host) -> None:
    now = datetime.now(UTC)
    events: list[NewEvent] = []
    for number in range(ORDERS + 1):
        is_hers = number < ORDERS
        mail, key = (MAIL, "kv5") if is_hers else ("ana@example.com", "a1")
        whose = {"id": key, "email": mail, "last_name": "Quillabamba" if is_hers else "Ionescu"}
        data: dict[str, Any] = {
            "id": f"o{number}", "number": f"o{number}", "currency": "EUR", "total": "20.00", "email": mail, "lines": [],
            "customer_id": key, "customer": whose, "placed_at": now.isoformat(),
            "shipping_address": {"address1": "Callejon del Gato 13", "country": "ES"} if is_hers else {},
        }  # fmt: skip
        refs = {"order": f"o{number}", "customer": key, "email": mail}
        at = now - timedelta(minutes=ORDERS - number)
        events.append(NewEvent(f"o{number}", "order.created", f"order:o{number}", at, data, refs))
    services.insert_events(host.shop, None, "tests", events, database=host.database)


def _whose(host: Host, id_: int) -> object:
    with host.database.read() as tx:
        return tx.text(f"SELECT worker FROM privacy_request WHERE id = {id_}")[0][0]


def _state(host: Host, id_: int) -> str:
    with host.database.read() as tx:
        return str(tx.text(f"SELECT status FROM privacy_request WHERE id = {id_}")[0][0])


def _found(host: Host) -> dict[str, list[str]]:
    """The tables in which each word stands."""
    found: dict[str, list[str]] = {word: [] for word in WORDS}
    tables = {model._meta.db_table for model in apps.get_app_config("store").get_models()} | {
        "customers_customer",
        "orders_order",
        "orders_cart",
    }
    with host.database.read() as tx:
        for table in sorted(tables):
            text = repr(tx.text(f"SELECT * FROM {table}"))
            for word in WORDS:
                if word in text:
                    found[word].append(table)
    return found
