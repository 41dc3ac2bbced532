"""When records become one person, so do their runs: of those that are in one flow for the same reason one goes on.

Invariant: in the transaction that joins two records, every run that the joined person may not have ends, and what its
messages said is known to the one that goes on; nobody lets either record into a flow meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sereno.commerce.event import Event
from sereno.engine.durations import parse_instant
from sereno.engine.run import Ended, TraceEntry
from sereno.runtime.batch import Batch
from sereno.runtime.holding import Held
from sereno.runtime.persons.enrolments import CUSTOMER, Standing, keys_as, names_of, stays
from sereno.runtime.persons.grouping import People
from sereno.runtime.waking import catch_up
from sereno.runtime.world import World
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros

JOINED = "joined"
"""Why a run ended whose person is in the flow by another."""
Begin = Callable[[Transaction, datetime], Batch]
_At = tuple[int, int, str]
"""Flow, lane, and the key as the person's main record has it."""


def begin_in(world: World) -> Begin:
    """Batches of a worker's, or of staff's doings."""

    def begin(tx: Transaction, now: datetime) -> Batch:
        world.flows.refresh(tx)
        return Batch(world, tx, now)

    return begin


@dataclass(slots=True)
class _Enrolment:
    """A person in a flow, by the key `main` that their main record has there. `over`: run and time of entering of those
    under the same keys that are not live; those that ended when they were joined with others do not count. `ends`: when
    they ended, of all."""

    flow: int
    lane: int
    main: str
    live: list[Held] = field(default_factory=list[Held])
    keys: set[str] = field(default_factory=set[str])
    over: dict[str, datetime] = field(default_factory=dict[str, datetime])
    ends: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def besides(self, chosen: Standing) -> list[str]:
        """Runs that were under way beside the chosen one, had the two been one person."""
        return (
            [] if chosen.reentry.mode == "always" else [uid for uid, at in self.ends.items() if at >= chosen.entered_at]
        )


def write(tx: Transaction, shop_id: int, people: People, begin: Begin, now: int) -> int:
    """Write who is whom, and settle what that means for their runs. Gives how many ended by it."""
    grown = people.grown()
    if not grown:
        people.write(now)
        return 0
    # Who lets somebody into a flow now has read who is whom before; we wait for them, and those after us read it anew.
    tx.all("lock_entering", {"shop": shop_id})
    at = from_micros(now)
    # Their rows first, then those of the customers: the order of everybody who moves runs.
    rows = _live_runs(begin(tx, at), shop_id, grown)
    people.write(now)
    return _settle(begin(tx, at), shop_id, rows, begin) if rows else 0


def say_apart(tx: Transaction, shop_id: int, keys: Iterable[str], now: datetime) -> int:
    """Records are people of their own again: the runs that ended when they were joined say that they stay ended. Gives
    how many."""
    rows = ended_joined(tx, shop_id, keys)
    entry = TraceEntry(now, "", "run.stays_ended")
    tx.many("copy_traces", [(row, encode([entry])) for row in rows])
    return len(rows)


def ended_joined(tx: Transaction, shop_id: int, keys: Iterable[str]) -> list[int]:
    """Row ids of the runs about these records that ended because another went on for both."""
    subjects = sorted(f"{CUSTOMER}:{key}" for key in keys)
    return [row[0] for row in tx.all("runs_ended_joined", {"shop": shop_id, "subjects": subjects, "reason": JOINED})]


def _live_runs(batch: Batch, shop_id: int, grown: Sequence[set[str]]) -> list[tuple[Any, ...]]:
    """The rows, locked, of live runs about these people: by subject and link, and by the entries under their names."""
    tx = batch.tx
    keys = sorted({key for person in grown for key in person})
    held = tx.all("customers_by_keys", {"shop": shop_id, "keys": keys})
    names = [names_of(key, decode(data)) for _id, key, data, *_ in held]
    subjects = [f"{CUSTOMER}:{key}" for key in keys]
    links = [*subjects, *sorted({f"email:{one.email.lower()}" for one in names if one.email})]
    ids = [row[0] for row in tx.all("live_runs_of_people", {"shop": shop_id, "subjects": subjects, "links": links})]
    flows = batch.world.flows.naming_people(shop_id)
    texts = sorted({text for one in names for text in (one.key, one.id, one.email, one.phone) if text})
    entered = tx.all("entries", {"flows": flows, "keys": texts}) if flows else []
    uids = sorted({row[3] for row in entered if row[4]})
    return tx.all("claim_runs", {"ids": sorted(set(ids)), "uids": uids}) if ids or uids else []


def _settle(batch: Batch, shop_id: int, rows: Sequence[tuple[Any, ...]], begin: Begin) -> int:
    live = [held for held in batch.take(rows) if held.is_live]
    for held in live:
        batch.records.want(shop_id, held.state.refs, [CUSTOMER])
    batch.records.fetch()
    enrolments = _enrolments(batch, shop_id, live)
    heirs: dict[str, list[str]] = {}
    ended = 0
    for one in enrolments:
        places = [Standing(held.state.started_at, held.row or 0, held.live.flow.reentry) for held in one.live]
        chosen = stays(places, list(one.over.values()))
        left = next((held.state.id for held in one.live if chosen is not None and held.row == chosen.row), "")
        others = [held for held in one.live if held.state.id != left]
        for held in others:
            batch.give(held, Ended(JOINED, run=left or max(one.over, key=lambda uid: one.over[uid])))
        ended += len(others)
        if left and chosen is not None and (before := [*(held.state.id for held in others), *one.besides(chosen)]):
            heirs[left] = before
    batch.write()
    _enter_as_one(batch.tx, enrolments)
    _go_on(begin(batch.tx, batch.now), [held for held in live if held.is_live], heirs, batch)
    return ended


