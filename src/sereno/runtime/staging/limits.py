"""What a candidate may not pass, and whether it has: the counts of a stage held against its limits.

Invariant: a limit is passed only on evidence (`engine.evidence`), so a first mishap never sends a version back and a
hundred always do. Pure: counts in, measures out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sereno.engine.chance import SHARES
from sereno.engine.evidence import at_least, between, exceeds, share_allowed

Kind = Literal["errors", "unsubscribes", "complaints", "bounces", "effects"]
Name = Literal["effects_failed", "runs_failed", "unsubscribes", "complaints", "bounces", "effects"]

USUAL: dict[Kind, float | None] = {
    "errors": 5.0,
    "unsubscribes": 2.0,
    "complaints": 0.3,
    "bounces": 5.0,
    "effects": 2.0,
}
"""Per cent of what was tried or sent; `effects`: times as many as the live version causes for as many keys. None: no
limit. 0.3 % of complaints is where the large mailbox providers begin to refuse mail."""
MOST: dict[Kind, float] = {"errors": 100, "unsubscribes": 100, "complaints": 100, "bounces": 100, "effects": 1000}

RATES: tuple[tuple[Name, Kind, str, str], ...] = (
    ("effects_failed", "errors", "effects_failed", "tried"),
    ("runs_failed", "errors", "failed", "ended"),
    ("unsubscribes", "unsubscribes", "unsubscribed", "sent"),
    ("complaints", "complaints", "complained", "sent"),
    ("bounces", "bounces", "bounced", "sent"),
)
"""Measure, the limit it is held against, and which two counts it is made of."""


@dataclass(frozen=True, slots=True)
class Arm:
    """What one of the versions did since the stage began, or since it was let out of shadow; `here`: in this step."""

    all: Mapping[str, int] = field(default_factory=dict[str, int])
    here: Mapping[str, int] = field(default_factory=dict[str, int])

    def of(self, what: str) -> int:
        return self.all.get(what, 0)

    def tries(self, what: str) -> int:
        """How often that could have happened. An address that bounced was not counted as sent to."""
        return self.of("sent") + self.of("bounced") if what == "bounced" else self.of(_tries(what))


@dataclass(frozen=True, slots=True)
class Measure:
    """`hits` of `tries` against `limit` (a share of 1; None: there is none). `sure`: at least this high, whenever one
    looks. `low` and `high`: where the rate may lie. `times` is set for `effects`: how many times as many as live."""

    name: Name
    kind: Kind
    hits: int
    tries: int
    limit: float | None
    sure: float
    low: float
    high: float
    is_passed: bool
    times: float | None = None

    @property
    def rate(self) -> float | None:
        return self.hits / self.tries if self.tries else None


def arms(rows: Iterable[tuple[Any, ...]], step: int) -> tuple[Arm, Arm]:
    """The live version's and the candidate's, from (is_candidate, step, what, count). Step 0 is the time in shadow, and
    is not mixed with what came after: nothing can go wrong with what never left."""
    everything: tuple[dict[str, int], dict[str, int]] = ({}, {})
    here: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for is_candidate, at, what, count in rows:
        side = 1 if is_candidate else 0
        if at == step:
            here[side][what] = here[side].get(what, 0) + int(count)
        if (at == 0) == (step == 0):
            everything[side][what] = everything[side].get(what, 0) + int(count)
    return Arm(everything[0], here[0]), Arm(everything[1], here[1])


def measures(live: Arm, candidate: Arm, limits: Mapping[str, float | None], share: int) -> list[Measure]:
    """All that is looked at. `share` in basis points, 0 in shadow."""
    found: list[Measure] = []
    for name, kind, what, _ in RATES:
        hits, tries = candidate.of(what), candidate.tries(what)
        # Somebody may unsubscribe from a message that went out before the counting began.
        tries = max(tries, hits)
        limit = limits.get(kind)
        bound = None if limit is None else limit / 100
        low, high = between(hits, tries)
        is_passed = bound is not None and exceeds(hits, tries, bound)
        found.append(Measure(name, kind, hits, tries, bound, at_least(hits, tries), low, high, is_passed))
    found.append(_effects(live, candidate, limits.get("effects"), share))
    return found


def _effects(live: Arm, candidate: Arm, times: float | None, share: int) -> Measure:
    """Of all effects that both versions asked for in this step, may so many be the candidate's? One run asks for
    several at a time, so they are weighed as so many runs' worth; else three runs would look like thirty effects."""
    own, other = candidate.here.get("effects", 0), live.here.get("effects", 0)
    runs = candidate.here.get("runs", 0) + live.here.get("runs", 0)
    exposed, others = (1.0, 1.0) if share == 0 else (share / SHARES, 1 - share / SHARES)
    allowed = None if times is None else share_allowed(exposed, others, times)
    worth = max(1.0, (own + other) / runs) if runs else 1.0
    hits, tries = round(own / worth), round((own + other) / worth)
    low, high = between(hits, tries)
    is_passed = allowed is not None and exceeds(hits, tries, allowed)
    ratio = own / exposed / (other / others) if other and exposed and others else None
    return Measure("effects", "effects", own, own + other, allowed, at_least(hits, tries), low, high, is_passed, ratio)


def _tries(what: str) -> str:
    return next(tries for _, _, hits, tries in RATES if hits == what)


def read_limits(given: Mapping[str, Any] | None) -> dict[str, float | None]:
    """The limits as kept: what is not named is as usual. Raises ValueError that says what is wrong."""
    found: dict[str, float | None] = {**USUAL}
    for name, value in (given or {}).items():
        if name not in USUAL:
            raise ValueError(f"there is no limit {name!r}; there are {', '.join(USUAL)}")
        if value is None:
            found[name] = None
            continue
        most = MOST[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            raise ValueError(f"the limit {name} is a number above 0, {most:g} at most, or nothing for no limit")
        found[name] = float(value)
    return found


def read_ladder(given: Iterable[Any] | None) -> list[int]:
    """Shares in basis points, from percentages that rise to 100. Raises ValueError."""
    percents = list(given) if given is not None else [5, 50, 100]
    found: list[int] = []
    for value in percents:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.01 <= value <= 100:
            raise ValueError("each step is a percentage, from 0.01 to 100")
        found.append(round(value * SHARES / 100))
    if not found or len(found) > 20 or found != sorted(set(found)):
        raise ValueError("the steps rise, such as 5, 50, 100")
    return found if found[-1] == SHARES else [*found, SHARES]


def read_advance(given: Mapping[str, Any] | None) -> dict[str, float]:
    """When a stage goes up by itself: after so many `hours` and so many `runs` of its own in a step, both where both
    are given; empty: when a person says so. Raises ValueError."""
    found: dict[str, float] = {}
    for name, value in (given or {}).items():
        if name not in ("hours", "runs"):
            raise ValueError("a stage goes up by itself after hours, runs, or both")
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1_000_000:
            raise ValueError(f"{name} is a number above 0")
        found[name] = value
    return found
