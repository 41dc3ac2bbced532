"""What a field of an action offers to choose from: message templates, types of events, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sereno.modules.messages import templates
from sereno.sdk.plugin import registry
from sereno.sdk.topics import topics_of
from sereno.web.builder.forms.event_words import event_word

if TYPE_CHECKING:
    from sereno.store.models import Shop

Offer = tuple[str, str, str]
"""Value, label, explanation."""


def options(suggest: str, shop: Shop) -> tuple[Offer, ...]:
    """Those of a list that is known beforehand; empty for one that is looked up in the shop's data."""
    if suggest == "message_templates":
        return _templates(shop)
    if suggest == "event_types":
        return tuple((name, event_word(name), "") for name in registry().event_names())
    if suggest == "tools":
        return _tools(shop)
    if suggest == "segments":
        rows = shop.segment_set.order_by("title").values_list("name", "title")
        return tuple((name, title, "") for name, title in rows)
    if suggest == "topics":
        locale = get_language() or shop.locale
        return tuple((one.name, one.title(locale, shop.locale), "") for one in topics_of(shop.settings))
    return ()


def _tools(shop: Shop) -> tuple[Offer, ...]:
    """The shop's connections to outside tools that have a key."""
    rows = shop.connection_set.filter(is_active=True).exclude(access="").order_by("id")
    known = ((row, registry().connectors.get(row.kind)) for row in rows)
    return tuple(
        (row.name, str(row.settings.get("title") or row.name), one.name)
        for row, one in known
        if one is not None and one.store is not None and one.store.tool is not None
    )


def _templates(shop: Shop) -> tuple[Offer, ...]:
    said = {"marketing": _("Marketing"), "transactional": _("Transactional")}
    return tuple(
        (one.name, one.title if one.is_own else _(one.title), said.get(one.purpose, one.purpose))
        for one in templates.template_names(shop.pk)
    )
