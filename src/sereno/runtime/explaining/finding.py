"""From what a person types (an order's number, an e-mail address, an id, a subject) to what the log knows it by.

Invariant: each step asks an index; however long the log, no more than a bounded number of rows is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sereno.runtime.namespaces import MARK
from sereno.sdk.plugin import Plugins
from sereno.store.database import Database, Transaction, mark
from sereno.store.documents import decode

KINDS = ("order", "customer", "cart", "checkout", "product", "variant")
MOST = 200
"""Records of one kind, and subjects in all, that one text may mean."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """`links` are refs as events carry them (`order:1001`, `email:ana@example.com`); `subjects` those of all events
    that share one; `seen` the types of these events, with when each came last (microseconds)."""

    text: str
    links: tuple[str, ...]
    subjects: tuple[str, ...]
    seen: dict[str, int] = field(default_factory=dict[str, int])
    people: tuple[str, ...] = ()
    """Whom it is about, as links: named by the text, or in the events of what it names."""


def meaning_of(
    tx: Transaction, database: Database, plugins: Plugins, shop_id: int, text: str, known: Sequence[str] | None = None
) -> Meaning:
    """All that `text` may mean in this shop; `known` are its links, where somebody has looked for them already."""
    text = text.strip()
    found = known if known is not None else _links(tx, database, plugins, shop_id, text) if text else ()
    links = list(dict.fromkeys(found))[:MOST]
    subjects = dict.fromkeys(links)
    named = set(links)
    people = dict.fromkeys(link for link in links if _is_person(link))
    seen: dict[str, int] = {}
    for subject, type_, at, refs in tx.all("events_of_links", {"shop": shop_id, "links": links}) if links else ():
        subjects.setdefault(subject)
        seen.setdefault(type_, at)
        if subject in named and len(people) < MOST:
            theirs = (f"{kind}:{key}" for kind, key in decode(refs).items())
            people.update(dict.fromkeys(link for link in theirs if _is_person(link)))
    return Meaning(text, tuple(links), tuple(subjects)[: MOST * 5], seen, tuple(people))


def _is_person(link: str) -> bool:
    return link.startswith(("customer:", "email:"))


def spelled(text: str, namespaces: Iterable[str | None]) -> list[str]:
    """The links that a text may stand for by itself: itself, an id of any kind (of a later store under its prefix:
    people type it as that store shows it), an address."""
    if ":" in text:
        return [text]
    bare = text.lstrip("#")
    keys = [bare, *(f"{space}{MARK}{bare}" for space in namespaces if space)]
    found = [text, *(f"{kind}:{key}" for key in keys for kind in KINDS)]
    return [*found, f"email:{text.lower()}"] if "@" in text else found


def _links(tx: Transaction, database: Database, plugins: Plugins, shop_id: int, text: str) -> Iterable[str]:
    kind, colon, key = text.partition(":")
    yield from spelled(text, () if colon else _namespaces(tx, shop_id))
    if colon:
        if kind == "customer":
            yield from _people(tx, database, plugins, shop_id, "key", [key])
        elif kind == "email":
            yield f"email:{key.lower()}"
            yield from _people(tx, database, plugins, shop_id, "email", [key.lower()])
        return
    if "@" in text:
        yield from _people(tx, database, plugins, shop_id, "email", [text.lower()])
        return
    bare = text.lstrip("#")
    yield from _people(tx, database, plugins, shop_id, "number", [bare, f"#{bare}"])


def _people(
    tx: Transaction, database: Database, plugins: Plugins, shop_id: int, column: str, values: list[str]
) -> Iterable[str]:
    """Links of records that hold one of these values in a column, and the address such a customer is written to."""
    for name in ("customer", "order"):
        projection = plugins.projections.get(name)
        if projection is None or (column != "key" and column not in projection.columns):
            continue
        if column == "key" and name != "customer":
            continue
        shop, *places = (mark(database.dialect, number) for number in range(1, len(values) + 2))
        rows = tx.text(
            f"SELECT key, email FROM {projection.table} WHERE shop_id = {shop} "  # noqa: S608 - a plugin's table
            f"AND {column} IN ({', '.join(places)}) LIMIT {MOST}",
            [shop_id, *values],
        )
        for key, email in rows:
            yield f"{name}:{key}"
            if name == "customer" and email:
                yield f"email:{email}"


def _namespaces(tx: Transaction, shop_id: int) -> list[str | None]:
    return [decode(row[2]).get("namespace") for row in tx.all("connections_of_shop", {"shop": shop_id})]
