"""Against a real store: what is bought in it arrives, twice and out of order acts once, and nothing is missed while
Sereno is down. Runs when npm can install the store, and says so when it cannot."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_process import SECRET, Vendure

from sereno_process import Serving, environment_of, sereno
from waiting import wait_for

FLOW = """
flow: tag-orders
name: Tag every order
trigger: {event: order.created}
steps:
  - orders.add_tag: {tag: from-vendure}
  - log: {text: "order {{ order.number }} of {{ customer.email }}"}
"""


class Installation:
    """A Sereno of its own, with a Vendure connection and a flow that acts on every order."""

    def __init__(self, folder: Path) -> None:
        self.environment = environment_of(folder)
        self.log = folder / "log"
        sereno(self.environment, "init")
        sereno(self.environment, "shop", "add", "Shop", "--currency", "USD", "--timezone", "UTC", "--locale", "en")
        sereno(self.environment, "connect", "vendure", "--shop", "shop", "--name", "store", "--secret", SECRET)
        flow = folder / "flow.yaml"
        flow.write_text(FLOW)
        sereno(self.environment, "flow", "apply", str(flow))
        sereno(self.environment, "flow", "publish", "tag-orders")
        self.url = f"http://{self.environment['SERENO_BIND']}/hooks/store"
        self.serving: Serving | None = None

    def start(self) -> None:
        self.serving = Serving(self.environment, self.log)
        self.serving.wait_until_ready()

    def stop(self) -> None:
        if self.serving is not None:
            assert self.serving.stop() == 0
            self.serving = None

    def list(self, *arguments: str) -> list[dict[str, Any]]:
        return json.loads(sereno(self.environment, *arguments, "--json"))

    def created(self) -> list[dict[str, Any]]:
        return self.list("event", "list", "--type", "order.created")

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(self.url.replace("/hooks/store", "/metrics"), timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


@pytest.fixture(scope="module")
def store(vendure_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendure]:
    found = Vendure.on(vendure_folder, tmp_path_factory.mktemp("vendure"))
    yield found
    found.stop()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    found = Installation(tmp_path)
    yield found
    found.stop()


def settled(installation: Installation, orders: int) -> bool:
    """All orders have come, and all that follows from them is through."""
    if len(installation.created()) < orders:
        return False
    runs = installation.list("run", "list", "--flow", "tag-orders")
    pending = installation.metric('sereno_inbox_pending{kind="delivery"}')
    return len(runs) >= orders and all(run["status"] == "finished" for run in runs) and not pending


def acted_once_each(installation: Installation, orders: int) -> None:
    runs = installation.list("run", "list", "--flow", "tag-orders")
    assert len(runs) == orders == len({run["subject"] for run in runs})
    effects = installation.list("effect", "list", "--flow", "tag-orders")
    assert len(effects) == 2 * orders == len({effect["key"] for effect in effects})
    assert {effect["status"] for effect in effects} == {"done"}
    failed = [row for row in installation.list("delivery", "list") if row["status"] == "failed"]
    assert failed == []


def test_orders_arrive_and_become_canonical_events(store, installation):
    installation.start()
    store.start(installation.url)
    placed = [store.drive("order", "--email", f"ada{n}@example.com", "--skus", "TOTE-1:2") for n in range(3)]
    store.drive("fulfill", placed[0]["id"], "TRACK-1")
    store.drive("deliver", placed[0]["id"])
    store.drive("refund", placed[1]["id"])
    store.drive("stock", "TOTE-1", "7")
    wait_for(lambda: settled(installation, 3))
    created = {event["data"]["number"]: event["data"] for event in installation.created()}
    for n, order in enumerate(placed):
        data = created[order["code"]]
        assert data["email"] == f"ada{n}@example.com"
        assert data["total"] == f"{order['totalWithTax'] / 100:.2f}"
        assert data["currency"] == order["currencyCode"]
        assert data["lines"][0]["sku"] == "TOTE-1" and data["lines"][0]["quantity"] == 2
    wait_for(lambda: "stock.changed" in types(installation))
    assert {"order.created", "order.paid", "customer.created", "stock.changed"} <= types(installation)
    assert any(name.startswith("refund.") for name in types(installation))
    assert any(name.startswith(("fulfillment.", "shipment.")) for name in types(installation))
    acted_once_each(installation, 3)


def stored(installation: Installation) -> float:
    return installation.metric("sereno_door_stored_total")


def doubles(installation: Installation) -> float:
    return installation.metric("sereno_door_duplicates_total")


def types(installation: Installation) -> set[str]:
    return {event["type"] for event in installation.list("event", "list")}


def test_doubled_and_shuffled_deliveries_act_once(store, installation):
    installation.start()
    store.start(installation.url, WEBHOOK_DUP="1", WEBHOOK_JITTER_MS="1500")
    before = int(store.drive("orders", "1")["totalItems"])
    store.drive("stock", "TOTE-1", "500")
    store.drive("bulk", "5")
    assert int(store.drive("orders", "1")["totalItems"]) == before + 5
    wait_for(lambda: settled(installation, 5))
    # Every delivery is sent twice: wait for the last of the doubles.
    wait_for(lambda: doubles(installation) == stored(installation) > 20)
    acted_once_each(installation, 5)
    # The newest word about each order has won, whatever came last.
    for order in store.drive("orders", "5")["items"]:
        (event,) = [event for event in installation.created() if event["data"]["number"] == order["code"]]
        assert event["data"]["email"] == order["customer"]["emailAddress"]


def test_nothing_is_missed_while_sereno_is_down(store, installation):
    installation.start()
    store.start(installation.url)
    store.drive("stock", "TOTE-1", "500")
    store.drive("order", "--email", "before@example.com")
    wait_for(lambda: settled(installation, 1))
    installation.stop()
    for n in range(2):
        store.drive("order", "--email", f"during{n}@example.com")
    # The store repeats for sixteen seconds.
    installation.start()
    wait_for(lambda: settled(installation, 3))
    attempts = [json.loads(row["headers"])["x-vendure-attempt"] for row in headers(installation)]
    assert max(map(int, attempts)) >= 2
    assert {event["data"]["email"] for event in installation.created()} == {
        "before@example.com",
        "during0@example.com",
        "during1@example.com",
    }
    acted_once_each(installation, 3)


def headers(installation: Installation) -> list[dict[str, Any]]:
    import sqlite3
    from contextlib import closing

    path = Path(installation.environment["SERENO_DATA_DIR"]) / "sereno.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        return [{"headers": row[0]} for row in connection.execute("SELECT headers FROM delivery")]
