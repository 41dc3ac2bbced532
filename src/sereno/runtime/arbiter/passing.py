"""Where effects go past the arbiter on their way out: some go on, some wait, some are over.

Invariant: what does not go now is either due again at the moment said, or settled with the reason; nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sereno.engine.run import TraceEntry
from sereno.runtime.actions import Prepared, Ready, prepare
from sereno.runtime.arbiter.booking import decide
from sereno.runtime.arbiter.messages import Asked, Message, read_message
from sereno.runtime.arbiter.rules import LONGEST, rules_of
from sereno.runtime.arbiter.saying import DEFERRED, WITHHELD, effect_message
from sereno.runtime.arbiter.timing import ReadTimings
from sereno.runtime.arbiter.verdicts import Go, Guard, Later, Never, Verdict
from sereno.sdk.result import Done
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import to_micros

if TYPE_CHECKING:
    from sereno.runtime.settling import Claimed
    from sereno.runtime.world import World

FORGET_AFTER = 5000
"""After so many messages a dry world forgets those no window reaches back to."""


@dataclass(frozen=True, slots=True)
class Passing:
    """A claimed effect that is ready, and what the arbiter must know of where it comes from."""

    effect: Claimed
    ready: Ready
    flow: str
    wanted_at: int
    priority: int | None


def let_pass(
    world: World, tx: Transaction, passing: Sequence[Passing], now: datetime
) -> list[tuple[Claimed, Ready | Done]]:
    """What goes on to be carried out, and what is over already because it may not be sent; the rest waits."""
    messages: dict[str, Message] = {}
    for one in passing:
        effect = one.effect
        asked = Asked(
            *(effect.key, effect.flow_id, one.flow, effect.run, effect.step, one.wanted_at, one.priority, effect.id),
            kept=one.ready.kept,
        )
        rules = rules_of(one.ready.context.shop.settings)
        message = read_message(one.ready.definition, one.ready.config, one.ready.context, asked, rules)
        if message is not None:
            messages[one.effect.key] = message
    decided = decide(tx, world.database.dialect, list(messages.values()), now, books="booked")
    found: list[tuple[Claimed, Ready | Done]] = []
    later: list[tuple[int, int, str, str]] = []
    traces: list[tuple[int, str]] = []
    for one in passing:
        effect, message = one.effect, messages.get(one.effect.key)
        if message is None:
            found.append((effect, one.ready))
            continue
        message = decided.chosen.get(effect.key, message)
        notes = list(decided.notes.get(effect.key, ()))
        match decided.verdicts[effect.key]:
            case Go():
                found.append((replace(_told(one, message), is_booked=message.takes_a_slot), one.ready))
            case Later(at, reason, details):
                due = to_micros(at)
                if message.expires_at is not None:
                    due = min(due, message.expires_at)
                later.append((effect.id, due, reason, effect_message(effect.action, reason, dict(details))))
                if decided.is_news.get(effect.key):
                    notes.append((DEFERRED, {"reason": reason, **details}))
            case Never(reason, details):
                found.append((_told(one, message), Done(not_sent(message, reason))))
                notes.append((WITHHELD, {"reason": reason, **details}))
        if notes:
            names = {"action": effect.action, "effect": effect.key}
            entries = [TraceEntry(now, effect.step, code, {**names, **details}) for code, details in notes]
            traces.append((effect.run, encode(entries)))
    tx.many("defer_effects", sorted(later))
    tx.many("copy_traces", sorted(traces))
    return found


def _told(one: Passing, message: Message) -> Claimed:
    """The effect, knowing what message it is."""
    return replace(one.effect, message=message, wording=one.ready.wording)


def not_sent(message: Message, reason: str) -> dict[str, Any]:
    """The result of an effect that is over without having been sent."""
    return {"sent": False, "reason": reason, "to": message.address, "purpose": message.purpose}


def dry_guard(world: World, timings: ReadTimings | None = None) -> Guard:
    """The guard of a dry world: the same decisions over its scratch database, on its clock. What would go later takes
    up room at that moment; it is not looked at again then. `timings` tells people's best moments, which the scratch
    database does not know."""

    asked_for = 0

    def guard(
        effect: Prepared, records: Mapping[str, Mapping[str, Any] | None], now: datetime, tx: Transaction
    ) -> Verdict:
        nonlocal asked_for
        definition = world.plugins.actions.get(effect.action)
        if definition is None or definition.message(effect.config) is None:
            return Go()
        asked_for += 1
        if asked_for % FORGET_AFTER == 0:
            tx.run("forget_slots", {"before": to_micros(now - LONGEST)})
        ready = prepare(world, effect, records, now, tx)
        state = effect.state
        step = effect.key.removeprefix(f"{state.id}/")
        where = f"{effect.flow}|{step}"
        asked = Asked(effect.key, 0, effect.flow, 0, where, to_micros(now), effect.priority, kept=ready.kept)
        message = read_message(definition, effect.config, ready.context, asked, rules_of(effect.shop.settings))
        if message is None:
            return Go()
        decided = decide(tx, world.database.dialect, [message], now, books="sent", timings=timings)
        return decided.verdicts[effect.key]

    return guard
