"""What every host of runs must stand, with real processes and real `kill -9`: the suite of the design's scale page."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from worker_process import register

from installation import migrate, postgres_server
from sereno.runtime import services
from sereno.sdk.connector import NewEvent
from sereno.store.database import DatabaseError, DatabaseUnavailable, open_database

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


class Nursery:
    """The process that forks workers, so that starting one takes no time."""

    def __init__(self) -> None:
        script = str(Path(__file__).parent / "worker_process.py")
        self._process = subprocess.Popen(
            [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, url: str, journal: Path, ahead: float) -> int:
        """A new worker's process id, once it works."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{url} {journal} {ahead}\n")
        self._process.stdin.flush()
        said = {self._process.stdout.readline().strip() for _ in range(2)}
        said.remove("ready")
        return int(said.pop())

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


def is_alive(process: int) -> bool:
    """False for a zombie too: it runs no more, whether or not anybody has buried it."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(process: int, how: int = signal.SIGKILL) -> None:
    os.kill(process, how)
    end = time.monotonic() + 30
    while is_alive(process):
        assert time.monotonic() < end, "it does not die"
        time.sleep(0.01)


class Host:
    """A database, and workers on it that can be killed."""

    def __init__(self, url: str, folder: Path, nursery: Nursery) -> None:
        self.url = url
        self.journal = folder / "journal"
        self.journal.touch()
        self.workers: list[int] = []
        self._nursery = nursery
        register()
        self.database = open_database(url)
        self.shop = services.create_shop(
            slug="crash", name="Crash", currency="EUR", timezone="UTC", locale="en", database=self.database
        )

    def flow(self, text: str) -> None:
        name = services.save_draft(self.shop, text, database=self.database).name
        services.publish(self.shop, name, "tester", database=self.database)

    def send(self, type: str, *subjects: str) -> None:
        now = datetime.now(UTC)
        events = [NewEvent(f"{type}|{name}", type, f"thing:{name}", now, {}, {"thing": name}) for name in subjects]
        end = time.monotonic() + 30
        while True:
            try:
                services.insert_events(self.shop, None, "tests", events, database=self.database)
                return
            except DatabaseUnavailable:
                assert time.monotonic() < end
                time.sleep(0.1)  # Whoever is told nothing sends again.

    def start(self, ahead: float = 0.0) -> int:
        """A worker whose clock is ahead by so many seconds."""
        self.workers.append(self._nursery.start(self.url, self.journal, ahead))
        return self.workers[-1]

    def count(self, what: str) -> int:
        with self.database.read() as tx:
            return tx.text(f"SELECT count(*) FROM {what}")[0][0]

    def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except DatabaseError:
                pass
            time.sleep(0.05)
        with self.database.read() as tx:
            state = [tx.text(f"SELECT status, count(*) FROM {table} GROUP BY 1") for table in ("run", "effect")]
        pytest.fail(f"it did not come to pass; runs and effects are {state}")

    def calls(self) -> Counter[str]:
        return Counter(self.journal.read_text().split("\n"))

    def close(self) -> None:
        for worker in self.workers:
            if is_alive(worker):
                kill(worker)
        self.database.close()


@pytest.fixture
def host(database: Any, request: pytest.FixtureRequest, tmp_path: Path, nursery: Nursery) -> Iterator[Host]:
    url = f"sqlite:///{database.path}" if database.dialect == "sqlite" else request.getfixturevalue("postgres_url")
    host = Host(url, tmp_path, nursery)
    yield host
    host.close()


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
    host.until(lambda: host.count("run WHERE status IN ('finished', 'exited')") == 2)
    host.until(lambda: host.count("effect WHERE status = 'done'") == 1)
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
            _restart(server)
        host.until(lambda: host.count("effect WHERE status = 'done'") == 2400)
        assert host.count("run WHERE status = 'finished'") == 800
        assert host.count("run") == 800
        assert host.count("effect") == 2400
        assert all(is_alive(worker) for worker in workers)
    finally:
        host.close()
        with suppress(psutil.NoSuchProcess):  # Where nobody buries the dead, its wait for them ends in this.
            server.cleanup()


def _restart(server: Any) -> None:
    """Its processes take a moment to notice that the first of them is gone. Where nobody buries orphans the dead one
    still has its number, and the new one would take the lock file for that of a living one."""
    (server.pgdata / "postmaster.pid").unlink()
    for _ in range(20):
        try:
            server.ensure_postgres_running()
            return
        except subprocess.SubprocessError:
            time.sleep(0.3)
    pytest.fail("the server does not start again")
