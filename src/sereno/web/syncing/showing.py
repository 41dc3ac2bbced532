"""Differences as pages show them: values in the reader's way, texts with what differs marked; and which flow that would
write them is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from sereno.modules.stock.models import StockItem
from sereno.runtime.syncing.services import Difference
from sereno.sdk.templates import shipped_flow
from sereno.store.models import Flow, Shop
from sereno.web import formats
from sereno.web.syncing import words
from sereno.web.syncing.marking import marked
from sereno.web.words import Word

TEXTS = frozenset({"title", "description"})
FLOWS: Mapping[str, frozenset[str]] = {
    "equal-prices": words.PRICES,
    "equal-texts": frozenset({"title", "description", "status"}),
}
"""By the flow that writes them: the fields."""


@dataclass(frozen=True, slots=True)
class Shown:
    """`href` leads to the item where stock is kept of it. `seen` is what a decision is made on."""

    one: Difference
    name: str
    field: str
    state: Word
    reason: str
    own: Markup
    target: Markup
    change: str
    href: str
    seen: str
    decisions: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A flow that would write what differs, and does not run in this shop."""

    name: str
    title: str
    text: str


def shown(shop: Shop, found: Sequence[Difference]) -> list[Shown]:
    """The rows of a page; items that stock is kept of are looked up together."""
    items = dict(StockItem.objects.filter(shop=shop, item__in={one.sku for one in found}).values_list("item", "pk"))
    return [_shown(one, items.get(one.sku)) for one in found]


def _shown(one: Difference, item: int | None) -> Shown:
    own, target = values(one)
    return Shown(
        one,
        one.title or one.sku,
        words.field(one.field),
        words.STATES[one.state],
        words.reason(one.reason),
        own,
        target,
        _change(one),
        reverse("stock-item", args=[item]) if item is not None else "",
        one.seen,
        tuple(words.decision(key) for key in words.offered(one)),
    )


def _change(one: Difference) -> str:
    """By how much a price would move, up or down."""
    if not one.change_percent:
        return ""
    try:
        is_up = Decimal(one.target) > Decimal(one.own)
    except InvalidOperation:
        return ""
    number = formats.number(round(one.change_percent, 1 if one.change_percent < 10 else 0))
    return f"{'+' if is_up else '-'}{number} %"


def values(one: Difference) -> tuple[Markup, Markup]:
    """What the store has and what it should have; empty where there is nothing."""
    if one.field in TEXTS and one.own and one.target:
        return marked(one.own, one.target)
    own, target = (escape(words.value_said(one.field, value, one.currency)) for value in (one.own, one.target))
    return own, target


def flows_lacking(shop: Shop, rules: Mapping[str, Any]) -> list[Lacking]:
    """Flows that write what differs in fields with a rule, and are neither live nor in shadow here."""
    running = set(
        Flow.objects.filter(shop=shop, name__in=FLOWS, status__in=("live", "shadow")).values_list("name", flat=True)
    )
    found: list[Lacking] = []
    for name, fields in FLOWS.items():
        if name in running or not fields & rules.keys():
            continue
        text = (
            _("Differences in prices are found, and nothing writes them.")
            if name == "equal-prices"
            else _("Differences in texts and in what is on sale are found, and nothing writes them.")
        )
        shipped = shipped_flow(name)
        found.append(Lacking(name, shipped.in_language(formats.language()).title if shipped else name, text))
    return found
