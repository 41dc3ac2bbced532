"""Why, in words: every code a trace or a skip may carry, with its sentence.

Codes are stable and sentences are message ids: a page translates the sentence and fills in the parameters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sereno.engine.run import TraceEntry

CODES: dict[str, str] = {
    "run.started": "{event} started the run with key {key}",
    "run.finished": "The run came to its end",
    "run.stopped": "The run stopped here",
    "run.stopped.reason": "The run stopped here: {reason}",
    "run.failed": "The run failed: {reason}",
    "run.ended": "The run was ended: {reason}",
    "run.ended.by": "{by} ended the run: {reason}",
    "run.joined": "Two records became one person; the run of the other one ended, and this one goes on for both",
    "run.stays_ended": "The records are two people again; this run stays ended",
    "control.held_out": "Held out: in the {share} % that the flow passes by, so that its worth can be measured",
    "exit.event": "{event} ended the run",
    "exit.not_met": "{event} came and did not end the run: {condition} was {outcome}",
    "exit.too_old": "{event} came late: it had happened before the run started, so it does not end it",
    "step.condition": "{condition} was {outcome}: {branch}",
    "step.condition.unknown": "{condition} could not be told ({error}), so neither branch ran",
    "step.switch": "{condition} led to {branch}",
    "step.switch.unknown": "{condition} could not be told ({error}), so no case ran",
    "step.split": "Branch {branch}, always the same for this key",
    "step.test": "Wording {wording}, always the same for this key",
    "step.set": "Set {names}",
    "step.set.unknown": "Set {names}; without a value: {errors}",
    "step.template_failed": "The text for {action} could not be written: {error}",
    "effect.created": "{action} was asked for",
    "effect.done": "{action} was done",
    "effect.cancelled": "{action} had not begun when the run was cut short, and was taken back",
    "effect.failed": "{action} failed for good: {reason}",
    "effect.deferred": "{action} waits until {until}: {reason}",
    "effect.deferred.capped": "{action} waits until {until}: this person has had {counted} messages within {period}, "
    "and {most} are allowed",
    "effect.deferred.quiet_hours": "{action} waits until {until}: from {from} to {to} it is quiet where this person "
    "lives ({zone})",
    "effect.deferred.best_moment": "{action} waits until {until}: this person answers mostly between {from} and {to} "
    "({zone})",
    "effect.deferred.best_hour": "{action} waits until {until}: people of this shop answer mostly between {from} and "
    "{to} ({zone})",
    "effect.deferred.gave_way": "{action} waits until {until}: a more important message to this person goes first",
    "effect.deferred.warming_up": "{action} waits until {until}: the sender is new to {provider}, which gets {most} "
    "mails a day for now",
    "effect.withheld": "{action} was not sent: {reason}",
    "effect.replaced": "An earlier message like {action} still waited; this one takes its place",
    "wait.started": "Waits until {until}",
    "wait.started.event": "Waits for {events}, until {until} at most",
    "wait.started.event_forever": "Waits for {events}",
    "wait.over": "The wait is over",
    "wait.passed": "{until} had passed already, so there was nothing to wait for",
    "wait.moved": "The date had moved: waits until {until}",
    "wait.event": "{event} came",
    "wait.timeout": "The event did not come in time",
    "wait.not_met": "{event} came, but {condition} was {outcome}: waits on",
    "wait.too_old": "{event} came late: it had happened before the wait began, so it does not end it",
    "approval.asked": "{by} was asked, until {until} at most",
    "approval.asked_forever": "{by} was asked",
    "approval.not_needed": "Nobody had to be asked: no condition held",
    "approval.answered": "{by} answered for {asked}",
    "approval.next": "{by} was asked next",
    "approval.escalated": "Nobody had decided, so {by} was asked too",
    "approval.reminded": "{by} was reminded",
    "approval.given": "{by} agreed",
    "approval.refused": "{by} refused",
    "approval.expired": "Nobody answered in time",
    "loop.started": "{count} items, one after the other",
    "loop.limited": "{count} items, of which the first {limit} are taken",
    "loop.skipped": "{condition} gave no list ({error}), so the loop was left out",
}
"""Code, and with a suffix the variants of its sentence."""

SKIPS: dict[str, str] = {
    "when_false": "{condition} was false",
    "when_error": "{condition} could not be told: {error}",
    "key_missing": "There was no key: {key} gave nothing",
    "already_running": "A run of key {key} was under way",
    "older_than_run": "A run of key {key} had started from something newer",
    "once": "Key {key} had entered on {last_entered_at}, and it enters once only",
    "too_soon": "Key {key} had entered on {last_entered_at}, less than {after} before",
    "exit_already_happened": "{event} had happened already",
    "flow_paused": "The flow was paused",
    "own_echo": "It was the store telling of what this flow itself had changed there ({ability}, {at})",
}

REASONS: dict[str, str] = {
    "too_many_steps": "it took too many steps",
    "step_missing": "the step it stood at is not in this version",
    "template_failed": "a text could not be written",
    "wait_unknown": "how long to wait could not be told",
    "no_date": "there was no date to wait for",
    "when_false": "the trigger's condition no longer held",
    "when_error": "the trigger's condition could not be told any more",
    "restarted": "a newer start took its place",
    "joined": "joined: the same person is in this flow already",
    "joined.had": "the person has had it already, by another of their records",
    "message.expired": "by the time it could go it was not worth sending any more",
    "message.merged": "a later message of the same kind took its place",
    "control.shop_holdout": "the person is in the share to whom the shop sends no marketing, to measure what it brings",
    "control.held_out": "the person is in the flow's control group",
    "control.message_holdout": "the person is in the share from whom this message is kept, to measure what it brings",
    "consent.missing": "the person has not agreed to marketing",
    "consent.refused": "the person has said no to marketing",
    "consent.topic_refused": "the person wants nothing about this topic",
    "address.suppressed": "the address must not be written to",
    "cart.completed": "the cart was already bought",
    "cart.deleted": "the cart is gone",
    "cart.sold_out": "everything in the cart is sold out",
    "cart.empty": "the cart is empty",
    "offer.none": "there was no code to give",
    "reviews.none": "the shop has no reviews to show",
    "order.cancelled": "the order was cancelled meanwhile",
    "product.sold_out": "the product is sold out meanwhile",
    "price.changed": "the price has changed meanwhile",
}
"""Reasons that the engine itself gives; others (an action's reason code, a person's words) stand for themselves."""

_BRANCHES = {"then": "the first branch", "else": "the other branch"}
_OUTCOMES = {True: "true", False: "false", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` has `{name}` places for `parameters`; translate `text` before filling in. `values` are the paths read with
    what they held."""

    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        return self.text.format_map(_Gaps(self.parameters))


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def explain(entry: TraceEntry | Mapping[str, Any]) -> str:
    """One line of a trace in plain English, with the values seen."""
    if isinstance(entry, TraceEntry):
        return _with_values(sentence(entry.code, entry.details))
    return _with_values(sentence(str(entry.get("code")), entry.get("details") or {}))


