"""What a shop chooses about its mail: what is followed, the UTM words, by which way it goes, and a warm-up.

Invariant: only these settings are written here, checked, with a line in the audit that says what was before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from sereno.runtime.arbiter.warmup import SETTING as WARMUP
from sereno.runtime.arbiter.warmup import plan_document, read_plan
from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros

CHOICES = {
    "track_opens": ("marketing", "all", "off"),
    "track_clicks": ("marketing", "all", "off"),
    "utm": ("on", "off"),
}
_SOURCE = re.compile(r"[A-Za-z0-9_.-]{0,40}")
NAMES = (*CHOICES, "utm_source", "mail_by", WARMUP)


class ChoiceRefused(ValueError):  # noqa: N818
    """`name` is the setting that does not hold."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


def chosen(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What holds, with the usual where nothing was chosen."""
    found: dict[str, Any] = {name: settings.get(name) or options[0] for name, options in CHOICES.items()}
    found |= {"utm_source": settings.get("utm_source") or "", "mail_by": settings.get("mail_by") or ""}
    return {**found, WARMUP: settings.get(WARMUP)}


def choose(shop_id: int, changes: Mapping[str, Any], by: str, *, database: Database | None = None) -> dict[str, Any]:
    """Change these settings; `warmup` None ends it. Gives what holds then. Raises ChoiceRefused."""
    checked = {name: _checked(name, value) for name, value in changes.items()}
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        row = tx.one("settings_of_shop", {"shop": shop_id})
        if row is None:
            raise LookupError(f"there is no shop {shop_id}")
        settings: dict[str, Any] = decode(row[0]) if row[0] else {}
        before = chosen(settings)
        for name, value in checked.items():
            if value in (None, ""):
                settings.pop(name, None)
            else:
                settings[name] = value
        after = chosen(settings)
        changed = [name for name in NAMES if before[name] != after[name]]
        if not changed:
            return after
        tx.run("keep_settings", {"shop": shop_id, "settings": encode(settings)})
        details = {"before": {name: before[name] for name in changed}, "after": {name: after[name] for name in changed}}
        audit(tx, shop_id, now, by, "mail.settings_changed", row[1], details)
        if WARMUP in changed:
            tx.run("wake_all_waiting", {"shop": shop_id, "now": now})
    return after


def _checked(name: str, value: Any) -> Any:
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise ChoiceRefused(name, f"{name} is one of {', '.join(CHOICES[name])}")
        return value
    if name == "utm_source":
        if not _SOURCE.fullmatch(str(value or "")):
            raise ChoiceRefused(name, "utm_source is up to 40 letters, digits, dots, dashes and underscores")
        return str(value or "")
    if name == "mail_by":
        return str(value or "")[:64]
    if name != WARMUP:
        raise ChoiceRefused(name, f"there is no setting {name}; there are {', '.join(NAMES)}")
    if value is None:
        return None
    plan = read_plan(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else None
    if plan is None:
        raise ChoiceRefused(
            name,
            "a warm-up has since (YYYY-MM-DD), first (1 or more), growth (5 to 300 per cent) and until (above first)",
        )
    return plan_document(plan)
