"""What an action says happened: `Done | Retry | Fail`, a sum type and never a bag of optionals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Done:
    """It happened (or had happened before: a replay says Done too). `value` is kept with the effect and given to
    `vars.<as>`; it must be JSON."""

    value: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now. `transient` (a time-out, a 503) is retried with exponential backoff and jitter; `limited` (a 429) waits
    for `after`, and holds back everything else that goes through the same connection."""

    reason: str
    message: str = ""
    kind: Literal["transient", "limited"] = "transient"
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """Not ever, as things are: it goes to the attention list with `message`, which says what to do next."""

    reason: str
    message: str = ""


Result = Done | Retry | Fail
