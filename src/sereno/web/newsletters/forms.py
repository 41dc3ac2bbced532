"""From the form of a newsletter to what is kept, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from sereno.engine.durations import format_instant
from sereno.modules.newsletters.models import Newsletter
from sereno.runtime.newsletters.plan import PlanInvalid
from sereno.store.models import Shop
from sereno.web.newsletters.words import PROVIDER_CHOICES

SUBJECT = "subject-"
"""Before a language: the field of the second subject in it."""


def given(said: QueryDict, shop: Shop) -> dict[str, Any]:
    """The document that `changing.read_written` reads. Raises PlanInvalid for an hour that is none."""
    kind = said.get("when", "now")
    schedule: dict[str, Any] = {"kind": kind}
    if kind == "at":
        schedule["at"] = _instant(said.get("hour", ""), shop)
    elif kind == "best":
        schedule["within"] = said.get("within", "").strip()
        if said.get("hour", ""):
            schedule["at"] = _instant(said.get("hour", ""), shop)
    elif kind == "local":
        schedule["local"] = said.get("hour", "")
    share = said.get("share", "") if said.get("has_trial") else ""
    trial: dict[str, Any] = {}
    if share:
        subjects = _subjects(said)
        trial = {
            "share": share,
            "wait": said.get("wait", "4h"),
            "metric": said.get("metric") or "opened",
            "subjects": subjects,
        }
    limits = {name: said.get(f"pace-{name}", "").strip() for name in PROVIDER_CHOICES}
    return {
        "name": said.get("name", ""),
        "message": said.get("message", ""),
        "audience": {
            "inside": said.getlist("inside"),
            "outside": said.getlist("outside"),
            "when": said.get("condition", ""),
            "hold_out": hold_out(said),
            "topic": said.get("topic", ""),
        },
        "schedule": schedule,
        "trial": trial,
        "pace": {
            "per_minute": said.get("per_minute", "").strip() or None,
            "providers": {name: limit for name, limit in limits.items() if limit},
        },
        "is_public": bool(said.get("is_public")),
    }


def typed(said: QueryDict) -> dict[str, Any]:
    """What stands in the form when it was refused: what was typed, right or wrong."""
    has_trial = bool(said.get("has_trial"))
    trial = {"share": said.get("share", ""), "wait": said.get("wait", ""), "metric": said.get("metric", "")}
    limits = {name: said.get(f"pace-{name}", "") for name in PROVIDER_CHOICES}
    return {
        "name": said.get("name", ""),
        "message": said.get("message", ""),
        "kind": said.get("when", "now"),
        "hour": said.get("hour", ""),
        "within": said.get("within", ""),
        "audience": {
            "inside": said.getlist("inside"),
            "outside": said.getlist("outside"),
            "when": said.get("condition", ""),
            "hold_out": {"share": said.get("hold_out", ""), "window": said.get("hold_out_window", "")},
            "topic": said.get("topic", ""),
        },
        "trial": trial if has_trial else {},
        "subjects": _subjects(said),
        "pace": {
            "per_minute": said.get("per_minute", ""),
            "providers": {name: limit for name, limit in limits.items() if limit},
        },
        "is_public": bool(said.get("is_public")),
    }


def _subjects(said: QueryDict) -> dict[str, str]:
    """The second subjects, by language."""
    held = {key.removeprefix(SUBJECT): said.get(key, "") for key in said if key.startswith(SUBJECT)}
    return {language: text for language, text in held.items() if text and text.strip()}


def hold_out(said: QueryDict) -> dict[str, str]:
    share = said.get("hold_out", "").strip().replace(",", ".").removesuffix("%").strip()
    return {"share": share, "window": said.get("hold_out_window", "").strip() or "14d"} if share else {}


def shown(row: Newsletter | None, shop: Shop) -> dict[str, Any]:
    """What stands in the form."""
    if row is None:
        empty: dict[str, Any] = {"audience": {}, "trial": {}, "subjects": {}, "pace": {}}
        return {"name": "", "message": "", "kind": "now", "hour": "", **empty}
    schedule = row.schedule or {}
    hour = str(schedule.get("local") or "")
    if schedule.get("at"):
        at = datetime.fromisoformat(str(schedule["at"]))
        hour = at.astimezone(ZoneInfo(shop.timezone)).strftime("%Y-%m-%dT%H:%M")
    subjects = (row.trial or {}).get("subjects") or {}
    return {
        "name": row.name,
        "message": row.message,
        "kind": schedule.get("kind", "now"),
        "hour": hour,
        "within": schedule.get("within", ""),
        "audience": row.audience or {},
        "trial": row.trial or {},
        "subjects": subjects,
        "pace": row.pace or {},
        "is_public": row.is_public,
    }


def _instant(text: str, shop: Shop) -> str:
    """An hour on the shop's clock."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise PlanInvalid("say the day and the hour, such as 2026-11-27T09:00") from error
    return format_instant(local.replace(tzinfo=ZoneInfo(shop.timezone)).astimezone(UTC))
