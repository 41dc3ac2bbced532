"""A condition as a person says it ("Order: Total is at least 200"), for the cards. What is no row stays code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from sereno.engine.expressions import Names
from sereno.web.builder.forms.conditions import Group, Item, Written, read
from sereno.web.builder.forms.event_words import event_word
from sereno.web.builder.forms.field_words import OPERATORS, WHICH, value_word
from sereno.web.builder.forms.fields import label_of
from sereno.web.builder.forms.leaves import Row
from sereno.web.builder.forms.paths import type_of
from sereno.web.builder.forms.places import place_at
from sereno.web.flowtree import Speech
from sereno.web.formats import money
from sereno.web.sentences import duration, expression, one_line

_LONGEST = 6
"""Rows of a condition that are said on a card; of more, the rest is counted."""


def speech_of(document: Mapping[str, Any]) -> Speech:
    """Says the conditions and events of this flow."""
    names = place_at(document, "exit").names

    return Speech(lambda source: condition_said(source, names), _events)


def condition_said(source: Any, names: Names, currency: str = "") -> Markup:
    """One condition over these names; amounts of money in this currency, where one is given."""
    group = read(one_line(source), names)
    return _group(group, names, currency) if group.items else escape(_("always"))


def _events(value: Any) -> Markup:
    found = value if isinstance(value, list) else [value]
    return Markup(", ").join(Markup("<b>{}</b>").format(event_word(str(one))) for one in found)


def _group(group: Group, names: Names, currency: str) -> Markup:
    said = [_item(item, names, currency) for item in group.items[:_LONGEST]]
    if len(group.items) > _LONGEST:
        said.append(escape("…"))
    return Markup(" {} ").format(_("and") if group.join == "all" else _("or")).join(said)


def _item(item: Item, names: Names, currency: str) -> Markup:
    if isinstance(item, Written):
        return expression(item.text)
    if isinstance(item, Group):
        return Markup("({})").format(_group(item, names, currency))
    return _row(item, names, currency)


def _row(row: Row, names: Names, currency: str) -> Markup:
    type_ = type_of(names, row.field)
    currency = currency if type_ is not None and type_.kind == "money" else ""
    which = Markup("{} ").format(WHICH[row.which]) if row.which in WHICH else Markup()
    values = (
        Markup(" {} ")
        .format(_("and") if row.operator == "between" else _("or"))
        .join(Markup("<b>{}</b>").format(_value(value, row, currency)) for value in row.values)
    )
    said = Markup("{}<b>{}</b> {}").format(which, label_of(names, row.field), OPERATORS.get(row.operator, row.operator))
    return Markup("{} {}").format(said, values) if row.values else said


def _value(value: str, row: Row, currency: str) -> str:
    if row.operator in ("last", "older", "next"):
        return duration(value)
    if currency and value:
        return money(value, currency)
    return value_word(value) if value else _("nothing")
