"""A draft tried on one past event: what the flow would have done, step by step, by the code that runs live.

The shop's own history of the people and things the event is about is replayed around it in a scratch database, on a
virtual clock. Invariant: nothing leaves, and nothing is written in the shop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from sereno.commerce.event import Event, links
from sereno.engine.durations import format_instant, parse_instant
from sereno.engine.flow import Flow
from sereno.engine.run import Decided
from sereno.engine.trigger import OWN_EVENTS, RUN_REQUESTED
from sereno.runtime.batch import Batch
from sereno.runtime.facts import read_event, read_fact
from sereno.runtime.flows import compiled
from sereno.runtime.ports import SOURCE, PortFactory, no_ports
from sereno.runtime.projecting import records_of
from sereno.runtime.records import Records
from sereno.runtime.rehearsing import LOCALES, Rehearsal, Rehearsed
from sereno.runtime.replays.replaying import Replay
from sereno.runtime.staff import Staff, open_staff
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import PATCH, Plugins
from sereno.store import scope
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.scratch import open_scratch

Answer = Literal["yes", "no", "late"]
HISTORY = 300
"""Events of before, and of after, that are replayed at most: the nearest."""
PEOPLE = ("order", "customer", "email", "cart", "checkout")
"""Kinds of refs whose history is replayed. What a product went through matters to no run; it is read as it is today."""
MOST_ROUNDS = 400
"""After which a flow that starts itself over and over is let be."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An entry of the trace. `effect` is the key of the effect it asked for."""

    at: datetime
    step: str
    code: str
    details: Mapping[str, Any]
    effect: str | None


@dataclass(frozen=True, slots=True)
class TriedEffect:
    """What an action would have done. `status`: `shadow` (would leave), `done` (in Sereno alone) or `failed`."""

    key: str
    step: str
    action: str
    config: Mapping[str, Any]
    status: str
    at: datetime
    result: Mapping[str, Any] | None
    error: str | None
    message: str | None
    rehearsed: Rehearsed | None


@dataclass(frozen=True, slots=True)
class Trial:
    """`skip` is (reason, details) when the event would start no run; `moments` are then empty. `status` is the run's at
    the end of time, `step` where it stands if it waits for ever. `later` is how many events came after and were
    replayed. `is_endless`: it was cut off, for it starts itself again and again."""

    flow: str
    event: Event
    skip: tuple[str, Mapping[str, Any]] | None
    status: str
    step: str
    reason: str | None
    moments: tuple[Moment, ...]
    effects: Mapping[str, TriedEffect]
    later: int
    is_endless: bool = False
    seconds: float = field(default=0.0)
    """The length of time it covers."""


def try_flow(
    shop_id: int,
    text: str,
    *,
    event: int | None = None,
    about: str | None = None,
    answer: Answer = "yes",
    by: str = "",
    languages: Sequence[str] = LOCALES,
    ports: PortFactory = no_ports,
    database: Database | None = None,
) -> Trial:
    """Try the document on a past event (the id of its row), or, for flows that a schedule, a date or a person starts,
    on a record (`order:1001`) as of now. Questions are answered `answer` (`late`: by nobody). `ports` are asked for
    what only reads (the shop's own messages). Raises FlowInvalid, or LookupError when the shop has no such event."""
    staff = open_staff(database)
    with scope.in_shop(shop_id, staff.database, is_given=True):
        rehearsal = Rehearsal(staff.plugins, staff.database, languages, ports)
        return _tried(staff, shop_id, text, event, about, rehearsal, answer, by)


def _tried(
    staff: Staff,
    shop_id: int,
    text: str,
    event: int | None,
    about: str | None,
    rehearsal: Rehearsal,
    answer: Answer,
    by: str,
) -> Trial:
    flow = compiled(text, staff.plugins)
    with staff.database.read() as tx:
        facts = staff.world.shops.find(tx, shop_id).facts
        records = Records(staff.plugins, tx, staff.database.dialect)
        row = tx.one("tried_event", {"id": event, "shop": shop_id}) if event is not None else None
        if row is not None:
            trigger = read_event(row)
        elif about:
            trigger = made_up(records, shop_id, flow, about)
        else:
            raise LookupError("there is no such event in this shop any more")
        history = _History.read(tx, staff, records, shop_id, trigger)
    scratch = open_scratch()
    try:
        play = _Play(scratch, staff.plugins, facts, history, rehearsal, answer, by)
        return play.run(flow, text, trigger)
    finally:
        scratch.close()


