"""Where the time comes from. The core never asks; the shell asks a clock it was given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...


class SystemClock:
    """The machine's own, set right by what the others go by: workers on several hosts share the database's time."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._machine() - self._ahead

    def set_by(self, ask: Callable[[], datetime]) -> None:
        """Go by the clock `ask` reads from now on. The answer is taken for the middle of the time it took."""
        before = self._machine()
        there = ask()
        after = self._machine()
        self._ahead = before + (after - before) / 2 - there

    def _machine(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is set, and never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        self._now = max(self._now, instant)
