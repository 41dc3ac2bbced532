"""A person's visits of the storefront in words: on what, and from where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

DEVICES: dict[str, str | Promise] = {"desktop": _("Computer"), "mobile": _("Phone"), "tablet": _("Tablet")}
ICONS = {"desktop": "monitor", "mobile": "smartphone", "tablet": "smartphone"}


def came_by(source: object, medium: object, campaign: object) -> str:
    """`instagram · social · spring`; that nobody said where from, where nobody did."""
    said = [str(one) for one in (source, medium, campaign) if one]
    return " · ".join(said) if said else _now("directly")


def visit_said(data: Mapping[str, Any]) -> list[str]:
    """What of a visit's event tells it from the next."""
    parts = [str(DEVICES[data["device"]])] if data.get("device") in DEVICES else []
    pages = data.get("pages")
    if isinstance(pages, int):
        return [*parts, ngettext("%(num)s page", "%(num)s pages", pages) % {"num": pages}]
    return [*parts, came_by(data.get("source"), data.get("medium"), data.get("campaign"))]
