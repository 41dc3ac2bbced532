"""The accounts of a shop by which its channels send: which there are, and the way to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sereno.runtime.stores.finding import open_access
from sereno.sdk.channels import ChannelApi, ChannelCall
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Http
from sereno.store.database import Transaction
from sereno.store.documents import decode


@dataclass(frozen=True, slots=True)
class Account:
    """A connection that sends. `hook` is the address of its door."""

    id: int
    connection: str
    kind: str
    api: ChannelApi
    settings: Mapping[str, Any]
    access: Mapping[str, str]

    @property
    def hook(self) -> str:
        return str(self.settings.get("hook") or "")

    def call(self, http: Http, key: str, now: datetime) -> ChannelCall:
        return ChannelCall(http, self.settings, self.access, key, now, self.hook)


def kinds(plugins: Plugins) -> dict[str, ChannelApi]:
    """Every kind of account there can be, with what it can do."""
    return {one.kind: api for one in plugins.connectors if (api := one.channel) is not None}


def accounts_of(tx: Transaction, plugins: Plugins, shop_id: int) -> dict[str, Account]:
    """By channel the account that sends. Raises SecretsUnreadable."""
    found: dict[str, Account] = {}
    for account in every_account(tx, plugins, shop_id):
        found.setdefault(account.api.channel, account)
    return found


def every_account(tx: Transaction, plugins: Plugins, shop_id: int) -> list[Account]:
    """All that are connected; of several of one channel the one that sends first. Raises SecretsUnreadable."""
    known = kinds(plugins)
    found: list[Account] = []
    for id_, name, kind, settings, access in tx.all("channel_connections", {"shop": shop_id, "kinds": sorted(known)}):
        held: dict[str, Any] = decode(settings) if settings else {}
        found.append(Account(id_, name, kind, known[kind], held, open_access(access)))
    return sorted(found, key=lambda one: preference(one.settings))


def preference(settings: Mapping[str, Any]) -> int:
    """Of several accounts of one channel the one chosen last sends; of those never chosen the oldest."""
    chosen = settings.get("chosen_at")
    return -chosen if isinstance(chosen, int) else 0
