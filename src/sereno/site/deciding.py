"""Looks now and then whether a comparison of a checkout's variants is over by its rule, and says so once.

Invariant: however many look on however many hosts, a comparison ends once: the first row wins.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sereno.engine.decisions.document import DecisionsInvalid, Plan, read_plan
from sereno.modules.insights.endings import ending_of
from sereno.modules.insights.results import results
from sereno.runtime.children import Minder
from sereno.runtime.decisions.keeping import declare
from sereno.runtime.experiments.measuring import measured_variants
from sereno.sdk.plugin import registry
from sereno.store.database import Database
from sereno.store.documents import decode

EPOCH = date(1970, 1, 1)


def look(database: Database, today: int | None = None) -> int:
    """One look at all shops; `today` is days since 1970 UTC. Gives how many comparisons ended."""
    today = (datetime.now(UTC).date() - EPOCH).days if today is None else today
    with database.read() as tx:
        shops = tx.all("shops_with_variants")
        ended = {shop: {row[1] for row in tx.all("decision_winners", {"shop": shop})} for shop, *_ in shops}
    return sum(_look(database, shop, currency, _plan(text), ended[shop], today) for shop, currency, text in shops)


def _plan(text: str) -> Plan:
    try:
        return read_plan(decode(text), registry())
    except DecisionsInvalid:
        return Plan()  # a plug-in is gone; nothing of it is measured meanwhile


def _look(database: Database, shop: int, currency: str, plan: Plan, ended: set[str], today: int) -> int:
    going = {one.experiment.name: one for one in plan.variants if one.is_on and one.design not in ended}
    if not going:
        return 0
    experiments = {name: one.experiment for name, one in going.items()}
    found = measured_variants(shop, currency, experiments, database=database)
    count = 0
    for result in results(experiments, found.sums, currency, today):
        one = going.get(result.name)
        ending = ending_of(result, one.metric, one.at_least, one.at_most) if one and result.is_current else None
        if one is None or ending is None:
            continue
        variants = {"id": one.id, "name": one.name, "experiment": result.name, "design": one.design, "then": one.then}
        evidence = {"metric": one.metric, "visitors": ending.units, "days": ending.days}
        count += declare(shop, {**variants, "arm": ending.arm}, evidence, database=database)
    return count


class Deciders(Minder):
    """In a thread of its own."""

    NAME = "comparisons"
    EVERY = 60.0

    def look(self, now: datetime | None = None) -> bool:
        return look(self._database, (now.date() - EPOCH).days if now else None) > 0
