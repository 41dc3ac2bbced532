"""`sereno backfill` and `sereno reconcile`: history and what was missed, read at the terminal from a loopback store."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from sereno.sdk.plugin import registry
from sereno.sdk.stores import Exchange, Item, Page, Probe, Reading, StoreApi

KIND = "woocommerce"
NOW = datetime.now(UTC).replace(microsecond=0)


def order(number: int, at: datetime) -> dict[str, Any]:
    text = at.isoformat()
    return {
        "id": number, "number": str(number), "status": "processing", "currency": "EUR", "total": "10.00",
        "date_created_gmt": text, "date_modified_gmt": text, "date_paid_gmt": text, "order_key": f"k{number}",
        "billing": {"email": "ana@example.com"}, "line_items": [], "refunds": [], "note": "x" * 20_000,
    }  # fmt: skip


class Shelf(BaseHTTPRequestHandler):
    """A page of more than a megabyte, then the rest."""

    orders: ClassVar[list[dict[str, Any]]] = []
    status = 200

    def do_GET(self) -> None:
        page = int(self.path.rpartition("=")[2])
        body = json.dumps(self.orders[page * 60 : (page + 1) * 60]).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def store(shop: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A shop with a connection whose store is on loopback, with a key."""
    from sereno.runtime.stores.finding import seal_access
    from sereno.store.models import Connection, Shop

    Shelf.orders, Shelf.status = [order(number, NOW - timedelta(days=number)) for number in range(1, 81)], 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def read(exchange: Exchange, reading: Reading) -> Page:
        page = int(reading.cursor or 0)
        rows = exchange.send("GET", f"{base}/orders?page={page}").body
        items = [
            Item("order.updated", row, str(row["id"]), datetime.fromisoformat(row["date_modified_gmt"])) for row in rows
        ]
        return Page(items, str(page + 1) if len(rows) == 60 else None, len(Shelf.orders))

    known = registry().connectors.get(KIND)
    assert known is not None
    api = StoreApi((), (), lambda exchange: Probe(), reads={"order": read}, per_second=1e9)
    monkeypatch.setitem(registry().connectors._items, KIND, replace(known, load_store=lambda: api))
    assert shop("connect", KIND, "--name", "till", "--secret", "a-secret-of-theirs").status == 0
    Connection.objects.filter(name="till").update(access=seal_access({"key": "k"}))
    row = Shop.objects.get()
    row.settings = {**row.settings, "allowed_hosts": [f"127.0.0.1:{server.server_port}"]}
    row.save()
    yield shop
    server.shutdown()
    server.server_close()
    thread.join()


def test_history_is_read_here_and_now(store: Any) -> None:
    done = store("backfill", "start", "till", "--wait", "--json")
    assert done.status == 0, done.err
    assert done.json["status"] == "done"
    counted = {"kind": "order", "read": 80, "total": 80, "new": 160, "failed": 0, "is_over": True}
    assert done.json["kinds"] == [counted]
    (listed,) = store("backfill", "list", "--json").json
    assert listed["id"] == done.json["id"]
    assert "80" in store("backfill", "list").out
    assert "order" in store("backfill", "show", listed["id"]).out
    assert store("event", "list", "--type", "order.created", "--json", "--limit", "100").json[0]["connection"] == "till"
    assert store("run", "list", "--json").json == []


def test_it_waits_pauses_and_ends(store: Any) -> None:
    begun = store("backfill", "start", "till", "--kind", "order", "--since", "30d", "--json").json
    assert (begun["status"], bool(begun["since"])) == ("waiting", True)
    assert "read already" in store("backfill", "start", "till").err
    assert store("backfill", "pause", begun["id"]).out.strip() == "It is paused."
    assert store("backfill", "resume", begun["id"]).status == 0
    assert store("backfill", "cancel", begun["id"]).status == 0
    assert store("backfill", "cancel", begun["id"]).status == 2
    assert store("backfill", "show", begun["id"], "--json").json["status"] == "cancelled"


def test_what_was_missed_is_made_good(store: Any) -> None:
    said = store("reconcile", "till", "--json")
    assert said.status == 0, said.err
    # All of it happened before the connection was read: history.
    assert (said.json["last"]["read"], said.json["last"]["gaps"], said.json["is_poll"]) == (80, 0, True)
    assert "80 records read" in store("reconcile", "till", "--since", "90d").out


def test_what_is_wrong_is_said(store: Any) -> None:
    assert store("backfill", "start", "tills").status == 2
    assert "gives no records of the kind stock" in store("backfill", "start", "till", "--kind", "stock").err
    assert store("backfill", "show", 99).status == 2
    assert store("reconcile", "tills").status == 2
    Shelf.status = 401
    refused = store("backfill", "start", "till", "--wait")
    assert refused.status == 1 and "store.key_refused" in refused.err
    refused = store("reconcile", "till")
    assert refused.status == 1 and "store.key_refused" in refused.err
