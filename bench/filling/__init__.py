"""Fills a SQLite installation with a shop's years: written by SQL, so that a million events take a minute.

Shapes and shares are those of the demo's shop: carts and stock talk most, nearly all runs are over, little has failed.
A second, small shop lies among the rows of the first: lists must not walk through a neighbour's rows to find its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
DAY = 86_400_000_000
TYPES: Sequence[tuple[str, str, int]] = (
    ("cart.updated", "cart", 30),
    ("stock.changed", "product", 20),
    ("checkout.updated", "cart", 12),
    ("order.created", "order", 10),
    ("order.paid", "order", 9),
    ("product.updated", "product", 6),
    ("shipment.created", "order", 4),
    ("shipment.delivered", "order", 3),
    ("customer.created", "customer", 3),
    ("order.cancelled", "order", 2),
    ("custom.counted", "product", 1),
)
"""Type, kind of its subject, share of a hundred."""
TRACE = (
    '[{"at": "2026-05-01T10:00:00+00:00", "step": "", "code": "run.started", "details": {"event": "order.created"}}, '
    '{"at": "2026-05-01T10:00:01+00:00", "step": "0", "code": "effect.created", "details": {"action": "log"}}, '
    '{"at": "2026-05-01T10:00:02+00:00", "step": "", "code": "run.finished", "details": {}}]'
)


@dataclass(frozen=True, slots=True)
class Sizes:
    events: int = 1_000_000
    runs: int = 200_000


def fill(path: str, shop: int, small: int, connections: tuple[int, int], flows: Sequence[int], sizes: Sizes) -> None:
    """`flows` are the shop's, the derived one last: half of all runs are its."""
    with _open(path) as db:
        start = int((datetime.now(UTC) - timedelta(days=365)).timestamp() * 1_000_000)
        step = 365 * DAY // sizes.events
        values = {"shop": shop, "small": small, "start": start, "step": step}
        _events(db, sizes.events, values, connections)
        _records(db, sizes, values)
        _runs(db, sizes, values, flows)
        _small(db, values)


@contextmanager
def _open(path: str) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        "journal_mode=OFF",
        "synchronous=OFF",
        "cache_size=-400000",
        "foreign_keys=OFF",
        "temp_store=MEMORY",
    ):
        db.execute(f"PRAGMA {pragma}")
    db.execute("BEGIN")
    yield db
    db.execute("COMMIT")
    db.execute("PRAGMA journal_mode=WAL")
    db.close()


def _type_case(field: int) -> str:
    """SQL that deals a number the type (0) or the kind (1) of its turn, by the shares."""
    parts, upto = [], 0
    for entry in TYPES:
        upto += entry[2]
        parts.append(f"WHEN (i * 37) % 100 < {upto} THEN '{entry[field]}'")
    return f"CASE {' '.join(parts)} ELSE '{TYPES[-1][field]}' END"


def _insert(
    db: sqlite3.Connection, table: str, chosen: Mapping[str, str], source: str, values: Mapping[str, object]
) -> None:
    """`chosen` are expressions by column over `source`. A column of the table that is not among them and may not be
    null is 0 or empty, so that a new column needs nothing here."""
    columns = dict(chosen)
    for _, name, kind, is_needed, default, is_key in db.execute(f"PRAGMA table_info({table})"):
        if name not in columns and is_needed and default is None and not is_key:
            columns[name] = "0" if any(word in kind.upper() for word in ("INT", "BOOL", "REAL")) else "''"
    db.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {source}", values)


def _numbers(count: int, **also: str) -> str:
    """1 to `count` as `i`, with further columns by name."""
    more = "".join(f", {expression} AS {name}" for name, expression in also.items())
    return f"({NUMBERS.format(count=count)} SELECT i{more} FROM n)"


