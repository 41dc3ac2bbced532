"""Accounts of channels as people connect, change, try and end them. One transaction each, one line in the audit each.

Invariant: keys are stored encrypted and never given back; which channels a shop can send by stands in its settings
(`channels`), written with the account itself, so that a flow knows it without asking.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sereno.runtime.channels.accounts import Account, accounts_of, every_account, kinds, preference
from sereno.runtime.channels.port import LiveChannels
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.stores.finding import open_access, seal_access
from sereno.sdk.channels import ChannelApi, ChannelError, ChannelRefused, Outgoing
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Http
from sereno.sdk.result import Result
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.secrets import SecretsUnreadable, encrypt

OWN = ("hook", "word", "title", "made_at", "known_as", "chosen_at")
"""Settings Sereno keeps itself. `word` is what a provider asks back before it writes to the door."""


class ChannelUnfit(ValueError):  # noqa: N818
    """What was given cannot be used. `code` is stable, `field` what it is about; the text says what to do."""

    def __init__(self, code: str, text: str, field: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True)
class Told:
    """An account as it may be shown: no keys. `given` names those that are there; `sends`: its channel goes by it, not
    by another account of the same channel."""

    connection: str
    kind: str
    channel: str
    settings: Mapping[str, Any]
    given: tuple[str, ...]
    hook: str
    word: str
    known_as: str
    is_active: bool
    is_readable: bool
    made_at: datetime | None
    sends: bool = False


def connect(
    shop_id: int,
    kind: str,
    access: Mapping[str, str],
    settings: Mapping[str, str],
    *,
    by: str,
    base_url: str,
    http: Http | None = None,
    database: Database | None = None,
) -> Told:
    """Keep an account, or change the one there is; a key that is left empty stays as it was. With `http` the provider
    is asked first whether it takes the key, and told where to write to. What is newly connected sends from then on,
    beside another of its channel that goes on hearing. Raises ChannelUnfit."""
    staff = open_staff(database)
    api = _api(staff.plugins, kind)
    now = staff.world.clock.now()
    with staff.database.read() as tx:
        name = _name(tx, shop_id, kind)
        row = tx.one("channel_connection", {"shop": shop_id, "name": name})
    held_access = _opened(row[4]) if row is not None else {}
    held: dict[str, Any] = decode(row[3]) if row is not None and row[3] else {}
    made = {} if api.access else dict(api.make_access())
    # A page hands over all that its form sent.
    known = {one.name for one in api.access}
    given_now = {key: value.strip() for key, value in access.items() if key in known and value.strip()}
    full = {**made, **{key: value for key, value in held_access.items() if key in known | made.keys()}, **given_now}
    plain = {one.name: settings.get(one.name, str(held.get(one.name) or "")).strip() for one in api.settings}
    _check(api, full, plain)
    kept: dict[str, Any] = {key: value for key, value in plain.items() if value}
    kept |= {"hook": f"{base_url.rstrip('/')}/hooks/{name}", "made_at": held.get("made_at") or to_micros(now)}
    kept["word"] = held.get("word") or randomness.token_urlsafe(18)
    secret = api.secret_of(full) or str(kept["word"])
    account = Account(0, name, kind, api, kept, full)
    if http is not None:
        kept["known_as"] = _asked(account, http, secret, now)
    with staff.database.transaction() as tx:
        tx.one("lock_shop", {"shop": shop_id})
        row = tx.one("channel_connection", {"shop": shop_id, "name": name})
        is_news = row is None or not row[4] or not row[5]
        if row is None:
            given = {"shop": shop_id, "name": name, "kind": kind, "secrets": "", "settings": "{}"}
            made = tx.one("insert_connection", {**given, "now": to_micros(now)})
            assert made is not None
            row = made
        kept["chosen_at"] = _latest(tx, staff, shop_id, to_micros(now)) if is_news else held.get("chosen_at") or 0
        change = {"access": seal_access(full), "settings": encode(kept), "secrets": encrypt([secret])}
        tx.run("set_channel", {"id": row[0], **change, "is_active": True})
        _tell_shop(tx, staff, shop_id)
        changed = sorted(key for key in full if full[key] != held_access.get(key))
        audit(tx, shop_id, to_micros(now), by, "channel.connected", name, {"kind": kind, "keys": changed})
        sending = accounts_of(tx, staff.plugins, shop_id)[api.channel].connection
    return replace(_told(name, kind, api, kept, full, is_active=True), sends=sending == name)


def choose(shop_id: int, connection: str, *, by: str, database: Database | None = None) -> None:
    """Have its channel go by this account, not by another of the same channel. What that one began stays with it.
    Raises LookupError."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        tx.one("lock_shop", {"shop": shop_id})
        row = tx.one("channel_connection", {"shop": shop_id, "name": connection})
        if row is None or row[2] not in kinds(staff.plugins) or not row[4] or not row[5]:
            raise LookupError(f"there is no account {connection}")
        settings = {**decode(row[3]), "chosen_at": _latest(tx, staff, shop_id, now)}
        tx.run("choose_channel", {"id": row[0], "settings": encode(settings)})
        audit(tx, shop_id, now, by, "channel.chosen", connection, {"kind": row[2]})


