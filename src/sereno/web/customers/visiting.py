"""A person's visits of the storefront in words: on what, and from where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from sereno.modules.visits.services import visits_of

DEVICES: dict[str, str | Promise] = {"desktop": _("Computer"), "mobile": _("Phone"), "tablet": _("Tablet")}
ICONS = {"desktop": "monitor", "mobile": "smartphone", "tablet": "smartphone"}


def shown(shop_id: int, keys: Sequence[str]) -> dict[str, Any]:
    """What a person's page shows of their visits."""
    visits = visits_of(shop_id, keys, datetime.now(UTC), 1)
    return {"visits": visits, "devices": DEVICES, "device_icons": ICONS, "came_by": came_by}


def came_by(source: object, medium: object, campaign: object) -> str:
    """`instagram · social · spring`; that nobody said where from, where nobody did."""
    said = [str(one) for one in (source, medium, campaign) if one]
    return " · ".join(said) if said else gettext("directly")


def visit_said(data: Mapping[str, Any]) -> list[str]:
    """What of a visit's event tells it from the next."""
    parts = [str(DEVICES[data["device"]])] if data.get("device") in DEVICES else []
    pages = data.get("pages")
    if isinstance(pages, int):
        return [*parts, ngettext("%(num)s page", "%(num)s pages", pages) % {"num": pages}]
    return [*parts, came_by(data.get("source"), data.get("medium"), data.get("campaign"))]
