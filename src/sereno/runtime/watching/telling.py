"""Lets people and other systems hear of alerts: at once when one is new, in digests at growing intervals while it
lasts, once when it is over.

Invariant: a telling and its mark on the alert are one transaction, and the mark is made only by whoever finds the alert
as it was read; so two workers never tell of the same thing, and a crash tells of it later, not twice. What is said is
put into words when the mail goes out, with the state of things then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sereno.engine.durations import format_instant
from sereno.runtime import notices
from sereno.runtime.hooks import Told
from sereno.runtime.world import World
from sereno.sdk.plugin import URGENT
from sereno.sdk.ports import AlertFacts
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, storable, to_micros

FLOW = "sereno-alerts"
ACTION = "alerts.tell"
HOST = notices.Host(FLOW, "Alerts")
"""Mails about alerts hang on a run of a flow that nothing starts: so they are shown and tried again as all effects."""
INTERVALS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""Between the first telling and the first digest, and so on; the last one goes on."""
MOST_AN_HOUR = 10
"""Tellings a shop hears in an hour, whatever happens; each takes in all there is to say."""
KEPT_FOR_CRITICAL = 3
"""Of those."""
HUSHED = timedelta(minutes=10)
HEARS_BY_ROLE = {"owner": "all", "operator": "all"}
"""Who said nothing and is of another role hears nothing by mail."""


@dataclass(frozen=True, slots=True)
class Due:
    """A row of `alerts_to_tell`."""

    id: int
    shop_id: int
    kind: str
    about: str
    severity: str
    text_code: str
    facts: str
    status: str
    count: int
    told: int
    told_state: str
    first_at: int
    opened_at: int

    @property
    def state(self) -> str:
        return "settled" if self.status == "settled" else "open"


def tell(world: World, now: int) -> int:
    """Tell of all that is due. Gives how many alerts were told of."""
    if not world.database.peek("any_to_tell", {"now": now})[0]:
        return 0
    with world.database.transaction() as tx:
        due = [Due(*row) for row in tx.all("alerts_to_tell", {"now": now})]
        by_shop: dict[int, list[Due]] = {}
        for one in due:
            by_shop.setdefault(one.shop_id, []).append(one)
        world.hooks.refresh(tx)
        told = sum(_tell_shop(world, tx, shop_id, rows, now) for shop_id, rows in sorted(by_shop.items()))
        if told and world.database.dialect == "postgresql":
            tx.all("notify")
    return told


def _tell_shop(world: World, tx: Transaction, shop_id: int, due: list[Due], now: int) -> int:
    due = _within_ceiling(tx, shop_id, due, now)
    marks = sorted((one.id, one.told, one.state, _status(one), now + _interval(one.told)) for one in due)
    marked = {row[0] for row in tx.many_returning("mark_told", marks)}
    due = [one for one in due if one.id in marked]
    if not due:
        return 0
    row = tx.one("insert_telling", {"shop": shop_id, "at": now})
    assert row is not None
    tx.run("forget_tellings", {"shop": shop_id, "before": now - 24 * 3_600_000_000})
    shop = world.shops.find(tx, shop_id)
    people = listeners(tx, shop_id)
    run, flow = _run(tx, shop_id, now)
    effects = [
        _effect(shop_id, flow, run, row[0], to, mine, at, now)
        for to, mine, at in _for_whom(people, due, shop.facts.timezone, shop.facts.settings, now)
    ]
    tx.many("copy_effects", effects)
    world.hooks.tell(tx, list(_facts(due)), from_micros(now))
    return len(due)


