"""Words of recommendations: the ways, why a thing is there, how a way did, and what rules do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sereno.modules.recommendations.asking import Given
from sereno.web.words import Word

Text = str | Promise
WAYS: tuple[tuple[str, Text], ...] = (
    ("together", _("Bought together")),
    ("similar", _("Similar products")),
    ("for_you", _("For this customer")),
    ("session", _("What visitors like this one looked at")),
    ("trending", _("On the way up")),
    ("new", _("New since the customer was last here")),
    ("popular", _("Best sellers")),
    ("upsell", _("Dearer ones and larger packs")),
    ("category", _("A category, sorted")),
)
WHYS: dict[str, Text] = {
    "together": _("bought together"),
    "similar": _("like it"),
    "for_you": _("fits what they bought"),
    "session": _("visitors like this one looked at it"),
    "trending": _("on the way up"),
    "popular": _("sells well"),
    "upsell": _("like it, and dearer"),
    "pack": _("a larger pack of it"),
    "category": _("in this category"),
    "new": _("not sold yet"),
    "arrived": _("came in lately"),
}
VERDICTS: dict[str, Word] = {
    "better": Word(_("Better"), "circle-check", "ok"),
    "alike": Word(_("No difference seen"), "circle-question-mark", "idle"),
    "worse": Word(_("Worse: not used"), "circle-x", "bad"),
    "few": Word(_("Too little to say"), "clock", "lamp"),
}
OUTCOMES: dict[str, Word] = {**VERDICTS, "worse": Word(_("Worse"), "circle-x", "bad")}
"""Of visits: what does worse there is for people to judge."""
BECAME: tuple[tuple[str, Text], ...] = (("clicked", _("clicked on it")), ("ordered", _("placed an order")))
DOES: tuple[tuple[str, Text], ...] = (
    ("exclude", _("Never show")),
    ("boost", _("Show sooner or later")),
    ("pin", _("Show first")),
)
BYS: tuple[tuple[str, Text], ...] = (
    ("product", _("Product, by id or SKU")),
    ("tag", _("Tag")),
    ("category", _("Category")),
    ("vendor", _("Brand")),
    ("type", _("Product type")),
)
PLACES: tuple[tuple[str, Text], ...] = (
    ("", _("Everywhere")),
    ("product", _("Product page")),
    ("cart", _("Cart")),
    ("home", _("Home page")),
    ("category", _("Category page")),
    ("message", _("Messages")),
)


def why(one: Given) -> str:
    """Why a thing is there, with its numbers where it has some."""
    if one.why == "together" and one.of:
        return gettext("in %(number)s of %(of)s orders with it") % {"number": one.number, "of": one.of}
    return str(WHYS[one.why])
