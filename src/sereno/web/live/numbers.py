"""The numbers of the live view: who stands at each step now, how many came by, how many failed there.

Read from counters and partial indexes only, so that they cost the same with a thousand runs and with a million.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from sereno.engine.tallies import bare, hour_of
from sereno.store.database import Database, default_database
from sereno.store.fields import to_micros

Period = Literal["day", "week", "all"]
PERIODS: tuple[Period, ...] = ("day", "week", "all")


@dataclass(frozen=True, slots=True)
class Counted:
    """How often, in the last 24 hours, in the last 7 days, ever."""

    day: int = 0
    week: int = 0
    all: int = 0

    def of(self, period: Period) -> int:
        return {"day": self.day, "week": self.week, "all": self.all}[period]

    def __add__(self, other: Counted) -> Counted:
        return Counted(self.day + other.day, self.week + other.week, self.all + other.all)


NONE = Counted()


@dataclass(frozen=True, slots=True)
class AtStep:
    """A step: how many runs stand at it now, how often one came to it, and what failed: runs there, and its effects
    that are still failed."""

    here: int = 0
    passed: Counted = NONE
    failed_runs: Counted = NONE
    failed_effects: Counted = NONE


@dataclass(frozen=True, slots=True)
class Numbers:
    """A version's. `whole` are those of the flow as such (`started`, `skipped`, `finished`, `exited`, `stopped`,
    `failed`), `exits` by the event that ended runs, `here` how many runs of each version are under way."""

    steps: dict[str, AtStep] = field(default_factory=dict[str, AtStep])
    whole: dict[str, Counted] = field(default_factory=dict[str, Counted])
    exits: dict[str, Counted] = field(default_factory=dict[str, Counted])
    here: dict[int, int] = field(default_factory=dict[int, int])

    def step(self, path: str) -> AtStep:
        return self.steps.get(path, AtStep())

    def of_flow(self, word: str) -> Counted:
        return self.whole.get(word, NONE)

    def live(self) -> int:
        """Runs under way on all versions."""
        return sum(self.here.values())


def numbers_of(flow: int, version: int, database: Database | None = None, now: datetime | None = None) -> Numbers:
    """The numbers of one version, in three queries. Hours are whole: the last 24 hours are up to an hour more."""
    at = now or datetime.now(UTC)
    day, week = hour_of(at) - 24, hour_of(at) - 24 * 7
    with (database or default_database()).read() as tx:
        tallies = tx.all("tallies", {"flow": flow, "version": version, "day": day, "week": week})
        standing = tx.all("standing", {"flow": flow})
        since = {"day": to_micros(at - timedelta(days=1)), "week": to_micros(at - timedelta(days=7))}
        failed = tx.all("failed_effects", {"flow": flow, "version": version, **since})
    here: dict[int, int] = {}
    at_step: dict[str, int] = {}
    for of_version, step, status, count in standing:
        if status == "failed":
            continue
        here[of_version] = here.get(of_version, 0) + count
        if of_version == version:
            at_step[bare(step)] = at_step.get(bare(step), 0) + count
    found = Numbers(here=here)
    passed: dict[str, Counted] = {}
    broken: dict[str, Counted] = {}
    for place, ever, of_day, of_week in tallies:
        counted = Counted(int(of_day or 0), int(of_week or 0), int(ever or 0))
        if place.startswith("=exit:"):
            found.exits[place[6:]] = counted
        elif place.startswith("="):
            found.whole[place[1:]] = counted
        elif place.startswith("!"):
            broken[place[1:]] = counted
        else:
            passed[place] = counted
    effects: dict[str, Counted] = {}
    for step, ever, of_day, of_week in failed:
        counted = Counted(int(of_day or 0), int(of_week or 0), int(ever))
        effects[bare(step)] = effects.get(bare(step), NONE) + counted
    for path in {*at_step, *passed, *broken, *effects}:
        found.steps[path] = AtStep(
            at_step.get(path, 0), passed.get(path, NONE), broken.get(path, NONE), effects.get(path, NONE)
        )
    return found
