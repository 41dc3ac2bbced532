"""Carries out one action: gives it its config, context and ports, and turns whatever happens into a Result."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from sereno.engine.message_control import KEY as HOLD_OUT
from sereno.engine.message_control import Kept, read_kept
from sereno.engine.run import NewEffect, RunState
from sereno.engine.steps import WORDING
from sereno.runtime.ports import LocalWrites, port_finder
from sereno.runtime.world import World
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.plugin import ActionDefinition
from sereno.sdk.result import Done, Fail, Result
from sereno.store import scope
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import storable

log = logging.getLogger("sereno.runtime")


@dataclass(frozen=True, slots=True)
class Prepared:
    """An effect about to be tried for the `attempt`th time; asked for at `asked_at`, by a flow of this `priority`."""

    key: str
    action: str
    config: Mapping[str, Any]
    attempt: int
    flow: str
    state: RunState
    shop: ShopFacts
    asked_at: datetime | None = None
    priority: int | None = None
    is_shadow: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """An action with all it is given."""

    definition: ActionDefinition
    config: Mapping[str, Any]
    context: Context
    writes: LocalWrites
    wording: str = ""
    """Which of a message's wordings this is, where several are tried."""
    kept: Kept | None = None
    """The experiment by which this message is kept from a share of people."""


def prepare(
    world: World,
    effect: Prepared,
    records: Mapping[str, Mapping[str, Any] | None],
    now: datetime,
    tx: Transaction | None = None,
) -> Ready:
    """Raises LookupError when there is no such action."""
    definition = world.plugins.actions.get(effect.action)
    if definition is None:
        raise LookupError(f"there is no action {effect.action}")
    writes = LocalWrites(effect.shop.id, effect.key, now)
    state = effect.state
    context = Context(
        effect_key=effect.key,
        attempt=effect.attempt,
        flow=effect.flow,
        run=state.id,
        subject=state.subject,
        shop=effect.shop,
        refs=state.refs,
        records=records,
        event=state.event,
        vars=state.vars,
        now=now,
        asked_at=effect.asked_at,
        is_shadow=effect.is_shadow,
        find_port=port_finder(writes, world.database, world.ports, effect.shop, tx),
    )
    config, wording = effect.config, str(effect.config.get(WORDING) or "")
    kept = read_kept(config.get(HOLD_OUT))
    ours = {name for name, is_there in ((WORDING, wording), (HOLD_OUT, kept)) if is_there}
    if ours := ours - definition.config.model_fields.keys():
        config = {key: value for key, value in config.items() if key not in ours}
    return Ready(definition, config, context, writes, wording, kept)


def carry_out(ready: Ready) -> tuple[Result, LocalWrites]:
    """Try it. An action that raises has failed for good: trying a fault again does not mend it."""
    try:
        with scope.running():
            config = ready.definition.config.model_validate(dict(ready.config))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return Fail("config.invalid", f"{place}: {first['msg']}"[:1000]), ready.writes
    try:
        result = ready.definition.run(config, ready.context)
        if isinstance(result, Done):
            encode(result.value)  # What JSON cannot say must fail here, not in the transaction that keeps it.
        return result, ready.writes
    except Exception as error:
        log.exception("action %s failed (effect %s)", ready.definition.name, ready.context.effect_key)
        return Fail("action.crashed", f"{type(error).__name__}: {error}"[:1000]), ready.writes


def outcome_row(
    effect: NewEffect,
    status: str,
    connection: str | None,
    now: int,
    result: Result | None,
    subject: str,
    shop_id: int,
    flow_id: int,
    priority: int,
) -> tuple[Any, ...]:
    """A row of `copy_effects`, but for the run's id, which is not known yet: it goes in fourth."""
    value: str | None = None
    error: str | None = None
    message: str | None = None
    if isinstance(result, Done):
        status = status if status == "shadow" else "done"
        value = encode(result.value)
    elif isinstance(result, Fail):
        status, error, message = "failed", storable(result.reason)[:64], storable(result.message)[:1000]
    return (
        effect.key,
        shop_id,
        flow_id,
        effect.step,
        effect.action,
        subject,
        encode(effect.config),
        status,
        effect.awaited,
        0 if status in ("pending", "shadow") else 1,
        priority,
        now,
        connection,
        now,
        None if status == "pending" else now,
        value,
        error,
        message,
    )


def with_value(row: tuple[Any, ...], value: Mapping[str, Any]) -> tuple[Any, ...]:
    """The row of `outcome_row` with what came of the effect."""
    return (*row[:-3], encode(value), *row[-2:])