def _events(db: sqlite3.Connection, count: int, values: dict[str, int], connections: tuple[int, int]) -> None:
    body = '{"id": 820982911946154508, "total_price": "199.00", "currency": "EUR", "line_items": [' + "0," * 60 + "0]}"
    given = {**values, "connection": connections[0], "body": body}
    at = ":start + i * :step"
    delivery = {
        "id": "i", "connection_id": ":connection", "dedupe_key": "'d-' || i", "topic": _type_case(0), "headers": "'{}'",
        "body": "CAST(:body AS BLOB)", "received_at": at,
        "status": "CASE WHEN i % 4000 = 7 THEN 'failed' WHEN i % 50 = 3 THEN 'ignored' ELSE 'done' END",
        "reason": "CASE WHEN i % 4000 = 7 THEN 'not JSON' WHEN i % 50 = 3 THEN 'topic.not_used' END",
    }  # fmt: skip
    _insert(db, "delivery", delivery, _numbers(count), given)
    key = "CASE kind WHEN 'product' THEN i % 2000 WHEN 'customer' THEN i % 40000 ELSE i % 100000 END"
    event = {
        "id": "i", "shop_id": ":shop", "connection_id": ":connection", "delivery_id": "i", "source": "'store'",
        "uid": "'e-' || i", "type": "type", "subject": f"kind || ':' || {key}", "occurred_at": at,
        "received_at": f"{at} + 900000", "lane": "i % 16",
        "data": "'{\"id\": \"' || i || '\", \"total\": \"59.90\", \"currency\": \"EUR\"}'",
        "refs": f"'{{\"' || kind || '\": \"' || {key} || '\", \"customer\": \"' || (i % 40000) || '\"}}'",
        "error": "CASE WHEN i % 200000 = 11 THEN 'a plug-in is missing' END",
    }  # fmt: skip
    _insert(db, "event", event, _numbers(count, type=_type_case(0), kind=_type_case(1)), given)
    for link in ("subject", "'customer:' || (id % 40000)"):
        chosen = {"shop_id": "shop_id", "link": link, "event_id": "id", "type": "type", "occurred_at": "occurred_at"}
        _insert(db, "event_link", chosen, "event", {})


