"""An effect that writes to a person, as the arbiter sees it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sereno.commerce.identity import customer_key
from sereno.engine.control import as_share
from sereno.engine.message_control import Kept
from sereno.engine.precedence import USUAL
from sereno.runtime.arbiter.rules import Rules
from sereno.runtime.arbiter.zones import zone_of
from sereno.runtime.experiments.exposing import person_of
from sereno.sdk.context import Context
from sereno.sdk.plugin import ActionDefinition, Addressed
from sereno.sdk.ports import Consents
from sereno.store.fields import storable

log = logging.getLogger("sereno.runtime")
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a message comes from: `run` is the run's row, `wanted_at` when it was asked for. `priority` is the one the
    flow says, None when it says none. `number` orders what was asked for at one moment."""

    key: str
    flow_id: int
    flow: str
    run: int
    step: str
    wanted_at: int
    priority: int | None = None
    number: int = 0
    kept: Kept | None = None
    """The experiment by which it is kept from a share of people."""


@dataclass(frozen=True, slots=True)
class Message:
    """`person` is the customer where one is known, else the address. `merge`: of several that wait with the same one,
    the last is worth sending. `unit` and `customer` are whom experiments count, `holdout` the share (in basis points)
    of people to whom the shop sends no marketing."""

    asked: Asked
    shop_id: int
    channel: str
    purpose: str
    person: str
    address: str
    zone: ZoneInfo
    priority: int
    expires_at: int | None
    merge: str | None
    rules: Rules
    refusal: Callable[[Consents], str | None]
    unit: str = ""
    customer: str | None = None
    holdout: int = 0
    best_within: int | None = None
    """For so long (microseconds) after it was asked for it may wait for its reader's best moment."""
    others: tuple[Message, ...] = ()
    """The same message by other ways, in their order, where this one is refused."""

    @property
    def key(self) -> str:
        return self.asked.key

    @property
    def kept(self) -> Kept | None:
        """The experiment by which this one message is kept from some; only marketing ever is."""
        return self.asked.kept if self.purpose == "marketing" else None

    @property
    def is_kept_back(self) -> bool:
        """Whether this person is one of those."""
        return self.kept is not None and self.kept.keeps_out(self.asked.flow, self.unit)

    @property
    def age(self) -> tuple[int, int, str]:
        """The earliest asked for comes first."""
        return self.asked.wanted_at, self.asked.number, self.asked.key

    @property
    def precedence(self) -> tuple[int, int, int, str]:
        """Who goes first: the more important, then who has waited longer."""
        return self.priority, *self.age

    @property
    def takes_a_slot(self) -> bool:
        """Whether any rule holds it or counts it."""
        if self.purpose == "marketing" or self.merge is not None or self.expires_at is not None:
            return True
        counts = any(cap.counts_one(self.channel, self.purpose) for cap in self.rules.caps)
        return counts or bool(self.rules.quiet_for(self.channel, self.purpose))


def read_message(
    definition: ActionDefinition, config: Mapping[str, Any], context: Context, asked: Asked, rules: Rules
) -> Message | None:
    """None for what writes to nobody, and for what the action itself will have to say something about."""
    try:
        if definition.message(config) is None:
            return None
        found = definition.addressed(config, context)
    except Exception:
        log.exception("action %s does not say whom effect %s goes to", definition.name, asked.key)
        return None
    if found is None:
        return None
    message = _message(found, context, asked, rules)
    return replace(message, others=tuple(_message(one, context, asked, rules) for one in found.others))


def _message(found: Addressed, context: Context, asked: Asked, rules: Rules) -> Message:
    address = storable(found.to.strip().lower())[:320]
    expires = found.expires if found.expires is not None else rules.expires.get(found.purpose)
    merge = found.merge
    if merge is not None:
        merge = f"={merge}"
    elif found.purpose == "marketing":
        # What is transactional tells of one thing each, and the next tells of another.
        merge = f"{asked.flow_id}|{asked.step}"
    said = asked.priority if asked.priority is not None else USUAL
    key = _person(found.channel, address, context, is_own=found.is_own)
    is_customer = key != f"{found.channel}:{address}"[:200]
    counted = person_of({}, context.records.get("customer") if is_customer else None, f"{found.channel}:{address}")
    return Message(
        asked=asked,
        shop_id=context.shop.id,
        channel=found.channel,
        purpose=found.purpose,
        person=key,
        address=address,
        zone=zone_of(context.records, context.shop),
        priority=rules.priorities.get(asked.flow, said),
        expires_at=asked.wanted_at + expires // MICROSECOND if expires is not None else None,
        merge=storable(merge)[:320] if merge is not None else None,
        rules=rules,
        refusal=found.refusal,
        unit=counted.unit,
        customer=counted.customer,
        holdout=as_share(context.shop.settings.get("holdout_share")),
        best_within=None if found.best_within is None else found.best_within // MICROSECOND,
    )


def _person(channel: str, address: str, context: Context, *, is_own: bool = False) -> str:
    """Whoever has several addresses is one person, where the shop knows them; a message to somebody else's address (a
    gift's, a colleague's) is not to the customer."""
    customer = context.records.get("customer") or {}
    own = {str(customer.get(name) or "").strip().lower() for name in ("email", "phone")}
    orders = {str((context.records.get(kind) or {}).get("email") or "").strip().lower() for kind in ("order", "cart")}
    key = customer_key(customer.get("id"), customer.get("email"))
    if key is not None and (is_own or address in own | orders):
        return storable(key)[:200]
    return f"{channel}:{address}"[:200]
