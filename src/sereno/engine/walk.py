"""One walk of one run: what its steps read, and what comes of them. It knows no step; those are in `stepping.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from msgspec import UNSET

from sereno.engine.context import RunContext, run_scope, template_variables
from sereno.engine.durations import parse_duration
from sereno.engine.expressions import Expression
from sereno.engine.flow import Flow
from sereno.engine.program import Place
from sereno.engine.run import NewApproval, NewEffect, RunState, TraceEntry
from sereno.engine.steps import Length, LengthText
from sereno.engine.templates import TemplateFailed


class Walk:
    """One walk of one run. `state` is a copy that may be changed; its lists and dicts are replaced, never changed, but
    for `variables`, which is this walk's own."""

    __slots__ = (
        "_scope", "_template_scope", "approvals", "context", "effects", "flow", "now", "places", "state", "trace",
        "variables",
    )  # fmt: skip

    def __init__(self, flow: Flow, state: RunState, context: RunContext, now: datetime) -> None:
        self.flow = flow
        self.state = state
        self.context = context
        self.now = now
        self.places = flow.program.places
        self.effects: list[NewEffect] = []
        self.approvals: list[NewApproval] = []
        self.trace: list[TraceEntry] = []
        self.variables = dict(state.vars)
        state.vars = self.variables
        self._scope: dict[str, Any] | None = None
        self._template_scope: dict[str, Any] | None = None

    # --- what steps read ---------------------------------------------------------------------------

    @property
    def scope(self) -> dict[str, Any]:
        if self._scope is None:
            self._scope = run_scope(self.state, self.variables, self.context, self.now)
        return self._scope

    @property
    def template_scope(self) -> dict[str, Any]:
        if self._template_scope is None:
            self._template_scope = template_variables(self.scope)
        return self._template_scope

    def note(self, step: str, code: str, details: Mapping[str, Any]) -> None:
        self.trace.append(TraceEntry(self.now, step, code, details))

    # --- where the run stands ----------------------------------------------------------------------

    def end(self, status: str, code: str, step: str, reason: str | None, **details: Any) -> None:
        """The run is over."""
        state = self.state
        state.status = cast("Any", status)
        state.reason = reason
        state.step = step
        state.due_at = None
        state.effect_key = None
        state.listens = []
        state.loops = {}
        state.approval = UNSET
        self.note(step, code, {"reason": reason, **details} if reason else details)

    def stay(self, place: Place, due: datetime | None) -> None:
        """The run waits here, until `due` if that is given."""
        state = self.state
        state.status = "waiting"
        state.step = self.path(place)
        state.due_at = due
        state.timer += 1
        state.effect_key = None
        state.listens = place.listens

    def path(self, place: Place) -> str:
        """The step's path, with the index of each loop it is in: `3[2].0`."""
        return indexed(place.path, place.loops, self.state.loops) if place.loops else place.path

    def length(self, value: Length, path: str) -> timedelta | None:
        """A length of time; None, and the run has failed, when the expression gives none."""
        if isinstance(value, timedelta):
            return value
        found, error = self._length_value(value)
        try:
            if isinstance(found, str):
                return max(parse_duration(found), timedelta())
            if isinstance(found, int | float) and not isinstance(found, bool):
                return max(timedelta(seconds=found), timedelta())
            problem = error or f"it gives {found!r}, which is no length of time"
        except (ValueError, OverflowError) as failure:
            problem = str(failure)
        values = dict(value.seen(self.scope)) if isinstance(value, Expression) else {}
        # Going on at once would send what was meant for later.
        self.end("failed", "run.failed", path, "wait_unknown", condition=value.source, error=problem, values=values)
        return None

    def _length_value(self, value: Expression | LengthText) -> tuple[Any, str | None]:
        if isinstance(value, Expression):
            return value.evaluate(self.scope)
        try:
            return value.render(self.template_scope), None
        except TemplateFailed as error:
            return None, str(error)


def indexed(path: str, loops: Sequence[str], state: Mapping[str, Mapping[str, Any]]) -> str:
    """The path with loop indexes."""
    shown, done = "", 0
    for loop in loops:
        entry = state.get(loop)
        shown += f"{path[done : len(loop)]}[{0 if entry is None else entry['index']}]"
        done = len(loop)
    return shown + path[done:]
