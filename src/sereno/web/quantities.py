"""Lines of `SKU quantity` as people type or paste them: for purchase orders and for transfers."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _


def counts_in(text: str) -> Mapping[str, int]:
    """How many of each SKU; one named twice is added up. Raises ValueError in words."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        parts = line.replace(";", " ").replace("\t", " ").rsplit(maxsplit=1)
        if parts:
            if len(parts) < 2:
                raise ValueError(_("Write each line as the SKU and how many: %(line)s") % {"line": line})
            sku = parts[0].strip(" ,")
            found[sku] = found.get(sku, 0) + count_in(parts[1])
    return found


def count_in(text: str) -> int:
    cleaned = text.strip()
    if not (cleaned.isascii() and cleaned.isdigit()) or len(cleaned) > 8:
        raise ValueError(_("How many is a whole number, not %(text)s.") % {"text": cleaned[:20]})
    return int(cleaned)
