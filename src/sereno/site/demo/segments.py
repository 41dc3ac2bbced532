"""Segments of the demo: four of the ready ones and one of its own, whose people the worker finds as soon as it runs."""

from __future__ import annotations

TAKEN = {"regulars": "habitual", "first-time": "", "lapsed": "", "window-shoppers": ""}
"""Names, each with the tag it keeps on its members."""

OWN = (
    "Despensa, Madrid y alrededores",
    'customer.place.near(40.4168, -3.7038, 60) && orders("365d").of("category", "despensa").count() >= 1',
)
"""Title, and the conditions as text."""


def make_segments(shop_id: int, by: str, language: str) -> None:
    """In the shop's own words."""
    from django.utils import translation

    from sereno.modules.segments.ready import READY
    from sereno.runtime.segments import services

    with translation.override(language):
        for one in READY:
            if one.name in TAKEN:
                title = translation.gettext(one.title)
                services.create(shop_id, title, one.definition, by, name=one.name, tag=TAKEN[one.name])
    title, text = OWN
    services.create(shop_id, title, text, by)
