"""Saleor's metadata: where Sereno's tags, fields and intents are kept.

Saleor has no tags: each is a metadata key of its own (`tag.vip`), so that two writes at once cannot undo each other. An
intent says, before money moves, how much had moved until then: by it a second attempt knows whether the first one did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sereno.connectors.marks import has_happened, intent, mark
from sereno.connectors.saleor.graph import ERRORS, ask, change, found
from sereno.sdk.stores import Call, Exchange, Written
from sereno.sdk.writes import SetMetafield, TagCustomer, TagOrder, TagProduct

TAG = "tag."
_KINDS = {"order": "order", "customer": "user", "product": "product", "variant": "productVariant"}
_SET = {
    False: f"mutation($id: ID!, $input: [MetadataInput!]!) {{ updateMetadata(id: $id, input: $input) {{ {ERRORS} }} }}",
    True: f"""mutation($id: ID!, $input: [MetadataInput!]!) {{
  updatePrivateMetadata(id: $id, input: $input) {{ {ERRORS} }} }}""",
}
_DROP = {
    False: f"mutation($id: ID!, $keys: [String!]!) {{ deleteMetadata(id: $id, keys: $keys) {{ {ERRORS} }} }}",
    True: f"mutation($id: ID!, $keys: [String!]!) {{ deletePrivateMetadata(id: $id, keys: $keys) {{ {ERRORS} }} }}",
}


def set_metadata(exchange: Exchange, id: str, values: Mapping[str, str], *, is_private: bool) -> None:
    """Other keys stay as they are."""
    wanted = [{"key": key, "value": value} for key, value in values.items()]
    change(exchange, _SET[is_private], id=id, input=wanted)


def drop_metadata(exchange: Exchange, id: str, keys: Sequence[str], *, is_private: bool) -> None:
    change(exchange, _DROP[is_private], id=id, keys=list(keys))


def _held(exchange: Exchange, kind: str, id: str, *, is_private: bool) -> dict[str, str]:
    field = "privateMetadata" if is_private else "metadata"
    document = f"query($id: ID!) {{ {_KINDS[kind]}(id: $id) {{ id {field} {{ key value }} }} }}"
    record = found(ask(exchange, document, id=id).data.get(_KINDS[kind]), f"{kind} {id}")
    return {item["key"]: item["value"] for item in record[field]}


# --- tags and fields --------------------------------------------------------------------------------


def tag_order(call: Call, write: TagOrder) -> Written:
    return _tag(call, "order", write.order, write.add, write.remove)


def tag_customer(call: Call, write: TagCustomer) -> Written:
    return _tag(call, "customer", write.customer, write.add, write.remove)


def tag_product(call: Call, write: TagProduct) -> Written:
    """In public metadata: a storefront shows badges by it."""
    return _tag(call, "product", write.product, write.add, write.remove)


def _tag(call: Call, kind: str, id: str, add: Sequence[str], remove: Sequence[str]) -> Written:
    is_private = kind != "product"
    held = _held(call.exchange, kind, id, is_private=is_private)
    new = {f"{TAG}{tag}": "true" for tag in add if f"{TAG}{tag}" not in held}
    old = [f"{TAG}{tag}" for tag in remove if f"{TAG}{tag}" in held and tag not in add]
    if new:
        set_metadata(call.exchange, id, new, is_private=is_private)
    if old:
        drop_metadata(call.exchange, id, old, is_private=is_private)
    return Written({kind: id})


def set_metafield(call: Call, write: SetMetafield) -> Written:
    """Public on what is sold, private on orders and customers. An empty value takes it away."""
    is_private = write.of in ("order", "customer")
    key = f"{write.namespace}.{write.name}"
    if write.value:
        set_metadata(call.exchange, write.key, {key: write.value}, is_private=is_private)
    else:
        drop_metadata(call.exchange, write.key, [key], is_private=is_private)
    return Written({write.of: write.key})


# --- intents ----------------------------------------------------------------------------------------


def has_intent(call: Call, order: Mapping[str, Any]) -> bool:
    return any(item["key"] == mark(call.key) for item in order["privateMetadata"])


def is_still_to_do(call: Call, order: Mapping[str, Any], moved: Decimal, amount: Decimal) -> bool:
    """Writes down what is about to be done: `moved` is how much has moved until now, `amount` what shall. Asked again,
    it says by how much has moved since then whether it happened. Raises StoreRefused when that fits neither."""
    name = mark(call.key)
    held = {item["key"]: item["value"] for item in order["privateMetadata"]}.get(name)
    if held is not None:
        return not has_happened(held, moved, call.now)
    set_metadata(call.exchange, order["id"], {name: intent(moved, amount, call.now)}, is_private=True)
    return True
