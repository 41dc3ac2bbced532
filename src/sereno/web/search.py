"""From what a person types (an order's number, a name, an e-mail, an id) to the links and subjects of the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Max, Q

from sereno.engine.run import LIVE
from sereno.modules.customers.models import Customer
from sereno.modules.orders.models import Order
from sereno.store.models import Connection, Event, EventLink, Flow, Run, RunLink, Shop
from sereno.store.scans import newest, run_ends

_KINDS = ("order", "customer", "cart", "product", "variant", "checkout")
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
    found: dict[str, None] = {text: None}
    if ":" not in text:
        bare = text.lstrip("#")
        found.update(dict.fromkeys(f"{kind}:{bare}" for kind in _KINDS))
        if "@" in text:
            found[f"email:{text.lower()}"] = None
        found.update(dict.fromkeys(_from_records(shop, bare)))
    return list(found)[:_LIMIT]


def subjects_for(shop: Shop, text: str) -> list[str]:
    """The subjects of events and runs that `text` leads to, through the events that share a link with it."""
    return _subjects(shop, links_for(shop, text))


def runs_matching(shop: Shop, text: str, subjects: Sequence[str] | None = None) -> list[int]:
    """Ids of runs about what `text` means: by subject, by id, or alive and linked to it. Each is asked of an index.
    `subjects` are those of `subjects_for`, where somebody has asked already."""
    links = links_for(shop, text)
    if subjects is None:
        subjects = _subjects(shop, links)
    runs = Run.objects.filter(shop=shop)
    named = runs.filter(uid=text.strip()).values_list("id")
    alive = RunLink.objects.filter(shop=shop, link__in=links).values_list("run_id")
    about = runs.filter(subject__in=subjects).order_by().values_list("id", flat=True)[:_LIMIT]
    return [*about, *(id_ for (id_,) in named.order_by().union(alive.order_by(), all=True)[:_LIMIT])]


def events_matching(shop: Shop, text: str, connections: Sequence[Connection]) -> list[int]:
    """Ids of the newest events that share a link with what `text` means, or have it as their id."""
    linked = EventLink.objects.filter(shop=shop, link__in=links_for(shop, text)).order_by("-occurred_at")
    sources = [*(one.name for one in connections), "sereno", "api"]
    named = Event.objects.filter(shop=shop, source__in=sources, uid=text.strip())
    return [*linked.values_list("event_id", flat=True)[:_MOST], *named.values_list("id", flat=True)]


def _subjects(shop: Shop, links: Sequence[str]) -> list[str]:
    if not links:
        return []
    found = dict.fromkeys(links)
    events = EventLink.objects.filter(shop=shop, link__in=links).order_by("-occurred_at").values("event_id")[:_LIMIT]
    ids = [row["event_id"] for row in events]
    found.update(dict.fromkeys(Event.objects.filter(pk__in=ids).values_list("subject", flat=True)))
    return list(found)


def _from_records(shop: Shop, text: str) -> Iterable[str]:
    """Orders by their number or e-mail, customers by e-mail or name."""
    orders = Order.objects.filter(shop=shop)
    numbered = orders.filter(number__in=(text, f"#{text}")).order_by().values_list("key", flat=True)[:50]
    yield from (f"order:{key}" for key in numbered)
    if "@" in text:
        yield from (f"order:{key}" for key in orders.filter(email=text.lower()).values_list("key", flat=True)[:50])
    for key, address in _customers(shop, text):
        yield f"customer:{key}"
        if address:
            yield f"email:{address}"


def _customers(shop: Shop, text: str) -> Iterable[tuple[str, str | None]]:
    customers = Customer.objects.filter(shop=shop)
    if "@" in text:
        return list(customers.filter(email=text.lower()).values_list("key", "email")[:50])
    # Names begin as people write them; an index knows no other letters than those written.
    starts = {text, text.title(), text.capitalize()}
    beginning = Q()
    for start in starts:
        beginning |= Q(name__gte=start, name__lt=f"{start}\U0010ffff")
    found = list(customers.filter(beginning).order_by().values_list("key", "email")[:50])
    last = Customer.objects.aggregate(last=Max("id"))["last"] or 0
    lately = Customer.objects.filter(id__gt=last - _LATELY, shop=shop, name__icontains=text)
    return [*found, *lately.values_list("key", "email")[:50]]


def recent_run_subjects(shop: Shop) -> list[str]:
    """What the newest runs are about, of all flows."""
    flows = list(Flow.objects.filter(shop=shop).values_list("id", flat=True))
    ids = newest(Run, run_ends(flows, ("finished", "exited", *sorted(LIVE), "failed", "stopped")), 8).ids
    held = dict(Run.objects.filter(id__in=ids).values_list("id", "subject"))
    return [held[id_] for id_ in ids if id_ in held]
