"""Words of reading back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark
from django.utils.translation import ngettext

KINDS: Mapping[str, str] = {
    "order": mark("Orders"),
    "customer": mark("Customers"),
    "product": mark("Products"),
    "variant": mark("Variants"),
    "stock_level": mark("Stock"),
    "refund": mark("Refunds"),
    "fulfillment": mark("Parcels"),
}
STATES: Mapping[str, tuple[str, str, str]] = {
    "waiting": (mark("waiting"), "clock", "idle"),
    "running": (mark("being read"), "rotate-ccw", "lamp"),
    "paused": (mark("paused"), "pause", "idle"),
    "done": (mark("done"), "circle-check", "ok"),
    "failed": (mark("stopped"), "circle-x", "bad"),
    "cancelled": (mark("cancelled"), "minus", "idle"),
}
"""Label (not yet translated), icon, tone."""
PROBLEMS: Mapping[str, str] = {
    "store.key_refused": mark("The store does not take the key any more. Change the key, then let it go on."),
    "store.none": mark("The connection has no key to its store any more. Give it one, then let it go on."),
    "store.rate_limited": mark("The store asks for patience; reading goes on by itself."),
    "store.busy": mark("The store does not answer; it is asked again by itself."),
    "store.blocked": mark("The store's address is not one that may be called. Correct it in the key's settings."),
    "store.refused": mark("The store refused the question. Let it go on to begin this part anew."),
    "secrets.unreadable": mark("The key cannot be read: restore the SERENO_SECRET_KEY it was kept with."),
}
EVERY = (60, 300, 900, 3600, 21_600, 86_400)


def kind(name: str) -> str:
    found = KINDS.get(name)
    return _(found) if found else name


def state(status: str) -> dict[str, str]:
    label, icon, tone = STATES[status]
    return {"label": _(label), "icon": icon, "tone": tone}


def problem(code: str | None) -> str:
    """What to do about it; "" when there is none."""
    if not code:
        return ""
    return _(PROBLEMS[code]) if code in PROBLEMS else code


def pace(seconds: int) -> str:
    """How often."""
    if seconds < 3600:
        minutes = max(1, round(seconds / 60))
        return ngettext("every minute", "every %(num)s minutes", minutes) % {"num": minutes}
    if seconds < 86_400:
        hours = round(seconds / 3600)
        return ngettext("every hour", "every %(num)s hours", hours) % {"num": hours}
    return _("once a day")


def counted(counts: Mapping[str, Mapping[str, Any]], name: str) -> int:
    return sum(one.get(name, 0) for one in counts.values())