def disconnect(shop_id: int, connection: str, *, by: str, database: Database | None = None) -> None:
    """Forget the keys; nothing is sent by it any more. What was sent stays on record. Raises LookupError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.one("lock_shop", {"shop": shop_id})
        row = tx.one("channel_connection", {"shop": shop_id, "name": connection})
        if row is None or row[2] not in kinds(staff.plugins):
            raise LookupError(f"there is no account {connection}")
        held = {key: value for key, value in decode(row[3]).items() if key in ("made_at", "hook", "word")}
        # A browser's yes is bound to the key it was given with: without it, all would have to be asked anew.
        keeps = row[2] == "webpush"
        change = {"access": row[4] if keeps else "", "settings": encode(held), "secrets": ""}
        tx.run("set_channel", {"id": row[0], **change, "is_active": False})
        _tell_shop(tx, staff, shop_id)
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "channel.disconnected", connection, {"kind": row[2]})


def listed(shop_id: int, *, database: Database | None = None) -> list[Told]:
    """Every account of the shop, those that were ended too."""
    staff = open_staff(database)
    known = kinds(staff.plugins)
    with staff.database.read() as tx:
        rows = tx.all("channel_accounts", {"shop": shop_id, "kinds": sorted(known)})
    found: list[Told] = []
    sending: dict[str, tuple[int, str]] = {}
    for name, kind, settings, access, is_active in rows:
        held: dict[str, Any] = decode(settings) if settings else {}
        try:
            full, is_readable = open_access(access), True
        except SecretsUnreadable:
            full, is_readable = {}, False
        one = _told(name, kind, known[kind], held, full, is_active=bool(is_active and access), is_readable=is_readable)
        found.append(one)
        if one.is_active:
            rank = (preference(held), name)
            sending[one.channel] = min(sending.get(one.channel, rank), rank, key=lambda each: each[0])
    return [replace(one, sends=one.is_active and sending[one.channel][1] == one.connection) for one in found]


def try_out(
    shop_id: int, connection: str, to: str, text: str, *, by: str, http: Http, database: Database | None = None
) -> Result:
    """A test message, now: the provider's own answer. No flow and no arbiter knows of it. Raises LookupError."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    with staff.database.read() as tx:
        account = next((one for one in every_account(tx, staff.plugins, shop_id) if one.connection == connection), None)
    if account is None:
        raise LookupError(f"there is no account {connection}")
    key = f"test-{uuid4().hex}"
    with staff.database.transaction() as tx:
        audit(tx, shop_id, to_micros(now), by, "channel.tried", connection, {"channel": account.api.channel})
    port = LiveChannels(staff.database, staff.plugins, now, shop_id, http, by=connection)
    message = Outgoing(to=to.strip(), text=text, title="Sereno" if account.api.channel == "push" else "")
    return port.send(account.api.channel, message, customer="", key=key)


