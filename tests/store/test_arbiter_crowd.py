"""Eight workers in processes of their own, some of them killed: a cap of N is never N+1, and all get their turn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from arbiter_worker import BEGIN, FastClock
from arbiting import flow, register, set_rules
from support import Place, fact

from sereno.runtime.staff import open_staff

WORKERS, KILLED = 8, 4
CAPS = [(2, 1), (5, 5)]
"""Letters to one person, and in how many minutes of the fast clock."""
EACH = "to: '{{ event.data.to }}', merge: '{{ event.data.text }}'"


class Crowd:
    """Worker processes, forked by a parent that has loaded everything."""

    def __init__(self, url: str, journal: Path, started: float) -> None:
        program = Path(__file__).with_name("arbiter_worker.py")
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "sereno.site.settings"}
        self._parent = subprocess.Popen(
            [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self._line = f"{url} {started} {journal}"
        self._count = 0
        self.alive: list[int] = []

    def add(self) -> None:
        assert self._parent.stdin and self._parent.stdout
        self._count += 1
        self._parent.stdin.write(f"{self._line} w{self._count}\n")
        self._parent.stdin.flush()
        self.alive.append(int(self._parent.stdout.readline()))

    def kill(self) -> None:
        os.kill(self.alive.pop(0), signal.SIGKILL)

    def end(self) -> None:
        for child in self.alive:
            os.kill(child, signal.SIGKILL)
        self._parent.kill()
        self._parent.communicate()


@pytest.fixture
def crowd(postgres: Any, postgres_url: str, tmp_path: Path) -> Iterator[tuple[Crowd, Place, Path]]:
    register()
    started = time.time()
    place = Place(postgres)
    place.clock = FastClock(started)  # type: ignore[assignment]
    open_staff(postgres).world.clock = place.clock
    journal = tmp_path / "journal"
    journal.touch()
    found = Crowd(postgres_url, journal, started)
    yield found, place, journal
    found.end()
    place.runtime.stop()


@pytest.mark.parametrize(("people", "letters"), [(1, 12), (40, 3)], ids=["one-person", "many-people"])
def test_never_one_too_many(crowd: tuple[Crowd, Place, Path], people: int, letters: int) -> None:
    workers, place, journal = crowd
    set_rules(place, caps=[{"channel": "email", "most": most, "period": f"{minutes}m"} for most, minutes in CAPS])
    for name in ("cart", "news", "offer"):
        place.flow(flow(name, EACH))
    for _ in range(WORKERS):
        workers.add()
    wishes = [
        fact(
            f"{person}-{number}",
            f"custom.{('cart', 'news', 'offer')[number % 3]}",
            f"thing:{person}-{number}",
            {"to": f"p{person}@example.com", "text": f"{person}-{number}"},
            at=BEGIN,
        )
        for number in range(letters)
        for person in range(people)
    ]
    for first in range(0, len(wishes), 7):
        place.send(*wishes[first : first + 7])
    for _ in range(KILLED):
        seen = len(lines(journal))
        wait_for(partial(has_more, journal, seen, place))
        workers.kill()
        workers.add()
    wait_for(lambda: is_over(place))
    assert place.rows("SELECT status, count(*) FROM effect WHERE action = 'tests.letter' GROUP BY status") == [
        ("done", people * letters)
    ]
    went: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for at, key, to in lines(journal):
        went[to].append((datetime.fromisoformat(at), key))
    assert {len({key for _, key in found}) for found in went.values()} == {letters}
    assert len(went) == people
    for most, minutes in CAPS:
        assert max(fullest(found, timedelta(minutes=minutes)) for found in went.values()) <= most


def has_more(journal: Path, seen: int, place: Place) -> bool:
    return len(lines(journal)) > seen or is_over(place)


def fullest(found: list[tuple[datetime, str]], period: timedelta) -> int:
    """Most letters in any window. A worker that was killed may have sent one that another sent again: that is one."""
    return max(len({key for at, key in found if end - period < at <= end}) for end, _ in found)


def lines(journal: Path) -> list[list[str]]:
    return [line.split() for line in journal.read_text().splitlines()]


def is_over(place: Place) -> bool:
    [(left,)] = place.rows("SELECT count(*) FROM effect WHERE status IN ('pending', 'running')")
    [(queued,)] = place.rows("SELECT count(*) FROM event_queue")
    return left == queued == 0 and bool(place.rows("SELECT 1 FROM effect"))


def wait_for(true: Any, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)
