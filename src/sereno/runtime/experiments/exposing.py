"""Who counts in which arm of a flow's experiments: noted in the transaction in which they come to it.

Invariant: somebody counts where they came first (intention to treat), whatever became of their run; nothing is noted
in a dry world, of a flow in shadow, or of a run a person started by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sereno.engine import control
from sereno.engine.control import CONTROL, TREATED, Experiment
from sereno.engine.run import TraceEntry
from sereno.engine.tallies import bare
from sereno.engine.trigger import RUN_REQUESTED
from sereno.runtime.holding import Held
from sereno.runtime.shops import Shop
from sereno.store.database import Transaction
from sereno.store.fields import to_micros

Row = tuple[Any, ...]
"""Of `expose`."""


@dataclass(frozen=True, slots=True)
class Person:
    """`unit` is who is compared: by the address where one is known, which a guest keeps when they make an account;
    else the customer; else what the event was about."""

    unit: str
    customer: str | None


def person_of(refs: Mapping[str, str], customer: Mapping[str, Any] | None, subject: str) -> Person:
    """From a run's refs and today's customer record, as far as they are known."""
    key = refs.get("customer") or (customer or {}).get("id")
    address = refs.get("email") or (customer or {}).get("email")
    if isinstance(key, str) and key.startswith("email:"):
        address = address or key.removeprefix("email:")
    if isinstance(address, str) and address.strip():
        unit = f"email:{address.strip().lower()}"
    else:
        unit = f"customer:{key}" if key else subject
    return Person(unit[:210], str(key)[:200] if key else None)


def holdout_of(shop: Shop) -> int:
    """The share of people who get no marketing at all, in basis points."""
    return control.as_share(shop.facts.settings.get("holdout_share"))


def is_held_out(held: Held, customer: Mapping[str, Any] | None) -> bool:
    """Whether a run about to begin stands for somebody the flow passes by."""
    group = held.live.flow.control
    if group is None or not group.share or held.is_shadow or _is_by_hand(held):
        return False
    person = person_of(held.state.refs, customer, held.state.subject)
    return control.is_held_out(group, held.live.flow.name, person.unit)


def exposures(held: Held, trace: Iterable[TraceEntry], customer: Mapping[str, Any] | None) -> list[Row]:
    """What these new entries of a run's trace mean for its flow's experiments. Whoever the whole shop holds out is in
    no arm: to them, treated and untreated would be the same."""
    if (held.is_shadow and not held.state.is_held_out) or _is_by_hand(held):
        return []
    found: list[Row] = []
    person: Person | None = None
    experiments = held.live.flow.experiments
    for entry in trace:
        experiment, arm = _arm(experiments, entry, is_held_out=held.state.is_held_out)
        if experiment is None:
            continue
        person = person or person_of(held.state.refs, customer, held.state.subject)
        if control.is_in_holdout(holdout_of(held.shop), person.unit):
            return []
        found.append(_row(held, experiment, arm, person, to_micros(entry.at)))
    return found


def expose(tx: Transaction, rows: Iterable[Row]) -> None:
    """Keep those that are the first of their person; in one order for everybody."""
    tx.many("expose", sorted(set(rows), key=lambda row: (*row[:5], row[8])))


def _arm(
    experiments: Mapping[str, Experiment], entry: TraceEntry, *, is_held_out: bool
) -> tuple[Experiment | None, str]:
    if entry.code == "run.started":
        return experiments.get(CONTROL), CONTROL if is_held_out else TREATED
    if entry.code == "step.split" and not is_held_out:
        return experiments.get(bare(entry.step)), str(entry.details.get("branch"))
    if entry.code == "step.test" and not is_held_out:
        return experiments.get(bare(entry.step)), str(entry.details.get("wording"))
    return None, ""


def _row(held: Held, experiment: Experiment, arm: str, person: Person, at: int) -> Row:
    until = at + int(experiment.window.total_seconds() * 1_000_000)
    which = (held.shop.id, held.live.id, experiment.name, experiment.design, person.unit)
    return (*which, held.state.version, arm, person.customer, at, until, at)


def _is_by_hand(held: Held) -> bool:
    return held.state.event.get("type") == RUN_REQUESTED
