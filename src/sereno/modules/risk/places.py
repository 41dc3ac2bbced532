"""From where an address on the internet is, and how far that is from where an order goes.

Without a city database of the operator's (`configure`) the country is as fine as it gets: blocks of addresses by the
country a registry gave them to, which is not always where they are used (about one in twenty differs from what
commercial lists say). Nothing is asked of anybody.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

from sereno.modules.risk.centers import CENTERS
from sereno.modules.risk.cities import Cities, Place

EARTH = 6371.0
"""Mean radius, in kilometres."""


_cities: list[Cities] = []
"""The one in use, or none."""


def configure(path: Path | None) -> None:
    """Take this city database from now on, or none. Raises cities.FileInvalid."""
    _cities[:] = [] if path is None else [Cities(path)]


def in_use() -> Cities | None:
    return _cities[0] if _cities else None


def place_of(address: str) -> Place | None:
    """As the city database says; None without one."""
    cities = in_use()
    return None if cities is None else cities.find(address)


@lru_cache(maxsize=4096)
def country_of(address: str) -> str | None:
    """ISO 3166 code; None for what is no public address, belongs to nobody, or where the list is not installed."""
    try:
        if not ip_address(address).is_global:
            return None
        # Imported here: it is two megabytes that only shops that look at risk need.
        from iptocc import country_code
    except (ValueError, ImportError):
        return None
    found = country_code(address)
    return found.upper() if found else None


def distance(one: str | None, other: str | None) -> int | None:
    """Kilometres between where the people of two countries live in the middle (great circle, haversine), rounded to
    hundreds; 0 within a country, None where either is not known."""
    if not one or not other:
        return None
    if one == other:
        return 0
    here, there = CENTERS.get(one), CENTERS.get(other)
    if here is None or there is None:
        return None
    return round(between(here, there), -2).__int__()


def between(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Kilometres between two points of the earth, in degrees north and east (great circle, haversine)."""
    (lat1, lon1), (lat2, lon2) = ((radians(lat), radians(lon)) for lat, lon in (here, there))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))
