"""What a checkout offers somebody, and why. Pure: the same plan, facts and visitor give the same answer for ever.

Invariants: an option that is the last one shown of its kind stays, for a checkout nobody can finish is worse than any
rule; a rule whose condition cannot be answered does nothing, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sereno.engine.chance import fraction_of
from sereno.engine.decisions.document import KINDS, Arm, Option, Plan, Rule, Variants
from sereno.engine.expressions import Expression, Scope

Why = Literal["split", "winner", "not_asked", "unknown", "nobody"]
"""Why somebody has an arm, or none: by chance; because it won; because the condition does not hold, or cannot be
answered; because nothing tells one visitor from another."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`available` are the ids the storefront has to offer just now, by kind; a kind that is not there: all the plan
    knows. `unit` is by what a visitor is known again; empty for nothing."""

    scope: Scope
    available: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    unit: str = ""


@dataclass(slots=True)
class Offered:
    """An option as it is to be shown. `by` are the rules that had a word in it, in their order."""

    id: str
    kind: str
    name: str
    is_shown: bool = True
    by: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Reason:
    """What became of a rule: `held` is None where it cannot be answered, for the reason `error`. `kept` are options it
    would have hidden, had they not been the last."""

    rule: str
    name: str
    do: str
    held: bool | None
    options: tuple[str, ...]
    kept: tuple[str, ...]
    error: str | None
    seen: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Assigned:
    """`is_measured`: the visitor counts in this arm from now on."""

    variants: str
    name: str
    arm: str | None
    values: Mapping[str, str]
    why: Why
    is_measured: bool
    error: str | None = None
    seen: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    offered: tuple[Offered, ...]
    assigned: tuple[Assigned, ...]
    reasons: tuple[Reason, ...]


def decide(plan: Plan, asked: Asked, winners: Mapping[str, str] | None = None) -> Answer:
    """`winners`: the arm that everybody has, by design."""
    offered = {kind: _on_offer(plan, asked, kind) for kind in KINDS}
    reasons = tuple(_carry_out(rule, asked.scope, offered) for rule in plan.rules if rule.is_on)
    assigned = tuple(_assign(one, asked, winners or {}) for one in plan.variants if one.is_on)
    return Answer(tuple(one for kind in KINDS for one in offered[kind]), assigned, reasons)


def _on_offer(plan: Plan, asked: Asked, kind: str) -> list[Offered]:
    known = {one.id: one for one in plan.options if one.kind == kind}
    ids = asked.available.get(kind)
    if ids is None:
        return [Offered(one.id, kind, one.name) for one in known.values()]
    return [Offered(id_, kind, _name(known.get(id_), id_)) for id_ in dict.fromkeys(ids)]


def _name(option: Option | None, id_: str) -> str:
    return option.name if option is not None else id_


def _carry_out(rule: Rule, scope: Scope, offered: Mapping[str, list[Offered]]) -> Reason:
    held, error, seen = _holds(rule.when, scope)
    touched: list[str] = []
    kept: list[str] = []
    if held:
        for kind, options in offered.items():
            mine = [one for one in options if one.id in rule.options]
            if mine:
                _do(rule, options, mine, touched, kept)
                offered[kind][:] = options
    return Reason(rule.id, rule.name, rule.do, held, tuple(touched), tuple(kept), error, tuple(seen))


def _do(rule: Rule, options: list[Offered], mine: list[Offered], touched: list[str], kept: list[str]) -> None:
    match rule.do:
        case "hide" | "only":
            hidden = mine if rule.do == "hide" else [one for one in options if one.id not in rule.options]
            if rule.do == "only" and not any(one.is_shown for one in mine):
                # What alone was to stay is hidden already: then the others are the last.
                kept += [one.id for one in hidden if one.is_shown]
                return
            for one in hidden:
                if not one.is_shown:
                    continue
                if sum(other.is_shown for other in options) == 1:
                    kept.append(one.id)
                    continue
                one.is_shown = False
                _touch(one, rule, touched)
        case "first" | "last":
            rest = [one for one in options if one not in mine]
            mine.sort(key=lambda one: rule.options.index(one.id))
            options[:] = [*mine, *rest] if rule.do == "first" else [*rest, *mine]
            for one in mine:
                _touch(one, rule, touched)
        case _:
            for one in mine:
                one.name = rule.label
                _touch(one, rule, touched)


def _touch(one: Offered, rule: Rule, touched: list[str]) -> None:
    one.by.append(rule.id)
    touched.append(one.id)


def _holds(when: Expression | None, scope: Scope) -> tuple[bool | None, str | None, list[tuple[str, Any]]]:
    if when is None:
        return True, None, []
    outcome = when.test(scope)
    return outcome.value, outcome.error, outcome.seen


def _assign(one: Variants, asked: Asked, winners: Mapping[str, str]) -> Assigned:
    held, error, found = _holds(one.when, asked.scope)
    seen = tuple(found)
    if not held:
        return Assigned(one.id, one.name, None, {}, "not_asked" if held is False else "unknown", False, error, seen)
    winner = one.arm(winners.get(one.design, ""))
    if winner is not None:
        return Assigned(one.id, one.name, winner.name, winner.values, "winner", False, None, seen)
    if not asked.unit:
        first = one.arms[0]
        return Assigned(one.id, one.name, first.name, first.values, "nobody", False, None, seen)
    arm = arm_of(one, asked.unit)
    return Assigned(one.id, one.name, arm.name, arm.values, "split", True, None, seen)


def arm_of(one: Variants, unit: str) -> Arm:
    """The same for ever for the same visitor while the arms and their weights are the same."""
    point = fraction_of("variants", one.id, unit) * sum(arm.weight for arm in one.arms)
    for arm in one.arms:
        if point < arm.weight:
            return arm
        point -= arm.weight
    return one.arms[-1]
