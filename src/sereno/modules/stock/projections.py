"""Stock as last known: one record per thing counted, with each place's newest figure and their sum.

Notices of different places may arrive in any order, so each place keeps its own time; the record as a whole has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.identity import stock_key
from sereno.commerce.merging import fill, known, latest, micros
from sereno.sdk.columns import number_of, text_of
from sereno.sdk.plugin import PATCH, Projection, projection

Record = Mapping[str, Any]

_OF_PLACE = frozenset(
    {"available", "on_hand", "reserved", "incoming", "location_id", "location_name", "change", "reason"}
)

_DESCRIBE = ("sku", "title", "variant_title", "variant_id", "product_id", "is_tracked")

_OWN = frozenset({"locations", "location_times"})
"""Kept here, never taken from an event."""


def project(old: Record | None, data: Record, event_type: str) -> Record | None:
    merged: dict[str, Any] = fill(old, {name: data[name] for name in data if name not in _OF_PLACE | _OWN})
    if data.get("is_thin") or event_type == "stock.item_updated":
        merged |= known({name: data.get(name) for name in _DESCRIBE})
        merged.pop("is_thin", None)
        return None if merged == old else merged
    place = str(data.get("location_id") or "")
    locations: dict[str, Any] = dict(merged.get("locations") or {})
    times: dict[str, Any] = dict(merged.get("location_times") or {})
    if _is_number(data.get("available")):
        held, now = micros(times.get(place)), micros(data.get("updated_at"))
        if held is not None and now is not None and now < held:
            return None
        locations[place] = data["available"]
        times[place] = data.get("updated_at")
    elif _is_number(data.get("change")) and place in locations:
        # Sent once per change and kept once by the inbox: so it may be counted.
        locations[place] = locations[place] + data["change"]
    merged |= known({name: data.get(name) for name in _OF_PLACE - {"available"}})
    if locations:
        merged |= {
            "locations": locations,
            "location_times": known(times),
            "available": sum(locations.values()),
        }
    merged["updated_at"] = latest(merged.get("updated_at"), data.get("updated_at"))
    return known(merged)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def version(data: Record) -> int | None:
    """A figure for all places is a state of the record; one place's figure, or a change, is a part of it."""
    if data.get("location_id") or data.get("available") is None or data.get("is_thin"):
        return PATCH
    return micros(data.get("updated_at"))


projection(
    Projection(
        name="stock_level",
        table="stock_level",
        key=stock_key,
        project=project,
        version=version,
        columns={
            "sku": text_of("sku", 200),
            "title": text_of("title", 300),
            "variant_key": text_of("variant_id", 200),
            "available": number_of("available"),
        },
    )
)