def _within_ceiling(tx: Transaction, shop_id: int, due: list[Due], now: int) -> list[Due]:
    """Past the ceiling all waits, what is critical a little less: nothing is lost, it is told together."""
    row = tx.one("tellings_since", {"shop": shop_id, "since": now - 3_600_000_000})
    so_far: int = row[0] if row is not None else 0
    if so_far < MOST_AN_HOUR - KEPT_FOR_CRITICAL:
        return due
    kept = [one for one in due if one.severity == "critical"] if so_far < MOST_AN_HOUR else []
    waiting = sorted(one.id for one in due if one not in kept)
    tx.run("hush_alerts", {"ids": waiting, "at": now + HUSHED // timedelta(microseconds=1)})
    return kept


def _status(one: Due) -> str:
    return "open" if one.status == "snoozed" else one.status


def _interval(told: int) -> int:
    return INTERVALS[min(told, len(INTERVALS) - 1)] // timedelta(microseconds=1)


# --- who hears --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listener:
    address: str
    hears: str
    quiet_from: int | None
    quiet_until: int | None


def listeners(tx: Transaction, shop_id: int) -> list[Listener]:
    """The people of a shop and what they want to hear, once for each address."""
    chosen: dict[str, tuple[str, int | None, int | None]] = {
        username: (hears, begin, end)
        for _, hears, begin, end, _email, username in tx.all("alert_listeners", {"shops": [shop_id]})
    }
    found: dict[str, Listener] = {}
    for _, role, email, username in tx.all("people_of_shops", {"shops": [shop_id]}):
        address = (email or username).strip().lower()
        hears, begin, end = chosen.get(username, (HEARS_BY_ROLE.get(role, "none"), None, None))
        if "@" in address and hears != "none":
            found.setdefault(address, Listener(address, hears, begin, end))
    return list(found.values())


def _for_whom(
    people: Iterable[Listener], due: list[Due], zone: str, settings: Mapping[str, Any], now: int
) -> Iterable[tuple[str, list[Due], int]]:
    """(address or `slack`, what, when) for everybody who hears of any of it. What is only `info` stands on the page."""
    loud = [one for one in due if one.severity != "info"]
    critical = [one for one in loud if one.severity == "critical"]
    for person in people:
        mine = critical if person.hears == "critical" else loud
        if not mine:
            continue
        awake = now if critical else _awake_at(person, zone, now)
        yield person.address, mine, awake
    if loud and settings.get("slack_webhook") and settings.get("alerts_in_slack", True):
        yield "slack", loud, now


def _awake_at(person: Listener, zone: str, now: int) -> int:
    """Now, or the end of the person's quiet hours."""
    begin, end = person.quiet_from, person.quiet_until
    if begin is None or end is None or begin == end:
        return now
    local = from_micros(now).astimezone(ZoneInfo(zone))
    is_quiet = begin <= local.hour < end if begin < end else local.hour >= begin or local.hour < end
    if not is_quiet:
        return now
    until = local.replace(hour=end % 24, minute=0, second=0, microsecond=0)
    if until <= local:
        until += timedelta(days=1)
    return to_micros(until)


# --- the outbox -------------------------------------------------------------------------------------


def _effect(
    shop_id: int, flow: int, run: int, telling: int, to: str, due: list[Due], at: int, now: int
) -> tuple[Any, ...]:
    """A row of `copy_effects`; its key is of the telling and the address, so that nobody gets it twice."""
    name = hashlib.blake2b(to.encode(), digest_size=8).hexdigest()
    config = {"to": storable(to), "alerts": [one.id for one in due]}
    connection = "slack" if to == "slack" else "smtp"
    place = (f"alert/{shop_id}/{telling}/{name}", shop_id, flow, run, "0", ACTION, f"telling:{telling}", encode(config))
    return (*place, "pending", False, 0, URGENT, at, connection, now, None, None, None, None)


def _run(tx: Transaction, shop_id: int, now: int) -> tuple[int, int]:
    """The run that the mails hang on, made when there is none, and its flow."""
    uid = f"alerts-{shop_id}"
    row = tx.one("run_of_alerts", {"uid": uid})
    if row is not None:
        return row[0], row[1]
    flow, run = notices.host_run(tx, shop_id, HOST, uid, "shop", from_micros(now))
    return run, flow


def _facts(due: Iterable[Due]) -> Iterable[Told]:
    """For other systems: each alert once when it is raised and once when it is settled, digests are for people."""
    for one in due:
        if one.state == one.told_state:
            continue
        data = {
            "id": one.id,
            "kind": one.kind,
            "about": one.about,
            "severity": one.severity,
            "code": one.text_code,
            "facts": decode(one.facts),
            "count": one.count,
            "first_at": format_instant(from_micros(one.first_at)),
        }
        yield Told(one.shop_id, f"alert.{'settled' if one.state == 'settled' else 'raised'}", data)
        if one.kind == "connection.silent" and one.state == "open":
            yield Told(one.shop_id, "connection.silent", data)


class AlertLookup:
    """The live `Alerts` port of one shop."""

    def __init__(self, database: Database, shop_id: int) -> None:
        self._database = database
        self._shop_id = shop_id

    def read(self, ids: Iterable[int]) -> list[AlertFacts]:
        with self._database.read() as tx:
            rows = tx.all("alerts_by_id", {"shop": self._shop_id, "ids": sorted(ids)})
        return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> AlertFacts:
    id_, kind, about, severity, code, facts, status, count, first_at, last_at, settled_at = row
    first, last = from_micros(first_at), from_micros(last_at)
    settled: datetime | None = from_micros(settled_at) if settled_at is not None else None
    return AlertFacts(id_, kind, about, severity, code, decode(facts), status, count, first, last, settled)
