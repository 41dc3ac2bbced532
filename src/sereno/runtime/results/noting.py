"""Notes each message that went, and the first of each answer to it.

Invariant: a message is noted with its outcome, an answer with the event that tells of it; either counts once, however
often it is told. What a machine opens or clicks is not a person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sereno.commerce.money import Money, finite
from sereno.engine.tallies import bare
from sereno.runtime.arbiter.messages import Message
from sereno.runtime.facts import Fact
from sereno.runtime.newsletters.working import piece_of
from sereno.runtime.results.counting import DAY, FLOW, NEWSLETTER, Spot, Sums
from sereno.sdk.result import Done, Fail
from sereno.store.database import Transaction
from sereno.store.fields import storable, to_micros

SENT, REDEEMED = "message.sent", "code.redeemed"
ANSWERS = {
    "message.delivered": "delivered",
    "message.opened": "opened",
    "message.clicked": "clicked",
    "message.bounced": "bounced",
    "message.complained": "complained",
    "message.unsubscribed": "unsubscribed",
}
_INSTANTS: tuple[str, ...] = ("delivered", "opened", "machine", "clicked")


@dataclass(frozen=True, slots=True)
class Ended:
    """A flow's message and how it ended for good."""

    key: str
    shop_id: int
    flow_id: int
    step: str
    message: Message
    wording: str
    result: Done | Fail


