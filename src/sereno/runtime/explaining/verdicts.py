"""One flow's answer about one person or thing, in a word: what it did, what held it back, or why it never began. Pure.

Invariant: the first thing that stopped a message is what is said; that something ran is never taken for its having done
anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sereno.engine.run import LIVE

Answer = Mapping[str, Any]

VERDICTS: dict[str, str] = {
    "did": "It ran to its end and did what it was to do",
    "exited": "It ended early: {reason}",
    "stopped": "It stopped: {reason}",
    "under_way": "It is under way and waits",
    "deferred": "A message waits for a later moment: {reason}",
    "withheld": "It ran, and a message was not sent: {reason}",
    "held_out": "It is in the control group of this flow: everything was decided, nothing was sent",
    "shadow": "It ran in shadow: everything was decided, nothing left the house",
    "failed": "Something failed: {reason}",
    "not_started": "It did not start: {reason}",
    "never": "Nothing started it: {reason}",
}
"""Every verdict with its sentence."""

HELD_OUT = "control.held_out"
"""The trace code of a run in a control group."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` is one of VERDICTS. `reason` is a stable code where there is one; `details` the values seen with it. `run`
    and `effect` name what it is about."""

    code: str
    reason: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at: str | None = None
    run: str | None = None
    effect: str | None = None

    def document(self) -> dict[str, Any]:
        return {
            "verdict": self.code,
            "reason": self.reason,
            "details": dict(self.details),
            "at": self.at,
            "run": self.run,
            "effect": self.effect,
        }


def of_flow(runs: Sequence[Answer], skips: Sequence[Answer]) -> Verdict | None:
    """From the flow's runs and refused starts about somebody, both newest first, as `why` gives them; None when there
    is neither."""
    if runs:
        return of_run(runs[0])
    if skips:
        skip = skips[0]
        return Verdict("not_started", skip["reason"], skip["details"], skip["at"], skip["details"].get("run"))
    return None


def of_run(run: Answer) -> Verdict:
    """What one run came to. What was withheld or failed counts before what went well."""
    uid, at = run["id"], run["started_at"]
    if run["status"] == "failed":
        return Verdict("failed", run["reason"], {}, at, uid)
    held_out = next((entry for entry in run["trace"] if entry.get("code") == HELD_OUT), None)
    if held_out is not None:
        return Verdict("held_out", HELD_OUT, held_out.get("details") or {}, at, uid)
    if run["is_shadow"]:
        return Verdict("shadow", None, {}, at, uid)
    for effect in reversed(run["effects"]):
        found = _of_effect(effect, run, at)
        if found is not None:
            return found
    if run["status"] in LIVE:
        return Verdict("under_way", None, {"step": run["step"], "due_at": run["due_at"]}, at, uid)
    if run["status"] in ("exited", "stopped"):
        return Verdict(run["status"], run["reason"], {}, at, uid)
    return Verdict("did", None, {"effects": len(run["effects"])}, at, uid)


def _of_effect(effect: Answer, run: Answer, at: str | None) -> Verdict | None:
    """What kept one of the run's effects from happening; None when it happened or simply has not begun."""
    uid, key = run["id"], effect["key"]
    result: Mapping[str, Any] = effect["result"] or {}
    if effect["status"] == "failed":
        return Verdict("failed", effect["error"], {"message": effect["message"]}, at, uid, key)
    if effect["status"] == "done" and result.get("sent") is False:
        return Verdict(
            "withheld", result.get("reason"), _details(run, effect, "effect.withheld") or result, at, uid, key
        )
    if effect["status"] == "pending":
        details = _details(run, effect, "effect.deferred")
        if details is not None:
            return Verdict("deferred", details.get("reason"), details, at, uid, key)
    return None


def _details(run: Answer, effect: Answer, code: str) -> Mapping[str, Any] | None:
    """What the trace says last of this effect under a code."""
    for entry in reversed(run["trace"]):
        details: Mapping[str, Any] = entry.get("details") or {}
        is_its = details.get("effect", effect["key"]) == effect["key"] and entry.get("step") in (None, effect["step"])
        if is_its and entry.get("code") == code:
            return details
    return None
