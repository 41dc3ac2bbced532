"""Carries out one job: reads the past of a shop, forecasts everything it sells or buys, keeps what was found.

Invariant: whatever happens, the row says what became of the job, unless the process is killed or its lease is lost;
then somebody else begins it again. A forecast is replaced, never mixed with an older one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import isnan, sqrt
from time import monotonic
from typing import Any

from sereno.modules.purchasing.demand import simple
from sereno.modules.purchasing.demand.simple import Forecast
from sereno.modules.purchasing.history import Past, read_past
from sereno.store.database import Database
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros
from sereno.store.jobs import LeasedJob

log = logging.getLogger("sereno.forecasts")

HORIZON = 26
"""Weeks."""
JUDGED = 8
"""Weeks on which the method is tried before it is believed."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class Made:
    """A forecast, and how the method did on the weeks just past (empty where it cannot be said)."""

    forecast: Forecast
    accuracy: Mapping[str, float]
    days: tuple[Mapping[str, Any], ...] = ()


def carry_out(id: int, worker: str, database: Database, now: datetime | None = None) -> str:
    """Gives how it ended: `done`, `failed` or `lost`."""
    with database.read() as tx:
        row = tx.one("forecast_job", {"id": id, "worker": worker})
    if row is None:
        return "lost"
    job = LeasedJob(database, id, worker, "keep_forecast", "end_forecast")
    work = _Work(job, int(row[1]), now or datetime.now(UTC))
    return job.carry_out(work.run, lambda: log.exception("the forecast %s failed", id))