def note_ended(tx: Transaction, ended: Iterable[Ended], worker: str, at: int) -> None:
    """Messages of flows: those that went are kept, all are counted."""
    sums, rows = Sums(), dict[str, tuple[tuple[Any, ...], Spot, int]]()
    for one in ended:
        value: Mapping[str, Any] = one.result.value if isinstance(one.result, Done) else {}
        message = one.message
        spot = Spot(
            *(one.shop_id, at // DAY, FLOW, one.flow_id, bare(one.step)[:200]),
            variant=one.wording[:64],
            channel=str(value.get("channel") or message.channel)[:16],
            locale=str(value.get("locale") or "")[:8],
        )
        if isinstance(one.result, Fail):
            sums.add(spot, "failed")
        elif value.get("sent") is False:
            sums.add(spot, "withheld")
        else:
            segments = value.get("segments")
            parts = segments if isinstance(segments, int) and 0 < segments < 1000 else 1
            address = storable(str(value.get("to") or message.address)).strip().lower()
            who = (message.purpose, message.person[:200], address[:320], parts, at)
            rows[one.key] = ((one.key, *_row(spot), *who), spot, parts)
    _keep(tx, rows, sums)
    sums.write(tx, worker)


def heed(tx: Transaction, facts: Sequence[Fact], worker: str) -> None:
    """Of a batch: newsletters' mails that went, answers to any message, and codes that were used."""
    sums = Sums()
    sent = [fact for fact in facts if fact.event.type == SENT and _key(fact).startswith("news-")]
    if sent:
        _note_pieces(tx, sent, sums)
    heard: dict[str, _Answers] = {}
    for fact in facts:
        what = ANSWERS.get(fact.event.type)
        if what is not None and (key := _key(fact)):
            heard.setdefault(key, _Answers(fact.shop_id)).take(fact, what)
    if heard:
        _note_answers(tx, heard, sums)
    used = [fact for fact in facts if fact.event.type == REDEEMED and fact.event.data.get("flow")]
    if used:
        _note_codes(tx, used, sums)
    sums.write(tx, worker)


def _key(fact: Fact) -> str:
    effect = fact.event.data.get("effect")
    return effect if isinstance(effect, str) else ""


def _row(spot: Spot) -> tuple[Any, ...]:
    return (
        *(spot.shop_id, spot.source, spot.source_id, spot.step),
        *(spot.variant, spot.channel, spot.locale, spot.day),
    )


def _keep(tx: Transaction, rows: Mapping[str, tuple[tuple[Any, ...], Spot, int]], sums: Sums) -> None:
    """Only what was not there yet is counted."""
    for (key,) in tx.many_returning("note_sent_messages", sorted(row for row, _, _ in rows.values())) if rows else ():
        _, spot, parts = rows[str(key)]
        sums.add(spot, "sent")
        sums.add(spot, "segments", parts)


def _note_pieces(tx: Transaction, sent: Sequence[Fact], sums: Sums) -> None:
    pieces = {id_: fact for fact in sent if (id_ := piece_of(_key(fact))) is not None}
    rows: dict[str, tuple[tuple[Any, ...], Spot, int]] = {}
    for id_, newsletter, variant in tx.all("pieces_named", {"ids": sorted(pieces)}):
        event, key = pieces[id_].event, _key(pieces[id_])
        at = to_micros(event.occurred_at)
        spot = Spot(pieces[id_].shop_id, at // DAY, NEWSLETTER, newsletter, variant=variant)
        person = str(event.data.get("customer_id") or event.refs.get("customer") or "")[:200]
        address = str(event.data.get("email") or "").lower()[:320]
        rows[key] = ((key, *_row(spot), "marketing", person, address, 1, at), spot, 1)
    _keep(tx, rows, sums)


@dataclass(slots=True)
class _Answers:
    """Of one message in this batch: the first instant of each kind, and the troubles in their order."""

    shop_id: int
    at: dict[str, int] = field(default_factory=dict[str, int])
    troubles: list[str] = field(default_factory=list[str])

    def take(self, fact: Fact, what: str) -> None:
        data, at = fact.event.data, to_micros(fact.event.occurred_at)
        if data.get("is_machine") is True:
            if what != "opened":
                return
            what = "machine"
        if what in _INSTANTS:
            self._first(what, at)
            if what == "clicked":
                # Who clicks has read it, whether or not pictures were loaded.
                self._first("opened", at)
        elif what != "bounced" or data.get("is_permanent") is True:
            self.troubles.append(what)

    def _first(self, what: str, at: int) -> None:
        self.at[what] = min(at, self.at.get(what, at))


def _note_answers(tx: Transaction, heard: Mapping[str, _Answers], sums: Sums) -> None:
    rows: list[tuple[Any, ...]] = []
    for key, shop_id, day, *rest in tx.all("messages_answered", {"keys": sorted(heard)}):
        one = heard[key]
        if one.shop_id != shop_id:
            continue
        source, source_id, step, variant, channel, locale, *instants, trouble = rest
        spot = Spot(shop_id, day, source, source_id, step, variant, channel, locale)
        before = dict(zip(_INSTANTS, instants, strict=True))
        after = {name: before[name] if before[name] is not None else one.at.get(name) for name in _INSTANTS}
        for name in ("delivered", "opened", "clicked"):
            if after[name] is not None and before[name] is None:
                sums.add(spot, name)
        sums.add(spot, "machine", _by_machine(after) - _by_machine(before))
        for said in one.troubles:
            if said != trouble:
                sums.add(spot, said)
                trouble = said
        rows.append((key, *after.values(), trouble))
    tx.many("answer_messages", sorted(rows, key=lambda row: row[0]))


def _by_machine(instants: Mapping[str, int | None]) -> int:
    """1 where a machine opened it, and nobody did yet."""
    return int(instants["machine"] is not None and instants["opened"] is None)


def _note_codes(tx: Transaction, used: Sequence[Fact], sums: Sums) -> None:
    """What codes that flows gave took off orders, on the day they were used."""
    asked = {
        "shops": sorted({fact.shop_id for fact in used}),
        "names": sorted({str(fact.event.data["flow"]) for fact in used}),
    }
    flows = {(shop, name): id_ for id_, shop, name in tx.all("flows_named", asked)}
    for fact in used:
        data = fact.event.data
        flow, currency = flows.get((fact.shop_id, str(data["flow"]))), str(data.get("currency") or "")
        cost = finite(data.get("cost"))
        if flow is not None and len(currency) == 3 and cost:
            minor = Money(cost, currency).to_minor()
            day = to_micros(fact.event.occurred_at) // DAY
            sums.add(Spot(fact.shop_id, day, FLOW, flow, channel=""), "codes", minor, currency)
