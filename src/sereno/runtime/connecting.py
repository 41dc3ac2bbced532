"""Connections as people make and change them, from the pages and the command line alike. One function each, one
transaction each, one line in the audit each.

Invariant: secrets are stored encrypted, and only one made here is ever given back, once; a change of secrets keeps the
old ones valid until somebody ends them. A refusal is a ConnectionRefused that names the field and says why.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sereno.runtime import namespaces
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.sdk.connector import Connector
from sereno.sdk.site import handle_of
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros
from sereno.store.secrets import SecretsUnreadable, decrypt, encrypt

MOST_SECRETS = 4
LONGEST_NAME, LONGEST_TITLE = 64, 80
RESERVED = frozenset({"new", "out"})
"""Names that are pages of their own."""

OWN = frozenset({"title", "namespace", "secrets_at", "deleted_at", "is_erased", "store", "hook"})
"""Settings of Sereno's own, beside the connector's."""


class ConnectionRefused(ValueError):  # noqa: N818
    """`code` is stable; the text says what to do, in English."""

    def __init__(self, code: str, text: str, field: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True)
class Made:
    """A connection just made. `secret` is the one made for it, to be shown once; None where one was given, or has to
    come from the platform yet."""

    id: int
    name: str
    secret: str | None
    namespace: str


@dataclass(slots=True)
class _Held:
    """A connection's row, locked."""

    id: int
    shop_id: int
    shop: str
    name: str
    kind: str
    secrets: list[str]
    settings: dict[str, Any]
    is_active: bool


def connect(
    shop_id: int,
    kind: str,
    name: str,
    *,
    by: str,
    title: str = "",
    secrets: Sequence[str] = (),
    make_secret: bool = False,
    settings: Mapping[str, Any] | None = None,
    namespace: str | None = None,
    own_ids: bool = False,
    base_url: str = "",
    database: Database | None = None,
) -> Made:
    """A new connection. A second store of a shop gets a namespace of its own, unless `namespace` says another ("" for
    none); so does, with `own_ids`, a system that is no store and keeps records of its own, such as the products of a
    PIM: without it what it says is about the first store's records. `base_url`: where the door is; kept for those who
    sign their own idea of its address. Raises ConnectionRefused."""
    staff = open_staff(database)
    connector = _connector(staff, kind)
    if not is_name(name):
        raise ConnectionRefused("name.invalid", f"{name!r} is not usable in an address", "name")
    _check_secrets(secrets)
    made = randomness.token_urlsafe(32) if make_secret and not secrets else None
    given = [made] if made else list(secrets)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        tx.one("lock_shop", {"shop": shop_id})
        if tx.one("connection_of_name", {"name": name}) is not None:
            raise ConnectionRefused("name.taken", f"there is a connection {name!r} already", "name")
        if namespace is None:
            namespace = _namespace(tx, staff, shop_id, connector, name, own_ids=own_ids)
        held = dict(settings or {})
        held |= {key: value for key, value in (("title", title[:LONGEST_TITLE]), ("namespace", namespace)) if value}
        if base_url and connector.guide is not None and not connector.guide.is_store:
            held["hook"] = f"{base_url.rstrip('/')}/hooks/{name}"
        row = tx.one(
            "insert_connection",
            {
                "shop": shop_id,
                "name": name,
                "kind": kind,
                "secrets": encrypt(given),
                "settings": encode(held),
                "now": now,
            },
        )
        assert row is not None
        audit(tx, shop_id, now, by, "connection.made", name, {"kind": kind, "namespace": namespace})
    return Made(row[0], name, made, namespace)


def free_name(title: str, *, database: Database | None = None) -> str:
    """A name for an address, made from what somebody calls the connection, that no other has."""
    stem = handle_of(title)[: LONGEST_NAME - 4].strip("-") or "connection"
    staff = open_staff(database)
    with staff.database.read() as tx:
        taken = {row[0] for row in tx.all("connection_names_like", {"name": stem, "pattern": f"{stem}-%"})} | RESERVED
    found, number = stem, 2
    while found in taken:
        found, number = f"{stem}-{number}", number + 1
    return found


