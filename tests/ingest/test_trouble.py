"""What the door says when it cannot do its work: 503 with Retry-After and nothing else; and it recovers by itself."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time

import pytest
from serving import Server

from sereno.ingest.commits import PATIENCE, GroupCommit
from sereno.ingest.inbox import SqliteInbox, Unwritable
from sereno.store.sqlite import BUSY_SECONDS

BODY = b'{"id": 1}'


def is_503(answer) -> bool:
    return (answer.status, answer.body, answer.headers.get("retry-after")) == (503, b"", "5")


def test_a_locked_database(server, store):
    assert server.deliver("shop", BODY, id="before").status == 200
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert is_503(server.deliver("shop", BODY, id="during"))
        assert time.monotonic() - began < BUSY_SECONDS, "SQLite is not left to wait as long as it does elsewhere"
        assert server.door._inbox._patience < PATIENCE * 1.25 <= 5, "Shopify hangs up after five seconds"
        other.execute("ROLLBACK")
    assert server.deliver("shop", BODY, id="after").status == 200
    assert [row[0] for row in store.deliveries()] == ["before", "after"]


def test_a_full_disk(server, store):
    """SQLite's own limit of pages stands for the disk: it fails with the same error at the same place."""
    assert server.deliver("shop", BODY, id="before").status == 200
    pages = store.rows("PRAGMA page_count")[0][0]
    connection_of = server.door._inbox._sqlite.connection
    server.door._inbox._sqlite.connection = lambda: limited(connection_of(), pages)
    assert is_503(server.deliver("shop", b"x" * 100_000, id="during"))
    server.door._inbox._sqlite.connection = lambda: limited(connection_of(), 1_000_000)
    assert server.deliver("shop", BODY, id="after").status == 200
    assert [row[0] for row in store.deliveries()] == ["before", "after"]


def limited(connection, pages):
    connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    return connection


def test_a_database_file_that_is_gone_or_another(server, store):
    assert server.deliver("shop", BODY, id="before").status == 200
    moved = store.path.with_suffix(".moved")
    store.path.rename(moved)
    assert is_503(server.deliver("shop", BODY, id="during"))
    moved.rename(store.path)
    assert server.deliver("shop", BODY, id="after").status in (200, 503)
    assert server.deliver("shop", BODY, id="at last").status == 200
    assert "during" not in [row[0] for row in store.deliveries()]


def test_an_error_of_ours_anywhere(server, store):
    def broken(*_):
        raise RuntimeError("a bug")

    server.door._accept = broken
    assert is_503(server.deliver("shop", BODY))
    del server.door._accept
    find = server.door._inbox.find_connections

    def down(names):
        raise Unwritable("gone")

    server.door._inbox.find_connections = down
    time.sleep(1.1)
    # Known before: as it was. Not known before: not 404, for it may be there.
    assert server.deliver("shop", BODY).status == 200
    assert is_503(server.deliver("another", BODY))
    server.door._inbox.find_connections = find
    assert server.deliver("another", BODY).status == 404


def test_a_full_queue(store):
    from sereno.ingest.door import Limits

    with Server(store.path, limits=Limits(waiting=0)) as server:
        assert is_503(server.deliver("shop", BODY))


def test_a_commit_that_takes_too_long(store, monkeypatch):
    """The sender is told to come back while it waits; the row may be stored yet, and then its repeat is a duplicate."""
    monkeypatch.setattr(GroupCommit.__init__, "__kwdefaults__", {"on_stored": None, "most": 128, "patience": 0.4})
    with Server(store.path) as server:
        assert server.deliver("shop", BODY, id="before").status == 200
        slow = server.door._inbox.store

        may_go_on = threading.Event()

        def sleepy(rows):
            may_go_on.wait(60)
            return slow(rows)

        server.door._inbox.store = sleepy
        assert is_503(server.deliver("shop", BODY, id="late"))
        assert server.door.commits.waiting == 1 and [row[0] for row in store.deliveries()] == ["before"]
        may_go_on.set()
        server.until(lambda: server.door.commits.waiting == 0)
        server.door._inbox.store = slow
        assert server.deliver("shop", BODY, id="late").status == 200
        assert server.door.commits.waiting == 0
    assert [row[0] for row in store.deliveries()] == ["before", "late"]


def test_one_row_the_database_refuses_does_not_refuse_its_neighbours(server, store):
    store_rows = server.door._inbox.store

    def picky(rows):
        if any(row.dedupe_key == "poison" for row in rows):
            raise sqlite3.IntegrityError("no")
        return store_rows(rows)

    server.door._inbox.store = picky
    from concurrent.futures import ThreadPoolExecutor

    names = [f"n{n}" for n in range(10)] + ["poison"] + [f"m{n}" for n in range(10)]
    with ThreadPoolExecutor(21) as pool:
        answers = dict(zip(names, pool.map(lambda id: server.deliver("shop", BODY, id=id).status, names), strict=True))
    assert answers.pop("poison") == 503
    assert set(answers.values()) == {200}
    assert {row[0] for row in store.deliveries()} == set(answers)


def test_the_inbox_says_what_is_unwritable(store):
    from sereno.store.database import open_database

    store.execute("DROP TABLE delivery")
    with pytest.raises(Unwritable, match="no such table"):
        SqliteInbox(open_database(f"sqlite:///{store.path}")).store([(1, "a", "b", "{}", b"", 0)])
