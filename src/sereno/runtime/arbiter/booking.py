"""Decides about the messages of one batch, and books what it lets go, in the transaction that claims them.

Invariant: people and addresses are locked before what went to them is read, all in one order, until that transaction
ends; so no two workers count the same room. What is on its way counts until it is known how it went.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sereno.runtime.arbiter import holdout
from sereno.runtime.arbiter.consents import ReadConsents
from sereno.runtime.arbiter.deciding import Counted, Moment, earliest
from sereno.runtime.arbiter.messages import MICROSECOND, Message
from sereno.runtime.arbiter.rules import WISHED
from sereno.runtime.arbiter.saying import rule_said, said
from sereno.runtime.arbiter.timing import ReadTimings, Timing
from sereno.runtime.arbiter.verdicts import Go, Later, Never, Verdict
from sereno.runtime.arbiter.warmup import REASON as WARMING
from sereno.runtime.arbiter.warmup import Gate
from sereno.runtime.experiments.exposing import expose
from sereno.runtime.persons import people_of
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.queries import Dialect

GRACE = timedelta(minutes=5) // MICROSECOND
"""For so long after its moment a message that has not gone keeps others, less important, from taking its place."""
UNDER_WAY = ("pending", "running")
MERGED = "message.merged"


@dataclass(slots=True)
class Slot:
    """A row of `message_slot`. `merged`: what took its place, a document. `is_live`: its effect is not
    over."""

    key: str
    shop_id: int
    channel: str
    purpose: str
    person: str
    address: str
    status: str
    at: int
    wanted_at: int
    priority: int
    merge: str | None
    flow_id: int
    reason: str | None
    merged: str | None
    number: int
    is_live: bool

    @property
    def age(self) -> tuple[int, int, str]:
        return self.wanted_at, self.number, self.key

    @property
    def precedence(self) -> tuple[int, int, int, str]:
        return self.priority, *self.age


@dataclass(slots=True)
class Decided:
    """`notes` are what the traces of the messages' runs should say beside the verdict, by key: (code, details).
    `is_news`: the verdict differs from the one before."""

    verdicts: dict[str, Verdict] = field(default_factory=dict[str, Verdict])
    notes: dict[str, list[tuple[str, dict[str, Any]]]] = field(
        default_factory=dict[str, list[tuple[str, dict[str, Any]]]]
    )
    is_news: dict[str, bool] = field(default_factory=dict[str, bool])
    chosen: dict[str, Message] = field(default_factory=dict[str, Message])
    """Of messages that may go several ways, the one decided about."""


def decide(
    tx: Transaction,
    dialect: Dialect,
    messages: Sequence[Message],
    now: datetime,
    *,
    books: str,
    timings: ReadTimings | None = None,
) -> Decided:
    """A verdict for each message, by key. Those that may go are kept as `books`: `booked`, or `sent` where nobody
    will say how it went. `timings`: where people's best moments are read, if not here."""
    if not messages:
        return Decided()
    messages, consents = by_their_way(tx, messages)
    weighed = [message for message in messages if message.takes_a_slot]
    if weighed and dialect == "postgresql":
        tx.all("lock_recipients", {"recipients": sorted({lock for message in weighed for lock in _locks(message)})})
    desk = Desk(tx, weighed, to_micros(now), books, timings)
    willing = weigh(desk, messages, consents)
    desk.write()
    if books == "booked":
        verdicts = desk.decided.verdicts
        expose(tx, [*holdout.exposures(willing, now), *holdout.exposures_of_messages(willing, verdicts, now)])
    desk.decided.chosen = {message.key: message for message in messages}
    return desk.decided


def by_their_way(tx: Transaction, messages: Sequence[Message]) -> tuple[list[Message], ReadConsents]:
    """Each message by the first of its ways that is not refused, and what their people allow."""
    ways = [way for message in messages for way in (message, *message.others)]
    consents = ReadConsents(tx, ((way.shop_id, way.address) for way in ways))

    def chosen(message: Message) -> Message:
        if not message.others:
            return message
        held = consents.of(message.shop_id)
        return next((way for way in (message, *message.others) if way.refusal(held) is None), message)

    return [_as_wished(chosen(message), consents) for message in messages], consents


