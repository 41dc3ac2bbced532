"""What stays of a document when a person is erased: amounts, states, times and goods of orders, for the books; nothing
of anything else. A list of what may stay, never of what must go: a field nobody thought of goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from sereno.engine.run import RunState, decode_state, encode_state
from sereno.runtime.privacy.person import BOOK_KINDS, Cloak
from sereno.store.documents import decode, encode
from sereno.store.pseudonyms import pseudonym

CODE = "privacy.erased"
_TEXTS = frozenset(
    {"id", "order_id", "payment_id", "number", "order_number", "status", "kind", "currency", "total", "subtotal"}
    | {"payment_status", "fulfillment_status", "delivery_status", "dispute_status", "platform_status", "channel"}
    | {"payment_method", "shipping_method", "method", "carrier", "sku", "title", "variant_title", "vendor", "price"}
    | {"product_id", "variant_id", "parent_line_id", "total_discount", "total_shipping", "total_tax", "tax_rate"}
    | {"total_refunded", "amount", "amount_refunded", "error_code"}
)
_AMOUNTS = frozenset(
    {"quantity", "line_count", "item_count", "taxes_included", "is_test", "is_subscription", "is_restocked"}
    | {"requires_shipping", "is_gift_card", "is_thin"}
)
_INSIDE = frozenset({"lines", "payments", "refunds", "fulfillments", "taxes", "tax_lines"})
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?")
_PLAIN = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_STEP_WORDS = ("template", "purpose", "channel")
_RESULT_WORDS = ("reason", "purpose", "locale")


def books_of(document: Any, cloak: Cloak) -> dict[str, Any]:
    """What the books keep of an order, a payment, a refund, a parcel or a dispute."""
    found: dict[str, Any] = {}
    if not isinstance(document, Mapping):
        return found
    for name, value in cast("Mapping[str, Any]", document).items():
        if isinstance(value, str):
            is_time = name.endswith("_at") and _TIME.fullmatch(value)
            if is_time or (name in _TEXTS and not cloak.speaks(value)):
                found[name] = value
        elif isinstance(value, bool | int | float):
            if name in _AMOUNTS or name in _TEXTS:
                found[name] = value
        elif isinstance(value, list) and name in _INSIDE:
            found[name] = [books_of(item, cloak) for item in cast("list[Any]", value)]
        elif isinstance(value, Mapping) and name in ("billing_address", "shipping_address"):
            country = cast("Mapping[str, Any]", value).get("country")
            if isinstance(country, str) and len(country) == 2:
                found[name] = {"country": country}  # The tax depends on it.
    owner = document.get("customer_id")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(owner, str | int) and not isinstance(owner, bool):
        found["customer_id"] = pseudonym(str(owner))
    return found


def event_data(type_: str, data: str, cloak: Cloak) -> str:
    return encode(books_of(decode(data), cloak) if type_.partition(".")[0] in BOOK_KINDS else {})


def event_refs(refs: Mapping[str, str], cloak: Cloak) -> dict[str, str]:
    """Whose it was stays as a pseudonym; what else it was about only where it is no person's."""
    found: dict[str, str] = {}
    for kind, key in refs.items():
        if kind == "customer":
            found[kind] = pseudonym(key)
        elif kind in (*BOOK_KINDS, "product", "variant", "sku", "stock_level", "shop") and not cloak.names(key):
            found[kind] = key
    return found


def run_state(text: str, subject: str, key: str) -> str:
    """The state of a run that is over, without anything it saw."""
    try:
        state: RunState | None = decode_state(text)
    except (msgspec.MsgspecError, ValueError):
        state = None
    if state is None:
        return "{}"
    bare = msgspec.structs.replace(
        state,
        subject=subject,
        key=key,
        refs={},
        vars={},
        loops={},
        event={},
        seen=[],
        listens=[],
        due_at=None,
        effect_key=None,
        approval=msgspec.UNSET,
        reason=reason_of(state.reason),
    )
    return encode_state(bare).decode()


def reason_of(reason: str | None) -> str | None:
    """A code stays; words may quote what was seen."""
    return reason if reason is None or _PLAIN.fullmatch(reason) else CODE


def effect_config(text: str, cloak: Cloak) -> str:
    return encode(words_of(decode(text), _STEP_WORDS, cloak))


def effect_result(text: str | None, cloak: Cloak) -> str | None:
    if text is None:
        return None
    held = decode(text)
    found: dict[str, Any] = words_of(held, _RESULT_WORDS, cloak)
    if isinstance(held, Mapping) and isinstance(cast("Mapping[str, Any]", held).get("sent"), bool):
        found["sent"] = held["sent"]
    return encode(found)


def words_of(document: Any, names: tuple[str, ...], cloak: Cloak) -> dict[str, Any]:
    """Of a document the short texts under these names, unless they speak of the person."""
    if not isinstance(document, Mapping):
        return {}
    held = cast("Mapping[str, Any]", document)
    return {
        name: held[name]
        for name in names
        if isinstance(held.get(name), str) and len(held[name]) <= 100 and not cloak.speaks(held[name])
    }
