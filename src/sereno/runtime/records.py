"""The records of one batch: read together, one query per projection, and kept up to date as the batch changes them.

Invariant: nothing is read twice within a batch, and what projecting has just found is seen by every later step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.runtime.consents import Ledger
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
    read."""

    __slots__ = ("is_changed", "is_new", "record", "version")

    def __init__(self, record: Record | None, version: int) -> None:
        self.record = record
        self.version = version
        self.is_changed = False
        self.is_new = record is None


class Records:
    """Say what will be wanted, `fetch` it all at once, then read it by root."""

    def __init__(self, plugins: Plugins, tx: Transaction, dialect: Dialect) -> None:
        self._plugins = plugins
        self._tx = tx
        self._dialect: Dialect = dialect
        self._held: dict[str, dict[tuple[int, str], Held]] = {}
        self._wanted: dict[str, set[tuple[int, str]]] = {}
        self._by_email: dict[tuple[int, str], str | None] = {}
        self._wanted_emails: set[tuple[int, str]] = set()
        self._tags: dict[tuple[int, str, str], list[str]] = {}
        self._merged: dict[tuple[int, str, tuple[str | None, ...]], Record | None] = {}
        self._ledger = Ledger(tx)
        self._asked: set[tuple[int, str]] = set()
        """Customers whose consent runs will read."""
        self._through: set[tuple[int, str, str]] = set()
        """Records (shop, kind, key) whose customer runs will read."""

    # --- what projecting uses ---------------------------------------------------------------

    def want_row(self, projection: str, shop_id: int, key: str) -> None:
        held = self._held.setdefault(projection, {})
        if (shop_id, key) not in held:
            self._wanted.setdefault(projection, set()).add((shop_id, key))

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
        for name in sorted(self._wanted):
            keys = self._wanted[name]
            if not keys:
                continue
            held = self._held.setdefault(name, {})
            projection = self._plugins.projections.get(name)
            if projection is not None:
                sql = _select(projection.table, self._dialect, for_update)
                shops = list({shop_id for shop_id, _ in keys})
                for shop_id, key, version, data in self._tx.text(sql, [shops, sorted({key for _, key in keys})]):
                    if (shop_id, key) in keys:
                        held[shop_id, key] = Held(decode(data), version)
            for key in keys:
                if key not in held:
                    held[key] = Held(None, 0)
        self._fetch_tags({kind: keys for kind in TAGGED if (keys := self._wanted.get(kind))})
        self._wanted.clear()
        self._fetch_consents()

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
            record = self._ledger.over(shop_id, held.record) if projection == BY_EMAIL else held.record
            if projection in TAGGED and (own := self._tags.get((shop_id, projection, key))):
                theirs: list[Any] = list(record.get("tags") or ())
                record = {**record, "tags": theirs + [tag for tag in own if tag not in theirs]}
            if found is None:
                found = record
            else:
                found = {**found, **{name: value for name, value in record.items() if value is not None}}
        return found

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

    def _fetch_consents(self) -> None:
        held = self._held.get(BY_EMAIL, {})
        asked = self._asked | {(shop_id, key) for (shop_id, _), key in self._by_email.items() if key}
        self._asked.clear()
        self._ledger.read((at[0], held[at].record or {}) for at in asked if at in held)

    def _fetch_tags(self, wanted: Mapping[str, Iterable[tuple[int, str]]]) -> None:
        if not wanted:
            return
        pairs = {pair for keys in wanted.values() for pair in keys}
        parameters = {
            "shops": list({shop_id for shop_id, _ in pairs}),
            "kinds": sorted(wanted),
            "keys": sorted({key for _, key in pairs}),
        }
        for shop_id, kind, key, tag in self._tx.all("tags_of", parameters):
            if (shop_id, key) in wanted[kind]:
                self._tags.setdefault((shop_id, kind, key), []).append(tag)


@lru_cache(maxsize=64)
def _select(table: str, dialect: Dialect, for_update: bool) -> str:
    if dialect == "sqlite":
        where = "shop_id IN (SELECT value FROM json_each(?1)) AND key IN (SELECT value FROM json_each(?2))"
        return f"SELECT shop_id, key, version, data FROM {table} WHERE {where}"  # noqa: S608
    lock = " ORDER BY shop_id, key FOR UPDATE" if for_update else ""
    where = "shop_id = ANY($1::bigint[]) AND key = ANY($2::text[])"
    return f"SELECT shop_id, key, version, data FROM {table} WHERE {where}{lock}"  # noqa: S608


@lru_cache(maxsize=8)
def _select_by_email(table: str, dialect: Dialect) -> str:
    if dialect == "sqlite":
        where = "shop_id IN (SELECT value FROM json_each(?1)) AND email IN (SELECT value FROM json_each(?2))"
    else:
        where = "shop_id = ANY($1::bigint[]) AND email = ANY($2::text[])"
    return f"SELECT shop_id, key, email FROM {table} WHERE {where} ORDER BY id"  # noqa: S608
