"""What every part of the runtime works with: the database, the plugins, the ports, the clock and the caches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sereno.runtime.arbiter.verdicts import Guard
from sereno.runtime.clock import Clock
from sereno.runtime.flows import Flows
from sereno.runtime.hooks import Hooks
from sereno.runtime.ports import PortFactory
from sereno.runtime.shops import Shops
from sereno.sdk.plugin import Plugins
from sereno.sdk.result import Done, Fail
from sereno.store.database import Database

Rehearse = Callable[..., Done | Fail]
"""Given (effect, records, now, transaction), as `runtime.actions` has them: what would come of an action."""


@dataclass(slots=True)
class World:
    """One per worker. `is_dry`: a back-test, in which nothing may leave; local actions write into its scratch database,
    all others are recorded as shadow, with the outcome that `rehearse` gives. `guard` says there which of them the
    guardrails would have put off or stopped."""

    database: Database
    plugins: Plugins
    ports: PortFactory
    clock: Clock
    shops: Shops
    flows: Flows
    hooks: Hooks
    worker: str
    is_dry: bool = False
    rehearse: Rehearse | None = None
    guard: Guard | None = None


def make_world(
    database: Database,
    plugins: Plugins,
    ports: PortFactory,
    clock: Clock,
    worker: str,
    *,
    base_url: str = "",
    is_dry: bool = False,
) -> World:
    shops, hooks = Shops(base_url), Hooks()
    flows = Flows(plugins, shops, hooks)
    return World(database, plugins, ports, clock, shops, flows, hooks, worker, is_dry)