def made_up(records: Records, shop_id: int, flow: Flow, about: str) -> Event:
    """The event that a schedule, a date or a person would state for this record now."""
    kind, _, key = about.partition(":")
    refs = {kind: key} if key else {}
    records.want(shop_id, refs, [kind])
    records.fetch()
    record = records.root(shop_id, refs, kind) or {}
    if record.get("customer_id") and kind != "customer":
        refs["customer"] = str(record["customer_id"])
    if isinstance(record.get("email"), str) and record["email"]:
        refs["email"] = str(record["email"]).lower()
    now = datetime.now(UTC)
    type_ = next(iter(sorted(flow.trigger_types)), RUN_REQUESTED)
    data: dict[str, Any] = {"flow": flow.name}
    if type_ in OWN_EVENTS and type_ != RUN_REQUESTED:
        data["due_at"] = format_instant(now)
    elif type_ not in OWN_EVENTS:
        data = dict(record)
    return Event(uuid4().hex, str(shop_id), SOURCE, type_, about, now, now, data, refs)


@dataclass(frozen=True, slots=True)
class _History:
    """What the shop knows of what the event is about. `records` are (projection, key, record) of today for what no
    event of before tells; `words` are rows of tags, consents and suppressions as they were then."""

    before: list[NewEvent]
    after: list[NewEvent]
    records: list[tuple[str, str, Mapping[str, Any]]]
    tags: list[tuple[Any, ...]]
    consents: list[tuple[Any, ...]]
    suppressed: list[tuple[Any, ...]]

    @classmethod
    def read(cls, tx: Transaction, staff: Staff, today: Records, shop_id: int, trigger: Event) -> _History:
        wanted = [link for link in links(trigger.subject, trigger.refs) if link.partition(":")[0] in PEOPLE]
        at = to_micros(trigger.occurred_at)
        asked = {"shop": shop_id, "links": wanted, "at": at, "limit": HISTORY}
        before = [row for row in tx.all("history_before", asked) if (row[2], row[3]) != (trigger.source, trigger.id)]
        after = tx.all("history_after", asked)
        told = {named for row in before for named in records_of(read_fact(row).event, staff.plugins)}
        told |= set(records_of(trigger, staff.plugins))
        records = _records(today, staff.plugins, shop_id, trigger.refs, told)
        addresses = _addresses(trigger, [record for _, _, record in records])
        pairs = [(kind, key) for kind, key in trigger.refs.items() if kind in ("order", "customer")]
        tags = {"shop": shop_id, "kinds": [kind for kind, _ in pairs], "keys": [key for _, key in pairs], "at": at}
        people = {"shop": shop_id, "addresses": addresses, "at": at}
        return cls(
            [_new(row) for row in before],
            [_new(row) for row in after],
            records,
            tx.all("tags_until", tags) if pairs else [],
            tx.all("consents_until", people) if addresses else [],
            tx.all("suppressed_until", people) if addresses else [],
        )


