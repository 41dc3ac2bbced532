"""What a flow can be tried on: the last events that would start it, or the records it runs over."""

from __future__ import annotations

from typing import Any

from sereno.engine.flow import Flow as Compiled
from sereno.modules.catalog.models import Product
from sereno.modules.customers.models import Customer
from sereno.modules.orders.models import Cart, Order
from sereno.store.models import Event, Shop
from sereno.web.search import events_matching, links_for

SHOWN = 40
_RECORDS: dict[str, Any] = {"order": Order, "customer": Customer, "cart": Cart, "product": Product}


def events_to_try(shop: Shop, flow: Compiled, search: str) -> list[Event]:
    """The newest events of the types that start the flow, of all or of what was searched for."""
    types = sorted(flow.trigger_types)
    if search:
        ids = events_matching(shop, search, list(shop.connection_set.all()))
        found = Event.objects.filter(pk__in=ids, shop=shop, type__in=types).defer("data").order_by("-id")
        return _meant(list(found[: SHOWN * 2]), flow)[:SHOWN]
    # A type at a time, so that each is answered by the index alone.
    rows: list[Event] = []
    for type_ in types:
        rows += Event.objects.filter(shop=shop, type=type_).order_by("-id")[:SHOWN]
    return _meant(sorted(rows, key=lambda event: event.pk, reverse=True), flow)[:SHOWN]


def records_to_try(shop: Shop, over: str | None, search: str) -> list[str]:
    """Subjects of the kind the flow runs over, newest first; `flow:` where it runs over nothing."""
    model = _RECORDS.get(over or "")
    if model is None:
        return []
    rows = model.objects.filter(shop=shop)
    if search:
        keys = [link.partition(":")[2] for link in links_for(shop, search) if link.startswith(f"{over}:")]
        rows = rows.filter(key__in=keys)
    return [f"{over}:{key}" for key in rows.order_by("-id").values_list("key", flat=True)[:SHOWN]]


def _meant(events: list[Event], flow: Compiled) -> list[Event]:
    """Without firings that are meant for another flow."""
    return [
        event
        for event in events
        if not event.type.startswith(("schedule.", "date.", "run.")) or event.data.get("flow") in (None, flow.name)
    ]
