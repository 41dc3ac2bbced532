"""What the templates of forms call for: choices in words, as markup where there are many of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markupsafe import Markup

from sereno.engine.expressions import Names
from sereno.engine.trigger import OWN_EVENTS
from sereno.sdk.plugin import registry
from sereno.web.builder.forms.event_words import AREAS, area_of, event_word
from sereno.web.builder.forms.field_words import OPERATORS, WHICH, value_word
from sereno.web.builder.forms.fields import Choices, catalogue, choice_of
from sereno.web.builder.forms.leaves import OPERATORS as KNOWN
from sereno.web.builder.forms.paths import type_of
from sereno.web.builder.forms.time_words import UNITS

Word = tuple[str, str]


def condition_fields(names: Names, chosen: str) -> Markup:
    """The options of a field, the chosen one marked; one that is not offered is there all the same."""
    options = _options(catalogue(names))
    mark = Markup('<option value="{}">').format(chosen)
    if not chosen:
        return options
    if mark in options:
        return Markup(str(options).replace(str(mark), f"{str(mark)[:-1]} selected>", 1))  # noqa: S704 - both are markup
    found = choice_of(names, chosen)
    label = found.label if found is not None else _("%(field)s (not known here)") % {"field": chosen}
    return Markup('<option value="{}" selected>{}</option>').format(chosen, label) + options


def condition_operator(sort: str, chosen: str) -> str:
    """The operator to show: the chosen one where the field knows it, else its first."""
    known = KNOWN.get(sort, ())
    return chosen if chosen in known else next(iter(known), "")


def condition_operators(sort: str) -> list[Word]:
    return [(name, str(OPERATORS[name])) for name in KNOWN.get(sort, ())]


def condition_which() -> list[Word]:
    return [(name, str(word)) for name, word in WHICH.items()]


def condition_values(names: Names, field: str) -> list[Word]:
    """The closed set of values of a field in words; events for the type of an event; empty for any other."""
    if field == "event.type":
        return []
    type_ = type_of(names, field)
    return [(value, value_word(value)) for value in type_.values] if type_ is not None else []


def event_areas(chosen: str) -> list[tuple[str, list[Word]]]:
    """The events by area; the chosen one among them, whatever it is."""
    areas = _areas(get_language() or "en")
    if chosen and chosen not in registry().event_names():
        return [*areas, (str(AREAS["custom"]), [(chosen, event_word(chosen))])]
    return areas


def time_units() -> tuple[tuple[str, Any], ...]:
    return UNITS


def tools() -> dict[str, Any]:
    """All of these by name, for a template's context."""
    found = (
        condition_fields,
        condition_operator,
        condition_operators,
        condition_which,
        condition_values,
        event_areas,
        time_units,
    )
    return {function.__name__: function for function in found}


@lru_cache(maxsize=64)
def _options(groups: tuple[Choices, ...]) -> Markup:
    made = Markup("")
    for group in groups:
        options = Markup("").join(
            Markup('<option value="{}">{}</option>').format(choice.key, choice.label) for choice in group.fields
        )
        made += Markup('<optgroup label="{}">{}</optgroup>').format(group.label, options)
    return made


@lru_cache(maxsize=8)
def _areas(language: str) -> list[tuple[str, list[Word]]]:
    found: dict[str, list[Word]] = {area: [] for area in AREAS}
    for name in registry().event_names():
        if name not in OWN_EVENTS:
            found[area_of(name)].append((name, event_word(name)))
    return [(str(AREAS[area]), sorted(events, key=lambda pair: pair[1])) for area, events in found.items() if events]
