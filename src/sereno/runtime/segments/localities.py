"""Where people live: what an address says of itself, else where its postal code is by what other addresses said.

Invariant: a postal code that was learned once stays where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from sereno.commerce.money import finite
from sereno.engine.segments.definition import LONGEST_TEXT, SegmentInvalid, fold
from sereno.engine.segments.fields import PLACE
from sereno.engine.segments.places import Point, point
from sereno.store.database import Transaction

WRITTEN = re.compile(r"\s*([A-Za-z]{2})[ ,]+(\S(?:.*\S)?)\s+(\d+(?:\.\d+)?\s*km)\s*")
DEEPEST = 40

Code = tuple[str, str]
"""Country and postal code, folded, the code without spaces."""


def code_of(country: Any, postal_code: Any) -> Code | None:
    if not isinstance(country, str) or not isinstance(postal_code, str):
        return None
    code = fold(postal_code).replace(" ", "")
    return (fold(country), code) if len(fold(country)) == 2 and 0 < len(code) <= LONGEST_TEXT else None


def degrees_of(address: Mapping[str, Any]) -> tuple[float, float] | None:
    """North and east. Both 0 is what programs write that do not know."""
    north, east = finite(address.get("latitude")), finite(address.get("longitude"))
    if north is None or east is None or abs(north) > 90 or abs(east) > 180 or not (north or east):
        return None
    return float(north), float(east)


def learn(tx: Transaction, shop_id: int, records: Iterable[Mapping[str, Any]]) -> None:
    """From the addresses of these orders."""
    found: dict[Code, tuple[float, float]] = {}
    for record in records:
        for name in ("shipping_address", "billing_address"):
            address = record.get(name)
            if isinstance(address, Mapping):
                held = cast("Mapping[str, Any]", address)
                code, degrees = code_of(held.get("country"), held.get("postal_code")), degrees_of(held)
                if code and degrees:
                    found.setdefault(code, degrees)
    tx.many("put_localities", [(shop_id, *code, *degrees) for code, degrees in sorted(found.items())])


def points(tx: Transaction, shop_id: int, records: Mapping[str, Mapping[str, Any]]) -> dict[str, Point]:
    """By the key of these customers' records, of those of whom it is known."""
    found: dict[str, Point] = {}
    codes: dict[str, Code] = {}
    for key, record in records.items():
        address = record.get("default_address")
        if not isinstance(address, Mapping):
            continue
        held = cast("Mapping[str, Any]", address)
        if degrees := degrees_of(held):
            found[key] = point(*degrees)
        elif code := code_of(held.get("country"), held.get("postal_code")):
            codes[key] = code
    if codes:
        asked = {"shop": shop_id, "codes": sorted({code for _, code in codes.values()})}
        known = {(row[0], row[1]): (row[2], row[3]) for row in tx.all("localities_of", asked)}
        found |= {key: point(*known[code]) for key, code in codes.items() if code in known}
    return found


def resolved(tx: Transaction, shop_id: int, definition: Any, depth: int = 0) -> Any:
    """The same definition, with degrees in the place of postal codes (`ES 41004 25km`). Raises SegmentInvalid
    (`segment.place_unlearned`) for a code of which no address said where it is."""
    if isinstance(definition, list) and depth < DEEPEST:
        return [resolved(tx, shop_id, one, depth + 1) for one in cast("list[Any]", definition)]
    if not isinstance(definition, Mapping) or depth >= DEEPEST:
        return definition  # pyright: ignore[reportUnknownVariableType]
    given = cast("Mapping[str, Any]", definition)
    if given.get("field") != PLACE.name or not (found := WRITTEN.fullmatch(str(given.get("value", "")))):
        return {key: resolved(tx, shop_id, one, depth + 1) for key, one in given.items()}
    country, postal_code, reach = found.groups()
    code = code_of(country, postal_code)
    rows = tx.all("localities_of", {"shop": shop_id, "codes": [code[1]]}) if code else ()
    for row in rows:
        if code is not None and row[0] == code[0]:
            return {**given, "value": f"{row[2]:.5f} {row[3]:.5f} {reach}"}
    raise SegmentInvalid("segment.place_unlearned", "", f"{country} {postal_code}")
