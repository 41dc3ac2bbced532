"""From what a person types (an order's number, a name, an e-mail, an id) to the links and subjects of the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Q, QuerySet, Subquery, Value

from sereno.modules.customers.models import Customer
from sereno.modules.orders.models import Order
from sereno.runtime.explaining.finding import spelled
from sereno.store.models import Connection, Event, EventLink, Run, RunLink, Shop
from sereno.store.scans import RUN_STATUSES, newest, of_shop, run_ends

_LIMIT = 200
_MOST = 1000
_LATELY = 5000
"""Among so many newest customers any part of a name is looked for; among all of them its beginning."""


def links_for(shop: Shop, text: str) -> list[str]:
    """The links that `text` may mean: itself, an id of any kind, an e-mail, or what orders and customers of that
    number, name or address are known by."""
    text = text.strip()
    if not text:
        return []
    if ":" in text:
        return spelled(text, ())
    spaces = [one.get("namespace") for one in shop.connection_set.values_list("settings", flat=True)]
    found = dict.fromkeys(spelled(text, spaces))
    found.update(dict.fromkeys(_from_records(shop, text.lstrip("#"))))
    return list(found)[:_LIMIT]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text may mean: the links, the subjects of events and runs that they lead to, and the types of those events
    with when each came last."""

    text: str
    links: list[str]
    subjects: list[str]
    seen: dict[str, datetime]


def meaning_of(shop: Shop, text: str) -> Meaning:
    links = links_for(shop, text)
    return Meaning(text.strip(), links, *_subjects(shop, links))


def runs_matching(shop: Shop, text: str, meaning: Meaning | None = None) -> list[int]:
    """Ids of runs about what `text` means: by subject, by id, or alive and linked to it. Each is asked of an index.
    `meaning` is that of the text, where somebody has asked already."""
    meaning = meaning or meaning_of(shop, text)
    runs = Run.objects.filter(shop=shop)
    named = runs.filter(uid=meaning.text).order_by().values_list("id")
    alive = RunLink.objects.filter(shop=shop, link__in=meaning.links).order_by().values_list("run_id")
    about = runs.filter(subject__in=meaning.subjects).order_by().values_list("id")
    return [id_ for (id_,) in named.union(alive, about, all=True)[:_LIMIT]]


def events_matching(shop: Shop, text: str, connections: Sequence[Connection]) -> list[int]:
    """Ids of the newest events that share a link with what `text` means, or have it as their id."""
    linked = EventLink.objects.filter(shop=shop, link__in=links_for(shop, text)).order_by("-occurred_at")
    sources = [*(one.name for one in connections), "sereno", "api"]
    named = Event.objects.filter(shop=shop, source__in=sources, uid=text.strip())
    return [*linked.values_list("event_id", flat=True)[:_MOST], *named.values_list("id", flat=True)]


def _subjects(shop: Shop, links: Sequence[str]) -> tuple[list[str], dict[str, datetime]]:
    if not links:
        return [], {}
    found = dict.fromkeys(links)
    seen: dict[str, datetime] = {}
    events = EventLink.objects.filter(shop=shop, link__in=links).order_by("-occurred_at")
    for subject, type_, at in events.values_list("event__subject", "type", "occurred_at")[:_LIMIT]:
        found[subject] = None
        seen.setdefault(type_, at)
    return list(found), seen


def _from_records(shop: Shop, text: str) -> Iterable[str]:
    """Orders by their number or e-mail, customers by e-mail or name; in one query."""
    orders = Order.objects.filter(shop=shop).order_by()
    if "@" in text:
        parts = [_said(orders.filter(email=text.lower()), "order")]
        parts.append(_said(Customer.objects.filter(shop=shop, email=text.lower()).order_by(), "customer"))
    else:
        parts = [_said(orders.filter(number__in=(text, f"#{text}")), "order")]
        parts += [_said(found, "customer") for found in _named(shop, text)]
    for kind, key, address in parts[0].union(*parts[1:], all=True)[:_LIMIT]:
        yield f"{kind}:{key}"
        if kind == "customer" and address:
            yield f"email:{address}"


def _said(rows: QuerySet[Any], kind: str) -> QuerySet[Any, Any]:
    return rows.annotate(said=Value(kind)).values_list("said", "key", "email")


def _named(shop: Shop, text: str) -> list[QuerySet[Customer]]:
    """Names begin as people write them: an index knows no other letters than those written."""
    beginning = Q()
    for start in {text, text.title(), text.capitalize()}:
        beginning |= Q(name__gte=start, name__lt=f"{start}\U0010ffff")
    last = Customer.objects.order_by().values(one=Value(1)).annotate(last=Max("id")).values("last")
    lately = of_shop(Customer.objects.filter(id__gt=Subquery(last) - _LATELY, name__icontains=text), shop.pk)
    return [Customer.objects.filter(beginning, shop=shop).order_by(), lately.order_by()]


def recent_run_subjects(shop: Shop, flows: Sequence[int]) -> list[str]:
    """What the newest runs of these flows are about."""
    ids = newest(Run, run_ends(flows, RUN_STATUSES), 8).ids
    held = dict(Run.objects.filter(id__in=ids).values_list("id", "subject"))
    return [held[id_] for id_ in ids if id_ in held]
