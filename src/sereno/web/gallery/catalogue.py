"""The flows that ship, as the gallery shows them: what they do in words, what they are made of, how they stand here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import yaml
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sereno.sdk.templates import ShippedFlow, Words, shipped_flows
from sereno.store.models import Flow, FlowOrigin, FlowVersion, Shop

AREAS: dict[str, tuple[str | Promise, str]] = {
    "orders": (_("Orders and carts"), "package"),
    "customers": (_("Customers"), "users"),
    "stock": (_("Stock"), "square-stack"),
}
"""By room: its name and icon. A room that is not here is called by its own name."""

STATES = {
    "new": _("Not installed"),
    "installed": _("Installed"),
    "update": _("Update available"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A shipped flow in one shop. `state` is a key of STATES; `is_changed` when the shop's document is no longer the
    one that was installed."""

    shipped: ShippedFlow
    words: Words
    document: Mapping[str, Any]
    flow: Flow | None = None
    state: str = "new"
    is_changed: bool = False

    @property
    def name(self) -> str:
        return self.shipped.name

    @property
    def area(self) -> str:
        return str(AREAS.get(self.shipped.room, (self.shipped.room, ""))[0])

    @property
    def icon(self) -> str:
        return AREAS.get(self.shipped.room, ("", "sparkles"))[1]

    @property
    def trigger_types(self) -> tuple[str, ...]:
        """The event types that start it."""
        trigger = self.document.get("trigger")
        found = trigger.get("event") if isinstance(trigger, Mapping) else None
        if isinstance(found, str):
            return (found,)
        return tuple(map(str, found)) if isinstance(found, list) else ()


def entries(shop: Shop, language: str) -> list[Entry]:
    """All of them with their state in this shop, in three queries."""
    shipped = shipped_flows()
    flows = {flow.name: flow for flow in Flow.objects.filter(shop=shop, name__in=[one.name for one in shipped])}
    ids = [flow.pk for flow in flows.values()]
    origins = {origin.flow_id: origin for origin in FlowOrigin.objects.filter(flow__in=ids)}
    published = _published(flows.values())
    return [
        _entry(one, language, flows.get(one.name), origins, published)
        for one in sorted(shipped, key=lambda one: (list(AREAS).index(one.room) if one.room in AREAS else 99, one.name))
    ]


def entry_of(shop: Shop, language: str, name: str) -> Entry | None:
    return next((entry for entry in entries(shop, language) if entry.name == name), None)


def narrowed(found: Iterable[Entry], search: str, area: str, state: str) -> list[Entry]:
    """Those with all words of the search in their texts, names or codes."""
    wanted = search.casefold().split()
    return [
        entry
        for entry in found
        if (not area or entry.shipped.room == area)
        and (not state or entry.state == state)
        and all(word in _haystack(entry) for word in wanted)
    ]


def makeup(document: Mapping[str, Any]) -> list[str]:
    """What it is made of, in words: "5 messages", "5 waits"."""
    counted: Counter[str] = Counter(_kinds(document.get("steps")))
    said = (
        (counted["message"], lambda n: ngettext("%(num)s message", "%(num)s messages", n)),
        (counted["wait"], lambda n: ngettext("%(num)s wait", "%(num)s waits", n)),
        (counted["decision"], lambda n: ngettext("%(num)s decision", "%(num)s decisions", n)),
        (counted["tag"], lambda n: ngettext("%(num)s tag", "%(num)s tags", n)),
        (counted["alert"], lambda n: ngettext("%(num)s alert", "%(num)s alerts", n)),
        (counted["other"], lambda n: ngettext("%(num)s other action", "%(num)s other actions", n)),
    )
    return [text(count) % {"num": count} for count, text in said if count]


@lru_cache(maxsize=256)
def document_of(text: str) -> Mapping[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(text))


def _entry(
    shipped: ShippedFlow,
    language: str,
    flow: Flow | None,
    origins: Mapping[int, FlowOrigin],
    published: Mapping[int, str],
) -> Entry:
    words, document = shipped.in_language(language), document_of(shipped.text_in(language))
    if flow is None:
        return Entry(shipped, words, document)
    origin, current = origins.get(flow.pk), published.get(flow.pk) or flow.draft
    if origin is None:
        ours = {shipped.text_in(locale) for locale in shipped.words}
        return Entry(shipped, words, document, flow, "installed", current not in ours)
    state = "installed" if origin.digest == shipped.digest else "update"
    return Entry(shipped, words, document, flow, state, current != origin.document)


def _published(flows: Iterable[Flow]) -> dict[int, str]:
    """The published document by flow."""
    numbers = {flow.pk: flow.version for flow in flows if flow.version is not None}
    rows = FlowVersion.objects.filter(flow__in=numbers, number__in=set(numbers.values()))
    return {
        flow: document
        for flow, number, document in rows.values_list("flow_id", "number", "document")
        if numbers[flow] == number
    }


def _haystack(entry: Entry) -> str:
    words = entry.words
    parts = (words.title, words.goal, words.description, entry.name, entry.area, *entry.shipped.codes)
    return " ".join((*parts, *entry.trigger_types)).casefold()


def _kinds(value: Any) -> list[str]:
    """The kind of each step below a value, branches included."""
    if isinstance(value, list):
        return [kind for item in value for kind in _kinds(item)]
    if not isinstance(value, dict):
        return []
    return [kind for key, inner in value.items() for kind in (*_kind(str(key)), *_kinds(inner))]


def _kind(key: str) -> tuple[str, ...]:
    if key in ("if", "switch", "split", "approve"):
        return ("decision",)
    if key == "wait":
        return ("wait",)
    if key.endswith(".add_tag"):
        return ("tag",)
    if "." not in key and key != "log":
        return ()
    return ({"messages": "message", "alerts": "alert"}.get(key.partition(".")[0], "other"),)
