"""How the room's actions find the order they are about, and state what became of it as events of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sereno.engine.durations import format_instant
from sereno.sdk.context import Context
from sereno.sdk.ports import Events, Holds, Links
from sereno.sdk.result import Fail

CARRIED = ("order", "customer", "cart", "checkout", "email")
"""Refs that an event of Sereno's own keeps of the run it comes from."""


def order_of(ctx: Context) -> str:
    """The key of the order the run is about; empty where it is about none."""
    kind, _colon, key = ctx.subject.partition(":")
    known = (ctx.records.get("order") or {}).get("id")
    return ctx.refs.get("order") or (key if kind == "order" else "") or str(known or "")


def without_order() -> Fail:
    return Fail("order.missing", "This run is about no order. Start the flow by an event that names one.")


def state(ctx: Context, type: str, key: str, changes: Mapping[str, Any], *, uid: str = "", **refs: str) -> None:
    """State the fact; it is committed with the effect's outcome. Where nothing takes facts, nothing is stated."""
    try:
        events = ctx.port(Events)
    except LookupError:
        return
    about = {kind: ctx.refs[kind] for kind in CARRIED if ctx.refs.get(kind)}
    about |= {"order": key, **refs}
    number = (ctx.records.get("order") or {}).get("number")
    data = {"id": key, "number": number, **{name: _plain(value) for name, value in changes.items()}}
    events.emit(uid or f"{ctx.effect_key}:{type}", type, f"order:{key}", data, about)


def is_held(ctx: Context, key: str) -> bool:
    """As of now; by the record where nobody else can say."""
    try:
        return ctx.port(Holds).is_held(key)
    except LookupError:
        return bool((ctx.records.get("order") or {}).get("is_held"))


def _plain(value: Any) -> Any:
    return format_instant(value) if isinstance(value, datetime) else value


def pay_link(ctx: Context, key: str) -> str:
    """Where the customer pays what is open of the order; empty where there are no links (no address is set)."""
    try:
        return ctx.port(Links).pay(key)
    except LookupError:
        return ""
