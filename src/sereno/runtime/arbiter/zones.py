"""In which time zone a reader lives, as far as one can know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel.core import get_global

from sereno.sdk.context import ShopFacts

Record = Mapping[str, Any]
_DAYS = (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))


def zone_of(records: Mapping[str, Record | None], shop: ShopFacts) -> ZoneInfo:
    """The customer's own zone; else that of their country, where it has but one; else the shop's."""
    return known_zone(records) or _zone(shop.timezone) or ZoneInfo("UTC")


def known_zone(records: Mapping[str, Record | None]) -> ZoneInfo | None:
    """The customer's own zone, or that of their country; None where neither is known."""
    customer = records.get("customer") or {}
    known = _zone(customer.get("timezone"))
    if known is not None:
        return known
    return next((zone for country in _countries(records) if (zone := zone_of_country(country)) is not None), None)


@lru_cache(maxsize=512)
def zone_of_country(country: str) -> ZoneInfo | None:
    """None where its clocks differ, or nobody knows it."""
    names: list[str] = get_global("territory_zones").get(country.upper(), [])
    zones = [zone for name in names if (zone := _zone(name))]
    clocks = {tuple(day.astimezone(zone).utcoffset() for day in _DAYS) for zone in zones}
    return zones[0] if len(clocks) == 1 else None


def _countries(records: Mapping[str, Record | None]) -> Iterator[str]:
    for kind, name in (
        ("customer", "default_address"),
        ("order", "shipping_address"),
        ("cart", "shipping_address"),
        ("order", "billing_address"),
    ):
        address = (records.get(kind) or {}).get(name)
        country = cast(Record, address).get("country") if isinstance(address, Mapping) else None
        if isinstance(country, str) and country:
            yield country
            return


@lru_cache(maxsize=1024)
def _zone(name: Any) -> ZoneInfo | None:
    if not isinstance(name, str) or not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
