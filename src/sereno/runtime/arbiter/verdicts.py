"""What the arbiter says about one message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sereno.store.database import Transaction

if TYPE_CHECKING:
    from sereno.runtime.actions import Prepared


@dataclass(frozen=True, slots=True)
class Go:
    """It may go now."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not before `at` (UTC). `reason` is a code, `details` the rule, its counts and the values seen (JSON)."""

    at: datetime
    reason: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Never:
    """Not at all; its effect is done, with `{"sent": false, "reason": reason}`."""

    reason: str
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


Verdict = Go | Later | Never

Guard = Callable[["Prepared", Mapping[str, Mapping[str, Any] | None], datetime, Transaction], Verdict]
"""Asked about every effect of a dry world that would leave, with today's records there by root. It takes note of its
answer: what it lets go or puts off counts for what it is asked about next."""
