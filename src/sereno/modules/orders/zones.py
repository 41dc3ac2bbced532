"""Zones of delivery written as lines, and which of them an order falls into. Pure.

A line is `name | places | outcome | goods`: `Canary Islands | ES 35*, ES 38* | hold`. A place is a country (`IC`), a
country with postal codes (`ES 35*`, `PT 9000-9999`, `ES 07001`) or with a region (`US HI`, `ES Ceuta`). `outcome` is a
word the flow goes by; `goods` are SKUs (`WINE-*`) without which the line does not count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sereno.commerce.merging import parts

OUTCOMES = ("tag", "hold", "ask", "refund")
_PLACE = re.compile(r"([A-Za-z]{2})(?:[ \t]+(.+))?")
_WORD = re.compile(r"[a-z][a-z_]*")
_BARE = re.compile(r"[\s-]+")


class ZoneInvalid(ValueError):  # noqa: N818
    """A line that cannot be read; the text says which, and how lines are written."""


@dataclass(frozen=True, slots=True)
class Place:
    """`code` is a postal code's beginning (`35*`) or the whole; `first` and `last` a span of them; `region` a name or
    code of a region, in small letters. All empty: the whole country."""

    country: str
    code: str = ""
    first: str = ""
    last: str = ""
    region: str = ""

    def holds(self, country: str, code: str, regions: Sequence[str]) -> bool:
        if country != self.country:
            return False
        if self.region:
            return self.region in regions
        if self.first:
            return bool(code) and self.first <= code[: len(self.first)] <= self.last
        return not self.code or (bool(code) and fnmatchcase(code, self.code))


@dataclass(frozen=True, slots=True)
class Zone:
    name: str
    places: tuple[Place, ...]
    outcome: str
    goods: tuple[str, ...] = ()


def read_zones(text: str, outcome: str = "hold") -> list[Zone]:
    """The zones of a text, empty lines and lines that begin with # left out; `outcome` is for lines that name none.
    Raises ZoneInvalid."""
    found: list[Zone] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, places, said, goods = [part.strip() for part in f"{line}|||".split("|")[:4]]
        if not name or not places or line.count("|") > 3:
            raise ZoneInvalid(f"line {number}: write name | places | outcome, such as Islands | ES 35*, ES 38* | hold")
        word = said.lower() or outcome
        if not _WORD.fullmatch(word):
            raise ZoneInvalid(f"line {number}: {said!r} is no outcome; use one word such as {', '.join(OUTCOMES)}")
        skus = tuple(one.strip().upper() for one in goods.split(",") if one.strip())
        found.append(Zone(name, tuple(_place(one, number) for one in places.split(",") if one.strip()), word, skus))
    return found


def zone_of(order: Mapping[str, Any], zones: Sequence[Zone]) -> Zone | None:
    """The first zone that the order's address falls into, and whose goods it holds where it names some."""
    address = order.get("shipping_address")
    if not isinstance(address, Mapping):
        return None
    country = str(address.get("country") or "").strip().upper()
    code = _BARE.sub("", str(address.get("postal_code") or "")).upper()
    regions = [str(address.get(name) or "").strip().lower() for name in ("region", "region_code")]
    regions += [one.rpartition("-")[2] for one in regions]
    regions = [one for one in regions if one]
    skus = [str(line.get("sku") or "").upper() for line in parts(order.get("lines"))]
    for zone in zones:
        has_goods = not zone.goods or any(fnmatchcase(sku, wanted) for sku in skus for wanted in zone.goods)
        if has_goods and any(place.holds(country, code, regions) for place in zone.places):
            return zone
    return None


def _place(text: str, number: int) -> Place:
    match = _PLACE.fullmatch(text.strip())
    if match is None:
        raise ZoneInvalid(
            f"line {number}: {text.strip()!r} does not begin with a country's two letters, such as ES 35*"
        )
    country, rest = match.group(1).upper(), (match.group(2) or "").strip()
    if not rest or rest == "*":
        return Place(country)
    if not any(character.isdigit() for character in rest):
        return Place(country, region=rest.lower())
    first, dash, last = rest.partition("-")
    if dash and first.strip().isdigit() and last.strip().isdigit() and len(first.strip()) == len(last.strip()):
        first, last = first.strip(), last.strip()
        # PT 1000-999 is one code of Portugal; only what ends after it began is a span.
        if first <= last:
            return Place(country, first=first, last=last)
    return Place(country, code=_BARE.sub("", rest).upper())
