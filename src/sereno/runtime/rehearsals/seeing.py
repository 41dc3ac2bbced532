"""A message of a back-test as it would have looked: written again, with the records as they were then. Nothing
leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.engine.durations import parse_instant
from sereno.engine.run import RunState
from sereno.runtime.actions import Prepared
from sereno.runtime.ports import PortFactory
from sereno.runtime.rehearsing import LOCALES, Rehearsal, Rehearsed
from sereno.runtime.staff import open_staff
from sereno.sdk.context import ShopFacts
from sereno.store.database import Database


def see_again(
    effect: Mapping[str, Any],
    subject: str,
    key: str,
    flow: str,
    shop: ShopFacts,
    ports: PortFactory,
    *,
    database: Database | None = None,
) -> Rehearsed | None:
    """`effect` is one of a kept story that has its `then`. What it would be to each reader; None when the action is
    gone. What was decided about it then stands in the story, not here."""
    staff = open_staff(database)
    if staff.plugins.actions.get(str(effect["action"])) is None:
        return None
    then: Mapping[str, Any] = effect["then"]
    at = parse_instant(str(effect["at"]))
    run = str(effect["key"]).partition("/")[0]
    state = RunState(
        id=run,
        flow=flow,
        version=0,
        subject=subject,
        key=key,
        started_at=at,
        refs=dict(then["refs"]),
        vars=dict(then["vars"]),
        event=dict(then["event"]),
    )
    rehearsal = Rehearsal(staff.plugins, staff.database, LOCALES, ports)
    rehearsal.world = staff.world
    prepared = Prepared(str(effect["key"]), str(effect["action"]), effect["config"], 1, flow, state, shop)
    records = {name: then["records"].get(name) for name in staff.plugins.roots.names()}
    rehearsal(prepared, records, at, None)
    return rehearsal.found.get(prepared.key)
