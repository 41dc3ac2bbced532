"""Accounts of networks as people connect, change and end them, and the way to each. One transaction each, one line in
the audit each. Invariant: keys are stored encrypted and never given back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sereno.runtime.social.plan import LANGUAGES, PostInvalid
from sereno.runtime.staff import audit, open_staff
from sereno.runtime.stores.finding import open_access, seal_access
from sereno.sdk.channels import ChannelCall, ChannelError, ChannelRefused
from sereno.sdk.connector import Setting
from sereno.sdk.ports import Http
from sereno.sdk.social import NETWORKS, Known, Network, Rules
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, storable, to_micros
from sereno.store.secrets import SecretsUnreadable

SOON = timedelta(days=14)
"""How long before its key ends an account is warned of."""
LATER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Account:
    """`access` is empty where the account was ended; `is_readable` false where its keys were kept under another
    secret."""

    id: int
    network: str
    title: str
    language: str
    settings: Mapping[str, Any]
    known_as: str
    url: str
    is_active: bool
    expires_at: datetime | None
    trouble: str
    access: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    is_readable: bool = True

    @property
    def api(self) -> Network:
        found = NETWORKS.get(self.network)
        if found is None:
            raise LookupError(f"there is no network {self.network}; is a plug-in missing?")
        return found

    @property
    def rules(self) -> Rules:
        return self.api.rules(self.settings)

    def ends_soon(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at < now + SOON

    def call(self, http: Http, key: str, now: datetime) -> ChannelCall:
        return ChannelCall(http, self.settings, self.access, key, now, timeout=timedelta(seconds=60))


def accounts_of(tx: Transaction, shop_id: int) -> dict[int, Account]:
    """All of the shop, those that were ended too."""
    return {row[0]: _account(row) for row in tx.all("social_accounts", {"shop": shop_id})}


def listed(shop_id: int, *, database: Database | None = None) -> list[Account]:
    with open_staff(database).database.read() as tx:
        return list(accounts_of(tx, shop_id).values())


def connect(
    shop_id: int,
    network: str,
    access: Mapping[str, str],
    settings: Mapping[str, str],
    *,
    by: str,
    title: str = "",
    language: str = "",
    account: int | None = None,
    http: Http | None = None,
    database: Database | None = None,
) -> Account:
    """Keep an account, or change one; a key that is left empty stays as it was. With `http` the network is asked first
    who it is. Raises PostInvalid (its `values` may name the `field`), LookupError."""
    staff = open_staff(database)
    api = NETWORKS.get(network)
    if api is None:
        raise PostInvalid(f"there are {', '.join(sorted(NETWORKS.names()))}", "social.network")
    now = staff.world.clock.now()
    with staff.database.read() as tx:
        all_ = accounts_of(tx, shop_id)
    held = _held(all_, account, network)
    full = {**(held.access if held else {}), **{key: text.strip() for key, text in access.items() if text.strip()}}
    before: Mapping[str, Any] = held.settings if held is not None else {}
    names = {one.name for one in api.settings}
    kept: dict[str, Any] = {key: value for key, value in before.items() if key not in names}
    kept |= {name: text for name in names if (text := settings.get(name, str(before.get(name) or "")).strip())}
    _check(api, full, kept)
    known = Known(held.known_as, held.url, {}, held.expires_at) if held is not None else Known("")
    if http is not None:
        made = Account(0, network, "", "", kept, "", "", True, None, "", full)
        known = _asked(api, made.call(http, "probe", now))
    kept |= known.settings
    expires = known.expires_at
    if held is not None and held.expires_at is not None and full == dict(held.access):
        # The same key does not live longer because it was shown again.
        expires = min(held.expires_at, expires or held.expires_at)
    row = {
        "shop": shop_id,
        "title": storable(" ".join((title or (held.title if held else "") or known.name or api.label).split()))[:100],
        "language": language if language in LANGUAGES else "",
        "access": seal_access(full),
        "settings": encode(kept),
        "known_as": storable(known.name)[:200],
        "url": storable(known.url)[:500],
        "active": True,
        "expires_at": to_micros(expires) if expires is not None else None,
        "now": to_micros(now),
    }
    with staff.database.transaction() as tx:
        if held is not None:
            id_ = held.id
            tx.run("set_social_account", {"id": id_, **row})
        else:
            added = tx.one("add_social_account", {"network": network, **row})
            if added is None:
                raise PostInvalid("there is an account of this name already: give this one another", "social.twice")
            id_ = int(added[0])
        audit(tx, shop_id, to_micros(now), by, "social.connected", str(row["title"]), {"network": network, "id": id_})
        return accounts_of(tx, shop_id)[id_]


def disconnect(shop_id: int, account: int, *, by: str, database: Database | None = None) -> None:
    """Forget its keys; nothing is posted from it any more. What was posted stays on record. Raises LookupError."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        held = _held(accounts_of(tx, shop_id), account, "")
        assert held is not None
        row = {
            "id": account, "shop": shop_id, "title": held.title, "language": held.language, "access": "",
            "settings": encode(dict(held.settings)), "known_as": held.known_as, "url": held.url, "active": False,
            "expires_at": None, "now": now,
        }  # fmt: skip
        tx.run("set_social_account", row)
        audit(tx, shop_id, now, by, "social.disconnected", held.title, {"network": held.network, "id": account})


def _held(all_: Mapping[int, Account], id: int | None, network: str) -> Account | None:
    if id is None:
        return None
    held = all_.get(id)
    if held is None or (network and held.network != network):
        raise LookupError(f"there is no account {id}")
    return held


def _check(api: Network, access: Mapping[str, str], settings: Mapping[str, Any]) -> None:
    fields: list[tuple[Setting, Mapping[str, Any]]] = [*((one, access) for one in api.access)]
    for one, held in [*fields, *((one, settings) for one in api.settings)]:
        value = str(held.get(one.name) or "")
        if one.is_required and not value:
            raise PostInvalid(f"{one.name} is missing", "social.missing", field=one.name)
        if value and one.begins and not value.startswith(one.begins):
            raise PostInvalid(f"{one.name} begins with {one.begins}", "social.begins", field=one.name)
        if value and one.kind == "url" and not value.startswith(("https://", "http://")):
            raise PostInvalid(f"{one.name} begins with https://", "social.address", field=one.name)
        if any(sign < " " for sign in value):
            raise PostInvalid(f"{one.name} holds a line break", "social.odd", field=one.name)


def _asked(api: Network, call: ChannelCall) -> Known:
    try:
        return api.probe(call)
    except ChannelRefused as error:
        raise PostInvalid(str(error), error.code, field=api.access[0].name) from error
    except ChannelError as error:
        raise PostInvalid(str(error), "social.no_answer") from error


def _account(row: Sequence[Any]) -> Account:
    id_, network, title, language, access, settings, known_as, url, is_active, expires_at, trouble = row
    try:
        full, is_readable = open_access(access), True
    except SecretsUnreadable:
        full, is_readable = {}, False
    expires = from_micros(expires_at) if expires_at is not None else None
    held: dict[str, Any] = decode(settings) if settings else {}
    return Account(
        id_, network, title, language, held, known_as, url, bool(is_active), expires, trouble, full, is_readable
    )
