"""What every host of runs must stand, with real processes and real `kill -9`: the suite of the design's scale page."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
from hosting import Host, Nursery, is_alive, kill, restart

from installation import migrate, postgres_server

DAY = 86_400.0
WAIT = """
flow: month
trigger: {event: custom.begun}
exit: [{event: custom.ended}]
steps:
  - wait: 30d
  - crash.call: {to: done}
"""
CALLS = """
flow: calls
trigger: {event: custom.begun}
steps:
  - crash.call: {to: one}
    as: first
  - log: {text: "attempt {{ vars.first.attempt }}"}
  - crash.call: {to: two}
"""


def test_a_wait_of_thirty_days_outlives_the_workers(host: Host) -> None:
    host.flow(WAIT)
    host.send("custom.begun", "a", "b")
    first = host.start()
    host.until(lambda: host.count("run WHERE status = 'waiting'") == 2)
    kill(first)
    second = host.start(29 * DAY)
    time.sleep(0.5)
    assert host.count("run WHERE status = 'waiting'") == 2
    kill(second)
    host.start(30 * DAY + 60)
    host.until(lambda: host.count("effect WHERE status = 'done'") == 2)
    assert host.count("run WHERE status = 'finished'") == 2
    assert sorted(host.calls().values()) == [1, 1, 1, 1, 1]  # Two begun, two ended, one empty line.


def test_an_event_during_the_wait_ends_the_run_also_when_nobody_was_there(host: Host) -> None:
    host.flow(WAIT)
    host.send("custom.begun", "a", "b")
    first = host.start()
    host.until(lambda: host.count("run WHERE status = 'waiting'") == 2)
    kill(first)
    host.send("custom.ended", "a")
    host.start(31 * DAY)
    # The watch may tell of the time when nobody was there, in a run of a flow of its own.
    ours = "flow_id IN (SELECT id FROM flow WHERE NOT is_derived)"
    host.until(lambda: host.count(f"run WHERE status IN ('finished', 'exited') AND {ours}") == 2)
    host.until(lambda: host.count(f"effect WHERE status = 'done' AND {ours}") == 1)
    assert host.count("run WHERE status = 'exited'") == 1


def test_timers_due_while_nobody_was_there_ring_once(host: Host) -> None:
    host.flow(WAIT)
    host.send("custom.begun", *(str(number) for number in range(200)))
    first = host.start()
    host.until(lambda: host.count("run WHERE status = 'waiting'") == 200)
    kill(first)
    second = host.start(40 * DAY)
    host.until(lambda: host.count("effect WHERE status = 'done'") > 20)
    kill(second, signal.SIGTERM)
    assert host.count("effect WHERE status = 'running'") == 0
    host.start(41 * DAY)
    host.until(lambda: host.count("effect WHERE status = 'done'") == 200)
    assert host.count("effect") == 200
    assert all(count == 1 for line, count in host.calls().items() if line)


def test_the_same_event_many_times_acts_once(host: Host) -> None:
    host.flow(CALLS)
    names = [str(number) for number in range(50)]
    workers = [host.start()] + ([host.start()] if host.database.dialect == "postgresql" else [])
    for _ in range(3):
        random.shuffle(names)
        host.send("custom.begun", *names)
    host.until(lambda: host.count("run WHERE status = 'finished'") == 50)
    host.until(lambda: host.count("effect WHERE status = 'done'") == 150)
    host.send("custom.begun", *names)
    time.sleep(0.5)
    assert host.count("run") == 50
    assert host.count("effect") == 150
    assert all(count == 1 for line, count in host.calls().items() if line)
    assert all(is_alive(worker) for worker in workers)


def test_a_worker_killed_in_the_middle_of_an_action_is_followed_by_another_with_the_same_key(host: Host) -> None:
    host.flow("flow: slow\ntrigger: {event: custom.begun}\nsteps:\n  - crash.call: {to: slow}\n    as: done\n")
    host.send("custom.begun", "a")
    first = host.start()
    host.until(lambda: "begin" in host.journal.read_text())
    kill(first)
    assert host.count("run WHERE status = 'parked'") == 1
    host.start()
    host.until(lambda: host.count("run WHERE status = 'finished'") == 1)
    calls = host.calls()
    assert [count for line, count in calls.items() if line.startswith("begin")] == [2]
    assert [count for line, count in calls.items() if line.startswith("end")] == [1]


def test_random_kills_under_load_lose_and_double_nothing(host: Host) -> None:
    host.flow(CALLS)
    rng = random.Random(7)
    worker = host.start()
    for round_ in range(4):
        host.send("custom.begun", *(f"{round_}-{number}" for number in range(150)))
        time.sleep(rng.uniform(0.05, 0.5))
        kill(worker)
        worker = host.start()
    host.until(lambda: host.count("effect WHERE status = 'done'") == 1800)
    assert host.count("run WHERE status = 'finished'") == 600
    assert host.count("run") == 600
    assert host.count("effect") == 1800
    done = {line.split()[1] for line in host.calls() if line.startswith("end")}
    assert len(done) == 1200


def test_a_database_killed_in_the_middle_loses_and_doubles_nothing(tmp_path: Path, nursery: Nursery) -> None:
    """PostgreSQL only: SQLite has no server that could be killed apart from the worker."""
    server = postgres_server(tmp_path / "postgres")
    from sereno.site.environment import read

    migrate(read({**os.environ, "SERENO_DATABASE_URL": server.get_uri()}).database)
    host = Host(server.get_uri(), tmp_path, nursery)
    try:
        host.flow(CALLS)
        workers = [host.start(), host.start()]
        for round_ in range(2):
            host.send("custom.begun", *(f"{round_}-{number}" for number in range(400)))
            time.sleep(0.4)
            kill(server.get_pid())
            restart(server)
        host.until(lambda: host.count("effect WHERE status = 'done'") == 2400)
        assert host.count("run WHERE status = 'finished'") == 800
        assert host.count("run") == 800
        assert host.count("effect") == 2400
        assert all(is_alive(worker) for worker in workers)
    finally:
        host.close()
        with suppress(psutil.NoSuchProcess):  # Where nobody buries the dead, its wait for them ends in this.
            server.cleanup()
