"""What may be chosen in a condition: the values of fields that have a few, and what the shop has of its own."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language

from sereno.commerce.records.chats import CHATS
from sereno.engine.segments.fields import ANSWER
from sereno.modules.catalog.models import Product
from sereno.modules.forms.services import forms
from sereno.runtime.loyalty.programs import find_program
from sereno.runtime.tools import mirroring
from sereno.sdk.languages import said
from sereno.store.models import Shop
from sereno.web.capture.words import STAGES
from sereno.web.channels.words import CHANNELS
from sereno.web.customers.visiting import DEVICES
from sereno.web.scores.words import GROUPS
from sereno.web.segments import words

Text = str | Promise

SUGGESTED = 200
VALUES: dict[str, dict[str, Text]] = {
    "score_group": {name: word.label for name, word in GROUPS.items()},
    "lead_stage": {name: word.label for name, word in STAGES.items()},
    "last_channel": {name: CHANNELS[name][0] for name in CHATS},
    "device": dict(DEVICES),
}
"""By field all values it can have, as they are written."""
CHOSEN = frozenset({*VALUES, "form", "tier", "lists"})


def of_shop(shop: Shop) -> tuple[dict[str, Text], dict[str, dict[str, Text]]]:
    """Fields that ask for answers in the shop's forms, with their labels; and values of fields, by field: of the shop's
    forms, tiers, answers and lists elsewhere beside those every shop has."""
    locale = get_language() or shop.locale
    asked: dict[str, Text] = {}
    values: dict[str, dict[str, Text]] = {**VALUES, "form": {}, "tier": {}}
    for kept in forms(shop.pk):
        values["form"][kept.name] = said(kept.form.title, locale, shop.locale)
        for one in kept.form.fields:
            if one.kind in ("choice", "choices", "text"):
                name = f"{ANSWER}{one.id}"
                asked.setdefault(name, said(one.label, locale, shop.locale))
                chosen = {choice.value: said(choice.label, locale, shop.locale) for choice in one.choices}
                values[name] = {**values.get(name, {}), **chosen}
    values["lists"] = dict(mirroring.choices(shop.pk))
    values["tier"] |= {tier.name: tier.name for tier in find_program(shop.pk).program.tiers}
    return asked, values


def goods(shop: Shop) -> dict[str, dict[str, str]]:
    """What can be chosen as bought, by kind: value -> label. Of the first products; others are typed in."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in words.THINGS}
    for product in Product.objects.filter(shop=shop).order_by("title", "id")[:SUGGESTED]:
        data = product.data
        found["product"][product.key] = product.title or product.key
        some = {"category": [data.get("product_type"), *_listed(data, "categories")], "tag": _listed(data, "tags")}
        for kind, values in {**some, "sku": [data.get("sku")], "vendor": [data.get("vendor")]}.items():
            found[kind] |= {value: "" for value in values if isinstance(value, str) and value}
    return found


def _listed(data: dict[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    return value if isinstance(value, list) else []
