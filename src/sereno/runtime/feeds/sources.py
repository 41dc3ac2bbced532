"""Where tables come from, as people make and change it; and each file on its way in. One transaction and one line in
the audit each. A refusal is a ValueError or LookupError that says why.

Invariant: a file is kept whole before anything of it is taken; what was held back stays until somebody settles it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from sereno.runtime import connecting, namespaces
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.sdk.connector import Unmappable
from sereno.sdk.plugin import Plugins
from sereno.sdk.tables import Layout, Sheet, TableReader, What
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros
from sereno.store.secrets import decrypt, encrypt

KIND = "generic"
LARGEST = 20 * 1024 * 1024
"""Bytes of one file."""
LEAST_EVERY, MOST_EVERY = 60, 7 * 86_400
LOOKED_FOR = 86_400_000_000
"""Microseconds a file may wait for somebody who only looks at it."""
Way = Literal["hand", "folder", "address"]
LETTERS = ("", "utf-8", "windows-1252", "windows-1250")
WAYS: tuple[Way, ...] = ("hand", "folder", "address")


@dataclass(frozen=True, slots=True)
class Source:
    """Where tables come from. `key` is the bearer token of its address."""

    connection_id: int
    kind: str
    name: str
    settings: Mapping[str, Any]
    layout: Layout
    way: Way
    url: str
    key: str
    every: int
    is_on: bool
    begin_at: int


def make(
    shop_id: int,
    title: str,
    *,
    by: str,
    layout: Layout | None = None,
    way: Way = "hand",
    url: str = "",
    key: str = "",
    every: int = 3600,
    database: Database | None = None,
) -> str:
    """A new source; gives its name. Its orders are told apart from those of the shop's stores, and those placed before
    now are history. Raises ValueError, ConnectionRefused."""
    if not title.strip():
        raise ValueError("give it a name")
    checked = _checked(layout or Layout(), way, url, every)
    name = connecting.free_name(title, database=database)
    staff = open_staff(database)
    with staff.database.read() as tx:
        taken = {decode(row[2]).get("namespace") or "" for row in tx.all("connections_of_shop", {"shop": shop_id})}
    made = connecting.connect(
        shop_id,
        KIND,
        name,
        by=by,
        title=title.strip(),
        make_secret=True,
        namespace=namespaces.choose(name, taken),
        database=database,
    )
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        held = {"connection": made.id, "shop": shop_id, "now": now, "way": way, "url": url.strip(), "every": every}
        tx.run("insert_feed_source", {**held, "layout": encode(asdict(checked)), "key": encrypt([key]) if key else ""})
        audit(tx, shop_id, now, by, "feed.made", name, {"way": way})
    return name


def change(
    shop_id: int,
    name: str,
    *,
    by: str,
    layout: Layout | None = None,
    way: Way | None = None,
    url: str | None = None,
    key: str | None = None,
    every: int | None = None,
    is_on: bool | None = None,
    database: Database | None = None,
) -> None:
    """What is None stays. Raises LookupError, ValueError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        old = _find(tx, shop_id, name)
        new = replace(
            old,
            layout=old.layout if layout is None else layout,
            way=old.way if way is None else way,
            url=old.url if url is None else url.strip(),
            key=old.key if key is None else key.strip(),
            every=old.every if every is None else every,
            is_on=old.is_on if is_on is None else is_on,
        )
        _checked(new.layout, new.way, new.url, new.every)
        now = to_micros(staff.world.clock.now())
        held = {"connection": old.connection_id, "layout": encode(asdict(new.layout)), "way": new.way, "url": new.url}
        sealed = encrypt([new.key]) if new.key else ""
        tx.run("change_feed_source", {**held, "key": sealed, "every": new.every, "is_on": new.is_on, "now": now})
        parts = ("layout", "way", "url", "key", "every", "is_on")
        changed = [part for part in parts if getattr(old, part) != getattr(new, part)]
        audit(tx, shop_id, now, by, "feed.changed", name, {"changed": changed})


