"""The records of a replay: those changed last as they are, the others in the tables of a scratch file.

Invariant: what a batch reads is what all events before it have made of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

from sereno.runtime.projecting import plain
from sereno.runtime.records import BY_EMAIL, TAGGED, Held, Record, Records
from sereno.runtime.replays.scratch import ReplayTransaction
from sereno.sdk.plugin import Plugins, Projection
from sereno.store.database import Row
from sereno.store.documents import decode, encode

MOST = 5000
"""Records of one projection that are held in memory; past it the third that changed longest ago is written down."""

MARK_BITS = 20

At = tuple[int, str]


class Kept(Held):
    """A record with its place in the order in which the records of its kind were first seen. `tags` are None until
    somebody asked for them."""

    __slots__ = ("email", "is_dirty", "number", "tags")

    def __init__(self, record: Record | None, version: int, number: int = 0) -> None:
        super().__init__(record, version)
        self.number = number
        self.is_dirty = False
        self.email: str | None = None
        self.tags: list[str] | None = None


class RecordStore:
    """All records of a replay."""

    def __init__(self, plugins: Plugins, tx: ReplayTransaction) -> None:
        self._plugins = plugins
        self._tx = tx
        self._rows: dict[str, dict[At, Kept]] = {}
        self._written: set[str] = set()
        """Projections of which the file has rows."""
        self._numbers = 0
        self._emails: dict[str, dict[str, Kept]] = {}
        """By address, the customers in memory that have it."""
        self._loaded: list[tuple[str, At, Kept, Record | None, int]] = []
        self._tagged = bytearray(1 << MARK_BITS)
        """Not 0 where some record of that mark was ever given a tag: the others need not be asked for theirs."""
        self.recognised_anew: set[str] = set()
        """Customers who may be one with others now; see `people`."""
        self._email: Callable[[Mapping[str, Any]], Any] | None = None
        customers = plugins.projections.get(BY_EMAIL)
        if customers is not None:
            self._email = customers.columns.get("email")
        tx.before_text = self.write_all
        tx.writes["add_tags"] = self._add_tags
        tx.writes["remove_tags"] = self._remove_tags

    # --- reading ----------------------------------------------------------------------------

    def load(self, name: str, keys: Iterable[At], into: dict[At, Held]) -> None:
        """Have the records of these keys in `into`; empty ones for those that are not there."""
        rows = self._rows.get(name)
        if rows is None:
            rows = self._rows[name] = {}
        missing: list[At] = []
        for at in keys:
            kept = rows.get(at)
            if kept is None:
                missing.append(at)
            else:
                self._loaded.append((name, at, kept, kept.record, kept.version))
                into[at] = kept
        if not missing:
            return
        found = self._read(name, missing) if name in self._written else {}
        for at in missing:
            kept = found.get(at) or Kept(None, 0)
            self._loaded.append((name, at, kept, kept.record, kept.version))
            into[at] = kept

    def _read(self, name: str, keys: Sequence[At]) -> dict[At, Kept]:
        projection = self._plugins.projections.get(name)
        if projection is None:
            return {}
        sql = (
            f"SELECT id, shop_id, key, version, data FROM {projection.table} "  # noqa: S608
            "WHERE shop_id = ?1 AND key IN (SELECT value FROM json_each(?2))"
        )
        found: dict[At, Kept] = {}
        rows = self._tx.sql.text(sql, [keys[0][0], [key for _, key in keys]])
        for number, shop, key, version, data in rows:
            kept = Kept(decode(data), version, number)
            if name == BY_EMAIL and self._email is not None and kept.record is not None:
                kept.email = self._email(kept.record)
            found[shop, key] = kept
        return found

    def by_email(self, shop: int, emails: Sequence[str]) -> list[tuple[int, str, str]]:
        """Customers with one of these addresses, as (number, key, address), in the order they were first seen."""
        found: dict[str, tuple[int, str, str]] = {}
        customers = self._rows.get(BY_EMAIL, {})
        projection = self._plugins.projections.get(BY_EMAIL)
        if BY_EMAIL in self._written and projection is not None:
            sql = (
                f"SELECT id, key, email FROM {projection.table} "  # noqa: S608
                "WHERE shop_id = ?1 AND email IN (SELECT value FROM json_each(?2))"
            )
            for number, key, email in self._tx.sql.text(sql, [shop, list(emails)]):
                if (shop, key) not in customers:
                    found[key] = (number, key, email)
        for email in emails:
            for key, kept in self._emails.get(email, {}).items():
                found[key] = (kept.number, key, email)
        return sorted(found.values())

    def tags(self, kind: str, wanted: Iterable[tuple[At, Kept]]) -> None:
        """Have the tags of these records."""
        unknown = [(at, kept) for at, kept in wanted if kept.tags is None]
        if not unknown:
            return
        for _, kept in unknown:
            kept.tags = []
        unknown = [(at, kept) for at, kept in unknown if self._tagged[_mark_of(kind, at[1])]]
        if unknown:
            by_key = dict(unknown)
            shops = sorted({shop for (shop, _), _ in unknown})
            asked = {"shops": shops, "kinds": [kind], "keys": [key for (_, key), _ in unknown]}
            for shop, _, key, tag in self._tx.sql.all("tags_of", asked):
                held = by_key.get((shop, key))
                if held is not None and held.tags is not None:
                    held.tags.append(tag)

    # --- changing ---------------------------------------------------------------------------

    def keep(self, name: str, at: At, kept: Kept) -> None:
        """The record was changed in place."""
        rows = self._rows[name]
        if kept.number == 0:
            self._numbers += 1
            kept.number = self._numbers
        else:
            rows.pop(at, None)
        rows[at] = kept
        kept.is_dirty = True
        if name == BY_EMAIL and self._email is not None and kept.record is not None:
            self._index(at[1], kept, self._email(kept.record))

    def _index(self, key: str, kept: Kept, email: str | None) -> None:
        if kept.email is not None and kept.email != email:
            self._forget_email(key, kept.email)
        kept.email = email
        if email is not None:
            self._emails.setdefault(email, {})[key] = kept

    def _forget_email(self, key: str, email: str) -> None:
        held = self._emails.get(email)
        if held is not None:
            held.pop(key, None)
            if not held:
                del self._emails[email]

    def _add_tags(self, rows: Sequence[Sequence[Any]]) -> int:
        for _, kind, key, *_ in rows:
            self._tagged[_mark_of(kind, key)] = 1
        self._forget_tags(rows)
        return self._tx.plain().many("add_tags", rows)

    def _remove_tags(self, rows: Sequence[Sequence[Any]]) -> int:
        self._forget_tags(rows)
        return self._tx.plain().many("remove_tags", rows)

    def _forget_tags(self, rows: Sequence[Sequence[Any]]) -> None:
        for shop, kind, key, *_ in rows:
            kept = self._rows.get(kind, {}).get((shop, key))
            if kept is not None:
                kept.tags = None

    # --- the end of a batch -----------------------------------------------------------------

    def settle(self) -> None:
        """What was changed stays; write down what is too much to hold."""
        self._loaded.clear()
        for name, rows in self._rows.items():
            if len(rows) > MOST:
                self._write_down(name, rows)

    def take_back(self) -> None:
        """Undo what was changed since the last `settle`."""
        for name, at, kept, record, version in reversed(self._loaded):
            kept.record, kept.version = record, version
            kept.is_changed = False
            kept.tags = None
            kept.is_new = record is None
            if name == BY_EMAIL and self._email is not None:
                self._index(at[1], kept, None if record is None else self._email(record))
        self._loaded.clear()

    def _write_down(self, name: str, rows: dict[At, Kept]) -> None:
        old = [at for at, _ in zip(rows, range(len(rows) // 3), strict=False)]
        self._write(name, [(at, kept) for at in old if (kept := rows[at]).is_dirty and kept.record is not None])
        for at in old:
            kept = rows.pop(at)
            if name == BY_EMAIL and kept.email is not None:
                self._forget_email(at[1], kept.email)

    def write_all(self) -> None:
        """Have the tables say what is held, for statements that read them as a whole."""
        for name, rows in self._rows.items():
            dirty = [(at, kept) for at, kept in rows.items() if kept.is_dirty and kept.record is not None]
            if dirty:
                self._write(name, dirty)
                self._tx.undo.append(lambda dirty=dirty: _mark(dirty))

    def _write(self, name: str, changed: Sequence[tuple[At, Kept]]) -> None:
        projection = self._plugins.projections.get(name)
        if projection is None or not changed:
            return
        self._written.add(name)
        columns = list(projection.columns.values())
        made: list[Row] = []
        for at, kept in changed:
            record = kept.record or {}
            made.append(
                (kept.number, *at, kept.version, encode(record), 0, *[plain(column(record)) for column in columns])
            )
            kept.is_dirty = False
        self._tx.sql.text_many(_upsert(projection), made, ())


def _mark_of(kind: str, key: str) -> int:
    return crc32(f"{kind}:{key}".encode("utf-8", "replace")) >> (32 - MARK_BITS)


def _mark(changed: Sequence[tuple[At, Kept]]) -> None:
    for _, kept in changed:
        kept.is_dirty = True


def _upsert(projection: Projection) -> str:
    names = ["id", "shop_id", "key", "version", "data", "seen_at", *projection.columns]
    marks = ", ".join(f"?{number}" for number in range(1, len(names) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[3:])
    return (
        f"INSERT INTO {projection.table} ({', '.join(names)}) VALUES ({marks}) "  # noqa: S608
        f"ON CONFLICT (shop_id, key) DO UPDATE SET {changes}"
    )


class ReplayRecords(Records):
    """The records of one batch, from the store."""

    def __init__(self, plugins: Plugins, tx: ReplayTransaction, store: RecordStore) -> None:
        super().__init__(plugins, tx, "sqlite")
        self._store = store
        self._joined: Callable[[str], list[str]] | None = None

    def knows(self, joined: Callable[[str], list[str]] | None) -> None:
        """`joined(key)` gives all keys of the person, the main one first; None where nobody is joined with anybody."""
        self._joined = joined

    def changed(self) -> Iterable[tuple[str, list[tuple[At, Held]]]]:
        """Nothing is left to write."""
        for name, rows in self._held.items():
            for at, held in rows.items():
                if held.is_changed:
                    held.is_changed = held.is_new = False
                    if held.is_recognised_anew:
                        held.is_recognised_anew = False
                        self._store.recognised_anew.add(at[1])
                    assert isinstance(held, Kept)
                    self._store.keep(name, at, held)
        return ()

    def _fetch(self, for_update: bool) -> None:
        if not (self._wanted or self._wanted_emails or self._asked):
            return
        self._fetch_emails()
        for name, keys in self._wanted.items():
            if not keys:
                continue
            held = self._held.setdefault(name, {})
            self._store.load(name, keys, held)
            if name in TAGGED:
                self._take_tags(name, [(at, kept) for at in keys if isinstance(kept := held[at], Kept)])
        self._wanted.clear()
        self._fetch_people(for_update)
        self._fetch_consents()

    def _fetch_people(self, for_update: bool) -> None:
        """The other records of the customers that runs will read."""
        if self._joined is None:
            return
        self._asked |= {(shop, key) for (shop, _), key in self._by_email.items() if key}
        for shop, key in self._asked - self._people.keys():
            group = self._joined(key)
            for one in group:
                self._people[shop, one] = group
                if len(group) > 1:
                    self._asked.add((shop, one))
                    self.want_row(BY_EMAIL, shop, one)
        if wanted := self._wanted.pop(BY_EMAIL, None):
            held = self._held.setdefault(BY_EMAIL, {})
            self._store.load(BY_EMAIL, wanted, held)
            self._take_tags(BY_EMAIL, [(at, kept) for at in wanted if isinstance(kept := held[at], Kept)])

    def _take_tags(self, kind: str, wanted: list[tuple[At, Kept]]) -> None:
        self._store.tags(kind, wanted)
        for (shop, key), kept in wanted:
            if kept.tags:
                self._tags[shop, kind, key] = list(kept.tags)

    def _fetch_emails(self) -> None:
        pairs = {pair for pair in self._wanted_emails if pair not in self._by_email}
        self._wanted_emails.clear()
        if not pairs:
            return
        for pair in pairs:
            self._by_email[pair] = None
        shop = next(iter(pairs))[0]
        for _, key, email in self._store.by_email(shop, sorted(email for _, email in pairs)):
            self._take_email(shop, key, email)
        for pair in pairs:
            if key := self._by_email[pair]:
                self.want_row(BY_EMAIL, shop, key)
