"""What a body from anywhere means: canonical events as they are, anything else `custom.<topic>` with the body as data.

A body may be one event `{type, data, id?, subject?, occurred_at?, source?}`, a list of them, or `{"events": [...]}`.
One without a type is an event of the topic's type, when the topic is one Sereno knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast
from urllib.parse import parse_qsl

from sereno.commerce.identity import customer_key, refs_of, stock_key, variant_key
from sereno.commerce.schema import Field, Record
from sereno.connectors.building import body_hash
from sereno.connectors.currencies import digits_of
from sereno.connectors.reading import as_instant, as_text, parse, written
from sereno.sdk.connector import Delivery, Mapped, NewEvent, Unmappable
from sereno.sdk.plugin import registry

UNKNOWN = "unknown"
MOST_EVENTS = 10_000

_LONGEST_ID = 200
_TIMES = ("occurred_at", "timestamp", "created_at", "updated_at", "time")
_KINDS = ("order", "cart", "customer", "product", "variant")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def map_delivery(delivery: Delivery, key: str) -> Mapped:
    """`key` names the delivery and so those of its events that have no id of their own. Raises Unmappable."""
    try:
        return _map(delivery, key)
    except RecursionError as error:
        raise Unmappable("The body is JSON nested too deep.") from error


def _map(delivery: Delivery, key: str) -> Mapped:
    body = _body(delivery)
    events = _listed(body)
    if events is not None and len(events) > MOST_EVENTS:
        raise Unmappable(f"The body holds {len(events)} events; at most {MOST_EVENTS} can come at once.")
    notes: list[str] = []
    if events is not None:
        several = len(events) > 1
        return Mapped(
            tuple(
                _canonical(item, delivery, f"{key}:{number}" if several else key, notes)
                for number, item in enumerate(events)
            ),
            None if events else "nothing.found",
            tuple(notes),
        )
    if registry().event_type(delivery.topic) is not None and isinstance(body, dict):
        # The topic says what it is, the body is the record (or an envelope that left the type to the topic).
        item = body if _is_envelope(body) else {"data": body}
        return Mapped((_canonical({**item, "type": delivery.topic}, delivery, key, notes),), None, tuple(notes))
    return Mapped((_custom(body, delivery, key),), None, tuple(notes))


def _body(delivery: Delivery) -> Any:
    if delivery.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        try:
            return dict(parse_qsl(delivery.body.decode(), keep_blank_values=True, max_num_fields=1000))
        except (UnicodeDecodeError, ValueError) as error:
            raise Unmappable(f"The body is not a form: {error}") from error
    return parse(delivery.body)


def _listed(body: Any) -> list[dict[str, Any]] | None:
    """The canonical events in the body, or None when it does not hold such."""
    if isinstance(body, dict) and isinstance(body.get("events"), list):
        body = cast(Any, body["events"])
    items = cast(list[Any], body if isinstance(body, list) else [body])
    if all(isinstance(item, dict) and isinstance(item.get("type"), str) and _is_envelope(item) for item in items):
        return cast(list[dict[str, Any]], items)
    return None


def _is_envelope(item: Mapping[str, Any]) -> bool:
    return isinstance(item.get("data"), dict)


def _canonical(item: Mapping[str, Any], delivery: Delivery, key: str, notes: list[str]) -> NewEvent:
    type_ = _type(str(item["type"]), notes)
    known = registry().event_type(type_)
    data = _plain(item["data"])
    if known is not None and known.data is not None:
        data = _fitted(data, known.data)
    id_ = as_text(item.get("id")) or key
    subject = as_text(item.get("subject")) or _subject(type_, data, id_)
    refs = refs_of(type_, subject, data)
    if type_.startswith("custom."):
        refs = {**_found_refs(data), **refs}
    given = item.get("refs")
    if isinstance(given, dict):
        refs |= {str(kind): str(ref) for kind, ref in cast(dict[str, Any], given).items() if as_text(ref)}
    occurred_at = as_instant(item.get("occurred_at")) or as_instant(item.get("timestamp")) or delivery.received_at
    if item.get("occurred_at") and as_instant(item["occurred_at"]) is None:
        _note(notes, "time.odd")
    source = (as_text(item.get("source")) or "")[:64] or None
    return NewEvent(_short(id_), type_, subject[:_LONGEST_ID], occurred_at, data, _short_refs(refs), source)


def _custom(body: Any, delivery: Delivery, key: str) -> NewEvent:
    data = _plain(body if isinstance(body, dict) else {"items" if isinstance(body, list) else "value": body})
    type_ = f"custom.{_slug(delivery.topic)}"
    refs = _found_refs(data)
    kind = next((kind for kind in _KINDS if kind in refs), None)
    subject = f"{kind}:{refs[kind]}" if kind else f"custom:{_short(as_text(data.get('id')) or key)}"
    times = [as_instant(data.get(name)) for name in _TIMES]
    occurred_at = next((at for at in times if at is not None), delivery.received_at)
    return NewEvent(_short(key), type_, subject[:_LONGEST_ID], occurred_at, data, _short_refs(refs))


def _type(name: str, notes: list[str]) -> str:
    """The type when Sereno knows it; else the same as a type of the source's own."""
    if registry().event_type(name) is not None:
        return name
    _note(notes, "type.custom")
    return f"custom.{_slug(name.removeprefix('custom.'))}"


