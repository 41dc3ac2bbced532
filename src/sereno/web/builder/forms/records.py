"""Real records to try a form on: the last events that start the flow, or the last records it runs for.

Every query goes along an index, newest first, and stops after a few hundred rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sereno.commerce.event import Event as Happened
from sereno.engine.context import RunContext, entry_scope, template_variables, would_be
from sereno.engine.durations import format_instant
from sereno.modules.catalog.models import Product
from sereno.modules.customers.models import Customer
from sereno.modules.orders.models import Cart, Order
from sereno.runtime.records import Records
from sereno.runtime.staff import open_staff
from sereno.store.models import Event, Shop, Tag
from sereno.store.scans import of_shop
from sereno.web.builder.forms.paths import split_field
from sereno.web.builder.forms.places import RECORDS, Place
from sereno.web.subjects import labels

FEW, MANY, LOOKED_AT, MOST_VALUES = 10, 100, 300, 20
_NEWEST: dict[str, tuple[Any, str]] = {
    "order": (Order, "-placed_at"),
    "customer": (Customer, "-last_order_at"),
    "cart": (Cart, "-changed_at"),
    "product": (Product, "title"),
}
"""Models by root, and the column of the index by which a few of a shop are read."""


@dataclass(frozen=True)
class Example:
    """Something to try on. `id` tells it from the others; `event` is what would have started the run."""

    id: str
    subject: str
    label: str
    event: Happened


def examples(shop: Shop, place: Place, most: int = FEW) -> list[Example]:
    """The newest first; empty while nothing has happened."""
    if place.types:
        rows = [row for name in place.types for row in _events(shop, name, most)]
        rows = sorted(rows, key=lambda row: row.pk, reverse=True)[:most]
        named = labels(shop, [row.subject for row in rows])
        return [Example(f"e{row.pk}", row.subject, named.get(row.subject, row.subject), _happened(row)) for row in rows]
    kind = place.over or "order"
    model, order = _NEWEST[kind]
    keys = list(model.objects.filter(shop=shop).order_by(order).values_list("key", flat=True)[:most])
    subjects = [f"{kind}:{key}" for key in keys]
    named = labels(shop, subjects)
    return [Example(subject, subject, named.get(subject, subject), _asked(shop, subject)) for subject in subjects]


def _events(shop: Shop, type_: str, most: int) -> Iterable[Event]:
    return Event.objects.filter(shop=shop, type=type_).order_by("-id")[:most]


def _happened(row: Event) -> Happened:
    return Happened(
        id=row.uid,
        shop=str(row.shop_id),
        source=row.source,
        type=row.type,
        subject=row.subject,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        data=row.data,
        refs=row.refs,
    )


def scopes(shop: Shop, found: list[Example], roots: Iterable[str] = RECORDS) -> list[dict[str, Any]]:
    """What conditions and templates read for each example: today's records, all read together."""
    staff = open_staff()
    wanted = [name for name in roots if name in RECORDS]
    now = datetime.now(UTC)
    with staff.database.read() as tx:
        records = Records(staff.plugins, tx, staff.database.dialect)
        for example in found:
            records.want(shop.pk, example.event.refs, wanted)
        records.fetch()
        variables = staff.world.shops.find(tx, shop.pk).variables
        return [_scope(records, shop.pk, example, wanted, variables, now) for example in found]


def _scope(
    records: Records,
    shop_id: int,
    example: Example,
    roots: list[str],
    variables: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    held = {name: records.root(shop_id, example.event.refs, name) for name in roots}
    scope = entry_scope(example.event, RunContext(held, variables), now)
    return {**scope, "run": would_be("", example.subject, example.subject, now)}


def for_templates(scope: Mapping[str, Any]) -> dict[str, Any]:
    return template_variables(scope)


# --- values ----------------------------------------------------------------------------------------


def values_of(shop: Shop, place: Place, field: str) -> list[str]:
    """What the shop's newest records hold in a field, the most frequent first."""
    over, inner = split_field(field)
    root, *path = over.split(".")
    if root == "event" and path == ["type"]:
        return list(place.types)
    if root == "event":
        documents: Iterable[Any] = [
            row.data for name in place.types for row in _events(shop, name, LOOKED_AT // max(1, len(place.types)))
        ]
        path = path[1:] if path[:1] == ["data"] else path
    elif root in _NEWEST:
        model, order = _NEWEST[root]
        documents = model.objects.filter(shop=shop).order_by(order).values_list("data", flat=True)[:LOOKED_AT]
    else:
        return []
    counted: Counter[str] = Counter()
    for document in documents:
        counted.update(set(_texts(document, [*path, *(inner.split(".") if inner else [])])))
    if root in ("order", "customer") and path == ["tags"]:
        counted.update(tags_of(shop, root))
    return [value for value, _count in counted.most_common(MOST_VALUES)]


def tags_of(shop: Shop, kind: str = "") -> list[str]:
    """The tags Sereno put on records last."""
    rows = of_shop(Tag.objects, shop.pk)
    rows = rows.filter(kind=kind) if kind else rows
    found = dict.fromkeys(rows.order_by("-id").values_list("tag", flat=True)[:LOOKED_AT])
    return list(found)[:MOST_VALUES]


def _texts(value: Any, path: list[str]) -> Iterable[str]:
    if isinstance(value, list):
        for item in value[:50]:
            yield from _texts(item, path)
    elif path and isinstance(value, Mapping):
        yield from _texts(value.get(path[0]), path[1:])
    elif not path and isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        yield str(value)[:200]


def _asked(shop: Shop, subject: str) -> Happened:
    """The event that starts a run by hand, by date or by schedule for this record."""
    kind, _colon, key = subject.partition(":")
    now = datetime.now(UTC)
    refs = {kind: key}
    if kind in ("order", "cart"):
        model = _NEWEST[kind][0]
        held = model.objects.filter(shop=shop, key=key).values_list("customer_key", "email").first()
        refs |= {name: value for name, value in zip(("customer", "email"), held or (), strict=False) if value}
    data = {"kind": kind, "key": key, "due_at": format_instant(now)}
    return Happened("try", shop.slug, "sereno", "run.requested", subject, now, now, data, refs)