def explain_skip(reason: str, details: Mapping[str, Any]) -> str:
    """Why an event started no run, in plain English."""
    return _with_values(skip_sentence(reason, details))


def sentence(code: str, details: Mapping[str, Any]) -> Sentence:
    """The sentence of a trace entry. An unknown code (of a newer version) stands for itself."""
    parameters = _parameters(details)
    text = CODES.get(_variant(code, details))
    return Sentence(text or code, parameters, _values(details))


def skip_sentence(reason: str, details: Mapping[str, Any]) -> Sentence:
    return Sentence(SKIPS.get(reason, reason), _parameters(details), _values(details))


def _variant(code: str, details: Mapping[str, Any]) -> str:
    match code:
        case "run.stopped" if details.get("reason"):
            return "run.stopped.reason"
        case "run.ended" if details.get("by"):
            return "run.ended.by"
        case "step.condition" | "step.switch" if details.get("branch") is None:
            return f"{code}.unknown"
        case "step.set" if details.get("errors"):
            return "step.set.unknown"
        case "effect.deferred" if str(details.get("reason")).startswith("message."):
            return f"effect.deferred.{str(details['reason']).removeprefix('message.')}"
        case "wait.started" if "events" in details:
            return "wait.started.event" if details.get("until") else "wait.started.event_forever"
        case "approval.asked" if not details.get("until"):
            return "approval.asked_forever"
        case _:
            return code


def _parameters(details: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: _shown(value) for key, value in details.items() if key not in ("values", "value")}
    branch = details.get("branch")
    if branch in _BRANCHES:
        found["outcome"] = "true" if branch == "then" else "false"
        found["branch"] = _BRANCHES[cast("str", branch)]
    elif "branch" not in details:
        found["outcome"] = _OUTCOMES[None if details.get("error") else False]
    reason = details.get("reason")
    if isinstance(reason, str):
        found["reason"] = REASONS.get(reason, reason)
    values = details.get("values")
    if isinstance(values, Mapping):
        found["names"] = ", ".join(
            f"{name} to {_shown(value)}" for name, value in cast("dict[str, Any]", values).items()
        )
    return found


def _values(details: Mapping[str, Any]) -> Mapping[str, Any]:
    values = details.get("values")
    return cast("Mapping[str, Any]", values) if isinstance(values, Mapping) and "condition" in details else {}


def _with_values(found: Sentence) -> str:
    if not found.values:
        return str(found)
    seen = ", ".join(f"{path} is {_shown(value)}" for path, value in found.values.items())
    return f"{found} ({seen})"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in cast("list[Any]", value)):
        return ", ".join(cast("list[str]", value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else text[:199] + "…"
