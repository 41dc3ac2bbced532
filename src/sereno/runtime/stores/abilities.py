"""What a shop's stores can do, in words: for the builder, the pages, the command line and the docs.

Invariant: nothing here is known twice. An ability is there when the connector of a connection that has a key carries it
out; what an action needs is said by the action.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sereno.engine.places import kind_of, walk
from sereno.sdk.config import mark as _
from sereno.sdk.plugin import ActionDefinition, Plugins
from sereno.sdk.writes import WRITES
from sereno.store.database import Database, Transaction, default_database

WORDS: Mapping[str, str] = {
    "tag_order": _("Tag orders"),
    "note_order": _("Write notes on orders"),
    "hold_fulfillment": _("Hold orders back"),
    "release_fulfillment": _("Release held orders"),
    "cancel_order": _("Cancel orders"),
    "refund_order": _("Give money back"),
    "capture_payment": _("Capture payments"),
    "change_address": _("Change the address of an order"),
    "change_items": _("Change what is in an order"),
    "fulfill_order": _("Mark orders as sent, with tracking"),
    "create_draft_order": _("Make draft orders"),
    "tag_customer": _("Tag customers"),
    "tag_product": _("Tag products"),
    "set_price": _("Set prices"),
    "set_texts": _("Write titles and descriptions"),
    "publish_product": _("Show and hide products"),
    "collect_product": _("Put products into collections"),
    "set_stock": _("Set stock levels"),
    "set_metafield": _("Keep values of your own on records"),
    "create_discount_code": _("Make discount codes"),
    "write_post": _("Write posts of the blog"),
    "write_page": _("Write pages"),
    "set_theme_file": _("Change files of the theme"),
    "publish_theme": _("Show another theme"),
}
"""What people call each ability."""

OF_TOOLS: Mapping[str, str] = {
    "push_people": _("Put people on lists"),
    "remove_people": _("Take people off lists"),
    "open_ticket": _("Open tickets"),
    "comment_ticket": _("Add to tickets"),
    "add_card": _("Put cards on a board"),
    "move_card": _("Move cards"),
    "track_event": _("Hear of what customers do"),
    "give_points": _("Give points"),
    "open_deal": _("Open deals"),
    "find_person": _("Say who changed their consent"),
}
"""The same of outside tools."""

TAGGING: Mapping[str, str] = {
    "orders.add_tag": "tag_order",
    "orders.remove_tag": "tag_order",
    "customers.add_tag": "tag_customer",
    "customers.remove_tag": "tag_customer",
}
"""Actions that change Sereno's own record, and the store's too where it can."""


@dataclass(frozen=True, slots=True)
class Able:
    """One thing a platform may be able to do. `words` are not yet translated."""

    ability: str
    words: str
    is_there: bool


@dataclass(frozen=True, slots=True)
class Lack:
    """Why an action would fail in this shop: `store.none`: no store may be written to; `store.cannot`: those that may
    be (`kinds`) lack it; `tool.none`: no tool is connected that can."""

    code: Literal["store.none", "store.cannot", "tool.none"]
    ability: str
    kinds: tuple[str, ...] = ()


def of_kind(plugins: Plugins, kind: str) -> list[Able] | None:
    """All abilities of stores, or of tools, with whether this one has each: none of a mail provider's; None for one
    that is only listened to."""
    connector = plugins.connectors.get(kind)
    if connector is None or connector.store is None:
        return None
    if connector.store.mail is not None:
        return []
    has = connector.store.abilities
    if connector.store.tool is not None:
        return [Able(one, words, True) for one, words in OF_TOOLS.items() if one in has]
    return [Able(one.ability, words_of(one.ability), one.ability in has) for one in WRITES]


def words_of(ability: str) -> str:
    """Not yet translated; the ability itself where a plug-in brought it."""
    return WORDS.get(ability) or OF_TOOLS.get(ability, ability)


def kinds_of(tx: Transaction, shop_id: int) -> list[str]:
    """The kinds of the shop's open connections that have a key."""
    return sorted({row[0] for row in tx.all("writable_kinds", {"shop": shop_id})})


def lack_of(plugins: Plugins, kinds: Iterable[str], action: str) -> Lack | None:
    """What keeps this action from doing anything in a shop with stores of these kinds; None when nothing does."""
    definition: ActionDefinition | None = plugins.actions.get(action)
    if definition is None or definition.ability is None:
        return None
    ability = definition.ability.ability
    known = ((kind, plugins.connectors.get(kind)) for kind in kinds)
    apis = [(kind, one.store) for kind, one in known if one is not None and one.store is not None]
    if any(ability in api.abilities for _kind, api in apis):
        return None
    if ability in OF_TOOLS:
        return Lack("tool.none", ability)
    stores = tuple(kind for kind, api in apis if api.is_platform)
    return Lack("store.cannot", ability, stores) if stores else Lack("store.none", ability)


def lacks(
    plugins: Plugins, shop_id: int, actions: Iterable[str], *, database: Database | None = None
) -> dict[str, Lack]:
    """By action, for those that cannot do anything in this shop; one query."""
    wanted = {one for one in actions if (found := plugins.actions.get(one)) is not None and found.ability is not None}
    if not wanted:
        return {}
    with (database or default_database()).read() as tx:
        kinds = kinds_of(tx, shop_id)
    return {one: lack for one in sorted(wanted) if (lack := lack_of(plugins, kinds, one)) is not None}


def lacking_steps(
    plugins: Plugins, shop_id: int, document: Mapping[str, Any], *, database: Database | None = None
) -> list[tuple[str, str, Lack]]:
    """(path, action, lack) of a flow's steps that can do nothing in this shop as its stores are: a warning before it
    is published, for in shadow they need none."""
    steps = [(path, kind_of(step)) for path, step in walk(document)]
    found = lacks(plugins, shop_id, {kind for _path, kind in steps}, database=database)
    return [(path, kind, found[kind]) for path, kind in steps if kind in found]


def said(lack: Lack) -> str:
    """In English, for the command line and the API."""
    if lack.code == "store.none":
        return "no store may be written to yet: see `sereno connection access`"
    if lack.code == "tool.none":
        return f"no tool is connected that can ({lack.ability}): see `sereno connect`"
    return f"{', '.join(lack.kinds)} cannot do this ({lack.ability})"