class _Play(Replay):
    """The replay of one trial."""

    def __init__(
        self,
        scratch: Database,
        plugins: Plugins,
        shop: ShopFacts,
        history: _History,
        rehearsal: Rehearsal,
        answer: Answer,
        by: str,
    ) -> None:
        first = history.before[0].occurred_at if history.before else datetime(2000, 1, 1, tzinfo=UTC)
        super().__init__(scratch, plugins, shop, first, 0, rehearsal.ports, is_bare=True)
        rehearsal.world = self.runtime.world
        self.runtime.world.rehearse = rehearsal
        self._scratch = scratch
        self._history = history
        self._rehearsal = rehearsal
        self._answer: Answer = answer
        self._by = by
        self._rounds = 0
        self.is_endless = False

    def run(self, flow: Flow, text: str, trigger: Event) -> Trial:
        history = self._history
        with self._scratch.transaction() as tx:
            for record in history.records:
                _put(tx, self.runtime.world.plugins, self.shop, *record)
            tx.many("add_tags", history.tags)
            tx.many("add_consents", history.consents)
            tx.many("suppress", history.suppressed)
        self.feed(history.before)
        # Only now, for it is asked what this one event starts, and not what those before it had started.
        self.clock.move_to(trigger.occurred_at)
        self.publish([text])
        self._rounds = 0
        self.feed([_marked(trigger)])
        self.feed(history.after)
        end = self.finish(None)
        return self._told(flow, trigger, (end - trigger.occurred_at).total_seconds())

    def settle(self, *, schedules: bool = True) -> None:
        while not self.is_endless:
            self._settle_some()
            if self._answer == "late" or not self._decide():
                return

    def _settle_some(self) -> None:
        while (self.runtime.dispatcher.run(500) + self.runtime.waker.run(500)) > 0:
            self._rounds += 1
            if self._rounds > MOST_ROUNDS:
                self.is_endless = True
                return

    def _decide(self) -> bool:
        """Answer what runs ask. Gives whether anybody asked."""
        with self._scratch.transaction() as tx:
            questions = tx.all("open_questions")
            if not questions:
                return False
            now = self.clock.now()
            self.runtime.world.flows.refresh(tx)
            batch = Batch(self.runtime.world, tx, now)
            taken = {
                held.row: held
                for held in batch.take(tx.all("claim_runs", {"ids": [row[1] for row in questions], "uids": []}))
            }
            batch.records.fetch()
            for id_, run, step, part, asked in questions:
                status = "approved" if self._answer == "yes" else "refused"
                tx.run(
                    "decide_approval",
                    {"id": id_, "status": status, "now": to_micros(now), "by": self._by[:200], "note": ""},
                )
                if run in taken:
                    batch.give(taken[run], Decided(step, self._answer == "yes", asked, part=part))
            batch.write()
        return True

    def _next_due(self, *, schedules: bool = True) -> datetime | None:
        return None if self.is_endless else super()._next_due(schedules=False)

    def _told(self, flow: Flow, trigger: Event, seconds: float) -> Trial:
        named = {"source": trigger.source, "uid": trigger.id}
        with self._scratch.read() as tx:
            run = tx.one("tried_run", named)
            if run is None:
                skip = tx.one("tried_skip", named)
                why = (skip[0], decode(skip[1])) if skip is not None else ("not_concerned", {"event": trigger.type})
                return Trial(flow.name, trigger, why, "", "", None, (), {}, len(self._history.after))
            row, _uid, status, step, reason, _due = run
            effects = {found.key: found for found in self._effects(tx, row)}
            entries = [entry for _, found in tx.all("traces_of", {"runs": [row]}) for entry in decode(found)]
        moments = tuple(_moment(entry) for entry in entries)
        return Trial(
            flow.name,
            trigger,
            None,
            status,
            step,
            reason,
            moments,
            effects,
            len(self._history.after),
            self.is_endless,
            (moments[-1].at - trigger.occurred_at).total_seconds() if moments else seconds,
        )

    def _effects(self, tx: Transaction, run: int) -> Iterable[TriedEffect]:
        for row in tx.all("effects_of", {"runs": [run]}):
            _, _, key, step, action, status, _, created_at, _, config, result, error, message = row
            yield TriedEffect(
                key,
                step,
                action,
                decode(config),
                status,
                from_micros(created_at),
                decode(result) if result is not None else None,
                error,
                message,
                self._rehearsal.found.get(key),
            )


def _moment(entry: Mapping[str, Any]) -> Moment:
    details: Mapping[str, Any] = entry.get("details") or {}
    code = str(entry["code"])
    key = str(details["key"]) if code == "effect.created" and "key" in details else None
    return Moment(parse_instant(str(entry["at"])), str(entry.get("step", "")), code, details, key)


def _new(row: tuple[Any, ...]) -> NewEvent:
    return _marked(read_event(row))


def _marked(event: Event) -> NewEvent:
    """With its source in its id, as a replay takes events of several."""
    id_ = f"{event.source}\x1f{event.id}"
    return NewEvent(id_, event.type, event.subject, event.occurred_at, event.data, event.refs)


def _records(
    records: Records, plugins: Plugins, shop_id: int, refs: Mapping[str, str], told: set[tuple[str, str]]
) -> list[tuple[str, str, Mapping[str, Any]]]:
    """The records of today behind the refs that the events do not tell of."""
    wanted: set[tuple[str, str]] = set()
    for name in plugins.roots.names():
        root = plugins.roots.get(name)
        for kind, projection in root.parts if root is not None else ():
            key = refs.get(kind)
            if key and (projection, key) not in told:
                records.want_row(projection, shop_id, key)
                wanted.add((projection, key))
    records.fetch()
    found = [(projection, key, records.row(projection, shop_id, key).record) for projection, key in sorted(wanted)]
    return [(projection, key, record) for projection, key, record in found if record is not None]


def _put(tx: Transaction, plugins: Plugins, shop_id: int, name: str, key: str, record: Mapping[str, Any]) -> None:
    """Write a record into the scratch database, older than whatever any event says of it."""
    projection = plugins.projections.get(name)
    if projection is None:
        return
    columns = {name: column(record) for name, column in projection.columns.items()}
    plain = [value if isinstance(value, str | int | float | None) else str(value) for value in columns.values()]
    names = ("shop_id", "key", "version", "data", "seen_at", *columns)
    marks = ", ".join(f"?{number}" for number in range(1, len(names) + 1))
    sql = f"INSERT INTO {projection.table} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
    tx.text(sql, [shop_id, key, PATCH, encode(record), 0, *plain])


def _addresses(trigger: Event, records: Iterable[Mapping[str, Any]]) -> list[str]:
    found = [trigger.refs.get("email"), trigger.data.get("email"), *(record.get("email") for record in records)]
    return sorted({str(address).lower() for address in found if address})
