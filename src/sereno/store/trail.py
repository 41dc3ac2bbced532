"""A line in the audit trail for what pages and commands change through the ORM; the runtime writes its own by SQL.

Invariant: the line is written in the transaction of the change, so that neither is ever there without the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sereno.store.models.people import Audit


def note(
    shop_id: int | None,
    by: str,
    action: str,
    target: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **details: Any,
) -> None:
    """`before` and `after` hold what changed, by field; of fields in both only those that differ are kept. Never give
    it a secret. Call it inside the transaction of the change."""
    was, now = dict(before or {}), dict(after or {})
    same = {field for field in was.keys() & now.keys() if was[field] == now[field]}
    kept: dict[str, Any] = dict(details)
    for name, values in (("before", was), ("after", now)):
        if changed := {field: value for field, value in values.items() if field not in same}:
            kept[name] = changed
    Audit.objects.create(
        shop_id=shop_id, at=datetime.now(UTC), by=by[:200], action=action[:64], target=target[:200], details=kept
    )
