"""From what a person types to the orders it may mean, for pages, API and command line alike: one statement, each part
of which asks an index."""

from __future__ import annotations

from typing import Any

from sereno.runtime.namespaces import MARK
from sereno.store.database import Database, default_database
from sereno.store.documents import decode

LATELY = 5000
"""Among so many newest customers any part of a name is looked for; among all of them its beginning."""
MEANT = 1000


def meant(shop_id: int, text: str, *, database: Database | None = None) -> dict[int, str]:
    """Ids and keys of the newest orders that a number, an id, a customer's name or an address may mean."""
    text = text.strip()
    if not text:
        return {}
    kind, colon, key = text.partition(":")
    bare, email = text.lstrip("#"), text.lower() if "@" in text else None
    name = None if colon or email else bare
    asked: dict[str, Any] = {"shop": shop_id, "email": email, "lately": LATELY, "limit": MEANT}
    for place, begin in (("typed", name), ("title", name and name.title()), ("upper", name and name.capitalize())):
        asked |= {place: begin, f"{place}_end": begin and f"{begin}\U0010ffff"}
    plain = "".join(f"!{one}" if one in "!%_" else one for one in (name or "").lower())
    asked["part"] = f"%{plain}%" if name else None
    with (database or default_database()).read() as tx:
        if colon:
            asked |= {"keys": [key] if kind == "order" else [], "people": [key] if kind == "customer" else []}
            asked["numbers"] = []
        else:
            rows = tx.all("connections_of_shop", {"shop": shop_id})
            spaces = dict.fromkeys(decode(row[2]).get("namespace") for row in rows)
            keys = [bare, *(f"{space}{MARK}{bare}" for space in spaces if space)]
            asked |= {"keys": [*dict.fromkeys((text, *keys))], "people": keys, "numbers": [bare, f"#{bare}"]}
        return dict(tx.all("orders_meant", asked))