def _as_wished(message: Message, consents: ReadConsents) -> Message:
    """With a cap of the person's own, where they chose to hear less often."""
    often = consents.often(message.shop_id, message.address, message.channel) if message.purpose == "marketing" else ""
    if not often:
        return message
    return replace(message, rules=replace(message.rules, caps=(*message.rules.caps, WISHED[often])))


def weigh(desk: Desk, messages: Sequence[Message], consents: ReadConsents) -> list[Message]:
    """Have the desk decide about each, the more important first. Gives those that consent lets through."""
    willing: list[Message] = []
    for message in sorted(messages, key=lambda one: one.precedence):
        refusal = message.refusal(consents.of(message.shop_id))
        if refusal is not None:
            desk.refuse(message, Never(refusal, {"to": message.address, "purpose": message.purpose}))
            continue
        willing.append(message)
        if holdout.keeps_back(message):
            desk.refuse(message, Never(holdout.REASON, {"share": message.holdout / 100}))
        elif not message.takes_a_slot:
            desk.decided.verdicts[message.key] = Go()
        else:
            desk.judge(message)
    return willing


def settle(tx: Transaction, sent: Sequence[str], not_sent: Sequence[str], now: int) -> None:
    """What became of booked messages, by key. The room of those that were not sent is free for who waits."""
    tx.many("sent_slots", sorted((key, now) for key in sent))
    if not_sent:
        _wake(tx, tx.all("give_back_slots", {"keys": sorted(not_sent)}), now)


def give_back_cancelled(tx: Transaction, runs: Sequence[int], now: int) -> None:
    """Effects that these runs' end has just taken back will not be sent."""
    _wake(tx, tx.all("give_back_cancelled", {"runs": sorted(runs), "now": now}), now)


def _wake(tx: Transaction, given_back: Sequence[tuple[Any, ...]], now: int) -> None:
    if given_back:
        shops, people, addresses = (sorted({row[number] for row in given_back}) for number in range(3))
        tx.run("wake_waiting", {"shops": shops, "people": people, "addresses": addresses, "now": now})