def _enrolments(batch: Batch, shop_id: int, live: Sequence[Held]) -> list[_Enrolment]:
    """The live runs by whom and what they are for, in the order of their rows, with what is over of the same."""
    known = {held.state.id: _keys_of(batch, shop_id, held) for held in live}
    flows = sorted({held.live.id for held in live})
    names = sorted({key for keys in known.values() for key in keys})
    entries = batch.tx.all("entries", {"flows": flows, "keys": names}) if live else []
    lanes = {(row[0], row[3]): row[2] for row in entries}
    found: dict[_At, _Enrolment] = {}
    for held in sorted(live, key=lambda one: one.row or 0):
        keys = known[held.state.id]
        lane = lanes.get((held.live.id, held.state.id), 0)
        one = found.setdefault((held.live.id, lane, keys[0]), _Enrolment(held.live.id, lane, keys[0]))
        one.live.append(held)
        one.keys.update(keys)
    uids = {held.state.id for held in live}
    others = [row for row in entries if row[3] not in uids and not row[4]]
    ends = {row[0]: row[1:] for row in batch.tx.all("ends_of_runs", {"uids": sorted({row[3] for row in others})})}
    for (flow, lane, _), one in found.items():
        for row in others:
            if row[0] != flow or row[2] != lane or row[1] not in one.keys:
                continue
            reason, at = ends.get(row[3], (None, None))
            if at is not None:
                one.ends[row[3]] = from_micros(at)
            if reason != JOINED:
                one.over[row[3]] = from_micros(row[5])
    return list(found.values())


def _enter_as_one(tx: Transaction, enrolments: Sequence[_Enrolment]) -> None:
    """What goes on says what it has to say to the main record's address: that one has been in the flow too, also when
    the records are taken apart again."""
    made = [
        (one.flow, one.main, one.lane, to_micros(held.state.started_at), held.state.id, False)
        for one in enrolments
        for held in one.live
        if held.is_live and held.state.key != one.main
    ]
    tx.many("insert_entries", sorted(made))


def _keys_of(batch: Batch, shop_id: int, held: Held) -> list[str]:
    """The keys its person is known by in its flow, the main record's first."""
    records = batch.records
    whom = records.whom(shop_id, held.state.refs)
    person = [names_of(key, records.own(shop_id, key)) for key in records.person(shop_id, whom)] if whom else []
    if len(person) < 2:
        return [held.state.key]
    keys = keys_as(held.live.flow, _event_of(held), batch.context(held), held.state.started_at, person)
    return list(dict.fromkeys([*keys, held.state.key]))


def _event_of(held: Held) -> Event:
    document: Mapping[str, Any] = held.state.event
    at = parse_instant(str(document["occurred_at"]))
    return Event(
        id=str(document["id"]),
        shop=held.shop.slug,
        source=str(document["source"]),
        type=str(document["type"]),
        subject=held.state.subject,
        occurred_at=at,
        received_at=at,
        data=document.get("data") or {},
        refs=held.state.refs,
        before=document.get("before"),
    )


def _go_on(batch: Batch, left: Sequence[Held], heirs: Mapping[str, Sequence[str]], before: Batch) -> None:
    """Those that go on learn what the person has had by the others, and hear of what the others heard of."""
    concerned = [held for held in left if held.state.id in heirs or held.state.listens]
    if not concerned:
        return
    tx = batch.tx
    taken = batch.take(tx.all("claim_runs", {"ids": sorted(held.row or 0 for held in concerned), "uids": []}))
    batch.records.fetch()
    had = _had(tx, {uid for uids in heirs.values() for uid in uids}, before)
    for held in taken:
        uids = heirs.get(held.state.id, ())
        if not uids:
            continue
        theirs = {path: said for uid in uids for path, said in had.get(uid, {}).items()}
        own = held.state.had
        if theirs:
            held.state.had = {**theirs, **(own if isinstance(own, dict) else {})}
        held.traces.append(TraceEntry(batch.now, held.state.step, "run.joined", {"runs": list(uids)}))
        held.is_changed = True
    catch_up(batch, [held for held in taken if held.is_live and held.state.listens], but_queued=True)
    batch.write()


def _had(tx: Transaction, uids: set[str], before: Batch) -> dict[str, dict[str, list[str]]]:
    """By run: the steps it did, or is about to do though it is over, and what runs before it had done."""
    found: dict[str, dict[str, list[str]]] = {}
    for uid in uids:
        held = before.held.get(uid)
        if held is not None and isinstance(held.state.had, dict):
            found[uid] = dict(held.state.had)
    for uid, key, action, subject in tx.all("effects_of_ended", {"uids": sorted(uids)}) if uids else ():
        found.setdefault(uid, {})[key.partition("/")[2]] = [action, key, subject]
    return found
