"""Carries out one job: reads a shop's orders, scores everybody who ordered, keeps the scores and tells what changed.

Invariant: whatever happens, the row says what became of the job, unless the process is killed or its lease is lost;
then somebody else begins it again. An event is told in the transaction that keeps its score, and once.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from sereno.modules.scores.leading import Reader, score_leads
from sereno.modules.scores.past import History
from sereno.modules.scores.scoring import Score, as_numbers, fit, scores
from sereno.modules.scores.telling import Held, Shop, Tell, told_of
from sereno.modules.scores.timing import ZoneOf, learn_moments
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.documents import encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.jobs import LeasedJob

log = logging.getLogger("sereno.scores")

PAGE = 5000
BATCH = 500
YEARS = 5
"""How far back orders are read."""


def shops_zone(record: Mapping[str, Any]) -> ZoneInfo | None:
    """Where nobody says in which zones people live."""
    return None


def carry_out(
    id: int,
    worker: str,
    database: Database,
    tell: Tell,
    now: datetime | None = None,
    zone_of: ZoneOf = shops_zone,
) -> str:
    """Gives how it ended: `done`, `failed` or `lost`."""
    with database.read() as tx:
        row = tx.one("score_job", {"id": id, "worker": worker})
    if row is None:
        return "lost"
    job = LeasedJob(database, id, worker, "keep_score", "end_score")
    shop_id, at = int(row[1]), now or datetime.now(UTC)
    return job.carry_out(
        lambda: _score_shop(job, shop_id, tell, at, zone_of), lambda: log.exception("the scores %s failed", id)
    )


def _score_shop(job: LeasedJob, shop_id: int, tell: Tell, now: datetime, zone_of: ZoneOf) -> Mapping[str, Any]:
    began = monotonic()
    with job.database.read() as tx:
        row = tx.one("money_and_zone", {"shop": shop_id})
    assert row is not None
    currency, zone = str(row[0]), ZoneInfo(str(row[1]))
    today = now.astimezone(zone).date()
    with job.database.read() as tx:
        joined = dict(tx.all("joined_to_score", {"shop": shop_id}))
    reader = Reader(job.database, shop_id, zone, today, joined)
    first_orders: dict[str, int] = {}
    people = read_histories(reader, currency, first_orders, job.tell)
    model, quality = fit(people, today.toordinal() + 1)
    shop = Shop(currency, model.returning.horizon, today, now)
    groups: Counter[str] = Counter()
    rows = scores(model, people)
    while batch := list(islice(rows, BATCH)):
        groups.update(one.group for one in batch)
        job.write(lambda tx, batch=batch: _keep(tx, shop_id, job.id, shop, batch, tell))
    numbers, judged, is_learned = score_leads(job, reader, shop, first_orders, tell)
    quality = {**quality, **judged, "used": {**quality["used"], "lead": is_learned}}
    numbers = {**as_numbers(model), "lead": numbers}
    job.write(lambda tx: _keep_state(tx, shop_id, job.id, shop, numbers, quality, groups))
    moments = learn_moments(job, reader, zone_of, now)
    used = sorted(name for name, is_used in quality["used"].items() if is_used)
    found = {"customers": len(people), "leads": quality["leads"], "used": used, "moments": moments}
    return {**found, "seconds": round(monotonic() - began, 1)}


def read_histories(
    reader: Reader, currency: str, first_orders: dict[str, int], on_page: Callable[[int], None]
) -> list[History]:
    """Of everybody who ordered, by the key of their main record. A cancelled order is none; one in another currency is
    one without money. Days are the shop's own; an order dated after today is not seen. `first_orders` is given the day
    of everybody's first, however long ago; `on_page` hears how many orders were read."""
    today = reader.today
    last, first = today.toordinal(), (today - timedelta(days=365 * YEARS)).toordinal()
    bought: dict[str, dict[int, float]] = {}
    done = 0
    for rows in _pages(reader.database, reader.shop_id):
        for _id, key, placed_at, of, total, status in rows:
            if not key or placed_at is None or status == "cancelled":
                continue
            day = from_micros(placed_at).astimezone(reader.zone).date().toordinal()
            key = reader.joined.get(key, key)
            first_orders[key] = min(day, first_orders.get(key, day))
            if first <= day <= last:
                days = bought.setdefault(key, {})
                days[day] = days.get(day, 0.0) + (_amount(total) if of == currency else 0.0)
        done += len(rows)
        on_page(done)
    return [
        History(key, tuple(days), tuple(spent))
        for key in sorted(bought)
        for days, spent in [zip(*sorted(bought.pop(key).items()), strict=True)]
    ]


def _pages(database: Database, shop_id: int) -> Iterator[list[tuple[Any, ...]]]:
    after = 0
    while True:
        with database.read() as tx:
            rows = tx.all("orders_to_score", {"shop": shop_id, "after": after, "limit": PAGE})
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def _amount(total: str | None) -> float:
    """For reckoning only: what is shown of it is rounded to cents."""
    try:
        return max(0.0, float(total or 0))
    except ValueError:
        return 0.0


def _keep(tx: Transaction, shop_id: int, job: int, shop: Shop, batch: Sequence[Score], tell: Tell) -> None:
    keys = [one.key for one in batch]
    held = {row[0]: Held(*row[1:]) for row in tx.all("scores_of_keys", {"shop": shop_id, "keys": keys})}
    rows: list[tuple[Any, ...]] = []
    events: list[NewEvent] = []
    for one in batch:
        after, told = told_of(shop, one, held.get(one.key))
        events += told
        rows.append(_row(shop_id, job, shop, one, after))
    tx.many("put_scores", rows)
    if events:
        tell(tx, shop_id, events)


def _row(shop_id: int, job: int, shop: Shop, one: Score, after: Held) -> tuple[Any, ...]:
    return (
        *(shop_id, one.key, one.count, one.spent, one.last_on, one.recency, one.frequency, one.money, one.group),
        *(one.risk, one.alive, one.orders, one.value, one.next_on, one.next_from, one.next_until),
        *(after.due_on, after.told, after.told_risk, job, to_micros(shop.now)),
    )


def _keep_state(
    tx: Transaction,
    shop_id: int,
    job: int,
    shop: Shop,
    numbers: Mapping[str, Any],
    quality: Mapping[str, Any],
    groups: Mapping[str, int],
) -> None:
    tx.run("drop_old_scores", {"shop": shop_id, "job": job})
    tx.run(
        "put_score_state",
        {
            "shop": shop_id,
            "currency": shop.currency,
            "model": encode(numbers),
            "quality": encode(quality),
            "groups": encode(dict(groups)),
            "now": to_micros(shop.now),
        },
    )
