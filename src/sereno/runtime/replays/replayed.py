"""What a replay tells: rows of runs, effects and refused starts, and the sinks that take them as they become final."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sereno.engine.durations import format_instant

OnProgress = Callable[[int, datetime], None]
"""Told how many events are through and what time it is on the virtual clock."""
ShouldStop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run that is over, or as it stands at the end. `number` counts runs in the order they began; `event` is
    (source, id) of the one that started it, with its type and its refs (whom it is about); `trace` its entries as they
    are stored."""

    number: int
    id: str
    flow: str
    version: int
    subject: str
    key: str
    status: str
    step: str
    reason: str | None
    started_at: datetime
    due_at: datetime | None
    event: tuple[str, str]
    trace: Sequence[Mapping[str, Any]]
    event_type: str = ""
    refs: Mapping[str, str] = field(default_factory=dict[str, str])

    def document(self) -> dict[str, Any]:
        """As a report says it."""
        return {
            "id": self.id,
            "flow": self.flow,
            "version": self.version,
            "subject": self.subject,
            "key": self.key,
            "status": self.status,
            "step": self.step,
            "reason": self.reason,
            "started_at": format_instant(self.started_at),
            "due_at": format_instant(self.due_at) if self.due_at is not None else None,
        }


@dataclass(frozen=True, slots=True)
class EffectRow:
    """An effect, final when it is told. `number` counts effects in the order they were asked for; `status` is
    `shadow`, or `failed` where the action refused its config. `result` holds what a guard said: `{"sent": false,
    "reason": ...}` or `{"sent_at": ...}`; what a local action gave; or nothing."""

    number: int
    key: str
    flow: str
    run: str
    step: str
    action: str
    at: datetime
    subject: str
    config: Mapping[str, Any]
    status: str
    result: Mapping[str, Any] | None
    error: str | None
    message: str | None

    def document(self) -> dict[str, Any]:
        """As a report says it."""
        return {
            "flow": self.flow,
            "run": self.run,
            "step": self.step,
            "action": self.action,
            "at": format_instant(self.at),
            "subject": self.subject,
            "config": self.config,
            "status": self.status,
            **({"error": self.error, "message": self.message} if self.status == "failed" else {}),
        }


@dataclass(frozen=True, slots=True)
class SkipRow:
    """A start that was refused, and why. `event` is (source, id), with the event's type and refs."""

    number: int
    flow: str
    subject: str
    at: datetime
    reason: str
    details: Mapping[str, Any]
    event: tuple[str, str]
    event_type: str = ""
    refs: Mapping[str, str] = field(default_factory=dict[str, str])

    def document(self) -> dict[str, Any]:
        """As a report says it."""
        return {
            "flow": self.flow,
            "subject": self.subject,
            "at": format_instant(self.at),
            "reason": self.reason,
            "details": self.details,
        }


@dataclass(frozen=True, slots=True)
class FailedEvent:
    """An event that could not be worked on."""

    number: int
    source: str
    id: str
    type: str
    error: str

    def document(self) -> dict[str, Any]:
        """As a report says it."""
        return {"source": self.source, "id": self.id, "type": self.type, "error": self.error}


class Sink(Protocol):
    """Takes rows in batches as they become final. Of one run its effects come no later than the run itself."""

    def take(
        self,
        runs: Sequence[RunRow],
        effects: Sequence[EffectRow],
        skips: Sequence[SkipRow],
        failed: Sequence[FailedEvent],
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Summary:
    """What a replay was. `events` counts those of the period itself; `seconds` is the length of time it covered.
    `is_stopped`: somebody called it off, and the rest was not replayed."""

    events: int
    runs: int
    effects: int
    skipped: int
    failed: int
    begin: datetime
    end: datetime
    is_stopped: bool = False

    @property
    def seconds(self) -> float:
        return (self.end - self.begin).total_seconds()


@dataclass(slots=True)
class Collected:
    """A sink that keeps everything, for reports small enough to be held."""

    runs: list[RunRow] = field(default_factory=list[RunRow])
    effects: list[EffectRow] = field(default_factory=list[EffectRow])
    skips: list[SkipRow] = field(default_factory=list[SkipRow])
    failed: list[FailedEvent] = field(default_factory=list[FailedEvent])

    def take(
        self,
        runs: Sequence[RunRow],
        effects: Sequence[EffectRow],
        skips: Sequence[SkipRow],
        failed: Sequence[FailedEvent],
    ) -> None:
        self.runs += runs
        self.effects += effects
        self.skips += skips
        self.failed += failed

    def document(self) -> dict[str, Any]:
        """The lists of a report, each in the order in which things happened."""
        lists = {"runs": self.runs, "effects": self.effects, "skipped": self.skips, "failed": self.failed}
        return {
            name: [row.document() for row in sorted(rows, key=lambda row: row.number)] for name, rows in lists.items()
        }


@dataclass(slots=True)
class Counted:
    """A sink that keeps nothing: `Summary` says how many there were."""

    def take(
        self,
        runs: Sequence[RunRow],
        effects: Sequence[EffectRow],
        skips: Sequence[SkipRow],
        failed: Sequence[FailedEvent],
    ) -> None:
        """They are counted by who tells them."""
