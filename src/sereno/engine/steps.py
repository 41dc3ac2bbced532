"""The steps of a flow: a tree, and a closed set. New kinds of step are a change of the engine, new actions are not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any, Literal

from sereno.engine.catalog import ActionType
from sereno.engine.expressions import Expression

Zone = Literal["recipient", "store"]


WORDING = "wording"
"""Stands in an effect's config beside what the action knows: which of a message's wordings it is."""


@dataclass(frozen=True, slots=True)
class HoldOut:
    """A share of people (in basis points) that a message is kept from; `window` is how long after it their orders, and
    those of the others, count."""

    share: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Action:
    """`wordings`: (name, weight, config) of a message that is tried in several; the same key always gets the same one.
    `on_error`: what happens when the effect fails for good; steps stand for the branch that runs then. `result` is
    the name in `vars` that holds what the action gave back."""

    path: str
    line: int
    action: ActionType
    config: Mapping[str, Any]
    result: str | None
    on_error: Literal["stop", "continue"] | tuple[Step, ...]
    wordings: tuple[tuple[str, int, Mapping[str, Any]], ...] = ()
    hold_out: HoldOut | None = None


@dataclass(frozen=True, slots=True)
class If:
    path: str
    line: int
    test: Expression
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """`cases` are compared with the value as text, in the order written."""

    path: str
    line: int
    value: Expression
    cases: tuple[tuple[str, tuple[Step, ...]], ...]
    default: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """`branches`: (name, weight, steps). The same key always takes the same branch of the same split."""

    path: str
    line: int
    branches: tuple[tuple[str, int, tuple[Step, ...]], ...]


@dataclass(frozen=True, slots=True)
class LengthText:
    """A Liquid text that gives a length of time: `{{ store.abandoned_after | default: "1h" }}`."""

    source: str
    render: Callable[[Mapping[str, Any]], str]
    roots: frozenset[str]


Length = timedelta | Expression | LengthText
"""How long: known beforehand, or known when the step is reached."""


@dataclass(frozen=True, slots=True)
class WaitFor:
    path: str
    line: int
    length: Length


@dataclass(frozen=True, slots=True)
class WaitUntilTime:
    path: str
    line: int
    at: time
    weekdays: frozenset[str]
    zone: Zone


@dataclass(frozen=True, slots=True)
class WaitUntilDate:
    """Until a date field, moved by `offset`; a field that is a bare date counts from `at` (midnight) in the zone."""

    path: str
    line: int
    date: Expression
    offset: timedelta
    at: time | None
    zone: Zone


@dataclass(frozen=True, slots=True)
class WaitUntilEvent:
    """Until an event of one of these types for which `test` holds, or the time-out. `result` in `vars` is then
    `{happened, event}`."""

    path: str
    line: int
    types: frozenset[str]
    test: Expression | None
    timeout: Length | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Approver:
    """A role or an address; asked unless `when` is false."""

    by: str
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """After so long without a decision `to` is asked too, whose answer decides alone."""

    after: timedelta
    to: str


@dataclass(frozen=True, slots=True)
class Approve:
    """People decide; without a decision in time, `otherwise` runs. `need`: how many of those asked must agree; `any`:
    the first answer decides, yes or no. `in_order`: each is asked when the one before has agreed. `remind`: those who
    have not answered are written to again after each so long. `not_requester`: who started the run by hand may not."""

    path: str
    line: int
    asks: tuple[Approver, ...]
    text: str
    timeout: timedelta | None
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...]
    need: int | Literal["any", "all"] = "any"
    in_order: bool = False
    escalate: Escalation | None = None
    remind: timedelta | None = None
    not_requester: bool = False

    @property
    def is_plain(self) -> bool:
        """One is asked, whoever answers decides, and nothing else happens meanwhile."""
        return len(self.asks) == 1 and self.asks[0].when is None and self.escalate is None and self.remind is None


@dataclass(frozen=True, slots=True)
class ForEach:
    """For each item, up to `limit`; more are left out, and the trace says so. `name` in `vars` is the item."""

    path: str
    line: int
    items: Expression
    name: str
    limit: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class SetVars:
    path: str
    line: int
    values: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Stop:
    path: str
    line: int
    reason: str


Wait = WaitFor | WaitUntilTime | WaitUntilDate | WaitUntilEvent
Step = (
    Action
    | If
    | Switch
    | Split
    | WaitFor
    | WaitUntilTime
    | WaitUntilDate
    | WaitUntilEvent
    | Approve
    | ForEach
    | SetVars
    | Stop
)

MOST_ITEMS = 10_000
USUAL_ITEMS = 1_000
