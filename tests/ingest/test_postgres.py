"""The same door on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from serving import SECRET, SETTINGS, Server

from sereno.store import secrets

BODY = '{"id": 820982911946154508, "note": "caf\\u0000é"}'.encode()


@pytest.fixture
def server(postgres: Any, postgres_url: str) -> Iterator[Server]:
    with postgres.transaction() as transaction:
        transaction.text(
            "INSERT INTO shop (slug, name, currency, timezone, locale, settings, created_at)"
            " VALUES ('s', 'S', 'EUR', 'UTC', 'en', '{}', 0)"
        )
        transaction.text(
            "INSERT INTO connection (shop_id, name, kind, secrets, settings, is_active, created_at)"
            " SELECT id, 'shop', 'generic', $1, $2, true, 0 FROM shop",
            [secrets.encrypt([SECRET]), json.dumps(SETTINGS)],
        )
    with Server(None, url=postgres_url) as found:
        yield found


def rows(database: Any) -> list[tuple[Any, ...]]:
    with database.read() as transaction:
        return transaction.text("SELECT dedupe_key, body, status FROM delivery ORDER BY id")


def test_stored_once_and_byte_for_byte(server, postgres):
    assert [server.deliver("shop", BODY).status for _ in range(2)] == [200, 200]
    ((key, body, status),) = rows(postgres)
    assert (key, bytes(body), status) == ("d1", BODY, "pending")
    assert (server.door.commits.stored, server.door.commits.duplicates) == (1, 1)
    assert server.deliver("shop", BODY, secret="wrong").status == 401
    assert server.deliver("nobody", BODY).status == 404
    assert server.deliver("shop", BODY, id="x" * 3000).status == 200


def test_many_at_once(server, postgres):
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda n: server.deliver("shop", BODY, id=f"n{n % 150}").status, range(300)))
    assert answers == [200] * 300
    assert len(rows(postgres)) == 150


def test_lost_connections_are_503_and_then_mended(server, postgres):
    assert server.deliver("shop", BODY, id="before").status == 200
    with postgres.transaction() as transaction:
        transaction.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )
    answers = [server.deliver("shop", BODY, id="after").status for _ in range(3)]
    assert set(answers) <= {200, 503} and answers[-1] == 200
    assert [row[0] for row in rows(postgres)] == ["before", "after"]


def test_a_locked_table_is_503_in_time(server, postgres):
    assert server.deliver("shop", BODY, id="before").status == 200
    with postgres.transaction() as transaction:
        transaction.text("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE")
        answer = server.deliver("shop", BODY, id="during")
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert server.deliver("shop", BODY, id="during").status == 200
    assert [row[0] for row in rows(postgres)] == ["before", "during"]
