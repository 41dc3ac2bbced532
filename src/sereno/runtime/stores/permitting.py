"""A connection's permission to write: given, looked at, taken away, from the pages, the API and the command line alike.

Invariant: a key is kept only once the platform has taken it (or somebody said not to ask); it is sealed, and never
given back. What goes wrong is a ConnectionRefused with a stable code and a text that says what to do.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from sereno.runtime import budgets
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.stores.finding import Store, seal_access, store_of, stores_of, tools_of
from sereno.runtime.stores.keys import FACTS, facts_document, note_refused, note_taken
from sereno.runtime.stores.writing import exchange_of
from sereno.sdk.connector import Setting
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Http
from sereno.sdk.stores import Probe, StoreApi, StoreBusy, StoreLimited, StoreRefused
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros
from sereno.store.secrets import SecretsUnreadable

log = logging.getLogger("sereno.runtime")

LONGEST = 4000
"""Of one value: some platforms' keys are signed documents."""
BURST = 4.0
"""Seconds' worth of calls that may go at once after a quiet time."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of a key as people may see it: a secret by its end only, where it is long enough to say nothing."""

    setting: Setting
    value: str
    is_kept: bool


def give_access(
    name: str,
    values: Mapping[str, str],
    *,
    by: str,
    shop_id: int,
    http: Http,
    is_asked: bool = True,
    database: Database | None = None,
) -> Probe:
    """Let Sereno write there with these values (see `StoreApi.access`). What is not given of a key that is there
    already stays, so that one value can be changed alone; an empty value clears it, unless it is a secret. The platform
    is asked first, unless not `is_asked`. Raises LookupError, ConnectionRefused."""
    staff = open_staff(database)
    store = connection_store(staff, name, shop_id)
    is_new = not store.access
    access = _merged(store.api, store.access, values)
    if not is_new and access == dict(store.access) and not is_asked:
        return Probe()
    told = _asked(store, access, http) if is_asked else Probe()
    if is_asked:
        _set_up(store, access, http)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        held = tx.one("connection_of_name", {"name": name})
        if held is None or held[1] != shop_id:
            raise LookupError(f"there is no connection {name}")
        settings = (
            {**decode(held[5]), FACTS: facts_document(told, now)} if is_asked else _without_facts(decode(held[5]))
        )
        tx.run("set_access", {"id": held[0], "access": seal_access(access), "settings": encode(settings)})
        set_paces(tx, staff.plugins, shop_id, now)
        if is_asked:
            note_taken(tx, shop_id, name, now)
        changed = sorted(one for one in access if access[one] != store.access.get(one))
        action = "connection.access_given" if is_new else "connection.access_changed"
        audit(tx, shop_id, now, by, action, name, {"changed": changed, "is_asked": is_asked})
    return told


def check_access(name: str, *, by: str, shop_id: int, http: Http, database: Database | None = None) -> Probe:
    """Ask the platform what it says of the key that is kept. A refusal raises the alert of it. Raises LookupError,
    ConnectionRefused."""
    staff = open_staff(database)
    store = connection_store(staff, name, shop_id)
    if not store.access:
        raise ConnectionRefused("access.none", f"{name} has no key: give it one first")
    try:
        told = _asked(store, store.access, http)
    except ConnectionRefused as refusal:
        if refusal.code == "store.key_refused":
            with staff.database.transaction() as tx:
                now = to_micros(staff.world.clock.now())
                note_refused(tx, shop_id, name, str(store.settings.get("title") or name), str(refusal), now)
        raise
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        held = tx.one("connection_of_name", {"name": name})
        if held is not None and held[1] == shop_id:
            settings = {**decode(held[5]), FACTS: facts_document(told, now)}
            tx.run("set_store_facts", {"id": held[0], "settings": encode(settings)})
        note_taken(tx, shop_id, name, now)
        audit(tx, shop_id, now, by, "connection.access_checked", name, {"lacking": list(told.lacking)})
    return told