def add_secrets(
    name: str,
    secrets: Sequence[str],
    *,
    by: str,
    shop_id: int,
    keep_old: bool = True,
    database: Database | None = None,
) -> str | None:
    """Put secrets (the newest first) before those there are; without `keep_old`, in their place. When none is given one
    is made, and given back. At most four are valid at once: the oldest go."""
    _check_secrets(secrets)
    made = None if secrets else randomness.token_urlsafe(32)
    given = [made] if made is not None else list(secrets)
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        held = _hold(tx, name, shop_id)
        now = to_micros(staff.world.clock.now())
        old = [(one, at) for one, at in zip(held.secrets, _times(held), strict=True) if one not in given]
        kept = [*((one, now) for one in given), *(old if keep_old else ())][:MOST_SECRETS]
        _put_secrets(held, kept)
        _write(tx, held, now, by, "connection.secret_added", {"valid": len(kept)})
    return made


def end_secret(name: str, mark: str, *, by: str, shop_id: int, database: Database | None = None) -> None:
    """The secret of this mark (see `mark_of`) verifies nothing any more. The newest cannot be ended: add one first."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        held = _hold(tx, name, shop_id)
        pairs = list(zip(held.secrets, _times(held), strict=True))
        kept = [pair for number, pair in enumerate(pairs) if number == 0 or mark_of(pair[0]) != mark]
        if len(kept) == len(pairs):
            raise ConnectionRefused("secret.gone", "that secret is not one of the old ones any more")
        _put_secrets(held, kept)
        now = to_micros(staff.world.clock.now())
        _write(tx, held, now, by, "connection.secret_ended", {"valid": len(kept)})


def change(
    name: str,
    *,
    by: str,
    shop_id: int,
    title: str | None = None,
    settings: Mapping[str, Any] | None = None,
    is_active: bool | None = None,
    database: Database | None = None,
) -> None:
    """Call it otherwise, change the connector's settings (an empty value takes one away), close or open it. Its name,
    and so its address, stays: the store knows it, and repeats are recognised by it."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        held = _hold(tx, name, shop_id)
        what: dict[str, Any] = {}
        if title is not None:
            held.settings["title"] = what["title"] = title.strip()[:LONGEST_TITLE]
        for key, value in (settings or {}).items():
            if key in OWN:
                raise ConnectionRefused("setting.own", f"{key} is not a setting of the connector", key)
            held.settings[key] = value
            what[key] = "set" if value else "cleared"
        if is_active is not None:
            if is_active and held.settings.get("deleted_at"):
                raise ConnectionRefused("connection.deleted", f"{name} was deleted: put it back first")
            held.is_active = what["is_active"] = is_active
        held.settings = {key: value for key, value in held.settings.items() if value not in ("", None)}
        action = "connection.changed" if is_active is None else f"connection.{'opened' if is_active else 'closed'}"
        _write(tx, held, to_micros(staff.world.clock.now()), by, action, what)


