"""A key that the platform hands over by itself: a person is sent to its page, says yes, and the key comes back.

Invariant: what comes back is taken only with the state that was given out: sealed by this installation, a quarter of an
hour old at most, for this connection, and (where it comes with a browser) by whoever began.
"""

from __future__ import annotations

import json
import secrets as randomness
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.staff import open_staff
from sereno.runtime.stores.permitting import SAID, connection_store, give_access, problem_of
from sereno.sdk.ports import Http
from sereno.sdk.stores import Asking, Exchange, Grant, Probe, StoreBusy, StoreLimited, StoreRefused
from sereno.store.database import Database
from sereno.store.fields import to_micros
from sereno.store.secrets import SecretsUnreadable, decrypt, encrypt

LIVES = 15 * 60 * 1_000_000
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the person, and what their browser has to remember meanwhile."""

    address: str
    nonce: str


def grant_of(name: str, shop_id: int, database: Database | None = None) -> Grant | None:
    """How the connection's platform hands over a key; None where it does not. Raises LookupError."""
    try:
        return connection_store(open_staff(database), name, shop_id).api.grant
    except ConnectionRefused:
        return None


def begin(
    name: str,
    values: Mapping[str, str],
    *,
    by: str,
    shop_id: int,
    back: str,
    inbox: str,
    database: Database | None = None,
) -> Begun:
    """Raises LookupError, ConnectionRefused that names the field."""
    staff = open_staff(database)
    store = connection_store(staff, name, shop_id)
    if store.api.grant is None:
        raise ConnectionRefused("access.no_grant", f"{store.kind} hands over no keys: paste one")
    given: dict[str, str] = {}
    for setting in store.api.access:
        if setting.name in store.api.grant.asks:
            typed = str(values.get(setting.name) or "").strip()
            value = typed or store.access.get(setting.name, "") or str(store.settings.get(setting.name) or "")
            if problem := problem_of(setting, value) or (None if value else "access.missing"):
                raise ConnectionRefused(
                    problem, SAID[problem].format(name=setting.name, help=setting.help), setting.name
                )
            given[setting.name] = value
    nonce = randomness.token_urlsafe(16)
    now = to_micros(staff.world.clock.now())
    held = {"name": name, "shop": shop_id, "by": by, "at": now, "nonce": nonce, "given": given}
    state = encrypt([json.dumps(held)])
    return Begun(store.api.grant.address(Asking(given, back, inbox, state)), nonce)


def finish(
    name: str,
    came: Mapping[str, str],
    *,
    http: Http,
    nonce: str | None,
    back: str = "",
    inbox: str = "",
    database: Database | None = None,
) -> tuple[int, Probe]:
    """Take the key that came and keep it, as `give_access` does. `nonce` is what the browser remembered; None for what
    the platform sent by itself. Gives the shop. Raises LookupError, ConnectionRefused."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        row = tx.one("connection_access", {"name": name})
    if row is None:
        raise LookupError(f"there is no connection {name}")
    store = connection_store(staff, name, row[1])
    grant = store.api.grant
    if grant is None or (grant.comes_by == "redirect") != (nonce is not None):
        raise ConnectionRefused("access.no_grant", f"{store.kind} hands over no keys in this way")
    state = grant.state_of(came)
    held = _opened(state)
    is_live = 0 <= to_micros(staff.world.clock.now()) - held.get("at", 0) <= LIVES
    is_ours = (held.get("name"), held.get("shop")) == (name, row[1]) and nonce in (None, held.get("nonce"))
    if not (is_live and is_ours):
        raise ConnectionRefused("access.state", "this answer is too old, or nobody here asked for it: begin anew")
    given: dict[str, str] = held["given"]
    try:
        taken = grant.take(Exchange(http, store.settings, given), Asking(given, back, inbox, state), came)
    except StoreRefused as error:
        raise ConnectionRefused(error.code, str(error)) from error
    except (StoreBusy, StoreLimited) as error:
        raise ConnectionRefused("store.no_answer", f"The store did not answer: {error}") from error
    told = give_access(name, {**given, **taken}, by=held["by"], shop_id=row[1], http=http, database=database)
    return row[1], told


def _opened(state: str) -> dict[str, Any]:
    try:
        (text,) = decrypt(state)
        return json.loads(text)
    except (SecretsUnreadable, ValueError):
        return {}
