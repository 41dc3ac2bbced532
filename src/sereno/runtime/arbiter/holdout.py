"""The people to whom the whole shop sends no marketing, so that all of it together can be measured.

Invariant: only marketing is kept from anybody, and it is kept from the same people for as long as the share stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sereno.engine.control import CONTROL, TREATED, holdout_experiment, is_in_holdout
from sereno.runtime.arbiter.messages import Message
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
