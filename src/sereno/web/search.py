"""From what a person types (an order's number, a name, an e-mail, an id) to the links and subjects of the store."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from sereno.modules.customers.models import Customer
from sereno.modules.orders.models import Order
from sereno.store.models import Event, EventLink, Run, RunLink, Shop

_KINDS = ("order", "customer", "cart", "product", "variant", "checkout")
_LIMIT = 200


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


def runs_matching(shop: Shop, text: str) -> Q:
    """Runs about what `text` means: by subject, by key, by id, or alive and linked to it."""
    subjects = subjects_for(shop, text)
    alive = RunLink.objects.filter(shop=shop, link__in=links_for(shop, text)).values("run_id")
    started = EventLink.objects.filter(shop=shop, link__in=links_for(shop, text)).values("event_id")
    return Q(subject__in=subjects) | Q(uid=text) | Q(id__in=alive) | Q(event_id__in=started)


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
    return list(Run.objects.filter(shop=shop).order_by("-id").values_list("subject", flat=True)[:8])
