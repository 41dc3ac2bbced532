"""Kill switches: what is off, and who switched it. Effects of what is off are not claimed, and those already claimed
are given back by whoever was about to begin them.

Invariant: nothing that is off begins later than `STALE` seconds after the switch was committed, on any worker. What
waits stays as it is, and goes on when the switch is on again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Literal, get_args

from sereno.engine.limits import Limits
from sereno.engine.run import EffectFinished
from sereno.runtime.batch import Batch
from sereno.runtime.publishing import flow_row, set_status
from sereno.runtime.settling import Claimed
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.tracing import trace_cancelled
from sereno.sdk.plugin import Plugins
from sereno.store.database import Database, DatabaseError, Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros

Kind = Literal["shop", "flow", "channel", "connection"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FRESH = 0.25
"""Seconds after which a worker that carries anything out looks again at what is off."""
STALE = 1.0
"""Seconds: no effect begins on the word of a look older than this."""
STAFF_ACTIONS = (
    *("alerts.ask", "alerts.notify", "alerts.limit"),
    *("alerts.ask_chat", "alerts.settle_chat", "alerts.take_press", "alerts.take_link"),
)
"""How the shop's own people hear of things: a shop that is off still tells them."""
TOO_OLD = "switch.too_old"
MOST = 100_000
"""Waiting effects a page counts."""


class Switches:
    """What is off, as one worker knows it. `stops` may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._read_at = -STALE
        self._flows: frozenset[int] = frozenset()
        self._rest: dict[int, list[tuple[str, str, str]]] = {}

    def refresh(self, tx: Transaction | None = None, *, age: float = FRESH) -> None:
        """Look, when the last look is older than `age` seconds; with a transaction at hand, always."""
        with self._lock:
            began = monotonic()
            if tx is not None:
                self._take(tx, began)
            elif began - self._read_at > age:
                with self._database.read() as own:
                    self._take(own, began)

    def _take(self, tx: Transaction, began: float) -> None:
        flows: set[int] = set()
        rest: dict[int, list[tuple[str, str, str]]] = {}
        for shop_id, kind, name, actions in tx.all("what_is_off"):
            if kind == "flow":
                flows.add(int(name))
            else:
                rest.setdefault(shop_id, []).append((kind, name, actions))
        self._flows, self._rest, self._read_at = frozenset(flows), rest, began

    def stops(self, effect: Claimed) -> bool:
        """Whether this must not begin now. What cannot be told is not begun."""
        if monotonic() - self._read_at > STALE:
            try:
                self.refresh(age=STALE)
            except DatabaseError:
                return True
        if effect.flow_id in self._flows:
            return True
        return any(
            name == effect.connection
            if kind == "connection"
            else (kind == "channel") == (f" {effect.action} " in actions)
            for kind, name, actions in self._rest.get(effect.shop_id, ())
        )


# --- what people do ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Off:
    """Something that is off."""

    kind: Kind
    name: str
    reason: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for something, and since when. At most `MOST` effects are counted."""

    count: int = 0
    since: datetime | None = None

    def __add__(self, other: Waiting) -> Waiting:
        times = [at for at in (self.since, other.since) if at is not None]
        return Waiting(self.count + other.count, min(times, default=None))


def channels(plugins: Plugins) -> dict[str, tuple[str, ...]]:
    """The channels there are, each with the actions that write to people through it."""
    found: dict[str, list[str]] = {}
    for definition in plugins.actions:
        kind = definition.message({})
        if kind is not None:
            found.setdefault(kind.channel, []).append(definition.name)
    return {channel: tuple(sorted(actions)) for channel, actions in sorted(found.items())}


def switch_off(shop_id: int, kind: Kind, name: str, reason: str, by: str, *, database: Database | None = None) -> bool:
    """Nothing of it leaves from now on. False when it was off already. Raises ValueError without a reason or for what
    cannot be switched, LookupError for a flow there is none of."""
    staff = open_staff(database)
    reason = reason.strip()[:500]
    if not reason:
        raise ValueError("say why: the reason stands on the page and in the audit")
    if kind == "flow":
        with staff.database.read() as tx:
            if flow_row(tx, shop_id, name).status == "paused":
                return False
        set_status(shop_id, name, "paused", by, reason=reason, database=staff.database)
        return True
    actions = _actions(staff, kind, name)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        values = {"shop": shop_id, "kind": kind, "name": name, "actions": actions, "reason": reason, "by": by[:200]}
        if tx.one("put_switch", {**values, "now": now}) is None:
            return False
        audit(tx, shop_id, now, by, "switch.off", _target(kind, name), {"reason": reason})
        _nudge(staff, tx)
    return True


