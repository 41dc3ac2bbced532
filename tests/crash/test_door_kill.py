"""The whole server killed with -9 under load, again and again: what it acknowledged is there, once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from crowd import Crowd, send, set_up

from sereno.store.database import Database, open_database
from sereno_process import Serving, environment_of

ROUNDS = 4


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    url = None
    if request.param == "postgresql":
        request.getfixturevalue("postgres")
        url = request.getfixturevalue("postgres_url")
    found = environment_of(tmp_path, url)
    set_up(found)
    return found


@pytest.fixture
def database(environment: dict[str, str]) -> Iterator[Database]:
    url = environment.get("SERENO_DATABASE_URL") or f"sqlite:///{environment['SERENO_DATA_DIR']}/sereno.sqlite3"
    found = open_database(url)
    yield found
    found.close()


def keys(database: Database) -> list[str]:
    with database.read() as transaction:
        return [row[0] for row in transaction.text("SELECT dedupe_key FROM delivery")]


def test_what_was_acknowledged_survives_every_kill(environment, database, tmp_path):
    crowd = Crowd(environment["SERENO_BIND"])
    chance = random.Random(7)
    threads: list[threading.Thread] = []
    for _ in range(ROUNDS):
        server = Serving(environment, tmp_path / "log")
        server.wait_until_ready("/healthz")
        threads = threads or crowd.start()
        time.sleep(0.4 + chance.random())
        server.kill()
        with crowd.lock:
            acknowledged = set(crowd.acknowledged)
        stored = keys(database)
        assert acknowledged <= set(stored)
        assert len(stored) == len(set(stored))
    crowd.stopping.set()
    for thread in threads:
        thread.join(120)
    # Enough for the kills to have hit a door at work, however slow the machine.
    assert len(crowd.acknowledged) > 50
    assert set(crowd.statuses) <= {200, 503}

    # The senders repeat what they heard nothing of; in the end each thing is there once, and became one event.
    server = Serving(environment, tmp_path / "log")
    server.wait_until_ready()
    line = HTTPConnection(environment["SERENO_BIND"], timeout=60)
    for id_ in sorted(crowd.sent - crowd.acknowledged) + sorted(crowd.acknowledged)[:50]:
        assert send(line, id_) == 200
    assert sorted(keys(database)) == sorted(crowd.sent)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with database.read() as transaction:
            ((waiting, failed),) = transaction.text(
                "SELECT (SELECT count(*) FROM delivery WHERE status = 'pending') + (SELECT count(*) FROM event_queue),"
                " (SELECT count(*) FROM delivery WHERE status = 'failed')"
            )
        if not waiting:
            break
        time.sleep(0.1)
    assert (waiting, failed) == (0, 0)
    with database.read() as transaction:
        events = [row[0] for row in transaction.text("SELECT uid FROM event")]
    assert sorted(events) == sorted(crowd.sent)
    line.close()
    assert server.stop() == 0


def test_a_stop_under_load_loses_nothing_and_ends_cleanly(environment, database, tmp_path):
    server = Serving(environment, tmp_path / "log")
    server.wait_until_ready()
    crowd = Crowd(environment["SERENO_BIND"])
    threads = crowd.start()
    time.sleep(0.7)
    assert server.stop() == 0
    crowd.stopping.set()
    for thread in threads:
        thread.join(120)
    assert crowd.acknowledged <= set(keys(database))
    assert set(crowd.statuses) <= {200, 503}
    with database.read() as transaction:
        assert transaction.text("SELECT count(*) FROM worker")[0][0] == 0
