"""Custom attributes of Salesforce's records, where tags, notes and values of the shop's own are kept.

Invariant: what was written is read again. Salesforce passes over attributes the shop has not got without a word, and a
step must not say that it did what it did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from sereno.connectors.metafields import value_of
from sereno.connectors.reading import Reader, as_instant
from sereno.connectors.salesforce.client import CUSTOMERS, ORDERS, PRODUCTS, Body, Family, ask, segment, site
from sereno.connectors.salesforce.people import TAGS
from sereno.sdk.stores import Call, Exchange, StoreRefused, Written
from sereno.sdk.writes import SetMetafield, TagCustomer, TagOrder, TagProduct

_FAMILIES = {"order": ORDERS, "customer": CUSTOMERS, "product": PRODUCTS}
_OF_SITE = frozenset({"order", "product"})
"""What is asked for within a site; a customer list stands beside them."""


def path_of(exchange: Exchange, kind: str, own: str) -> tuple[Family, str, dict[str, Any]]:
    """Where a record stands: the family, the path and the query."""
    family, query = _FAMILIES[kind], {"siteId": site(exchange)} if kind in _OF_SITE else {}
    if kind != "customer":
        return family, f"/{kind}s/{segment(own)}", query
    if own.startswith("email:"):
        raise StoreRefused("customer.guest", "A guest has no record in Salesforce: there is nothing to write on.")
    return family, f"/customer-lists/{segment(customer_list(exchange))}/customers/{segment(own)}", query


def customer_list(exchange: Exchange) -> str:
    return exchange.access.get("customer_list", "").strip() or site(exchange)


def read(exchange: Exchange, kind: str, own: str) -> Body:
    family, path, query = path_of(exchange, kind, own)
    return ask(exchange, family, "GET", path, query=query or None)


def changed_at(record: Mapping[str, Any]) -> datetime | None:
    return as_instant(record.get("lastModified"))


def written(kind: str, own: str, record: Mapping[str, Any], **value: Any) -> Written:
    return Written({kind: own, **value}, changed_at(record))


def keep(call: Call, kind: str, own: str, record: Body, values: Mapping[str, Any]) -> Body:
    """The record with these attributes, which others are left beside; nothing is sent when it is so already. Raises
    StoreRefused `metafield.unknown` where the shop has not got one of them."""
    if _has(record, values):
        return record
    family, path, query = path_of(call.exchange, kind, own)
    if kind == "product":
        # Products are changed without a site.
        query = {}
    try:
        done = ask(call.exchange, family, "PATCH", path, query=query or None, body=dict(values))
    except StoreRefused as error:
        if error.code == "store.refused":
            raise StoreRefused("metafield.unknown", f"{_unknown(values)} Salesforce says: {error}") from error
        raise
    # Of an order nothing is answered.
    done = done if _has(done, values) and done.get("lastModified") else read(call.exchange, kind, own)
    if not _has(done, values):
        raise StoreRefused("metafield.unknown", _unknown(values))
    return done


def _unknown(values: Mapping[str, Any]) -> str:
    names = ", ".join(name.removeprefix("c_") for name in values)
    return f"Salesforce did not keep {names}: make the attribute first, as the guide says, with that kind of value."


def _has(record: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(_plain(record.get(name)) == _plain(value) for name, value in values.items())


def _plain(value: Any) -> Any:
    """As it can be compared: sets come in any order, numbers as text, nothing as null, as empty or not at all."""
    if isinstance(value, list):
        return sorted(str(_plain(one)) for one in cast("list[Any]", value)) or None
    if isinstance(value, bool) or not value:
        return value if isinstance(value, bool) else (None if value in (None, "") else Decimal(value))
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value)


# --- tags and values --------------------------------------------------------------------------------


def tag_order(call: Call, write: TagOrder) -> Written:
    return _tag(call, "order", write.order, write.add, write.remove)


def tag_customer(call: Call, write: TagCustomer) -> Written:
    return _tag(call, "customer", write.customer, write.add, write.remove)


def tag_product(call: Call, write: TagProduct) -> Written:
    return _tag(call, "product", write.product, write.add, write.remove)


def _tag(call: Call, kind: str, own: str, add: Sequence[str], remove: Iterable[str]) -> Written:
    record = read(call.exchange, kind, own)
    held = Reader(record).texts(TAGS)
    gone = set(remove) - set(add)
    wanted = [tag for tag in dict.fromkeys([*held, *add]) if tag not in gone]
    return written(kind, own, keep(call, kind, own, record, {TAGS: wanted}) if wanted != held else record)


def set_metafield(call: Call, write: SetMetafield) -> Written:
    """An attribute of this name, which the shop has made. Salesforce knows no namespaces. An empty value takes it
    away."""
    kind = "product" if write.of == "variant" else write.of
    value = value_of(write) if write.value else None
    record = read(call.exchange, kind, write.key)
    done = keep(call, kind, write.key, record, {f"c_{write.name.removeprefix('c_')}": value})
    return written(write.of, write.key, done)
