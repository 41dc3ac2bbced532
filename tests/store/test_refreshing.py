"""What a worker knows of the flows and the queue, when others change them or the connection breaks in between."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact

from sereno.ingest.commits import GroupCommit
from sereno.ingest.inbox import open_inbox
from sereno.runtime import services
from sereno.runtime.entering import Entering, EntryLost
from sereno.store.fields import to_micros

LOGS = "flow: logs\ntrigger: {event: custom.begun}\nsteps:\n  - log: {text: begun}\n"


@pytest.fixture
def place(database: Any) -> Place:
    return Place(database)


def test_an_entry_lost_again_and_again_leaves_the_event_for_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.flow(LOGS)
    place.send(fact("1", "custom.begun"), fact("2", "custom.begun"))

    def lose(entering: Entering) -> None:
        raise EntryLost

    with monkeypatch.context() as patched:
        patched.setattr(Entering, "write", lose)
        assert place.runtime.dispatcher.run(10) == 1
        assert place.runs() == []
        assert place.rows("SELECT count(*) FROM event_queue") == [(2,)]
    place.drain()
    assert [run[1] for run in place.runs()] == ["finished", "finished"]
    assert place.rows("SELECT count(*) FROM event WHERE error IS NOT NULL") == [(0,)]


class _Cut:
    """A transaction whose connection breaks at a query."""

    def __init__(self, tx: Any, name: str) -> None:
        self._tx, self._name = tx, name

    def one(self, name: str, *rest: Any) -> Any:
        return self._tx.one(name, *rest)

    def all(self, name: str, *rest: Any) -> Any:
        if name == self._name:
            raise sqlite3.OperationalError("gone")
        return self._tx.all(name, *rest)


@pytest.mark.parametrize("query", ["all_shops", "all_flows", "all_listens"])
def test_a_connection_lost_while_the_flows_are_read_loses_no_flow(place: Place, query: str) -> None:
    place.flow(LOGS)
    flows = place.runtime.world.flows
    for is_known in (True, False):
        place.drain()
        services.set_status(place.shop, "logs", "live", "tester", database=place.database)
        if is_known:
            flows._read_at -= 10  # pyright: ignore[reportPrivateUsage]
        else:
            flows.invalidate()
        with pytest.raises(sqlite3.OperationalError), place.database.transaction() as tx:
            flows.refresh(_Cut(tx, query))  # type: ignore[arg-type]
        place.send(fact(str(is_known), "custom.begun"))
        place.runtime.drain()
    assert [run[1] for run in place.runs()] == ["finished", "finished"]


def test_of_many_earlier_events_none_that_ends_the_run_is_left_out(place: Place) -> None:
    place.flow(
        "flow: ends\ntrigger: {event: custom.begun}\nexit: [{event: custom.ended, when: event.data.n == 69}]\n"
        "steps:\n  - wait: 1h\n  - tests.call: {to: somebody}\n"
    )
    ends = [
        fact(f"end{number}", "custom.ended", data={"n": number}, at=START + timedelta(seconds=number + 1))
        for number in range(70)
    ]
    place.send(*ends)
    place.drain()
    place.send(fact("1", "custom.begun"))
    place.after(hours=2)
    assert place.runs() == []
    assert place.skips() == ["exit_already_happened"]


def test_a_change_committed_after_a_later_one_is_seen(place: Place) -> None:
    """Two people at once: the one who took the time first commits last."""
    place.flow(LOGS)
    place.flow(LOGS.replace("flow: logs", "flow: others"))
    flows = place.runtime.world.flows
    place.drain()
    early, late = (to_micros(START + timedelta(hours=hours)) for hours in (1, 2))
    for name, now in (("others", late), ("logs", early)):
        found = place.rows(f"SELECT id FROM flow WHERE name = '{name}'")[0][0]
        with place.database.transaction() as tx:
            tx.run("set_status", {"id": found, "status": "paused", "reason": None, "now": now})
        flows._read_at -= 10  # pyright: ignore[reportPrivateUsage]
        with place.database.read() as tx:
            flows.refresh(tx)
    place.send(fact("1", "custom.begun"))
    place.runtime.drain()
    assert place.skips() == ["flow_paused", "flow_paused"]


def test_a_door_that_closes_leaves_the_transactions_of_others_alone(database: Any) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    heard: list[Any] = []

    def work() -> None:
        try:
            with database.transaction() as tx:
                tx.all("all_shops")
                begun.set()
                goes_on.wait(120)
                heard.append(tx.all("all_shops"))
        except BaseException as error:
            heard.append(error)

    async def open_and_close() -> None:
        await GroupCommit(open_inbox(database)).close()

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(120)
    asyncio.run(open_and_close())
    goes_on.set()
    thread.join()
    assert heard == [[]]


def test_a_thread_closes_only_its_own_connection(database: Any) -> None:
    mine = database.connection()
    others: list[Any] = []

    def close() -> None:
        others.append(database.connection())
        database.close_mine()
        others.append(database.connection())
        database.close_mine()

    thread = threading.Thread(target=close)
    thread.start()
    thread.join()
    assert others[0] is not others[1]
    assert database.connection() is mine
    mine.execute("SELECT 1")
    database.close_mine()
    assert database.connection() is not mine


def test_a_renewed_file_is_opened_anew_but_never_in_a_transaction(sqlite: Any) -> None:
    before = sqlite.connection()
    with sqlite.transaction() as tx:
        sqlite.renew()
        assert sqlite.connection() is before
        tx.all("all_shops")
    assert sqlite.connection() is not before
    with pytest.raises(sqlite3.ProgrammingError):
        before.execute("SELECT 1")
