"""How an outside tool whose lists are worked on is reached, and when to come again after it failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sereno.runtime.reading.working import judged
from sereno.runtime.stores.finding import Store, tools_of
from sereno.runtime.world import World
from sereno.sdk.audience import AudienceApi
from sereno.sdk.ports import Http
from sereno.sdk.stores import StoreBusy, StoreHttp, StoreLimited, StoreRefused

LONGEST = timedelta(hours=6)
"""Between two tries where the tool says no."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Over there."""

    store: Store
    api: AudienceApi
    http: Http


def reach(world: World, shop_id: int, connection_id: int, can: Callable[[AudienceApi], bool]) -> Tool:
    """The tool of a connection, which `can` do what is wanted. Raises StoreRefused, StoreBusy, SecretsUnreadable."""
    with world.database.read() as tx:
        tools = tools_of(tx, world.plugins, shop_id)
        facts = world.shops.find(tx, shop_id).facts
    store = next((one for one in tools if one.connection_id == connection_id), None)
    audience = store.api.tool.audience if store is not None and store.api.tool is not None else None
    if store is None or audience is None or not can(audience):
        raise StoreRefused("store.none", "The connection has no key any more, or is closed: see Connections.")
    http: Any = world.ports(StoreHttp, facts)
    if http is None:
        raise StoreBusy("there is no way out of here")
    return Tool(store, audience, http)


def failed(error: Exception, failures: int) -> tuple[str, int, timedelta]:
    """The error's code, how many failures in a row it makes, and after how long to come again; `failures` before it."""
    code, after = judged(error, failures)
    if after is None:
        after = min(timedelta(minutes=15) * 2 ** min(failures, 6), LONGEST)
    return code, failures + (0 if isinstance(error, StoreLimited) else 1), after