def _slug(topic: str) -> str:
    return _NOT_SLUG.sub("_", topic.lower()).strip("_")[:80] or UNKNOWN


def _subject(type_: str, data: Mapping[str, Any], id_: str) -> str:
    """What the event is about, by its type and data; the event itself when that cannot be told."""
    noun = type_.partition(".")[0]
    if noun in ("cart", "checkout"):
        found = ("cart", as_text(data.get("id")))
    elif noun == "customer":
        found = ("customer", customer_key(data.get("id"), data.get("email")))
    elif noun == "stock":
        found = ("variant", variant_key(data) or stock_key(data))
    elif noun in ("order", "product", "variant"):
        found = (noun, as_text(data.get("id")))
    else:
        refs = _found_refs(data)
        kind = next((kind for kind in _KINDS if kind in refs), noun)
        found = (kind, refs.get(kind))
    return f"{found[0]}:{found[1]}" if found[1] else f"{noun}:{id_}"


def _found_refs(data: Mapping[str, Any]) -> dict[str, str]:
    """What strange data is about: `order_id`, `order.id`, `customer.email`, `sku` and the like, also one level down."""
    found: dict[str, str | None] = {}
    inner = data.get("data")
    for level in (data, inner if isinstance(inner, dict) else {}):
        person = level.get("customer")
        person = person if isinstance(person, dict) else {}
        email = as_text(level.get("email")) or as_text(person.get("email")) or as_text(person.get("emailAddress"))
        for kind in ("order", "cart", "product", "variant", "checkout"):
            record = level.get(kind)
            inside = record.get("id") if isinstance(record, dict) else None
            found[kind] = found.get(kind) or as_text(level.get(f"{kind}_id")) or as_text(inside)
        found["customer"] = found.get("customer") or customer_key(level.get("customer_id") or person.get("id"), email)
        found["sku"] = found.get("sku") or as_text(level.get("sku"))
        found["email"] = found.get("email") or (email.lower() if email and "@" in email else None)
    return {kind: key for kind, key in found.items() if key}


def _fitted(data: Mapping[str, Any], record: Record) -> dict[str, Any]:
    """The data as the record has it: amounts sent as numbers become decimal strings, ids sent as numbers text. Fields
    the record does not know stay as they are."""
    currency = data.get("currency")
    digits = digits_of(currency if isinstance(currency, str) else None)
    return {
        name: value if (field := record.get(name)) is None else _fit(value, field, digits)
        for name, value in data.items()
    }


def _fit(value: Any, field: Field, digits: int) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if field.kind == "money" and is_number:
        return written(Decimal(str(value)), digits)
    if field.kind == "string" and is_number:
        return as_text(Decimal(str(value)))
    if field.kind == "record" and isinstance(value, dict) and isinstance(field.of, Record):
        return _fitted(cast(dict[str, Any], value), field.of)
    if field.kind == "list" and isinstance(value, list):
        of = field.of
        items = cast(list[Any], value)
        if isinstance(of, Record):
            return [_fitted(item, of) if isinstance(item, dict) else item for item in items]
        if isinstance(of, str):
            return [_fit(item, Field(field.name, of), digits) for item in items]
    return value


def _plain(value: Any) -> Any:
    """JSON as the store takes it: decimals become numbers, whole numbers beyond 64 bits text; NUL and broken surrogates
    go."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if number - number == 0 else str(value)
    if isinstance(value, str):
        if value.isascii():
            return value.replace("\x00", "") if "\x00" in value else value
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, int) and abs(value) >= 2**63:
        return str(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast(list[Any], value)]
    return value


def _short(id_: str) -> str:
    return id_ if len(id_) <= _LONGEST_ID else f"long:{body_hash(id_)}"


def _short_refs(refs: Mapping[str, str]) -> dict[str, str]:
    return {kind[:32]: key[:150] for kind, key in refs.items()}


def _note(notes: list[str], code: str) -> None:
    if code not in notes:
        notes.append(code)
