"""The people to whom the whole shop sends no marketing, so that all of it together can be measured; and those from whom
one message is kept, so that it can be measured alone.

Invariant: only marketing is kept from anybody, and it is kept from the same people for as long as the share stands. One
message is kept back at the very moment it would have gone, so that its two groups have come the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sereno.engine.control import CONTROL, TREATED, holdout_experiment, is_in_holdout
from sereno.engine.message_control import NEWSLETTERS
from sereno.engine.message_control import REASON as MESSAGE_REASON
from sereno.runtime.arbiter.messages import Message
from sereno.runtime.arbiter.verdicts import Go, Never, Verdict
from sereno.runtime.experiments.exposing import Row
from sereno.store.fields import to_micros

REASON = "control.shop_holdout"


def keeps_back(message: Message) -> bool:
    return message.purpose == "marketing" and is_in_holdout(message.holdout, message.unit)


def exposures(messages: Iterable[Message], now: datetime) -> list[Row]:
    """Rows of `expose` for marketing that may go as far as consent is concerned: kept back or not, whoever would be
    written to has come to the experiment."""
    found: list[Row] = []
    at = to_micros(now)
    for message in messages:
        experiment = holdout_experiment(message.holdout)
        if experiment is None or message.purpose != "marketing":
            continue
        until = at + int(experiment.window.total_seconds() * 1_000_000)
        arm = CONTROL if keeps_back(message) else TREATED
        which = (message.shop_id, 0, experiment.name, experiment.design, message.unit)
        found.append((*which, 0, arm, message.customer, at, until, at))
    return found


def kept_back(message: Message) -> Never:
    """The verdict on a message that would go now, had this person not been chosen to do without it."""
    assert message.kept is not None
    return Never(MESSAGE_REASON, {"share": message.kept.share / 100})


def exposures_of_messages(messages: Iterable[Message], verdicts: Mapping[str, Verdict], now: datetime) -> list[Row]:
    """Rows of `expose` for messages that go now, or would have gone: what waits has not come to its experiment yet.
    Whoever the whole shop holds out is in neither group."""
    found: list[Row] = []
    at = to_micros(now)
    for message in messages:
        kept, verdict = message.kept, verdicts.get(message.key)
        has_come = isinstance(verdict, Go) or (isinstance(verdict, Never) and verdict.reason == MESSAGE_REASON)
        if kept is None or not has_come:
            continue
        until = at + int(kept.window.total_seconds() * 1_000_000)
        which = (message.shop_id, message.asked.flow_id or NEWSLETTERS, kept.experiment, kept.design, message.unit)
        found.append((*which, 0, kept.arm(message.asked.flow, message.unit), message.customer, at, until, at))
    return found
