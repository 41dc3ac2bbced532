"""What a run reads: today's records, the shop, and the event that started it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sereno.commerce.event import Event
from sereno.engine.durations import format_instant
from sereno.engine.run import RunState

_CONFIDENTIAL = re.compile(r"^settings$|secret|webhook|token|password|api_?key", re.IGNORECASE)
_NOTHING: Mapping[str, Any] = {}
RECORD_ROOTS = ("customer", "order", "cart", "product")


@dataclass(slots=True)
class RunContext:
    """Given to `decide` and `advance`; never changed by them, so one may serve many runs of a subject.

    `records`: root -> today's record, or None when there is none (a root left out counts as None). `shop` has `name`,
    `currency`, `timezone`, `locale` and `settings`; in expressions `store.x` is the shop's own x, else the setting of
    that name. `recipient_timezone`: IANA name, where it is known.
    """

    records: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict[str, Mapping[str, Any] | None])
    shop: Mapping[str, Any] = field(default_factory=dict[str, Any])
    recipient_timezone: str | None = None
    _store: Mapping[str, Any] | None = None

    @property
    def store(self) -> Mapping[str, Any]:
        if self._store is None:
            self._store = _store_of(self.shop)
        return self._store

    def zone(self, whose: str = "recipient") -> ZoneInfo:
        """The recipient's time zone, or the store's when it is not known or not wanted; UTC at last."""
        names = (
            (self.recipient_timezone, self.shop.get("timezone"))
            if whose == "recipient"
            else (self.shop.get("timezone"),)
        )
        for name in names:
            if name:
                try:
                    return ZoneInfo(str(name))
                except (ZoneInfoNotFoundError, ValueError, OSError):
                    continue
        return ZoneInfo("UTC")


_last_store: tuple[Mapping[str, Any], Mapping[str, Any]] = (_NOTHING, _NOTHING)


def _store_of(shop: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `store` is for this shop. The last answer is kept: it is asked for with every event."""
    global _last_store
    asked, found = _last_store
    if asked is shop:
        return found
    settings = shop.get("settings")
    everything: dict[str, Any] = {**settings, **shop} if isinstance(settings, Mapping) else dict(shop)
    # Whoever may write a flow could print the whole record: what is secret is not in it.
    found = {name: value for name, value in everything.items() if not _CONFIDENTIAL.search(name)}
    _last_store = (shop, found)
    return found


def event_document(event: Event) -> dict[str, Any]:
    """The event as expressions and templates see it, and as a run keeps it."""
    return {
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "occurred_at": format_instant(event.occurred_at),
        "is_stale": event.is_stale,
        "data": event.data,
        "before": event.before,
    }


def entry_scope(event: Event, context: RunContext, now: datetime) -> dict[str, Any]:
    """What `when` and `key` read: there is no run yet."""
    scope: dict[str, Any] = {
        "event": event_document(event),
        "store": context.store,
        "vars": _NOTHING,
        "run": None,
        "now": format_instant(now),
    }
    for root in RECORD_ROOTS:
        scope[root] = context.records.get(root)
    return scope


def would_be(flow: str, key: str, subject: str, now: datetime) -> dict[str, Any]:
    """`run` as the conditions of exits see it before there is one; what it has no value for yet is null."""
    return {"flow": flow, "key": key, "subject": subject, "started_at": format_instant(now)}


def run_scope(state: RunState, variables: Mapping[str, Any], context: RunContext, now: datetime) -> dict[str, Any]:
    """What the steps of a run read."""
    records = context.records.get
    return {
        "event": state.event,
        "customer": records("customer"),
        "order": records("order"),
        "cart": records("cart"),
        "product": records("product"),
        "store": context.store,
        "vars": variables,
        "run": {
            "id": state.id,
            "flow": state.flow,
            "version": state.version,
            "key": state.key,
            "subject": state.subject,
            "started_at": format_instant(state.started_at),
        },
        "now": format_instant(now),
    }


def template_variables(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The scope as templates see it: `event.x` is short for `event.data.x` there too."""
    found = scope.get("event")
    if not isinstance(found, Mapping):
        return dict(scope)
    event = cast("Mapping[str, Any]", found)
    data = event.get("data")
    return {**scope, "event": {**cast("Mapping[str, Any]", data), **event} if isinstance(data, Mapping) else event}