def switch_on(
    shop_id: int,
    kind: Kind,
    name: str,
    by: str,
    *,
    older_than: timedelta | None = None,
    database: Database | None = None,
) -> int:
    """It goes on, and what waited with it; what waited longer than `older_than` is cancelled first. Gives how many
    were. Raises LookupError when it is not off."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        held = next((one for one in switched_off(tx, shop_id) if (one.kind, one.name) == (kind, name)), None)
    if held is None:
        raise LookupError(f"{_target(kind, name)} is not off")
    cancelled = 0
    if older_than is not None:
        cancelled = cancel_waiting(shop_id, kind, name, staff.world.clock.now() - older_than, by, database=database)
    if kind == "flow":
        set_status(shop_id, name, _status_before(staff, shop_id, name), by, database=staff.database)
        return cancelled
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        if tx.one("take_switch", {"shop": shop_id, "kind": kind, "name": name}) is not None:
            audit(tx, shop_id, now, by, "switch.on", _target(kind, name), {"reason": held.reason})
            _nudge(staff, tx)
    return cancelled


def switched_off(tx: Transaction, shop_id: int) -> list[Off]:
    """Everything that is off in a shop, the newest first, then the flows that are paused."""
    found = [
        Off(kind, name, reason, by, from_micros(at))
        for kind, name, _, reason, by, at in tx.all("switches_of", {"shop": shop_id})
    ]
    for name, reason, by, at in tx.all("paused_flows", {"shop": shop_id}):
        found.append(Off("flow", name, reason or "", by or "", from_micros(at) if at is not None else None))
    return found


class Counter:
    """How much waits in a shop, asked for by kind and name (a flow's row id)."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._rows = [
            (flow, action, connection, Waiting(count, from_micros(since)))
            for flow, action, connection, count, since in rows
        ]

    def __call__(self, kind: Kind, name: str | int, actions: Iterable[str] = ()) -> Waiting:
        """`actions` are a channel's."""
        wanted = frozenset(actions)
        return sum(
            (
                found
                for flow, action, connection, found in self._rows
                if (kind == "shop" and action not in STAFF_ACTIONS)
                or (kind == "flow" and flow == name)
                or (kind == "connection" and connection == name)
                or (kind == "channel" and action in wanted)
            ),
            Waiting(),
        )

    @property
    def connections(self) -> set[str]:
        return {connection for _, _, connection, _ in self._rows if connection}


LimitsOf = Callable[[int], Limits]


def waiting(tx: Transaction, shop_id: int) -> Counter:
    return Counter(tx.all("waiting_effects", {"shop": shop_id, "most": MOST}))


def cancel_waiting(
    shop_id: int, kind: Kind, name: str, before: datetime, by: str, *, database: Database | None = None
) -> int:
    """Give up what has waited behind this since before that moment: it is cancelled, its run's trace says so, and a run
    that waits for its outcome goes on as after a failure. Gives how many."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        flow = flow_row(tx, shop_id, name).id if kind == "flow" else 0
    if kind == "shop":
        actions = [one.name for one in staff.plugins.actions if one.name not in STAFF_ACTIONS]
    else:
        actions = list(channels(staff.plugins).get(name, ())) if kind == "channel" else []
    where = {
        "shop": shop_id,
        "flow": flow,
        "connection": name if kind == "connection" else "",
        "actions": actions,
        "is_any": kind in ("flow", "connection"),
        "before": to_micros(before),
    }
    total = 0
    while True:
        with staff.database.transaction() as tx:
            staff.world.flows.refresh(tx)
            now = staff.world.clock.now()
            rows = tx.all("cancel_old_effects", {**where, "now": to_micros(now)})
            _give_up(staff, tx, rows, now)
            total += len(rows)
            if len(rows) < 500:
                if total:
                    details = {"count": total, "before": before.isoformat()}
                    audit(tx, shop_id, to_micros(now), by, "switch.cancelled", _target(kind, name), details)
                return total


def _give_up(staff: Staff, tx: Transaction, rows: Sequence[tuple[Any, ...]], now: datetime) -> None:
    trace_cancelled(tx, [(run, step, action) for _, run, step, action, _, _ in rows], now)
    awaited = {run: key for _, run, _, _, key, is_awaited in rows if is_awaited}
    if not awaited:
        return
    batch = Batch(staff.world, tx, now)
    taken = batch.take(tx.all("claim_runs", {"ids": sorted(awaited), "uids": []}))
    batch.records.fetch()
    for held in taken:
        batch.give(held, EffectFinished(awaited[held.row or 0], ok=False, reason=TOO_OLD))
    batch.write()


def _actions(staff: Staff, kind: Kind, name: str) -> str:
    """What the switch's row says of actions. Raises ValueError."""
    if kind == "shop":
        return f" {' '.join(STAFF_ACTIONS)} "
    if not name:
        raise ValueError(f"name the {kind}")
    if kind == "connection":
        return ""
    known = channels(staff.plugins)
    if name not in known:
        raise ValueError(f"there is no channel {name!r}; there is {', '.join(known) or 'none'}")
    return f" {' '.join(known[name])} "


def _status_before(staff: Staff, shop_id: int, name: str) -> Literal["live", "shadow"]:
    """What a paused flow was before it was paused."""
    with staff.database.read() as tx:
        row = tx.one("last_pause", {"shop": shop_id, "name": name})
    return "shadow" if row is not None and decode(row[0]).get("before") == "shadow" else "live"


def _target(kind: Kind, name: str) -> str:
    return "shop" if kind == "shop" else f"{kind}:{name}"


def _nudge(staff: Staff, tx: Transaction) -> None:
    if staff.database.dialect == "postgresql":
        tx.all("notify")
