"""New steps with sensible defaults, for the palette."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.sdk.plugin import registry

_CONTROL: dict[str, dict[str, Any]] = {
    "if": {"if": "true", "then": []},
    "switch": {"switch": "event.type", "cases": {}, "default": []},
    "split": {"split": {"weights": {"a": 50, "b": 50}, "a": [], "b": []}},
    "wait": {"wait": "1d"},
    "wait_event": {"wait": {"until": {"event": "order.created"}, "timeout": "1d"}},
    "wait_time": {"wait": {"until": {"time": "09:00"}}},
    "wait_date": {"wait": {"until": {"date": "event.occurred_at", "offset": "1d"}}},
    "approve": {"approve": {"by": "owner", "text": "", "timeout": "2d", "then": [], "else": []}},
    "for_each": {"for_each": {"items": "order.lines", "as": "line", "steps": []}},
    "set": {"set": {"note": '""'}},
    "stop": {"stop": None},
}
_USUAL = {"alerts.notify": {"channel": "email"}}
"""What most people would choose."""


def blank(kind: str) -> Mapping[str, Any]:
    """A new step: `kind` is a control step (also `wait_event`, `wait_time`, `wait_date`) or an action, whose
    required fields are empty. Raises LookupError for a kind nobody knows."""
    if kind in _CONTROL:
        return _copied(_CONTROL[kind])
    definition = registry().actions.get(kind)
    if definition is None:
        raise LookupError(f"there is no step or action {kind!r}")
    required = {name: "" for name, info in definition.config.model_fields.items() if info.is_required()}
    return {kind: {**required, **_USUAL.get(kind, {})}}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