def _records(db: sqlite3.Connection, sizes: Sizes, values: dict[str, int]) -> None:
    money = {"currency": "'EUR'"}
    amount = "(20 + i % 300) || '.00'"
    person = "'c' || (i % 40000) || '@example.com'"
    tables: dict[str, tuple[int, dict[str, str]]] = {
        "orders_order": (
            100_000,
            {"number": "'#' || i", "email": person, "customer_key": "i % 40000", "total": amount, **money},
        ),
        "orders_cart": (100_000, {"email": person, "total": amount, **money}),
        "customers_customer": (40_000, {"email": person, "name": "'Ana Nr ' || i"}),
        "catalog_product": (500, {"title": "'Product ' || i", "price": amount, **money}),
        "catalog_variant": (2_000, {"title": "'Variant ' || i", "sku": "'SKU-' || i", "price": amount, **money}),
    }
    for table, (count, own) in tables.items():
        shared = {"shop_id": ":shop", "key": "CAST(i AS text)", "version": "1", "seen_at": ":start + i"}
        chosen = {**shared, "data": "'{\"id\": \"' || i || '\"}'", **own}
        _insert(db, table, chosen, _numbers(min(count, sizes.events)), values)
    audit = {
        "shop_id": ":shop", "at": ":start + i * :step * 20", "target": "'x-' || i", "details": "'{}'",
        "by": "CASE i % 3 WHEN 0 THEN 'sereno' ELSE 'ana@example.com' END",
        "action": "CASE i % 4 WHEN 0 THEN 'flow.published' WHEN 1 THEN 'run.ended' ELSE 'effect.replayed' END",
    }  # fmt: skip
    _insert(db, "audit", audit, _numbers(sizes.runs // 4), values)


def _runs(db: sqlite3.Connection, sizes: Sizes, values: dict[str, int], flows: Sequence[int]) -> None:
    given = {**values, "step": 365 * DAY // sizes.runs, "per": max(1, sizes.events // sizes.runs), "derived": flows[-1]}
    turn = " ".join(f"WHEN {index} THEN {flow}" for index, flow in enumerate(flows[:-1]))
    flow = f"CASE WHEN i % 2 THEN {flows[-1]} ELSE CASE (i / 2) % {len(flows) - 1} {turn} END END"
    status = (
        "CASE WHEN i % 50 = 8 THEN 'waiting' WHEN i % 700 = 5 THEN 'failed' WHEN i % 9 = 2 THEN 'exited' "
        "WHEN i % 4001 = 3 THEN 'parked' ELSE 'finished' END"
    )
    about = "'order:' || (i % 100000)"
    run = {
        "id": "i", "uid": "printf('%020x', i)", "shop_id": ":shop", "flow_id": "flow", "version": "1", "subject": about,
        "key": about, "event_id": "i * :per", "status": "status", "is_shadow": "i % 20 = 0", "state": "'{}'",
        "step": "CASE status WHEN 'waiting' THEN '0' WHEN 'failed' THEN '1' ELSE '' END",
        "due_at": "CASE status WHEN 'waiting' THEN :start + 400 * 86400000000 END",
        "started_at": ":start + i * :step", "updated_at": ":start + i * :step + 3600000000",
    }  # fmt: skip
    _insert(db, "run", run, _numbers(sizes.runs, flow=flow, status=status), given)
    _insert(db, "run_trace", {"run_id": "id", "entries": ":entries"}, "run", {"entries": TRACE})
    waiting = "(SELECT * FROM run WHERE status IN ('waiting', 'parked'))"
    link = {"shop_id": "shop_id", "link": "subject", "run_id": "id", "flow_id": "flow_id"}
    _insert(db, "run_link", link, waiting, {})
    effect = {
        "key": "uid || '/0'", "shop_id": "shop_id", "flow_id": "flow_id", "run_id": "id", "step": "'0'",
        "action": "CASE id % 3 WHEN 0 THEN 'orders.add_tag' WHEN 1 THEN 'messages.send_email' ELSE 'log' END",
        "subject": "subject", "config": "'{\"tag\": \"big\", \"text\": \"hello\"}'", "attempts": "1",
        "status": "CASE WHEN id % 400 = 1 THEN 'failed' WHEN is_shadow THEN 'shadow' ELSE 'done' END",
        "due_at": "started_at", "created_at": "started_at", "finished_at": "started_at + 1000000",
        "error": "CASE WHEN id % 400 = 1 THEN 'shop.refused' END",
        "message": "CASE WHEN id % 400 = 1 THEN 'The shop refused it.' END",
    }  # fmt: skip
    _insert(db, "effect", effect, "run", {})
    skip = {
        "shop_id": "shop_id", "flow_id": "flow_id", "version": "1", "subject": "'order:' || ((id * 7) % 100000)",
        "event": "event_id", "at": "started_at", "reason": "'when_false'",
        "details": "'{\"condition\": \"order.total >= 200\", \"values\": {\"order.total\": 20}}'",
    }  # fmt: skip
    _insert(db, "skip", skip, "run", {})
    entry = {
        "flow_id": "flow_id", "key": "key || ':' || id", "entered_at": "started_at", "run_uid": "uid",
        "is_live": "status = 'waiting'",
    }  # fmt: skip
    _insert(db, "flow_entry", entry, "run", {})
    approval = {
        "key": "uid || '/3'", "shop_id": "shop_id", "run_id": "id", "step": "'3'", "by": "'owner'",
        "text": "'Send it?'", "status": "CASE WHEN id % 10000 = 100 THEN 'open' ELSE 'approved' END",
        "created_at": "started_at", "note": "''",
    }  # fmt: skip
    _insert(db, "approval", approval, "(SELECT * FROM run WHERE id % 100 = 0)", {})


def _small(db: sqlite3.Connection, values: dict[str, int]) -> None:
    """The neighbour: its few rows are the oldest there are."""
    for table, few in (("event", 40), ("run", 20)):
        db.execute(f"UPDATE {table} SET shop_id = :small WHERE id <= {few}", values)
    db.execute("UPDATE event_link SET shop_id = :small WHERE event_id <= 40", values)
    db.execute("UPDATE effect SET shop_id = :small WHERE run_id <= 20", values)
    db.execute("UPDATE skip SET shop_id = :small WHERE id <= 20", values)