def delete(name: str, *, by: str, shop_id: int, database: Database | None = None) -> None:
    """Close it and take it from the lists; `put_back` undoes that. What came in stays."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        held = _hold(tx, name, shop_id)
        now = to_micros(staff.world.clock.now())
        held.is_active = False
        held.settings["deleted_at"] = now
        _write(tx, held, now, by, "connection.deleted", {})


def put_back(name: str, *, by: str, shop_id: int, database: Database | None = None) -> None:
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        held = _hold(tx, name, shop_id)
        if held.settings.get("is_erased"):
            raise ConnectionRefused("connection.erased", f"{name} was erased: make a new one")
        held.is_active = True
        held.settings.pop("deleted_at", None)
        _write(tx, held, to_micros(staff.world.clock.now()), by, "connection.put_back", {})


def erase(name: str, *, by: str, shop_id: int, database: Database | None = None) -> None:
    """For good: a deleted connection's secrets and settings go. Its row and its name stay while there are deliveries:
    they are the record of what came in, and another of that name would tell their facts a second time."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        held = _hold(tx, name, shop_id)
        if not held.settings.get("deleted_at"):
            raise ConnectionRefused("connection.live", f"{name} is not deleted: delete it first")
        now = to_micros(staff.world.clock.now())
        if tx.one("delivery_of_connection", {"id": held.id}) is None:
            tx.run("delete_connection", {"id": held.id})
            audit(tx, held.shop_id, now, by, "connection.erased", name, {})
            return
        keep = ("deleted_at", "namespace", "title")
        held.settings = {key: held.settings[key] for key in keep if key in held.settings} | {"is_erased": True}
        held.secrets = []
        tx.run("set_access", {"id": held.id, "access": "", "settings": encode(held.settings)})
        _write(tx, held, now, by, "connection.erased", {})


def mark_of(secret: str) -> str:
    """Names a secret without telling it."""
    return blake2b(secret.encode(), digest_size=6, person=b"sereno.secret").hexdigest()


def is_name(name: str) -> bool:
    """Whether it can stand in an address and is no page's."""
    fits = all(one.isascii() and (one.isalnum() or one in "-_") for one in name)
    return bool(name) and fits and len(name) <= LONGEST_NAME and name == name.lower() and name not in RESERVED


def _connector(staff: Staff, kind: str) -> Connector:
    found = staff.plugins.connectors.get(kind)
    if found is None:
        raise ConnectionRefused("kind.unknown", f"there is no connector {kind}; is a plug-in missing?", "kind")
    return found


def _namespace(tx: Transaction, staff: Staff, shop_id: int, connector: Connector, name: str, *, own_ids: bool) -> str:
    """None for the first store of a shop and for what is no store and has no ids of its own; for a later one, a prefix
    nobody has."""
    is_store = connector.guide is not None and connector.guide.is_store
    if not is_store and not own_ids:
        return ""
    taken: set[str] = set()
    has_store = False
    for _name, kind, settings in tx.all("connections_of_shop", {"shop": shop_id}):
        other = staff.plugins.connectors.get(kind)
        has_store = has_store or (other is not None and other.guide is not None and other.guide.is_store)
        taken.add(decode(settings).get("namespace") or "")
    return namespaces.choose(name, taken) if has_store or not is_store else ""


def _check_secrets(secrets: Sequence[str]) -> None:
    if any(not secret.strip() for secret in secrets):
        raise ConnectionRefused("secret.empty", "an empty secret protects nothing", "secret")


def _hold(tx: Transaction, name: str, shop_id: int) -> _Held:
    row = tx.one("connection_of_name", {"name": name})
    if row is None or row[1] != shop_id:
        raise LookupError(f"there is no connection {name}")
    id_, shop, slug, kind, secrets, settings, is_active = row
    try:
        known = list(decrypt(secrets))
    except SecretsUnreadable as error:
        raise ConnectionRefused("secrets.unreadable", str(error)) from error
    return _Held(id_, shop, slug, name, kind, known, decode(settings), bool(is_active))


def _times(held: _Held) -> list[int | None]:
    """Since when each secret is there; None for those from before that was kept."""
    known = list(held.settings.get("secrets_at") or ())
    return [known[number] if number < len(known) else None for number in range(len(held.secrets))]


def _put_secrets(held: _Held, pairs: Sequence[tuple[str, int | None]]) -> None:
    held.secrets = [secret for secret, _ in pairs]
    held.settings["secrets_at"] = [at for _, at in pairs]


def _write(tx: Transaction, held: _Held, now: int, by: str, action: str, details: Mapping[str, Any]) -> None:
    tx.run(
        "update_connection",
        {
            "id": held.id,
            "secrets": encrypt(held.secrets),
            "settings": encode(held.settings),
            "is_active": held.is_active,
        },
    )
    audit(tx, held.shop_id, now, by, action, held.name, details)
