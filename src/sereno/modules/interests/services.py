"""What pages, API and command line show of people's interests. A fixed number of queries, whatever the shop's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sereno.modules.interests.models import Demand, Habit, Interest, Item, Round

KINDS = ("waiting", "wish", "cart", "view")
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product with how many wait for it and wish it; `available` is the sum of its variants, None where none is
    counted."""

    product: str
    title: str
    waiting: int
    wishes: int
    available: float | None


def wanted(shop_id: int, limit: int = SHOWN) -> list[Wanted]:
    """The most waited for first, then the most wished for."""
    rows = list(Demand.objects.filter(shop_id=shop_id).order_by("-waiting", "-wishes")[:limit])
    rows = [row for row in rows if row.waiting or row.wishes]
    titles: dict[str, str] = {}
    counted: dict[str, float] = {}
    held = Item.objects.filter(shop_id=shop_id, product__in=[row.product for row in rows])
    for product, title, available, is_counted in held.values_list("product", "title", "available", "is_counted"):
        titles[product] = titles.get(product) or title
        if is_counted and available is not None:
            counted[product] = counted.get(product, 0.0) + available
    return [
        Wanted(row.product, titles.get(row.product, ""), row.waiting, row.wishes, counted.get(row.product))
        for row in rows
    ]


def newest(shop_id: int, *, product: str = "", person: str = "", limit: int = SHOWN) -> list[Interest]:
    """Who waits and wishes; of one product in their order, of one person all they show an interest in."""
    found = Interest.objects.filter(shop_id=shop_id)
    if person:
        return list(found.filter(person=person).order_by("-last_at")[:limit])
    if product:
        line = found.filter(product=product, state="active", rank__lte=1).order_by("rank", "since", "id")
        return list(line[:limit])
    return list(found.filter(rank=0).order_by("-last_at")[:limit])


def titles(shop_id: int, rows: Sequence[Interest]) -> dict[str, str]:
    """What the products of these are called."""
    held = Item.objects.filter(shop_id=shop_id, product__in={row.product for row in rows}).exclude(title="")
    return dict(held.values_list("product", "title"))


def rounds(shop_id: int, limit: int = 20) -> Sequence[tuple[Round, str]]:
    """The newest tellings, each with what its thing is called."""
    rows = list(Round.objects.filter(shop_id=shop_id).order_by("-opened_at")[:limit])
    titles = dict(Item.objects.filter(shop_id=shop_id, key__in=[row.item for row in rows]).values_list("key", "title"))
    return [(row, titles.get(row.item) or row.item) for row in rows]


def habits(shop_id: int, limit: int = 20) -> Sequence[tuple[Habit, str]]:
    """What is bought again at a usual interval, the surest first."""
    rows = list(Habit.objects.filter(shop_id=shop_id, is_regular=True).order_by("-count", "item")[:limit])
    titles = dict(Item.objects.filter(shop_id=shop_id, key__in=[row.item for row in rows]).values_list("key", "title"))
    return [(row, titles.get(row.item) or row.item) for row in rows]


def told(row: Interest) -> dict[str, Any]:
    """As programs are told."""
    return {
        "id": row.pk,
        "kind": KINDS[row.rank],
        "customer": row.person,
        "email": row.email,
        "product": row.product,
        "variant": row.variant,
        "state": row.state,
        "times": row.times,
        "since": row.since,
        "last_at": row.last_at,
        "told_at": row.told_at,
    }