class Desk:
    """What went, goes and waits to the people of one batch."""

    def __init__(
        self,
        tx: Transaction,
        messages: Sequence[Message],
        now: int,
        books: str,
        timings: ReadTimings | None = None,
    ) -> None:
        self._tx = tx
        self._now = now
        self._books = books
        self._slots: dict[str, Slot] = {}
        self._of: dict[tuple[int, str], set[str]] = {}
        self._batch = {message.key: message for message in messages}
        self._kept: dict[str, tuple[Any, ...]] = {}
        self._given_back: set[str] = set()
        self._merged: dict[str, str] = {}
        self._woken: set[str] = set()
        self.decided = Decided()
        warming = (one for one in messages if one.channel == "email" and one.purpose == "marketing")
        wanted = ((one.shop_id, one.address, one.rules.warmup) for one in warming)
        # Where nobody looks again, nothing is put off to another day.
        self._gate = Gate(tx, now, wanted if books == "booked" else ())
        self._timing = Timing(tx, messages, timings)
        self._person: dict[tuple[int, str], str] = {}
        """By shop and a record's key, the key by which messages to its person go."""
        if messages:
            self._read(messages)

    def _read(self, messages: Sequence[Message]) -> None:
        periods = [cap.period for one in messages for cap in one.rules.caps_on(one.channel, one.purpose)]
        # What any record of a person was sent counts for the person, from when they are known to be one.
        whose = {(message.shop_id, message.person) for message in messages}
        people = people_of(self._tx, whose)
        self._person = {(at[0], key): at[1] for at, keys in people.items() for key in keys}
        parameters = {
            "shops": list({message.shop_id for message in messages}),
            "people": sorted({key for _, key in whose} | {key for keys in people.values() for key in keys}),
            "addresses": sorted({message.address for message in messages}),
            "since": self._now - max(periods, default=timedelta()) // MICROSECOND,
        }
        for *values, effect_status in self._tx.all("slots_of", parameters):
            is_live = effect_status in UNDER_WAY
            self._add(Slot(*values, is_live=is_live))

    def _add(self, slot: Slot) -> None:
        self._slots[slot.key] = slot
        at = (slot.shop_id, slot.person)
        self._of.setdefault((slot.shop_id, self._person.get(at, slot.person)), set()).add(slot.key)
        self._of.setdefault((slot.shop_id, slot.address), set()).add(slot.key)

    def _others(self, message: Message) -> list[Slot]:
        """All to the same person, in one order."""
        keys = self._of.get((message.shop_id, message.person), set()) | self._of.get(
            (message.shop_id, message.address), set()
        )
        return [self._slots[key] for key in sorted(keys - {message.key}) if key in self._slots]

    # --- judging ----------------------------------------------------------------------------

    def judge(self, message: Message) -> None:
        own, others = self._slots.get(message.key), self._others(message)
        if own is not None and own.status == "waiting":
            if own.reason == MERGED:
                self.refuse(message, Never(MERGED, decode(own.merged) if own.merged else {}))
                return
            if (newer := self._newer(message)) is not None:
                self._note_replaced(newer, message.asked.wanted_at)
                self.refuse(message, Never(MERGED, {"by": newer}))
                return
        if message.expires_at is not None and message.expires_at <= self._now:
            details: dict[str, Any] = {
                "wanted_at": said(message.asked.wanted_at),
                "expires_at": said(message.expires_at),
            }
            if own is not None and own.reason:
                details["waited_for"] = own.reason
            self.refuse(message, Never("message.expired", details))
            return
        self._replace_older(message, others)
        moment, first = self._moment(message, others)
        if moment.at <= self._now and (held := self._held_by_warmup(message, own)) is not None:
            at, details = held
            self._put_off(message, own, at, WARMING, {"channel": message.channel, "until": said(at), **details})
            return
        if message.is_kept_back and (moment.at <= self._now or self._books == "sent"):
            # Where nobody looks again, the moment it would go is not waited for.
            self.refuse(message, holdout.kept_back(message))
            return
        if moment.at <= self._now:
            self._keep(message, self._books, self._now, None, {})
            self.decided.verdicts[message.key] = Go()
            return
        reason, details = self._why(message, moment, first)
        if self._books == "sent" and message.expires_at is not None and moment.at >= message.expires_at:
            # Nobody will look again.
            self.refuse(message, Never("message.expired", {**details, "expires_at": said(message.expires_at)}))
            return
        self._put_off(message, own, moment.at, reason, details)

    def _put_off(self, message: Message, own: Slot | None, at: int, reason: str, details: Mapping[str, Any]) -> None:
        before = None if own is None else (own.status, own.at, own.reason)
        self.decided.is_news[message.key] = before != ("waiting", at, reason)
        status = "waiting" if self._books == "booked" else "sent"
        self._keep(message, status, at, reason, details)
        self.decided.verdicts[message.key] = Later(from_micros(at), reason, details)

    def _held_by_warmup(self, message: Message, own: Slot | None) -> tuple[int, dict[str, Any]] | None:
        is_counted = own is not None and own.status == "booked"
        if is_counted or message.channel != "email" or message.purpose != "marketing":
            return None
        return self._gate.takes(message.shop_id, message.address)

    def _moment(self, message: Message, others: Sequence[Slot]) -> tuple[Moment, Slot | None]:
        """When it may go, and who comes before it where that is why not now."""
        caps = message.rules.caps_on(message.channel, message.purpose)
        quiet = message.rules.quiet_for(message.channel, message.purpose)
        counted = [self._counted(cap, others) for cap in caps]
        moment = self._timing.adjusted(message, self._now, lambda at: earliest(at, counted, quiet, message.zone))
        if moment.at > self._now or not caps:
            return moment, None
        before = [slot for slot in others if self._comes_before(slot, message)]
        if not before:
            return moment, None
        ahead = [self._counted(cap, others, before) for cap in caps]
        held = earliest(self._now, ahead, quiet, message.zone)
        return held, before[0] if held.at > self._now else None

    def _comes_before(self, slot: Slot, message: Message) -> bool:
        """Whether it is that one's turn: due, not yet taken up, and more important."""
        is_due = slot.status == "waiting" and slot.is_live and self._now - GRACE < slot.at <= self._now
        return is_due and slot.reason != MERGED and slot.precedence < message.precedence

    def _counted(self, cap: Any, others: Sequence[Slot], before: Sequence[Slot] = ()) -> Counted:
        times = [
            self._now if slot.status == "booked" and slot.is_live else slot.at
            for slot in others
            if slot.status != "waiting" and cap.counts_one(slot.channel, slot.purpose)
        ]
        times += [self._now for slot in before if cap.counts_one(slot.channel, slot.purpose)]
        return Counted(cap, sorted(times))

    def _why(self, message: Message, moment: Moment, first: Slot | None) -> tuple[str, dict[str, Any]]:
        reason, details = rule_said(moment, message.zone, self._now)
        if first is not None:
            reason, details = "message.gave_way", {**details, "flow_id": first.flow_id}
        return reason, {"channel": message.channel, "until": said(moment.at), **details}

    # --- one instead of another -------------------------------------------------------------

    def _newer(self, message: Message) -> str | None:
        """A later message that takes its place."""
        if message.merge is None:
            return None
        mine = (message.shop_id, message.channel, message.person, message.merge)
        for other in self._batch.values():
            if (other.shop_id, other.channel, other.person, other.merge) == mine and message.age < other.age:
                return other.key
        return None

    def _replace_older(self, message: Message, others: Iterable[Slot]) -> None:
        """What waits and is overtaken by this one is not sent: its effect is looked at at once, and says so."""
        if message.merge is None:
            return
        for slot in others:
            if (
                slot.status == "waiting"
                and slot.is_live
                and slot.key not in self._batch
                and slot.reason != MERGED
                and (slot.channel, slot.person, slot.merge) == (message.channel, message.person, message.merge)
                and slot.age < message.age
            ):
                slot.reason = MERGED
                self._merged[slot.key] = message.key
                self._woken.add(slot.key)
                self._note_replaced(message.key, slot.wanted_at)

    def _note_replaced(self, key: str, wanted_at: int) -> None:
        self.decided.notes.setdefault(key, []).append(("effect.replaced", {"wanted_at": said(wanted_at)}))

    # --- outcomes ---------------------------------------------------------------------------

    def refuse(self, message: Message, verdict: Never) -> None:
        own = self._slots.pop(message.key, None)
        if own is not None:
            self._given_back.add(message.key)
            self._woken |= {
                slot.key
                for slot in self._others(message)
                if slot.status == "waiting" and slot.is_live and slot.at > self._now
            }
        self.decided.verdicts[message.key] = verdict

    def _keep(self, message: Message, status: str, at: int, reason: str | None, details: Mapping[str, Any]) -> None:
        asked = message.asked
        slot = Slot(
            key=message.key,
            shop_id=message.shop_id,
            channel=message.channel,
            purpose=message.purpose,
            person=message.person,
            address=message.address,
            status=status,
            at=at,
            wanted_at=asked.wanted_at,
            priority=message.priority,
            merge=message.merge,
            flow_id=asked.flow_id,
            reason=reason,
            merged=None,
            number=asked.number,
            is_live=True,
        )
        self._add(slot)
        self._kept[message.key] = (
            slot.key,
            slot.shop_id,
            asked.flow_id,
            asked.run,
            slot.channel,
            slot.purpose,
            slot.person,
            slot.address,
            status,
            at,
            slot.wanted_at,
            message.expires_at,
            slot.priority,
            slot.merge,
            reason,
            encode(details) if details else None,
        )

    def write(self) -> None:
        tx = self._tx
        self._gate.write()
        if self._books == "booked":
            self._timing.write()
        tx.many("keep_slots", [self._kept[key] for key in sorted(self._kept)])
        tx.many("merge_slots", sorted((key, encode({"by": by})) for key, by in self._merged.items()))
        if self._given_back:
            tx.all("give_back_slots", {"keys": sorted(self._given_back)})
        woken = self._woken - self._batch.keys()
        if woken:
            tx.run("wake_effects", {"keys": sorted(woken), "now": self._now})


def _locks(message: Message) -> Iterable[int]:
    """Of the person and of the address, which may have been somebody unknown's before."""
    for name in (f"p|{message.person}", f"a|{message.address}"):
        digest = blake2b(f"{message.shop_id}|{name}".encode(), digest_size=8).digest()
        yield int.from_bytes(digest, "big", signed=True)
