"""From what a person types (an order's number, a name, an e-mail, an id) to the links and subjects of the store."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from sereno.modules.customers.models import Customer
from sereno.modules.orders.models import Order
from sereno.store.models import Event, EventLink, Run, RunLink, Shop
from sereno.store.scans import of_shop

_KINDS = ("order", "customer", "cart", "product", "variant", "checkout")
_LIMIT = 200
_MOST = 1000


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
    links = links_for(shop, text)
    if not links:
        return []
    found = dict.fromkeys(links)
    events = EventLink.objects.filter(shop=shop, link__in=links).order_by("-occurred_at").values("event_id")[:_LIMIT]
    ids = [row["event_id"] for row in events]
    found.update(dict.fromkeys(Event.objects.filter(pk__in=ids).values_list("subject", flat=True)))
    return list(found)


def runs_matching(shop: Shop, text: str) -> list[int]:
    """Ids of runs about what `text` means: by subject, by id, or alive and linked to it. Each is asked of an index."""
    runs = Run.objects.filter(shop=shop)
    found = list(runs.filter(subject__in=subjects_for(shop, text)).values_list("id", flat=True)[:_LIMIT])
    found += runs.filter(uid=text.strip()).values_list("id", flat=True)
    alive = RunLink.objects.filter(shop=shop, link__in=links_for(shop, text))
    return [*found, *alive.values_list("run_id", flat=True)[:_LIMIT]]


def events_matching(shop: Shop, text: str) -> list[int]:
    """Ids of the newest events that share a link with what `text` means, or have it as their id."""
    linked = EventLink.objects.filter(shop=shop, link__in=links_for(shop, text)).order_by("-occurred_at")
    sources = [*shop.connection_set.values_list("name", flat=True), "sereno", "api"]
    named = Event.objects.filter(shop=shop, source__in=sources, uid=text.strip())
    return [*linked.values_list("event_id", flat=True)[:_MOST], *named.values_list("id", flat=True)]


def _from_records(shop: Shop, text: str) -> Iterable[str]:
    """Orders by their number or e-mail, customers by e-mail or name."""
    orders = Order.objects.filter(Q(number__in=(text, f"#{text}")) | Q(email=text.lower()), shop=shop)
    customers = Customer.objects.filter(Q(email=text.lower()) | Q(name__icontains=text), shop=shop)
    yield from (f"order:{key}" for key in orders.values_list("key", flat=True)[:50])
    for key, address in customers.values_list("key", "email")[:50]:
        yield f"customer:{key}"
        if address:
            yield f"email:{address}"


def recent_run_subjects(shop: Shop) -> list[str]:
    return list(of_shop(Run.objects, shop.pk).order_by("-id").values_list("subject", flat=True)[:8])
