"""A run's trace as a story: one sentence an entry, with the values that were seen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. `seen` are paths and the values they had; `more` is what the sentence leaves out."""

    at: datetime | None
    step: str
    icon: str
    tone: str
    say: Markup
    seen: Mapping[str, Any] = field(default_factory=dict[str, Any])
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


def story(traces: Iterable[Any]) -> list[Line]:
    """Lines in order, from the rows' entries."""
    return [_line(entry) for trace in traces for entry in trace.entries]


def seen_of(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """The paths an expression read and the values they had."""
    values = details.get("values")
    return values if isinstance(values, Mapping) else {}


def more_of(details: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in details.items() if key != "values"}


def step_of(path: str) -> str:
    """The step's place in the document: the turn of a loop ("3[2].0") is left out."""
    return re.sub(r"\[\d+\]", "", path)


def _line(entry: Mapping[str, Any]) -> Line:
    details = entry.get("details") or {}
    code = str(entry.get("code", ""))
    return Line(
        _instant(entry.get("at")),
        step_of(str(entry.get("step", ""))),
        "circle-dot",
        "",
        escape(code),
        seen_of(details),
        more_of(details),
    )


def _instant(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
