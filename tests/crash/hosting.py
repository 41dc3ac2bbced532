"""Workers that can be killed, and the database they work on: for the conformance suite and `bench/kill.py`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from worker_process import register

from sereno.runtime import services
from sereno.sdk.connector import NewEvent
from sereno.store.database import DatabaseError, DatabaseUnavailable, open_database


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
        self._process.wait(120)
        self._process.stdout.close()


def is_alive(process: int) -> bool:
    """False for a zombie too: it runs no more, whether or not anybody has buried it."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(process: int, how: int = signal.SIGKILL) -> None:
    os.kill(process, how)
    end = time.monotonic() + 120
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
        end = time.monotonic() + 120
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

    def until(self, condition: Callable[[], bool], seconds: float = 120.0) -> None:
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


def restart(server: Any) -> None:
    """Its processes take a moment to notice that the first of them is gone. Where nobody buries orphans the dead one
    still has its number, and the new one would take the lock file for that of a living one."""
    (server.pgdata / "postmaster.pid").unlink()
    for _ in range(60):
        try:
            server.ensure_postgres_running()
            return
        except subprocess.SubprocessError:
            time.sleep(0.3)
    pytest.fail("the server does not start again")
