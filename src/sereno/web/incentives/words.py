"""Words of codes, of what moved points, and of why something was refused."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sereno.web.words import Word

STATUS: dict[str, Word] = {
    "asked": Word(_("Being made"), "clock", "info"),
    "issued": Word(_("Given out"), "send", "info"),
    "redeemed": Word(_("Used"), "circle-check", "ok"),
    "expired": Word(_("Over"), "moon", "idle"),
    "free": Word(_("In its pool"), "package", "idle"),
}
NOT_MADE = Word(_("Not made"), "circle-x", "bad")
"""The store would not make it; the step that asked for it says why, and can ask again."""
KIND: dict[str, str | Promise] = {
    "percent": _("Percent off"),
    "amount": _("Amount off"),
    "free_shipping": _("Free shipping"),
    "gift": _("Gift"),
    "credit": _("Store credit"),
}
MOVED: dict[str, str | Promise] = {
    "earned": _("Earned"),
    "released": _("Available from now"),
    "taken_back": _("Taken back"),
    "expired": _("Ended"),
    "spent": _("Spent"),
    "given_back": _("Given back"),
    "adjusted": _("By hand"),
}
REFUSED: dict[str, str | Promise] = {
    "loyalty.off": _("The programme is off. Switch it on first."),
    "loyalty.not_enough": _("There is not enough for that."),
    "loyalty.no_reward": _("This reward is not offered any more."),
    "loyalty.no_amount": _("Write an amount, such as 100 or -100, no finer than the currency allows."),
    "pool.no_name": _("Give the pool a name."),
    "pool.no_kind": _("Choose what its codes are for."),
    "pool.no_number": _("Write what a code is worth, such as 10."),
    "pool.too_much": _("A percentage is at most 100."),
    "pool.currency": _("A currency has three letters, such as EUR."),
    "pool.too_fine": _("The amount is finer than the currency allows."),
    "pool.no_gift": _("Say what is given."),
    "pool.too_many": _("That is more than 100,000 codes: upload them in parts."),
    "pool.no_text": _("This file is no text: save it as CSV or as plain text first."),
    "pool.no_day": _("Say the day until which they are good, such as 2026-12-31."),
    "unknown": _("This is not part of a programme."),
    "not_rising": _("Each tier needs more points than the one before."),
    "twice": _("A name is there twice."),
    "no_number": _("A number is missing, or out of its range."),
    "no_name": _("A name is missing, or too long."),
    "no_kind": _("Choose what the reward is."),
    "too_much": _("That is too much."),
    "no_list": _("That are too many."),
    "no_entry": _("This cannot be read."),
}
PLACES: dict[str, str | Promise] = {
    "currency": _("Currency"),
    "per_unit": _("Points for one unit of the currency"),
    "pending_days": _("Days until they count"),
    "expires_days": _("Days they are good for"),
    "warn_days": _("Days of warning before they end"),
    "tiers": _("Tiers"),
    "rewards": _("Rewards"),
    "name": _("Name"),
    "points": _("Points"),
    "factor": _("Earns so many times as much"),
    "kind": _("What it is"),
    "value": _("Worth"),
    "minimum": _("Orders from"),
    "days": _("Good for days"),
}


def place_of(field: str) -> str:
    """Where in the programme's form, as its labels say it; a row is counted from one."""
    parts = [str(int(part) + 1) if part.isdigit() else str(PLACES.get(part, part)) for part in field.split(".")]
    return ", ".join(parts) if len(parts) < 3 else f"{parts[0]} {parts[1]}, {parts[2]}"


def refusal(code: str) -> str:
    return str(REFUSED.get(code) or _("That is not possible now."))
