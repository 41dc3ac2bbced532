"""The records of one batch: read together, one query per projection, and kept up to date as the batch changes them.

Invariant: nothing is read twice within a batch, and what projecting has just found is seen by every later step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.commerce.persons import one_of
from sereno.runtime.consents import Ledger
from sereno.runtime.persons import people_of
from sereno.runtime.segments.memberships import members_in
from sereno.sdk.plugin import Plugins, Root
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.queries import Dialect

Record = Mapping[str, Any]

TAGGED = ("order", "customer")
BY_EMAIL = "customer"
"""The projection that is also found by its column `email` when the ref by id is missing or unknown."""
THROUGH = ("order", "cart")
"""Records that say whose they are, for events that do not (a refund names its order only); the first that does."""


class Overtaken(Exception):  # noqa: N818
    """Another worker was first. It has committed by now: begin anew, and what it wrote is read."""


class Held:
    """A record and the version of its row; `record` is None while there is no row. `is_new`: there was none when it was
    read. `is_recognised_anew`: what tells a customer from others changed. `sku_before`: of a variant that has another
    since."""

    __slots__ = ("is_changed", "is_new", "is_recognised_anew", "record", "sku_before", "version")

    def __init__(self, record: Record | None, version: int) -> None:
        self.record = record
        self.version = version
        self.is_changed = False
        self.is_new = record is None
        self.is_recognised_anew = False
        self.sku_before: str | None = None


class Records:
    """Say what will be wanted, `fetch` it all at once, then read it by root."""

    def __init__(self, plugins: Plugins, tx: Transaction, dialect: Dialect) -> None:
        self._plugins = plugins
        self._tx = tx
        self._dialect: Dialect = dialect
        self._held: dict[str, dict[tuple[int, str], Held]] = {}
        self._wanted: dict[str, dict[tuple[int, str], None]] = {}
        """In the order in which they were wanted, so that records are first seen in the order of their events."""
        self._by_email: dict[tuple[int, str], str | None] = {}
        self._wanted_emails: set[tuple[int, str]] = set()
        self._tags: dict[tuple[int, str, str], list[str]] = {}
        self._merged: dict[tuple[int, str, tuple[str | None, ...]], Record | None] = {}
        self._ledger = Ledger(tx)
        self._asked: set[tuple[int, str]] = set()
        """Customers whose consent runs will read."""
        self._people: dict[tuple[int, str], list[str]] = {}
        """Of customers that were asked for: all keys of their person, the main one first."""
        self._segments: dict[tuple[int, str], list[str]] = {}
        """Names of the segments that people who were asked for are in, by the key of their main record."""
        self._through: set[tuple[int, str, str]] = set()
        """Records (shop, kind, key) whose customer runs will read."""

    # --- what projecting uses ---------------------------------------------------------------

    def want_row(self, projection: str, shop_id: int, key: str) -> None:
        held = self._held.setdefault(projection, {})
        if (shop_id, key) not in held:
            self._wanted.setdefault(projection, {})[shop_id, key] = None

    def row(self, projection: str, shop_id: int, key: str) -> Held:
        """The row as the batch has it now. It must have been wanted and fetched."""
        return self._held[projection][shop_id, key]

    def changed(self) -> Iterable[tuple[str, list[tuple[tuple[int, str], Held]]]]:
        """Changed rows by projection, in one order for everybody, so that no two workers wait for each other."""
        for name in sorted(self._held):
            rows = [(key, held) for key, held in self._held[name].items() if held.is_changed]
            if rows:
                rows.sort(key=lambda item: item[0])
                yield name, rows

    # --- what runs use ----------------------------------------------------------------------

    def want(self, shop_id: int, refs: Mapping[str, str], roots: Iterable[str]) -> None:
        """Have the records behind these roots ready after the next `fetch`."""
        for name in roots:
            root = self._plugins.roots.get(name)
            if root is None:
                continue
            for kind, projection in root.parts:
                key = refs.get(kind)
                if key:
                    self.want_row(projection, shop_id, key)
                if projection != BY_EMAIL:
                    continue
                if key:
                    self._asked.add((shop_id, key))
                if email := refs.get("email"):
                    self._wanted_emails.add((shop_id, email))
                if not key and not email:
                    self._want_through(shop_id, refs)

    def _want_through(self, shop_id: int, refs: Mapping[str, str]) -> None:
        for kind in THROUGH:
            if (key := refs.get(kind)) and self._plugins.projections.get(kind) is not None:
                self.want_row(kind, shop_id, key)
                self._through.add((shop_id, kind, key))

    def fetch(self, *, for_update: bool = False) -> None:
        """Read all that is wanted and not yet held. `for_update` keeps other workers from changing it meanwhile."""
        self._fetch(for_update)
        if self._through:
            for shop_id, kind, key in self._through:
                person = self._person_of(shop_id, kind, key)
                if customer := person.get("customer"):
                    self.want_row(BY_EMAIL, shop_id, customer)
                    self._asked.add((shop_id, customer))
                if email := person.get("email"):
                    self._wanted_emails.add((shop_id, email))
            self._through.clear()
            self._fetch(for_update)

    def _person_of(self, shop_id: int, kind: str, key: str) -> dict[str, str]:
        """The refs of whom a record belongs to, as far as it says."""
        held = self._held.get(kind, {}).get((shop_id, key))
        record = held.record if held is not None else None
        if record is None:
            return {}
        customer, email = record.get("customer_id"), record.get("email")
        found = {"customer": customer_key(customer, email)}
        if isinstance(email, str) and email:
            found["email"] = email.lower()
        return {name: value for name, value in found.items() if value}

    def _fetch(self, for_update: bool) -> None:
        self._fetch_emails()
        wanted = [(name, keys) for name, keys in sorted(self._wanted.items()) if keys]
        for name, keys in wanted:
            self._held.setdefault(name, {}).update((key, Held(None, 0)) for key in keys)
        self._fetch_rows([pair for pair in wanted if self._plugins.projections.get(pair[0]) is not None], for_update)
        self._wanted.clear()
        self._fetch_people(for_update)
        self._fetch_segments()
        self._fetch_consents()

    def _fetch_rows(self, wanted: Sequence[tuple[str, Collection[tuple[int, str]]]], for_update: bool) -> None:
        """The rows and tags, all in one statement: a batch is short, and most of its time goes to and fro."""
        if not wanted:
            return
        tables = tuple((name, self._plugins.projections.get(name).table) for name, _ in wanted)  # pyright: ignore[reportOptionalMemberAccess]
        shops = list({shop_id for _, keys in wanted for shop_id, _ in keys})
        asked: list[Any] = [shops, *(sorted({key for _, key in keys}) for _, keys in wanted)]
        tags: list[tuple[int, tuple[int, str, str], str]] = []
        for place, shop_id, key, version, data in self._tx.text(_select(tables, self._dialect, for_update), asked):
            name, keys = wanted[int(place) % len(wanted)]
            if (shop_id, key) not in keys:
                continue
            if place < len(wanted):
                self._held[name][shop_id, key] = Held(decode(data), version)
            else:
                tags.append((version, (shop_id, name, key), data))
        for _, at, tag in sorted(tags):
            self._tags.setdefault(at, []).append(tag)

    def root(self, shop_id: int, refs: Mapping[str, str], name: str) -> Record | None:
        """The record behind a root today; None when there is none (or it was not wanted)."""
        root = self._plugins.roots.get(name)
        if root is None or not root.parts:
            return None
        keys = tuple(self._key(shop_id, refs, kind, projection) for kind, projection in root.parts)
        at = (shop_id, name, keys)
        if at in self._merged:
            return self._merged[at]
        found = self._merge(shop_id, root, keys)
        self._merged[at] = found
        return found

    def person(self, shop_id: int, key: str) -> list[str]:
        """All keys of the person whose customer record was wanted, the main one first."""
        return self._people.get((shop_id, key)) or [key]

    def whom(self, shop_id: int, refs: Mapping[str, str]) -> str | None:
        """The key of the customer these refs lead to; None where they lead to none that is known."""
        return self._key(shop_id, refs, "customer", BY_EMAIL)

    def own(self, shop_id: int, key: str) -> Record | None:
        """One record of a person as it is by itself. It must have been wanted and fetched."""
        held = self._held.get(BY_EMAIL, {}).get((shop_id, key))
        return held.record if held is not None else None

    def change_tag(self, shop_id: int, kind: str, key: str, tag: str, *, add: bool) -> None:
        """Let the rest of the batch see a tag that this transaction is about to write."""
        tags = self._tags.setdefault((shop_id, kind, key), [])
        if add and tag not in tags:
            tags.append(tag)
        elif not add and tag in tags:
            tags.remove(tag)
        self._merged.clear()

    def forget_merged(self) -> None:
        """To be called when rows have changed after `root` was used."""
        self._merged.clear()

    # --- inside -----------------------------------------------------------------------------

    def _key(self, shop_id: int, refs: Mapping[str, str], kind: str, projection: str) -> str | None:
        key = refs.get(kind)
        if projection != BY_EMAIL:
            return key
        if not key and not refs.get("email"):
            for through in THROUGH:
                person = self._person_of(shop_id, through, refs[through]) if refs.get(through) else {}
                if person:
                    refs, key = person, person.get("customer")
                    break
        if key:
            held = self._held.get(projection, {}).get((shop_id, key))
            if held is not None and held.record is not None:
                return key
        email = refs.get("email")
        return (self._by_email.get((shop_id, email)) if email else None) or key

    def _merge(self, shop_id: int, root: Root, keys: tuple[str | None, ...]) -> Record | None:
        found: Record | None = None
        for (_, projection), key in zip(root.parts, keys, strict=True):
            held = self._held.get(projection, {}).get((shop_id, key)) if key else None
            if held is None or held.record is None or key is None:
                continue
            record = self._person(shop_id, key) if projection == BY_EMAIL else self._tagged(shop_id, projection, key)
            if record is None:
                continue
            if found is None:
                found = record
            else:
                found = {**found, **{name: value for name, value in record.items() if value is not None}}
        return found

    def _person(self, shop_id: int, key: str) -> Record | None:
        """The customer with all records that are the same person, and what they allow by the ledger."""
        records = [self._tagged(shop_id, BY_EMAIL, one) for one in self._people.get((shop_id, key)) or (key,)]
        found = [self._ledger.over(shop_id, record) for record in records if record is not None]
        names = self._segments.get((shop_id, (self._people.get((shop_id, key)) or [key])[0]))
        person = one_of(found) if found else None
        return {**person, "segments": names} if person is not None and names else person

    def _tagged(self, shop_id: int, projection: str, key: str) -> Record | None:
        held = self._held.get(projection, {}).get((shop_id, key))
        record = held.record if held is not None else None
        if record is None or projection not in TAGGED or not (own := self._tags.get((shop_id, projection, key))):
            return record
        theirs: list[Any] = list(record.get("tags") or ())
        return {**record, "tags": theirs + [tag for tag in own if tag not in theirs]}

    def _fetch_emails(self) -> None:
        emails = {pair for pair in self._wanted_emails if pair not in self._by_email}
        self._wanted_emails.clear()
        projection = self._plugins.projections.get(BY_EMAIL)
        if not emails or projection is None or "email" not in projection.columns:
            return
        for pair in emails:
            self._by_email[pair] = None
        # What this batch has just projected is not yet in the table.
        for (shop_id, key), held in self._held.get(BY_EMAIL, {}).items():
            if held.is_changed and held.record is not None:
                self._take_email(shop_id, key, held.record.get("email"))
        missing = [pair for pair in emails if self._by_email[pair] is None]
        if not missing:
            return
        sql = _select_by_email(projection.table, self._dialect)
        shops = list({shop_id for shop_id, _ in missing})
        for shop_id, key, email in self._tx.text(sql, [shops, sorted({email for _, email in missing})]):
            self._take_email(shop_id, key, email)
        for shop_id, email in missing:
            if key := self._by_email[shop_id, email]:
                self.want_row(BY_EMAIL, shop_id, key)

    def _take_email(self, shop_id: int, key: str, email: Any) -> None:
        """A customer the platform knows comes before one known by their address alone."""
        pair = (shop_id, str(email).lower())
        if pair in self._by_email and (self._by_email[pair] is None or not key.startswith("email:")):
            self._by_email[pair] = key

    def _fetch_people(self, for_update: bool) -> None:
        """The other records of the customers that runs will read."""
        self._asked |= {(shop_id, key) for (shop_id, _), key in self._by_email.items() if key}
        missing = self._asked - self._people.keys()
        if not missing or self._plugins.projections.get(BY_EMAIL) is None:
            return
        joined = people_of(self._tx, missing)
        self._people |= {at: [at[1]] for at in missing}
        for (shop_id, _), keys in joined.items():
            for key in keys:
                self._people[shop_id, key] = keys
                self._asked.add((shop_id, key))
                self.want_row(BY_EMAIL, shop_id, key)
        wanted = self._wanted.pop(BY_EMAIL, {})
        if wanted:
            self._held[BY_EMAIL].update((at, Held(None, 0)) for at in wanted)
            self._fetch_rows([(BY_EMAIL, wanted)], for_update)

    def _fetch_segments(self) -> None:
        keys: dict[int, list[str]] = {}
        for shop_id, key in self._asked:
            keys.setdefault(shop_id, []).append((self._people.get((shop_id, key)) or [key])[0])
        if keys:
            self._segments |= members_in(self._tx, keys)

    def _fetch_consents(self) -> None:
        held = self._held.get(BY_EMAIL, {})
        asked = self._asked | {(shop_id, key) for (shop_id, _), key in self._by_email.items() if key}
        self._asked.clear()
        self._ledger.read((at[0], held[at].record or {}) for at in asked if at in held)


@lru_cache(maxsize=256)
def _select(tables: tuple[tuple[str, str], ...], dialect: Dialect, for_update: bool) -> str:
    """Rows of these projections' tables, each with its place among them, and after them the tags of those that have
    some, with the tag's id for a version. Rows are locked table by table, in one order."""
    named: list[str] = []
    parts: list[str] = []
    tags: list[str] = []
    lock = " ORDER BY shop_id, key FOR UPDATE" if for_update and dialect == "postgresql" else ""
    for place, (name, table) in enumerate(tables):
        at = place + 2
        if dialect == "sqlite":
            where = f"shop_id IN (SELECT value FROM json_each(?1)) AND key IN (SELECT value FROM json_each(?{at}))"  # noqa: S608
        else:
            where = f"shop_id = ANY($1::bigint[]) AND key = ANY(${at}::text[])"
        named.append(f"rows_{place} AS (SELECT shop_id, key, version, data FROM {table} WHERE {where}{lock})")  # noqa: S608
        parts.append(f"SELECT {place}, shop_id, key, version, data FROM rows_{place}")  # noqa: S608
        if name in TAGGED:
            own = f"kind = '{name}' AND {where}"
            tags.append(f"SELECT {place + len(tables)}, shop_id, key, id, tag FROM tag WHERE {own}")  # noqa: S608
    return f"WITH {', '.join(named)} {' UNION ALL '.join(parts + tags)}"


@lru_cache(maxsize=8)
def _select_by_email(table: str, dialect: Dialect) -> str:
    if dialect == "sqlite":
        where = "shop_id IN (SELECT value FROM json_each(?1)) AND email IN (SELECT value FROM json_each(?2))"
    else:
        where = "shop_id = ANY($1::bigint[]) AND email = ANY($2::text[])"
    return f"SELECT shop_id, key, email FROM {table} WHERE {where} ORDER BY id"  # noqa: S608
