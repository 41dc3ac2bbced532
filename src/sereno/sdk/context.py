"""What an action is given: ports, never a vendor's SDK, a database row or a clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The shop an effect belongs to. `timezone` is an IANA name, `locale` one of `en es pt ro`."""

    id: int
    name: str
    currency: str
    timezone: str
    locale: str
    base_url: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Context:
    """Given to an action with its config.

    `effect_key` is the idempotency key to hand to the remote side: the same on every attempt. `attempt` counts from 1.
    `records` are today's `customer`, `order`, `cart`, `product` (a missing one is None), read just before the action.
    `event` is the event that started the run, `vars` the run's variables. `refs` names what the run is about
    (kind -> id). `now` is UTC; `asked_at` is when the run came to this step, None where that is now.
    `is_shadow`: nothing may change, here or outside; only actions that decide are asked then.
    """

    effect_key: str
    attempt: int
    flow: str
    run: str
    subject: str
    shop: ShopFacts
    refs: Mapping[str, str]
    records: Mapping[str, Mapping[str, Any] | None]
    event: Mapping[str, Any]
    vars: Mapping[str, Any]
    now: datetime
    find_port: Callable[[type[Any]], Any]
    asked_at: datetime | None = None
    is_shadow: bool = False

    def port(self, kind: type[P]) -> P:
        """The port of this kind. Raises LookupError when the shop has none (the action should Fail with a reason)."""
        return self.find_port(kind)
