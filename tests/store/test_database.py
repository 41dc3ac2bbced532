"""The thin way to the database: transactions, and the gate that lets writers in by turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from support import Place

from sereno.store.database import open_database
from sereno.store.sqlite import gate_of


def test_an_exception_undoes_everything(database: Any) -> None:
    with pytest.raises(RuntimeError), database.transaction() as tx:
        tx.many("beat", [("one", 1, 1)])
        raise RuntimeError
    with database.read() as tx:
        assert tx.text("SELECT count(*) FROM worker") == [(0,)]


def test_many_and_returning_and_ids(database: Any) -> None:
    with database.transaction() as tx:
        assert tx.many("beat", [("one", 1, 1), ("two", 2, 2)]) == 2
        assert tx.many("beat", []) == 0
        first = list(tx.next_ids("event", 3))
        assert len(set(first)) == 3
    with database.read() as tx:
        assert tx.one("living_workers", {"dead": 1}) == (1,)


def test_many_rows_are_as_if_written_one_by_one(database: Any) -> None:
    """Whole statements of many rows and the few left over; a name that is there already is changed and not doubled."""
    rows = [(f"worker {number}", number, number) for number in range(155)]
    with database.transaction() as tx:
        assert tx.many("beat", rows) == 155
        assert tx.many("beat", [(name, 500, 500) for name, _, _ in rows[:9]]) == 9
    with database.read() as tx:
        found = tx.text("SELECT name, seen_at, started_at FROM worker")
    assert sorted(found) == sorted([(name, 500, started) for name, _, started in rows[:9]] + rows[9:])


def test_many_rows_that_answer_answer_for_each(place: Place) -> None:
    def named(numbers: range) -> list[tuple[Any, ...]]:
        return [(place.shop, "tests", f"series {number}", 1, number, 1, False) for number in numbers]

    with place.database.transaction() as tx:
        first = tx.many_returning("see_series", named(range(155)))
        again = tx.many_returning("see_series", named(range(150, 160)))
    ids = {name: id_ for id_, _, _, name in first}
    assert [name for _, _, _, name in first] == [f"series {number}" for number in range(155)]
    assert len(set(ids.values())) == 155
    assert {id_ for id_, _, _, _ in again} & set(ids.values()) == {
        ids[f"series {number}"] for number in range(150, 155)
    }


def test_writers_of_one_process_take_turns(sqlite: Any) -> None:
    """A thread that always comes back at once does not keep the others out, whichever way they opened the file."""
    order: list[str] = []
    other = open_database(f"sqlite:///{sqlite.path}")

    def write(name: str) -> None:
        with other.transaction() as tx:
            tx.many("beat", [(name, 1, 1)])
            order.append(name)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("first", "second")]
    with sqlite.transaction():
        for waiting, thread in enumerate(threads, 1):
            thread.start()
            _wait_for_a_turn(sqlite, waiting, thread)
    with sqlite.transaction() as tx:
        tx.many("beat", [("greedy", 1, 1)])
        order.append("greedy")
    for thread in threads:
        thread.join()
    other.close()
    assert order == ["first", "second", "greedy"]


def test_a_lost_connection_is_replaced(postgres: Any) -> None:
    with postgres.read() as tx:
        process = tx.text("SELECT pg_backend_pid()")[0][0]
    other = open_database("postgresql:///x")
    other.parameters.update(postgres.parameters)  # type: ignore[attr-defined]
    with other.transaction() as tx:
        tx.text("SELECT pg_terminate_backend($1, 1000)", [process])
    other.close()
    with postgres.transaction() as tx:
        assert tx.text("SELECT 1") == [(1,)]


def test_pages_take_their_turn_with_the_worker(sqlite: Any) -> None:
    """Django's writes, by single statement and in a transaction, beside a thread that comes back at once."""
    from django.db import connections, transaction

    from sereno.store.models import Worker

    connections.databases["paged"] = {
        **connections.databases["default"],
        "NAME": sqlite.path,
        "ENGINE": "sereno.store.sqlite3",
    }

    def by_one_statement() -> None:
        Worker.objects.using("paged").create(name="page", seen_at=1, started_at=1)

    def in_a_transaction() -> None:
        with transaction.atomic(using="paged"):
            Worker.objects.using("paged").filter(name="page").update(seen_at=2)

    def undone() -> None:
        with pytest.raises(RuntimeError, match="undone"), transaction.atomic(using="paged"):
            Worker.objects.using("paged").all().delete()
            raise RuntimeError("undone")

    def run(write: Callable[[], None]) -> None:
        try:
            write()
        finally:
            connections["paged"].close()

    for write, seen in ((by_one_statement, 1), (in_a_transaction, 2), (undone, 2)):
        thread = threading.Thread(target=run, args=(write,))
        with sqlite.transaction():
            thread.start()
            _wait_for_a_turn(sqlite, 1, thread)
        with sqlite.transaction() as tx:
            assert tx.text("SELECT seen_at FROM worker WHERE name = 'page'") == [(seen,)]
        thread.join()


def _wait_for_a_turn(sqlite: Any, many: int, thread: threading.Thread) -> None:
    """Until so many wait at the file's gate, this thread the last of them."""
    while gate_of(sqlite.path).waiting < many:
        assert thread.is_alive()
        time.sleep(0.001)


def test_a_thread_does_not_wait_for_itself(sqlite: Any) -> None:
    with sqlite.transaction(), pytest.raises(RuntimeError, match="already"), sqlite.transaction():
        pass
    with sqlite.transaction() as tx:
        assert tx.text("SELECT 1") == [(1,)]
