"""Back-tests as jobs: carried out under a lease in a process of its own, cancelled, begun again, kept and forgotten."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact, order

from sereno.runtime.rehearsals import requests
from sereno.runtime.rehearsals.carrying import carry_out, delete_forgotten
from sereno.runtime.rehearsals.collecting import read_story
from sereno.runtime.rehearsals.keeping import Keeper
from sereno.runtime.rehearsals.requests import Wanted, ask, cancel, forget
from sereno.store.documents import decode
from sereno.store.fields import to_micros

LIVE = """
flow: thanks
trigger: {event: order.paid, when: "order.total >= 100"}
steps:
  - tests.call: {to: "{{ order.number }}"}
"""
DRAFT = """
flow: thanks
trigger: {event: order.paid, when: "order.total >= 50"}
steps:
  - if: order.total >= 200
    then:
      - wait: 2h
      - tests.call: {to: "{{ order.number }}"}
    else:
      - log: {text: "small"}
"""


def paid(place: Place, *totals: int) -> None:
    place.send(
        *(
            order(str(number), "order.paid", START + timedelta(minutes=number), total=f"{total}.00")
            for number, total in enumerate(totals, start=1)
        )
    )


def claim(place: Place, worker: str = "me", *, now: int = 0) -> int | None:
    at = now or to_micros(START)
    with place.database.transaction() as tx:
        row = tx.one("claim_backtest", {"worker": worker, "now": at, "until": at + 60_000_000, "most": 3})
    return row[0] if row is not None else None


def told(place: Place, id: int) -> tuple[str, dict[str, Any]]:
    ((status, summary),) = place.rows(f"SELECT status, summary FROM backtest WHERE id = {id}")
    return status, decode(summary) if summary else {}


def done(place: Place, wanted: Wanted) -> tuple[int, dict[str, Any]]:
    id_ = ask(place.shop, wanted, "ana", database=place.database)
    assert claim(place) == id_
    assert carry_out(id_, "me", database=place.database) == "done"
    status, summary = told(place, id_)
    assert status == "done"
    return id_, summary


def test_a_draft_is_compared_with_the_live_version_run_by_run(place: Place) -> None:
    place.flow(LIVE)
    paid(place, 20, 60, 120, 250)
    place.clock.move_to(START + timedelta(days=1))
    id_, summary = done(place, Wanted("thanks", text=DRAFT))

    assert summary["own"]["runs"] == 3
    assert summary["live"]["runs"] == 2
    assert summary["own"]["skips"] == {"when_false": 1}
    assert summary["own"]["places"]["0"] == 3
    assert summary["own"]["places"]["0.else.0"] == 2
    assert summary["difference"]["runs"] == {"new": 1, "gone": 0, "changed": 2, "same": 0}
    rows = place.rows(
        "SELECT key, is_live_version, change, pair IS NOT NULL FROM backtest_run ORDER BY is_live_version, key"
    )
    assert [(key, bool(live), change, bool(pair)) for key, live, change, pair in rows] == [
        ("order:2", False, "new", False),
        ("order:3", False, "changed", True),
        ("order:4", False, "changed", True),
        ("order:3", True, "changed", True),
        ("order:4", True, "changed", True),
    ]
    calls = [n for n, what in enumerate(summary["whats"]) if what["action"] == "tests.call"]
    assert [summary["difference"]["whats"][str(n)] for n in calls] == [{"changed": 1, "fewer": 1}]
    ((story,),) = place.rows(
        f"SELECT story FROM backtest_run WHERE key = 'order:4' AND backtest_id = {id_} AND NOT is_live_version"
    )
    kept = read_story(story)
    assert kept is not None
    assert [entry["code"] for entry in kept["trace"]][:2] == ["run.started", "step.condition"]
    assert [effect["config"] for effect in kept["effects"]] == [{"to": "4"}]
    assert place.rows("SELECT customer, address FROM backtest_run WHERE key = 'order:4'")[0] == (
        "17",
        "ana@example.com",
    )


def test_a_run_that_would_not_be_any_more_says_why(place: Place) -> None:
    place.flow(LIVE)
    paid(place, 120, 250)
    place.clock.move_to(START + timedelta(days=1))
    text = LIVE.replace(">= 100", ">= 200")
    _, summary = done(place, Wanted("thanks", text=text))
    assert summary["difference"]["runs"] == {"new": 0, "gone": 1, "changed": 0, "same": 1}
    ((event,),) = place.rows("SELECT event FROM backtest_run WHERE change = 'gone'")
    assert place.rows("SELECT event, reason FROM backtest_skip") == [(event, "when_false")]
    # What is the same on both sides is kept once.
    assert place.rows("SELECT is_live_version, change FROM backtest_run WHERE change = 'same'")[0][1] == "same"
    assert len(place.rows("SELECT id FROM backtest_run")) == 2


def test_the_same_again_finds_the_same(place: Place) -> None:
    place.flow(LIVE)
    paid(place, *range(40, 300, 20))
    place.clock.move_to(START + timedelta(days=1))
    _, first = done(place, Wanted("thanks", text=DRAFT, seed=7))
    told_first = _content(place)
    _, second = done(place, Wanted("thanks", text=DRAFT, seed=7))
    assert first == second
    assert told_first == _content(place)


def _content(place: Place) -> list[tuple[Any, ...]]:
    ((newest,),) = place.rows("SELECT max(id) FROM backtest")
    rows = place.rows(
        "SELECT is_live_version, uid, key, started_at, status, change, way, effects, story FROM backtest_run "
        f"WHERE backtest_id = {newest} ORDER BY id"
    )
    return [(*row[:-1], read_story(row[-1])) for row in rows]


def test_the_period_and_a_file(place: Place) -> None:
    place.flow(LIVE)
    paid(place, 120, 130, 140)
    place.clock.move_to(START + timedelta(days=1))
    begin = START + timedelta(minutes=2)
    _, summary = done(place, Wanted("thanks", begin=begin, until=START + timedelta(minutes=3)))
    assert summary["own"]["runs"] == 1
    assert summary["live"] is None, "what is live itself is compared with nothing"

    event = (
        '{"id": "%s", "type": "order.paid", "subject": "order:%s", "occurred_at": "2026-10-01T%s:00:00Z", "data": %s}'
    )
    first = event % ("a", "7", "10", '{"id": "7", "total": "300.00", "currency": "EUR"}')
    second = event % ("b", "8", "09", '{"id": "8", "total": "10.00", "currency": "EUR"}')
    lines = f"{first}\n\n{second}\n".encode()
    _, summary = done(place, Wanted("thanks", lines=lines, origin="october.jsonl"))
    assert (summary["events"], summary["own"]["runs"]) == (2, 1)
    assert place.rows("SELECT backtest_id FROM backtest_upload") == []
    with pytest.raises(ValueError, match="line:1"):
        ask(place.shop, Wanted("thanks", lines=b"nonsense"), "ana", database=place.database)


def test_one_at_a_time_and_never_by_two(place: Place) -> None:
    place.flow(LIVE)
    first = ask(place.shop, Wanted("thanks"), "ana", database=place.database)
    second = ask(place.shop, Wanted("thanks", seed=2), "ana", database=place.database)
    now = to_micros(START)
    assert claim(place, "one") == first
    assert claim(place, "two") is None, "one at a time in each shop"
    # The lease runs out: another takes the same one, and the first can no longer write.
    assert claim(place, "two", now=now + 61_000_000) == first
    assert carry_out(first, "one", database=place.database) == "lost"
    assert carry_out(first, "two", database=place.database) == "done"
    assert claim(place, "one") == second


def test_cancelled_while_it_waits_and_while_it_runs(place: Place) -> None:
    place.flow(LIVE)
    paid(place, 120)
    place.clock.move_to(START + timedelta(days=1))
    id_ = ask(place.shop, Wanted("thanks"), "ana", database=place.database)
    cancel(place.shop, id_, "ana", database=place.database)
    assert told(place, id_)[0] == "cancelled"
    assert claim(place) is None
    line = b'{"id": "a", "type": "order.paid", "subject": "order:7", "occurred_at": "2026-03-01T10:00:00Z"}'
    filed = ask(place.shop, Wanted("thanks", lines=line), "ana", database=place.database)
    cancel(place.shop, filed, "ana", database=place.database)
    assert place.rows("SELECT backtest_id FROM backtest_upload") == []

    id_ = ask(place.shop, Wanted("thanks"), "ana", database=place.database)
    assert claim(place) == id_
    cancel(place.shop, id_, "ana", database=place.database)
    assert carry_out(id_, "me", database=place.database) == "cancelled"
    assert told(place, id_)[0] == "cancelled"
    assert place.rows("SELECT id FROM backtest_run") == []
    with pytest.raises(ValueError, match="over"):
        cancel(place.shop, id_, "ana", database=place.database)
    with pytest.raises(LookupError):
        cancel(place.shop + 1, id_, "ana", database=place.database)


def test_what_is_old_is_forgotten(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "KEPT", 2)
    place.flow(LIVE)
    paid(place, 120, 130)
    place.clock.move_to(START + timedelta(days=1))
    ids = [done(place, Wanted("thanks", seed=seed))[0] for seed in range(3)]
    assert told(place, ids[0])[0] == "forgotten"
    while delete_forgotten(place.database):
        pass
    assert sorted(row[0] for row in place.rows("SELECT id FROM backtest")) == ids[1:]
    assert {row[0] for row in place.rows("SELECT backtest_id FROM backtest_run")} == set(ids[1:])
    forget(place.shop, ids[1], "ana", database=place.database)
    while delete_forgotten(place.database):
        pass
    assert len(place.rows("SELECT id FROM backtest_effect")) == 2


def test_a_failure_says_why(place: Place) -> None:
    place.flow(LIVE)
    id_ = ask(place.shop, Wanted("thanks"), "ana", database=place.database)
    place.rows(f"SELECT 1 FROM backtest WHERE id = {id_}")
    with place.database.transaction() as tx:
        tx.text("UPDATE backtest SET text = 'flow: thanks\ntrigger: {event: order.payd}\nsteps: []\n'")
    claim(place)
    assert carry_out(id_, "me", database=place.database) == "failed"
    ((error, message),) = place.rows("SELECT error, message FROM backtest")
    assert error == "flow.invalid"
    assert "order.payd" in message


# --- the process of its own -----------------------------------------------------------------------


@pytest.fixture
def keeper(place: Place, request: pytest.FixtureRequest) -> Iterator[Keeper]:
    found = Keeper(place.database, _command(request))
    yield found
    found._stop.set()
    found._let_go()


def _command(request: pytest.FixtureRequest) -> Callable[[int, str], Sequence[str]]:
    if "postgresql" in request.node.name:
        url = str(request.getfixturevalue("postgres_url"))
    else:
        url = f"sqlite:///{request.getfixturevalue('tmp_path')}/sereno.sqlite3"
    folder = request.getfixturevalue("tmp_path") / "data"

    def command(id: int, worker: str) -> Sequence[str]:
        settings = [f"SERENO_DATABASE_URL={url}", f"SERENO_DATA_DIR={folder}"]
        return ["env", *settings, sys.executable, "-m", "sereno.site.rehearsing", str(id), worker]

    return command


def until(what: Callable[[], bool], keeper: Keeper, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it takes too long"
        keeper.look()
        time.sleep(0.05)


def test_killed_and_begun_again(place: Place, keeper: Keeper) -> None:
    # The other process knows nothing of the tests' own actions.
    place.flow("flow: thanks\ntrigger: {event: order.paid}\nsteps: [{log: {text: hello}}]\n")
    paid(place, *range(100, 130))
    place.clock.move_to(START + timedelta(days=1))
    id_ = ask(place.shop, Wanted("thanks"), "ana", database=place.database)
    until(lambda: keeper._child.is_there, keeper)
    assert keeper._child.is_there
    os.kill(keeper._child._process.pid, signal.SIGKILL)
    until(lambda: told(place, id_)[0] in ("done", "failed"), keeper)
    assert place.rows("SELECT status, error, message FROM backtest") == [("done", None, None)]
    ((attempts,),) = place.rows("SELECT attempts FROM backtest")
    assert attempts == 2
    assert len(place.rows("SELECT id FROM backtest_run")) == 30


def test_what_kills_three_times_is_given_up(place: Place, keeper: Keeper) -> None:
    place.flow(LIVE)
    keeper._command = lambda id, worker: [sys.executable, "-c", "import os; os.abort()"]
    id_ = ask(place.shop, Wanted("thanks"), "ana", database=place.database)
    until(lambda: told(place, id_)[0] == "failed", keeper)
    assert place.rows("SELECT error, attempts FROM backtest") == [("backtest.crashed", 3)]


def test_one_that_does_not_listen_is_stopped(place: Place, keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sereno.runtime.rehearsals.keeping.PATIENCE", 0.1)
    place.flow(LIVE)
    keeper._command = lambda id, worker: ["sleep", "600"]
    id_ = ask(place.shop, Wanted("thanks"), "ana", database=place.database)
    until(lambda: keeper._child.is_there, keeper)
    cancel(place.shop, id_, "ana", database=place.database)
    until(lambda: told(place, id_)[0] == "cancelled", keeper)
    assert not keeper._child.is_there


def test_it_ends_with_the_one_that_began_it(place: Place, keeper: Keeper) -> None:
    keeper._command = lambda id, worker: [
        sys.executable,
        "-c",
        "from sereno.runtime.children import hang_by_input; import time; hang_by_input(); time.sleep(600)",
    ]
    place.flow(LIVE)
    ask(place.shop, Wanted("thanks"), "ana", database=place.database)
    until(lambda: keeper._child.is_there, keeper)
    child = keeper._child._process
    assert child is not None and child.stdin is not None
    child.stdin.close()
    assert child.wait(120) == 3


def test_other_flows_and_shops_are_left_alone(place: Place) -> None:
    place.flow(LIVE)
    place.send(fact("x", "custom.ping"))
    place.clock.move_to(START + timedelta(days=1))
    _, summary = done(place, Wanted("thanks"))
    assert summary["own"]["runs"] == 0
    assert place.runs() == [], "nothing happened in the shop itself"