class _Work:
    def __init__(self, job: LeasedJob, shop_id: int, now: datetime) -> None:
        self._job, self._shop_id, self._now = job, shop_id, now

    def run(self) -> dict[str, Any]:
        began = monotonic()
        job, database = self._job, self._job.database
        with database.read() as tx:
            (orders,) = tx.one("count_orders", {"shop": self._shop_id}) or (0,)
            priced = dict(tx.all("priced_skus", {"shop": self._shop_id}))
            (kept,) = tx.one("shop_own_settings", {"shop": self._shop_id}) or ("{}",)
            events = tx.all("demand_events_of", {"shop": self._shop_id})
            kinds = {row[0]: _kind(row) for row in tx.all("kinds_of_skus", {"shop": self._shop_id})}
        job.total = int(orders)
        past = read_past(database, self._shop_id, self._now, job.tell)
        skus = sorted({*past.sold, *priced})
        histories = [past.series(sku) for sku in skus]
        groups = [kinds.get(sku, ("", ""))[1] for sku in skus]
        said = str(decode(kept).get("country") or "").upper()
        shares = {said: 1.0} if said else past.shares
        made, method = forecasts(histories, groups, past.monday, shares, [own_time(row) for row in events])
        job.done = job.total
        for begin in range(0, len(skus), BATCH):
            part = range(begin, min(begin + BATCH, len(skus)))
            rows = [self._row(skus[at], kinds, priced, past, histories[at], made[at]) for at in part]
            job.write(lambda tx, rows=rows: tx.many("put_forecasts", rows))
        job.write(lambda tx: tx.run("drop_old_forecasts", {"shop": self._shop_id, "job": job.id}))
        errors = [one.accuracy["wape"] for one in made if "wape" in one.accuracy]
        return {
            "skus": len(skus),
            "orders": job.total,
            "weeks": past.weeks,
            "method": method,
            "country": ", ".join(shares),
            "median_error": round(sorted(errors)[len(errors) // 2], 3) if errors else None,
            "seconds": round(monotonic() - began, 1),
        }

    def _row(
        self,
        sku: str,
        kinds: Mapping[str, tuple[str, str]],
        priced: Mapping[str, str],
        past: Past,
        history: Sequence[float | None],
        made: Made,
    ) -> tuple[Any, ...]:
        title, kind = kinds.get(sku, (priced.get(sku) or "", ""))
        shown = [None if one is None else round(one, 2) for one in history[-104:]]
        first = past.monday + timedelta(weeks=max(0, past.weeks - 104))
        weekly = sum(made.forecast.mean[:4]) / 4
        return (
            *(self._shop_id, sku[:200], title[:300], kind[:200], first, past.monday + timedelta(weeks=past.weeks)),
            *(encode(shown), encode(made.forecast.mean), encode(made.forecast.sums), made.forecast.method),
            *(
                encode(made.accuracy),
                encode(made.days),
                weekly,
                made.accuracy.get("wape"),
                self._job.id,
                to_micros(self._now),
            ),
        )


def _kind(row: Sequence[Any]) -> tuple[str, str]:
    """Title, and type of product."""
    _sku, variant, product, data = row
    record = decode(data) if data else {}
    names = dict.fromkeys(part for part in (product, variant) if part and part != "Default Title")
    title = " · ".join(names)
    return title, str(record.get("product_type") or record.get("type") or "")


# --- the two methods --------------------------------------------------------------------------------


Own = tuple[str, date, date, float | None]
"""One time of an event of the shop's calendar: its name, its days, and what the shop expects."""


def own_time(row: Sequence[Any]) -> Own:
    """From a row of `demand_events_of`."""
    _id, name, first, last, lift = row
    first, last = (one if isinstance(one, date) else date.fromisoformat(str(one)) for one in (first, last))
    return str(name), first, last, None if lift is None else float(lift)


def forecasts(
    histories: Sequence[Sequence[float | None]],
    groups: Sequence[str],
    monday: date,
    shares: Mapping[str, float] | None = None,
    events: Sequence[Own] = (),
) -> tuple[list[Made], str]:
    """With the extra `ml` by what all series teach (`pool`) and the days known of the countries sold to (by their share
    of the orders; None: not known) and the shop's calendar, else by the stated simple method. Gives its name too."""
    if not histories:
        return [], "none"
    try:
        from sereno.modules.purchasing.demand import pool
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        return [_simple(history) for history in histories], "mean12"
    return _pooled(pool, histories, groups, monday, shares or {"": 1.0}, events), "pool"


def _simple(history: Sequence[float | None]) -> Made:
    past, came = history[:-JUDGED], [one for one in history[-JUDGED:] if one is not None]
    accuracy: dict[str, float] = {}
    if len([one for one in past if one is not None]) >= JUDGED and came:
        mean = simple.mean_of_last(past)
        accuracy = _accuracy(came, [mean] * len(came), past)
    return Made(simple.forecast(history, HORIZON), accuracy)


def _accuracy(came: Sequence[float], expected: Sequence[float], past: Iterable[float | None]) -> dict[str, float]:
    known = [one for one in past if one is not None]
    moves = [(two - one) ** 2 for one, two in pairwise(known)]
    scale = sqrt(sum(moves) / len(moves)) if moves else 0.0
    wrong = [one - two for one, two in zip(came, expected, strict=True)]
    found: dict[str, float] = {}
    if scale > 0:
        found["rmsse"] = round(sqrt(sum(one**2 for one in wrong) / len(wrong)) / scale, 3)
    if sum(came) > 0:
        found["wape"] = round(sum(abs(one) for one in wrong) / sum(came), 3)
        found["bias"] = round((sum(expected) - sum(came)) / sum(came), 3)
    return found


def _pooled(
    pool: Any,
    histories: Sequence[Sequence[float | None]],
    groups: Sequence[str],
    monday: date,
    shares: Mapping[str, float],
    events: Sequence[Own],
) -> list[Made]:
    import numpy as np

    from sereno.modules.purchasing.demand.occasions import of_countries, own_event
    from sereno.modules.purchasing.demand.seasons import Calendar

    y = np.array([[np.nan if one is None else one for one in history] for history in histories], dtype=float)
    ends = monday + timedelta(weeks=y.shape[1] + HORIZON)
    occasions = [*of_countries(shares, monday, ends), *(own_event(*one) for one in events)]
    calendar = Calendar(monday, 7.0, occasions=tuple(occasions))
    judged = pool.judge(y, JUDGED, calendar, groups)
    learned = pool.learn(y, min(HORIZON, 13), calendar, groups)
    outlook = pool.outlook(y, HORIZON, learned, groups)
    ahead = pool.days_ahead(y, HORIZON, learned)
    measures = {"rmsse": judged.rmsse, "wape": judged.wape, "bias": judged.bias, "within": judged.within}
    found: list[Made] = []
    for at in range(len(histories)):
        values = {name: float(of[at]) for name, of in measures.items()}
        accuracy = {name: round(one, 3) for name, one in values.items() if not isnan(one)}
        days = tuple(
            {"code": one.code, "on": one.on.isoformat(), "effect": one.effect, "basis": one.basis}
            for one in ahead[at]
            if one.code != "public_holiday" or one.effect
        )
        found.append(Made(outlook.of(at), accuracy, days))
    return found
