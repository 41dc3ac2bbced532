"""A value of the shop's own as the kind of value it is, for platforms whose fields have kinds."""

from __future__ import annotations

import json
from typing import Any

from sereno.sdk.stores import StoreRefused
from sereno.sdk.writes import SetMetafield


def value_of(write: SetMetafield) -> Any:
    """By Shopify's names of types. Raises StoreRefused `metafield.value` for what is none of that type."""
    try:
        return _value(write)
    except ValueError as error:
        raise StoreRefused("metafield.value", f"{write.value!r} is no {write.type}.") from error


def _value(write: SetMetafield) -> Any:
    if write.type == "boolean":
        return write.value.strip().lower() in ("true", "1", "yes")
    if write.type == "number_integer":
        return int(write.value)
    if write.type == "number_decimal":
        return float(write.value)
    if write.type.startswith("list."):
        return json.loads(write.value)
    return write.value