def take_access(name: str, *, by: str, shop_id: int, database: Database | None = None) -> None:
    """The key is forgotten: nothing is written there any more. What waits fails with `store.none` and can be tried
    again. Raises LookupError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        held = tx.one("connection_of_name", {"name": name})
        if held is None or held[1] != shop_id:
            raise LookupError(f"there is no connection {name}")
        settings = _without_facts(decode(held[5]))
        tx.run("set_access", {"id": held[0], "access": "", "settings": encode(settings)})
        set_paces(tx, staff.plugins, shop_id, now)
        note_taken(tx, shop_id, name, now)
        audit(tx, shop_id, now, by, "connection.access_taken", name, {})


def shown(name: str, *, shop_id: int, database: Database | None = None) -> list[Shown]:
    """What is kept, for people to look at; [] for a connection whose platform cannot be written to. Raises LookupError,
    ConnectionRefused when it cannot be read."""
    staff = open_staff(database)
    try:
        store = connection_store(staff, name, shop_id)
    except ConnectionRefused as refusal:
        if refusal.code == "access.not_taken":
            return []
        raise
    return [
        Shown(one, _told(one, store.access.get(one.name, "")), bool(store.access.get(one.name)))
        for one in store.api.access
    ]


def _told(setting: Setting, value: str) -> str:
    if setting.kind != "secret":
        return value
    return f"…{value[-4:]}" if len(value) >= 16 else ""


def connection_store(staff: Staff, name: str, shop_id: int) -> Store:
    """The connection, with its key or without. Raises LookupError, ConnectionRefused."""
    with staff.database.read() as tx:
        row = tx.one("connection_access", {"name": name})
    if row is None or row[1] != shop_id or decode(row[5]).get("deleted_at"):
        raise LookupError(f"there is no connection {name}")
    try:
        found = store_of(staff.plugins, (row[0], row[2], row[3], row[5], row[4]))
    except SecretsUnreadable as error:
        raise ConnectionRefused("access.unreadable", str(error)) from error
    if found is None:
        raise ConnectionRefused("access.not_taken", f"{row[3]} can only be listened to: nothing is written there")
    return found


def _merged(api: StoreApi, held: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """What is kept after the change. Raises ConnectionRefused that names the field."""
    known = {one.name for one in api.access}
    unknown = sorted(values.keys() - known)
    if unknown:
        there = ", ".join(one.name for one in api.access)
        raise ConnectionRefused("access.unknown", f"{unknown[0]!r} is not asked for; there are {there}", unknown[0])
    found: dict[str, str] = {}
    for one in api.access:
        value = values.get(one.name)
        is_left = value is None or (one.kind == "secret" and not value.strip())
        kept = held.get(one.name, "") if is_left else str(value).strip()
        if problem := problem_of(one, kept):
            raise ConnectionRefused(problem, SAID[problem].format(name=one.name, help=one.help), one.name)
        if kept:
            found[one.name] = kept
    return found


OF_THE_ADDRESS = frozenset({"store.blocked", "store.not_found"})
OF_THE_KEY = frozenset({"store.key_refused", "store.key_lacks"})
SAID = {
    "access.missing": "{name} is needed. {help}",
    "access.too_long": "{name} is too long to be that",
    "access.not_text": "{name} holds a line break or another sign that no key has: copy it again",
    "access.not_url": "{name} is no web address: write it whole, with https:// before it",
    "access.not_offered": "{name} is none of the values offered",
}


def problem_of(setting: Setting, value: str) -> str | None:
    """What is wrong with a value, as a code; None when nothing is."""
    if not value:
        return "access.missing" if setting.is_required else None
    if len(value) > LONGEST:
        return "access.too_long"
    if not value.isprintable():
        return "access.not_text"
    if setting.kind == "url":
        try:
            parts = urlsplit(value)
            is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        except ValueError:
            is_whole = False
        return None if is_whole and " " not in value else "access.not_url"
    if setting.kind == "choice" and value not in setting.options:
        return "access.not_offered"
    return None


def _asked(store: Store, access: Mapping[str, str], http: Http) -> Probe:
    """What the platform says of these values. Raises ConnectionRefused."""
    try:
        return store.api.probe(exchange_of(replace(store, access=access), http))
    except StoreRefused as error:
        raise ConnectionRefused(error.code, str(error), _field_of(error.code, store.api, access)) from error
    except StoreLimited as error:
        raise ConnectionRefused("store.rate_limited", f"The store asks to come back later: {error}") from error
    except StoreBusy as error:
        raise ConnectionRefused("store.no_answer", f"The store did not answer: {error}") from error
    except Exception as error:
        log.exception("connector %s could not look at a key", store.kind)
        said = f"What answered there is no {store.kind}, or a part of it is hidden: {type(error).__name__} {error}"
        raise ConnectionRefused("store.not_understood", said[:500]) from error


def _set_up(store: Store, access: Mapping[str, str], http: Http) -> None:
    """Has a tool tell us what happens there, where it can be told by its API. Raises ConnectionRefused."""
    tool, hook = store.api.tool, str(store.settings.get("hook") or "")
    if tool is None or tool.set_up is None or not hook:
        return
    try:
        tool.set_up(exchange_of(replace(store, access=access), http), hook)
    except (StoreRefused, StoreLimited, StoreBusy) as error:
        said = f"The key is right, but it will not tell what happens there: {error}"
        raise ConnectionRefused("tool.not_set_up", said[:500]) from error


def _field_of(code: str, api: StoreApi, access: Mapping[str, str]) -> str:
    """The field that a platform's no is about: its address, or the secret that was given; "" where it is of neither."""
    kind = "url" if code in OF_THE_ADDRESS else "secret" if code in OF_THE_KEY else ""
    named = [one.name for one in api.access if one.kind == kind]
    return next((name for name in named if access.get(name)), named[0] if named else "")


def _without_facts(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key != FACTS}


def set_paces(tx: Transaction, plugins: Plugins, shop_id: int, now: int) -> None:
    """As many writes a second as each of the shop's stores and tools takes; where two stores share the ids of one
    namespace, the first is written to. What names no tool goes at the pace of the slowest."""
    try:
        stores, tools = stores_of(tx, plugins, shop_id), tools_of(tx, plugins, shop_id)
    except SecretsUnreadable:
        return
    rates: dict[str, float | None] = dict.fromkeys(row[0] for row in tx.all("store_paces", {"shop": shop_id}))
    for store in reversed(stores):
        rates[budgets.of_store(store.namespace)] = store.api.per_second
    for tool in tools:
        rates[f"tool:{tool.connection}"[:64]] = tool.api.per_second
    if tools:
        rates["tool:any"] = min(tool.api.per_second for tool in tools)
    for name, rate in sorted(rates.items()):
        burst = None if rate is None else max(1.0, rate * BURST)
        tx.run("set_pace", {"shop": shop_id, "connection": name, "rate": rate, "burst": burst, "now": now})
