"""Titles and descriptions of products: what a write asks for by a platform's own names, and what a body says.

Invariant: a description is told whole or not at all, for what was cut here would be written cut elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from sereno.commerce.markup import as_html
from sereno.connectors.reading import Reader
from sereno.sdk.stores import StoreRefused
from sereno.sdk.writes import SetTexts

LONGEST = 100_000
"""Characters; no platform shows more, and some keep no more."""


def asked(write: SetTexts, title: str, description: str) -> dict[str, str]:
    """What is to be changed, by the platform's names; plain text as paragraphs of HTML. Raises `texts.missing`."""
    found: dict[str, str] = {}
    if write.title.strip():
        found[title] = write.title.strip()
    if write.description is not None:
        found[description] = as_html(write.description.strip())
    if not found:
        raise StoreRefused("texts.missing", "Neither a title nor a description was given.")
    return found


def differing(held: Mapping[str, object], wanted: Mapping[str, str]) -> dict[str, str]:
    """Of what is wanted that which the platform does not have so yet."""
    return {name: value for name, value in wanted.items() if (held.get(name) or "") != value}


def description(reader: Reader, name: str) -> dict[str, str | None]:
    """To be laid over a product's record: its description, null where the body says that it is empty, nothing where
    the body says nothing of it."""
    if not reader.has(name):
        return {}
    value = reader.raw(name)
    if isinstance(value, str) and len(value) > LONGEST:
        reader.note(f"text.long:{name}")
        return {}
    if value is not None and not isinstance(value, str):
        return {"description": reader.text(name)}
    whole = (value or "").replace("\x00", "").encode("utf-8", "replace").decode().strip()
    return {"description": whole or None}
