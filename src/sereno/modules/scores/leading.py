"""Reads who has not bought yet and what they did, scores them, keeps the scores and tells what changed.

Invariant: a lead is a person, whatever records they are made of. Who has ordered since is told to be none in the
transaction that forgets their score.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sereno.commerce.merging import micros
from sereno.modules.scores.leads import (
    ACCOUNT,
    HORIZON,
    QUARTER,
    SIGNALS,
    Lead,
    Leading,
    as_numbers,
    fit_leading,
    judge_leading,
    keep_good,
)
from sereno.modules.scores.telling import Shop, Tell
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.jobs import LeasedJob

PAGE = 5000
BATCH = 500
DAYS = QUARTER + 70 + 2 * HORIZON + QUARTER
"""How far back acts are read: the oldest day learned from for the score that is judged, with its quarter before."""
ACTS: Mapping[str, str] = {
    "checkout.created": "till",
    "checkout.updated": "till",
    "cart.created": "cart",
    "cart.updated": "cart",
    "wish.added": "wish",
    "waiting.joined": "wish",
    "survey.answered": "said",
    "form.submitted": "said",
    "chat.message_received": "said",
    "message.clicked": "click",
    "message.opened": "open",
    "consent.changed": "agreed",
    "consent.renewed": "agreed",
    "consent.topics_chosen": "agreed",
    "product.viewed": "look",
    "message.unsubscribed": "left",
    "message.complained": "left",
}
"""Events that a person makes themselves, by the signal they give. Nothing an order causes is among them."""
TOLD = (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)
"""Per cent: a score that passes one of these is told anew."""
SHIFT = 16
"""An act is held as one number: its day, and its signal below this."""


@dataclass(frozen=True, slots=True)
class Reader:
    """`joined`: by key, the main record of whoever is joined to one."""

    database: Database
    shop_id: int
    zone: ZoneInfo
    today: date
    joined: Mapping[str, str]

    def leads(self, first_orders: Mapping[str, int]) -> list[Lead]:
        """Everybody who was one on any day that matters, by key: those of whom nothing says since when they are known
        are left out."""
        acts, origins = self._acts()
        found: dict[str, int | None] = {}
        gone: set[str] = set()
        for _id, key, data in self.pages("people_to_score", {}):
            record, main = decode(data), self.joined.get(key, key)
            if record.get("deleted_at"):
                gone.add(main)
            days = [day for day in (self._day(micros(record.get("created_at"))), found.get(main)) if day is not None]
            found[main] = min(days, default=None)
        since = self.today.toordinal() - DAYS
        leads: list[Lead] = []
        for key in sorted(found.keys() - gone):
            own, order = acts.pop(key, None), first_orders.get(key)
            if order is not None and order <= since:
                continue
            seen = tuple(divmod(packed, SHIFT) for packed in sorted(set(own or ())))
            known = min((day for day in (found[key], seen[0][0] if seen else None) if day is not None), default=None)
            if known is not None and (order is None or known < order):
                is_by_act = bool(seen) and seen[0][0] == known
                leads.append(Lead(key, known, seen, order, origins.get(key, ACCOUNT) if is_by_act else ACCOUNT))
        return leads

    def _acts(self) -> tuple[dict[str, array[int]], dict[str, str]]:
        """By key: days and signals; and what the first of their acts was."""
        acts: dict[str, array[int]] = {}
        first: dict[str, tuple[int, str]] = {}
        since = self.today.toordinal() - DAYS
        begin = to_micros(from_micros(0) + timedelta(days=since - date(1970, 1, 1).toordinal()))
        for type_, signal in ACTS.items():
            number = SIGNALS.index(signal)
            for _id, at, refs, data in self.pages("acts_to_score", {"type": type_, "since": begin}):
                key, day = decode(refs).get("customer"), self._day(at)
                if not key or day is None or not since <= day <= self.today.toordinal():
                    continue
                record: Mapping[str, Any] = decode(data) if data else {}
                if record.get("is_machine") is True or ("granted" in record and record["granted"] is not True):
                    continue
                main = self.joined.get(key, key)
                acts.setdefault(main, array("i")).append(day * SHIFT + number)
                if main not in first or at < first[main][0]:
                    first[main] = (at, _origin(signal, record))
        return acts, {key: origin for key, (_, origin) in first.items()}

    def pages(self, name: str, given: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        after = 0
        while True:
            with self.database.read() as tx:
                rows = tx.all(name, {"shop": self.shop_id, "after": after, "limit": PAGE, **given})
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def _day(self, at: int | None) -> int | None:
        return None if at is None else from_micros(at).astimezone(self.zone).date().toordinal()


def _origin(signal: str, record: Mapping[str, Any]) -> str:
    """By which form or where they agreed, as far as the act says."""
    said = record.get("form") or record.get("source")
    return f"{signal}:{said}"[:80] if isinstance(said, str) and said else signal


def score_leads(job: LeasedJob, reader: Reader, shop: Shop, first_orders: Mapping[str, int], tell: Tell) -> Any:
    """Scores whoever is one today. Gives the model's numbers and its quality, for the shop's row."""
    cut = shop.today.toordinal() + 1
    leads = reader.leads(first_orders)
    judged = judge_leading(leads, cut)
    model = keep_good(fit_leading(leads, cut), judged)
    now = (one for one in leads if one.is_lead(cut))
    number = 0
    while batch := list(islice(now, BATCH)):
        number += len(batch)
        job.write(lambda tx, batch=batch: _keep(tx, reader.shop_id, job.id, shop, model, batch, tell))
    while job_gone(job, reader.shop_id, shop, tell):
        pass
    return as_numbers(model), {**judged, "leads": number}, model.weights is not None


def _keep(
    tx: Transaction, shop_id: int, job: int, shop: Shop, model: Leading, batch: Sequence[Lead], tell: Tell
) -> None:
    cut = shop.today.toordinal() + 1
    held = dict(tx.all("leads_of_keys", {"shop": shop_id, "keys": [one.key for one in batch]}))
    rows: list[tuple[Any, ...]] = []
    events: list[NewEvent] = []
    for one in batch:
        chance, before, last = model.chance(one, cut), held.get(one.key), one.last_act(cut)
        score = score_of(chance)
        is_new = before is None or step_of(before) != step_of(score)
        if is_new:
            events.append(_told(shop, one.key, score, before, is_learned=model.weights is not None))
        signals = encode(one.signals(cut))
        known, last_on = date.fromordinal(one.known_on), None if last is None else date.fromordinal(last)
        told = score if is_new else before
        rows.append((shop_id, one.key, known, last_on, chance, signals, told, job, to_micros(shop.now)))
    tx.many("put_leads", rows)
    if events:
        tell(tx, shop_id, events)


def job_gone(job: LeasedJob, shop_id: int, shop: Shop, tell: Tell) -> bool:
    """Those who are none any more; a batch at a time. False when there was nobody left."""
    gone: list[tuple[Any, ...]] = []

    def forget(tx: Transaction) -> None:
        gone.extend(tx.all("drop_old_leads", {"shop": shop_id, "job": job.id, "limit": BATCH}))
        if gone:
            tell(tx, shop_id, [_told(shop, key, None, told, is_learned=False) for key, told in gone])

    job.write(forget)
    return bool(gone)


def score_of(chance: float) -> float:
    """0 to 100, to a tenth."""
    return round(100 * min(1.0, max(0.0, chance)), 1)


def step_of(score: float) -> int:
    return sum(score >= least for least in TOLD)


def _told(shop: Shop, key: str, score: float | None, before: float | None, *, is_learned: bool) -> NewEvent:
    """`score` None: they ordered, or are gone."""
    prospect = {
        "score": score,
        "horizon": HORIZON,
        "is_learned": is_learned if score is not None else None,
        "scored_at": shop.now.isoformat(),
    }
    id_ = f"lead:{key}:{shop.now.isoformat()}"
    data = {"id": key, "prospect": prospect, "score_before": before}
    return NewEvent(id_[-200:], "lead.scored", f"customer:{key}", shop.now, data, {"customer": key})
