"""Shipped flows, given events and a clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from sereno.engine.durations import format_instant, parse_instant
from sereno.runtime.backtest import backtest
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import Plugins
from sereno.sdk.templates import shipped_flow

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NUMBERS = count(1)


@cache
def plugins() -> Plugins:
    from sereno.site.plugins import load_plugins

    return load_plugins()


def event(type: str, subject: str, after: timedelta | str = timedelta(), **data: Any) -> dict[str, Any]:
    """A canonical line, so long after the start (`2h`, `3d`)."""
    at = format_instant(START + (length(after) if isinstance(after, str) else after))
    return {
        "id": f"e{next(NUMBERS)}",
        "source": "shop",
        "type": type,
        "subject": subject,
        "occurred_at": at,
        "data": {"updated_at": at, **data},
    }


def length(text: str) -> timedelta:
    return timedelta(**{{"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}[text[-1]]: float(text[:-1])})


def replay(
    flow: str,
    events: Sequence[Mapping[str, Any]],
    *,
    until: timedelta | str | None = None,
    locale: str = "es",
    **settings: Any,
) -> dict[str, Any]:
    """What the shipped flow would have done."""
    shipped = shipped_flow(flow)
    assert shipped is not None
    shop = ShopFacts(1, "Demo", "EUR", "Europe/Madrid", locale, "https://sereno.example", settings)
    end = None if until is None else START + (length(until) if isinstance(until, str) else until)
    found = backtest([shipped.text], events, shop=shop, plugins=plugins(), until=end)
    assert found["failed"] == []
    return found


def sent(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(when, what) of all effects of the flow itself: the template, the tag or the text."""
    return [(after(effect["at"]), said(effect)) for effect in found["effects"] if effect["action"] != "events.emit"]


def said(effect: Mapping[str, Any]) -> str:
    config = effect["config"]
    return str(config.get("template") or config.get("tag") or config.get("text"))


def whats(found: Mapping[str, Any]) -> list[str]:
    return [what for _when, what in sent(found)]


def after(instant: str) -> str:
    """So long after the start, as days and hours and minutes."""
    passed = parse_instant(instant) - START
    minutes = round(passed.total_seconds() / 60)
    parts = ((minutes // 1440, "d"), (minutes % 1440 // 60, "h"), (minutes % 60, "m"))
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0"


def reasons(found: Mapping[str, Any], flow: str) -> list[str]:
    return [skip["reason"] for skip in found["skipped"] if skip["flow"] == flow]
