"""Reading the real store back: its history starts no flow, and what no notice ever told is found, once, and starts the
flows it should have started."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from shop_process import Shop
from store_process import Vendure

from sereno_process import sereno
from waiting import wait_for

FLOW = """
trigger: {event: order.paid}
steps:
  - orders.note: {text: "Seen by Sereno"}
"""


@pytest.fixture(scope="module")
def store(vendure_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendure]:
    found = Vendure.on(vendure_folder, tmp_path_factory.mktemp("vendure-reading"))
    found.start("")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def shop(store: Vendure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    url = f"http://127.0.0.1:{store.port}/admin-api"
    found = Shop(tmp_path_factory.mktemp("sereno-reading"), url, {"seen": FLOW})
    yield found
    assert found.serving.stop() == 0


def ids(shop: Shop, type: str) -> list[str]:
    return sorted(row["data"]["number"] for row in shop.list("event", "list", "--type", type))


def test_history_and_what_was_missed(shop: Shop, store: Vendure) -> None:
    # The store tells nothing: it has no address to post to.
    past = [store.drive("order", "--email", f"past{n}@example.com") for n in range(3)]
    store.drive("fulfill", past[0]["id"], "TRACK-1")
    store.drive("refund", past[1]["id"])
    sereno(shop.environment, "backfill", "start", "store")
    wait_for(lambda: {row["status"] for row in shop.list("backfill", "list")} == {"done"}, 90)
    assert ids(shop, "order.created") == sorted(one["code"] for one in past)
    assert len(shop.list("event", "list", "--type", "shipment.shipped")) == 1
    assert len(shop.list("event", "list", "--type", "refund.created")) == 1
    assert {row["data"]["sku"] for row in shop.list("event", "list", "--type", "stock.changed")} >= {
        "TOTE-1",
        "SER-C-30",
    }
    assert shop.list("run", "list", "--flow", "seen") == []

    missed = [store.drive("order", "--email", f"missed{n}@example.com") for n in range(2)]
    found = json.loads(sereno(shop.environment, "reconcile", "store", "--json"))
    assert found
    wait_for(lambda: len(shop.list("run", "list", "--flow", "seen")) == 2)
    shop.wait_until_through("seen")
    assert ids(shop, "order.created") == sorted(one["code"] for one in [*past, *missed])
    subjects = {row["subject"] for row in shop.list("run", "list", "--flow", "seen")}
    assert subjects == {f"order:{one['id']}" for one in missed}
    sereno(shop.environment, "reconcile", "store")
    assert len(shop.list("run", "list", "--flow", "seen")) == 2