def shop_of(connection: str, *, database: Database | None = None) -> tuple[str, str] | None:
    """Kind, and the word its provider asks back; None for what is no account. For the address of the door."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        row = tx.one("channel_word", {"name": connection})
    if row is None or row[0] not in kinds(staff.plugins):
        return None
    return row[0], str(decode(row[1]).get("word") or "")


def push_key(shop_id: int, *, database: Database | None = None) -> str:
    """The public key browsers subscribe with; "" where the shop notifies no browsers."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        account = accounts_of(tx, staff.plugins, shop_id).get("push")
    return account.api.public_of(account.access) if account is not None else ""


def _api(plugins: Plugins, kind: str) -> ChannelApi:
    found = kinds(plugins).get(kind)
    if found is None:
        raise ChannelUnfit("channel.kind_unknown", f"there are {', '.join(sorted(kinds(plugins)))}", "kind")
    return found


def _name(tx: Transaction, shop_id: int, kind: str) -> str:
    row = tx.one("shop_slug", {"shop": shop_id})
    assert row is not None
    return f"{row[0][:40]}-{kind}"


def _check(api: ChannelApi, access: Mapping[str, str], settings: Mapping[str, str]) -> None:
    for one, held in [*((one, access) for one in api.access), *((one, settings) for one in api.settings)]:
        value = held.get(one.name, "")
        if one.is_required and not value:
            raise ChannelUnfit("channel.missing", f"{one.name} is missing", one.name)
        if value and one.begins and not value.startswith(one.begins):
            raise ChannelUnfit("channel.begins", f"{one.name} begins with {one.begins}", one.name)
        if value and one.kind == "url" and not value.startswith(("https://", "http://")):
            raise ChannelUnfit("channel.address", f"{one.name} begins with https://", one.name)
        if any(sign < " " for sign in value):
            raise ChannelUnfit("channel.odd", f"{one.name} holds a line break", one.name)


def _asked(account: Account, http: Http, secret: str, now: datetime) -> str:
    call = account.call(http, "probe", now)
    try:
        known_as = account.api.probe(call)
        if account.api.set_up is not None:
            account.api.set_up(call, secret)
    except ChannelRefused as error:
        raise ChannelUnfit(error.code, str(error), "token") from error
    except ChannelError as error:
        raise ChannelUnfit("channel.no_answer", str(error)) from error
    return known_as[:100]


def _tell_shop(tx: Transaction, staff: Staff, shop_id: int) -> None:
    row = tx.one("lock_shop_settings", {"shop": shop_id})
    assert row is not None
    settings: dict[str, Any] = decode(row[0])
    settings["channels"] = sorted(accounts_of(tx, staff.plugins, shop_id))
    tx.run("keep_shop_settings", {"shop": shop_id, "settings": encode(settings)})


def _latest(tx: Transaction, staff: Staff, shop_id: int, now: int) -> int:
    """An instant after that of every choice before."""
    held = tx.all("channel_accounts", {"shop": shop_id, "kinds": sorted(kinds(staff.plugins))})
    return max([now, *(1 - preference(decode(row[2])) for row in held if row[2])])


def _opened(access: str) -> dict[str, str]:
    try:
        return open_access(access)
    except SecretsUnreadable as error:
        raise ChannelUnfit("channel.key_unreadable", str(error)) from error


def _told(
    name: str,
    kind: str,
    api: ChannelApi,
    held: Mapping[str, Any],
    access: Mapping[str, str],
    *,
    is_active: bool,
    is_readable: bool = True,
) -> Told:
    made = held.get("made_at")
    return Told(
        name,
        kind,
        api.channel,
        {key: value for key, value in held.items() if key not in OWN},
        tuple(sorted(access)),
        str(held.get("hook") or ""),
        str(held.get("word") or ""),
        str(held.get("known_as") or ""),
        is_active,
        is_readable,
        from_micros(made) if isinstance(made, int) else None,
    )
