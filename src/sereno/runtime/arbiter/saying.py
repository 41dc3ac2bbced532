"""Why a message waits, as codes with the values seen; their words stand in `engine.trace`."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sereno.engine.durations import format_duration, format_instant
from sereno.engine.moments import HOURS, WINDOW
from sereno.engine.trace import sentence
from sereno.runtime.arbiter.deciding import Best, Moment, used
from sereno.runtime.arbiter.rules import Quiet
from sereno.store.fields import from_micros

DEFERRED, WITHHELD = "effect.deferred", "effect.withheld"


def said(at: int) -> str:
    return format_instant(from_micros(at))


def rule_said(moment: Moment, zone: ZoneInfo, now: int) -> tuple[str, dict[str, Any]]:
    """The rule that put it off: (reason, details)."""
    by = moment.by
    assert by is not None
    if isinstance(by, Quiet):
        return "message.quiet_hours", {
            "from": by.start.strftime("%H:%M"),
            "to": by.end.strftime("%H:%M"),
            "days": sorted(by.days),
            "zone": str(zone),
        }
    if isinstance(by, Best):
        found = {"from": f"{by.hour:02}:00", "to": f"{(by.hour + WINDOW) % HOURS:02}:00", "zone": str(zone)}
        if by.acts is None:
            return "message.best_hour", found
        return "message.best_moment", {**found, "acts": by.acts}
    return "message.wished_rarer" if by.cap.is_wished else "message.capped", {
        "most": by.cap.most,
        "period": format_duration(by.cap.period),
        "counts": by.cap.counts,
        "over": by.cap.channel,
        "counted": used(now, by),
        "last": said(by.times[-1]) if by.times else None,
    }


def effect_message(action: str, reason: str, details: dict[str, Any]) -> str:
    """What the effect itself says while it waits, in plain English."""
    return str(sentence(DEFERRED, {"action": action, "reason": reason, **details}))[:1000]
