"""The webhooks a platform holds for a connection: looked at, missed when they are gone, and made anew where that is
wanted.

Platforms let them go: Shopify deletes, WooCommerce disables, BigCommerce deactivates after failures in a row.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sereno.runtime.stores.finding import Store
from sereno.runtime.watching.alerting import raise_alert, settle_alert
from sereno.runtime.world import World
from sereno.sdk.stores import Exchange, StoreBusy, StoreError, StoreLimited, StoreRefused, Subscription, Subscriptions
from sereno.store.documents import encode
from sereno.store.fields import to_micros
from sereno.store.secrets import decrypt

log = logging.getLogger("sereno.reading")

GONE = "subscription.gone"


@dataclass(slots=True)
class Found:
    """By topic, of those for our door: `active`, `inactive`, `missing`; `made` anew just now; `problem` says why one
    could not be."""

    active: list[str] = field(default_factory=list[str])
    inactive: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])
    made: list[str] = field(default_factory=list[str])
    problem: str = ""

    @property
    def lacking(self) -> list[str]:
        return sorted({*self.inactive, *self.missing})


def address_of(base_url: str, connection: str) -> str:
    return f"{base_url.rstrip('/')}/hooks/{connection}"


def sort_out(
    wanted: Sequence[str], held: Sequence[Subscription], address: str
) -> tuple[Found, dict[str, Subscription]]:
    """Which of the wanted topics come to this address, and by topic those that are switched off."""
    ours = [one for one in held if one.address.rstrip("/") == address]
    active = {one.topic for one in ours if one.is_active}
    off = {one.topic: one for one in ours if not one.is_active and one.topic not in active}
    found = Found(
        active=[topic for topic in wanted if topic in active],
        inactive=[topic for topic in wanted if topic in off],
        missing=[topic for topic in wanted if topic not in active and topic not in off],
    )
    return found, off


def look(
    world: World,
    store: Store,
    shop_id: int,
    exchange: Exchange,
    base_url: str,
    *,
    keeps: bool,
    before: Mapping[str, Any],
    is_first: bool = False,
) -> Found | None:
    """Look, mend what is to be kept, remember it, and raise or settle the alert. None when the platform did not say.
    Never raises: reading goes on without."""
    api = store.api.subscriptions
    if api is None:
        return None
    address = address_of(base_url, store.connection)
    try:
        held = api.list(exchange)
        found, off = sort_out(api.topics, held, address)
        if keeps and found.lacking:
            _mend(world, store, api, exchange, address, found, off)
    except StoreError as error:
        log.info("the subscriptions of %s could not be looked at: %s", store.connection, error)
        return None
    _remember(world, store, shop_id, found, keeps, before, is_first=is_first)
    return found


def _mend(
    world: World,
    store: Store,
    api: Subscriptions,
    exchange: Exchange,
    address: str,
    found: Found,
    off: Mapping[str, Subscription],
) -> None:
    with world.database.read() as tx:
        row = tx.one("reading_connection", {"connection": store.connection_id})
    secrets = decrypt(row[6]) if row is not None else []
    secret = secrets[0] if secrets else ""
    for topic in found.lacking:
        try:
            held = off.get(topic)
            if held is not None and api.repair is not None:
                api.repair(exchange, held, address, secret)
            else:
                if held is not None:
                    api.remove(exchange, held.id)
                api.make(exchange, topic, address, secret)
        except (StoreBusy, StoreLimited, StoreRefused) as error:
            found.problem = str(error)[:300]
            continue
        found.made.append(topic)
    found.active = sorted({*found.active, *found.made})
    found.inactive = [topic for topic in found.inactive if topic not in found.made]
    found.missing = [topic for topic in found.missing if topic not in found.made]


def _remember(
    world: World, store: Store, shop_id: int, found: Found, keeps: bool, before: Mapping[str, Any], *, is_first: bool
) -> None:
    now = to_micros(world.clock.now())
    lost = sorted(set(before.get("active") or ()) & {*found.lacking, *found.made})
    standing = sorted({*lost, *(before.get("lost") or ())} & set(found.lacking))
    held = {
        "active": found.active,
        "inactive": found.inactive,
        "missing": found.missing,
        "made": found.made,
        "lost": standing,
        "problem": found.problem,
    }
    about = f"connection:{store.connection}"
    title = str(store.settings.get("title") or store.connection)
    with world.database.transaction() as tx:
        tx.run("keep_subscriptions", {"connection": store.connection_id, "subscriptions": encode(held), "now": now})
        is_news = not is_first and bool(lost)
        if is_news or standing or (keeps and found.lacking):
            topics = ", ".join((standing or lost or found.lacking)[:10])
            facts = {"name": title, "topics": topics, "count": len(standing or lost or found.lacking)}
            code = GONE if found.lacking else "subscription.remade"
            severity = "critical" if found.lacking else "info"
            raise_alert(tx, shop_id, kind=GONE, about=about, text_code=code, values=facts, now=now, severity=severity)
        elif not found.lacking or not standing:
            settle_alert(tx, shop_id, GONE, about, now)
