"""What the arbiter would have said about messages that are only recorded, because their flow or version is in shadow.

Invariant: nothing of it takes room from what is really sent. Each version in shadow is held against what really went to
the person and against what it would itself have sent; not against the version it would replace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sereno.engine.durations import format_instant
from sereno.engine.run import NewEffect
from sereno.runtime.actions import Prepared, prepare
from sereno.runtime.arbiter.booking import Desk, Slot, by_their_way, weigh
from sereno.runtime.arbiter.messages import Asked, Message, read_message
from sereno.runtime.arbiter.rules import LONGEST, rules_of
from sereno.runtime.arbiter.verdicts import Go, Later, Never, Verdict
from sereno.runtime.holding import Held
from sereno.runtime.records import Records
from sereno.runtime.world import World
from sereno.store.database import Transaction
from sereno.store.fields import to_micros

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Origin:
    """The version a message in shadow comes from. `beside`: since when it has been in shadow beside a live one
    (microseconds; None: it is not)."""

    flow_id: int
    version: int
    beside: int | None


def foresee(
    world: World, tx: Transaction, records: Records, wishes: Sequence[tuple[Held, NewEffect]], now: datetime
) -> dict[str, dict[str, Any]]:
    """The results of these effects of runs in shadow, by key, as a back-test gives them; a few queries for all of them.
    Two workers that look at one person at the same moment do not wait for each other: nothing hangs on it."""
    roots = world.plugins.roots.names()
    for held, _ in wishes:
        records.want(held.shop.id, held.state.refs, roots)
    records.fetch()
    messages: list[Message] = []
    origins: dict[str, _Origin] = {}
    for held, effect in wishes:
        live, state, shop = held.live, held.state, held.shop.facts
        today = {name: records.root(held.shop.id, state.refs, name) for name in roots}
        priority = live.flow.priority
        prepared = Prepared(effect.key, effect.action, effect.config, 1, live.name, state, shop, now, priority)
        ready = prepare(world, prepared, today, now, tx)
        asked = Asked(effect.key, live.id, live.name, 0, effect.step, to_micros(now), priority, kept=ready.kept)
        message = read_message(ready.definition, effect.config, ready.context, asked, rules_of(shop.settings))
        if message is not None:
            messages.append(message)
            origins[effect.key] = _origin(world, held)
    if not messages:
        return {}
    messages, consents = by_their_way(tx, messages)
    desk = _Foresight(tx, [one for one in messages if one.takes_a_slot], now, origins)
    weigh(desk, messages, consents)
    desk.write()
    return {key: outcome(verdict) for key, verdict in desk.decided.verdicts.items()}


def _origin(world: World, held: Held) -> _Origin:
    stage, version = world.flows.stage(held.live.id), held.state.version
    is_beside = stage is not None and stage.mode == "shadow" and stage.version == version
    return _Origin(held.live.id, version, stage.started_at if stage is not None and is_beside else None)


def outcome(verdict: Verdict) -> dict[str, Any]:
    """The result of an effect that does not leave the house; empty where it would have gone at once."""
    match verdict:
        case Go():
            return {}
        case Later(at, reason, _):
            return {"sent_at": format_instant(at), "reason": reason}
        case Never(reason, details):
            return {**details, "sent": False, "reason": reason}


class _Foresight(Desk):
    """Reads what is really sent, and writes only what would have been."""

    def __init__(
        self, tx: Transaction, messages: Sequence[Message], now: datetime, origins: Mapping[str, _Origin]
    ) -> None:
        self._origins = origins
        self._versions = {key: (origin.flow_id, origin.version) for key, origin in origins.items()}
        """Flow and version of what would have been sent, by key."""
        super().__init__(tx, messages, to_micros(now), "sent")

    def _read(self, messages: Sequence[Message]) -> None:
        super()._read(messages)
        parameters = {
            "shops": list({message.shop_id for message in messages}),
            "people": sorted({message.person for message in messages}),
            "addresses": sorted({message.address for message in messages}),
            "since": self._now - LONGEST // MICROSECOND,
        }
        for key, shop_id, flow_id, version, channel, purpose, person, address, at in self._tx.all(
            "shadow_slots_of", parameters
        ):
            self._versions[key] = flow_id, version
            slot = Slot(
                key, shop_id, channel, purpose, person, address, "sent", at, at, 0, None, flow_id, None, None, 0, False
            )
            self._add(slot)

    def _others(self, message: Message) -> list[Slot]:
        origin = self._origins[message.key]
        return [slot for slot in super()._others(message) if self._counts(slot, origin)]

    def _counts(self, slot: Slot, origin: _Origin) -> bool:
        theirs = self._versions.get(slot.key)
        if theirs is not None:
            return theirs == (origin.flow_id, origin.version)
        # What the live version has sent since stands in the place of what this one would have.
        return origin.beside is None or slot.flow_id != origin.flow_id or slot.wanted_at < origin.beside

    def _replace_older(self, message: Message, others: Any) -> None:
        """What really waits goes on waiting."""

    def write(self) -> None:
        rows: list[tuple[Any, ...]] = []
        for key in sorted(self._kept):
            slot = self._slots[key]
            where = slot.channel, slot.purpose, slot.person, slot.address, slot.at
            rows.append((key, slot.shop_id, *self._versions[key], *where))
        self._tx.many("keep_shadow_slots", rows)