def find(shop_id: int, name: str, *, database: Database | None = None) -> Source:
    """Raises LookupError."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        return _find(tx, shop_id, name)


def bring(
    shop_id: int,
    name: str,
    file: str,
    body: bytes,
    *,
    by: str,
    way: Way = "hand",
    is_taken: bool = True,
    database: Database | None = None,
) -> int:
    """Keep a file, to be taken by a worker; or only to be looked at. Gives its id. Raises LookupError, ValueError for
    one that is empty or too large."""
    if not body.strip():
        raise ValueError("the file is empty")
    if len(body) > LARGEST:
        raise ValueError(f"the file is larger than {LARGEST // 1024 // 1024} MiB: part it")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        source = _find(tx, shop_id, name)
        now = to_micros(staff.world.clock.now())
        tx.run("forget_feed_files", {"now": now, "before": now - LOOKED_FOR})
        return keep(tx, shop_id, source.connection_id, file, body, by, way, now, is_taken=is_taken)


def keep(
    tx: Transaction,
    shop: int,
    source: int,
    file: str,
    body: bytes,
    by: str,
    way: Way,
    now: int,
    *,
    is_taken: bool = True,
) -> int:
    """A file as it came. One that is as the last that was taken is `same`: a feed that did not change says nothing new,
    and an old figure must not come back over a newer one."""
    digest = blake2b(body, digest_size=20).hexdigest()
    newest = tx.one("newest_feed_digest", {"source": source})
    is_same = newest is not None and newest[0] == digest
    status = "same" if is_same else "waiting" if is_taken else "looked"
    held = {"shop": shop, "source": source, "name": file[-200:], "digest": digest, "size": len(body), "way": way}
    content = None if is_same else body
    row = tx.one(
        "insert_feed_file",
        {**held, "by": by[:200], "now": now, "status": status, "body": content, "finished": now if is_same else None},
    )
    assert row is not None
    if way == "hand":
        audit(tx, shop, now, by, "feed.file_brought", file[-200:], {"file": row[0], "status": status})
    return int(row[0])


def look(shop_id: int, file: int, layout: Layout | None = None, *, database: Database | None = None) -> Sheet | None:
    """The table in a file that waits; with another layout than its source's, as it would be then. None when its content
    is gone. Raises LookupError, ValueError for what is no table."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        row = tx.one("feed_file", {"id": file, "shop": shop_id})
        if row is None:
            raise LookupError(f"there is no file {file}")
        found = tx.one("feed_source_by_id", {"id": row[1]})
        assert found is not None
    if row[4] is None:
        return None
    held = layout_of(found[3]) if layout is None else layout
    try:
        return reader_of(staff.plugins, found[0]).read(bytes(row[4]), with_shop(staff, shop_id, held))
    except Unmappable as error:
        raise ValueError(str(error)) from error


def take(shop_id: int, file: int, by: str, *, database: Database | None = None) -> None:
    """A file that was looked at is to be taken. Raises LookupError, ValueError."""
    _move(shop_id, file, by, "waiting", "feed.file_taken", keeps=True, database=database)


def drop(shop_id: int, file: int, by: str, *, database: Database | None = None) -> None:
    """A file that was looked at is forgotten. Raises LookupError, ValueError."""
    _move(shop_id, file, by, "refused", "feed.file_dropped", keeps=False, database=database)


def layout_of(document: Any) -> Layout:
    held = decode(document) if isinstance(document, str) else document
    return Layout(**held)


def with_shop(staff: Staff, shop_id: int, layout: Layout) -> Layout:
    """What a table does not say is as in the shop."""
    with staff.database.read() as tx:
        facts = staff.world.shops.find(tx, shop_id).facts
    zone = layout.zone or facts.timezone
    return replace(layout, currency=layout.currency or facts.currency, zone=zone)


def reader_of(plugins: Plugins, kind: str) -> TableReader:
    connector = plugins.connectors.get(kind)
    if connector is None or connector.tables is None:
        raise ValueError(f"{kind} reads no tables")
    return connector.tables


def _move(
    shop_id: int, file: int, by: str, status: str, action: str, *, keeps: bool, database: Database | None
) -> None:
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        row = tx.one("feed_file", {"id": file, "shop": shop_id})
        if row is None:
            raise LookupError(f"there is no file {file}")
        finished = None if keeps else now
        held = {"id": file, "status": status, "old": "looked", "keeps": keeps, "finished": finished}
        if tx.one("set_feed_file", held) is None:
            raise ValueError("this file was dealt with already")
        audit(tx, shop_id, now, by, action, row[2], {"file": file})


def _find(tx: Transaction, shop_id: int, name: str) -> Source:
    row = tx.one("feed_source", {"name": name, "shop": shop_id})
    if row is None:
        raise LookupError(f"no tables come from {name}")
    id_, kind, name, settings, layout, way, url, key, every, is_on, begin = row
    held = decrypt(key)[0] if key else ""
    return Source(id_, kind, name, decode(settings), layout_of(layout), way, url, held, every, bool(is_on), begin)


def _checked(layout: Layout, way: str, url: str, every: int) -> Layout:
    """Raises ValueError."""
    if way not in WAYS:
        raise ValueError(f"a way is one of {', '.join(WAYS)}")
    if way == "address":
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError("write the address whole, with https:// before it")
    if not LEAST_EVERY <= every <= MOST_EVERY:
        raise ValueError("between a minute and a week")
    if layout.zone and layout.zone not in available_timezones():
        raise ValueError(f"{layout.zone} is no time zone")
    if layout.currency and not (len(layout.currency) == 3 and layout.currency.isascii() and layout.currency.isupper()):
        raise ValueError(f"{layout.currency} is no currency: write its three letters, such as EUR")
    if layout.what not in ("", *get_args(What)) or layout.decimal not in ("", ".", ","):
        raise ValueError("a table is of orders, stock, products or customers, and its decimal sign . or ,")
    if layout.day not in ("", "day", "month"):
        raise ValueError("day or month comes first")
    if layout.letters not in LETTERS or layout.twice not in ("", "last"):
        raise ValueError(
            f"letters are one of {', '.join(filter(None, LETTERS))}, and of two rows the last counts or none"
        )
    return layout


def names_of(columns: Sequence[str], fields: Mapping[str, str]) -> dict[str, str]:
    """Field by column, as `Layout` keeps it, of what a person chose for these columns."""
    return {column: fields[column] for column in columns if column in fields}
