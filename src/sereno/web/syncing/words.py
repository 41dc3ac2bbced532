"""What fields, rules, states, reasons and decisions of product sync are called."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.utils.translation import ngettext

from sereno.commerce.syncing import HIDDEN, OF_VARIANT, SHOWN, may_be_written
from sereno.web import formats
from sereno.web.words import Word

FIELDS: dict[str, str | Promise] = {
    "price": mark("Price"),
    "compare_at_price": mark("Price before the reduction"),
    "title": mark("Title"),
    "description": mark("Description"),
    "status": mark("On sale or not"),
}
PRICES = OF_VARIANT

CONFLICTS: dict[str, str | Promise] = {
    "leader": mark("The leader's value is put back"),
    "newest": mark("The newest change wins, from either side"),
    "ask": mark("A person decides each time"),
}
"""What happens when a store that does not lead changes it."""

STATES: dict[str, Word] = {
    "open": Word(mark("To be written"), "circle-dot", "info"),
    "waiting": Word(mark("Written, not said back yet"), "hourglass", "info"),
    "held": Word(mark("Held"), "hand", "lamp"),
    "left": Word(mark("Left different"), "circle-slash", "idle"),
}

STATUSES: dict[str, str | Promise] = {SHOWN: mark("On sale"), HIDDEN: mark("Not on sale")}

REASONS: dict[str, str | Promise] = {
    "sku.twice": mark(
        "Two variants of one store have this SKU, so it is not known which is meant. Give one of them another."
    ),
    "currency.differs": mark("The two stores sell in different currencies. Amounts are never converted."),
    "value.missing": mark("There is nothing where a value should come from. Nothing is not written over something."),
    "price.zero": mark("The price would become zero."),
    "price.too_far": mark("The price would move further than the rule allows at once."),
    "compare_at.too_low": mark("It is not above what the store asks now: the store's price comes first."),
    "product.other_shape": mark(
        "One store has a product for each variant, the other one for all of them: such titles cannot be the same."
    ),
    "conflict.both_changed": mark(
        "Both were changed since they were last equal, or a person is to decide: say which one counts."
    ),
    "store.cannot": mark(
        "Sereno cannot write this there: the connection has no key, or its platform does not take it."
    ),
    "store.keeps_other": mark(
        "It was written, and the store made something else of it: some round, or clean texts. It is not told again."
    ),
}
"""Why a difference waits for a person, in words: what is so, and what helps."""

DECISIONS: dict[str, tuple[str | Promise, str]] = {
    "write": (mark("Write it here"), "send"),
    "take": (mark("This store is right"), "check"),
    "leave": (mark("Leave it different"), "circle-slash"),
    "again": (mark("Compare again"), "rotate-ccw"),
}
"""What a person may decide, and its picture."""

_OFFERED = {
    "open": ("take", "leave"),
    "waiting": ("take", "leave"),
    "held": ("write", "take", "leave"),
    "left": ("again",),
}


def reason(code: str) -> str:
    return str(REASONS.get(code, code))


def field(name: str) -> str:
    return str(FIELDS.get(name, name))


def value_said(field: str, value: str, currency: str) -> str:
    """A value as people say it; "" where there is none."""
    if field in PRICES and value:
        return formats.money(value, currency) if currency else value
    return str(STATUSES.get(value, value)) if field == "status" else value


def rule(found: Any) -> str:
    """A rule in a sentence."""
    return {
        "leader": _("%(leader)s leads; what another store changes is put back."),
        "newest": _("The newest change wins; %(leader)s leads where nothing tells."),
        "ask": _("%(leader)s leads; a person decides each difference."),
    }[found.conflict] % {"leader": found.leader}


def limit(found: Any) -> str:
    """How far its price may move at once; "" for what is no price."""
    if found.field not in PRICES:
        return ""
    if not found.most_change:
        return _("A price may move as far as it likes.")
    return _("A price may move by %(num)s percent at once.") % {"num": found.most_change}


def taking_part(found: Any) -> str:
    if not found.connections:
        return _("All that have products take part.")
    return _("Takes part: %(names)s.") % {"names": ", ".join(found.connections)}


def offered(one: Any) -> tuple[str, ...]:
    """The decisions that make sense as the difference stands."""
    found = _OFFERED.get(one.state, ())
    if one.state == "held" and not (one.source and may_be_written(one.field, one.reason)):
        return tuple(key for key in found if key != "write")
    return found


def decision(key: str) -> tuple[str, str, str]:
    """Its key, label and picture."""
    label, picture = DECISIONS[key]
    return key, str(label), picture


def decided(key: str, count: int) -> str:
    """What was done, in a sentence."""
    if key == "write":
        said = ngettext(
            "%(num)s is released: its flow writes it.", "%(num)s are released: their flows write them.", count
        )
    elif key == "take":
        said = ngettext(
            "%(num)s value counts from now on: the other stores are to say it too.",
            "%(num)s values count from now on: the other stores are to say them too.",
            count,
        )
    elif key == "leave":
        said = ngettext("%(num)s is left different.", "%(num)s are left different.", count)
    else:
        said = ngettext("%(num)s was compared again.", "%(num)s were compared again.", count)
    return said % {"num": count}
