"""How long things are kept: rules by kind, looked at before they hold, carried out in small batches by the workers.

Invariant: what is under way is never let go: runs that live, effects that wait, events in the queue; and what is
counted (tallies, sums of experiments) stays. A batch is short, so that nobody waits; the next goes on with the oldest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sereno.runtime.staff import Staff, audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros

BATCH = 200
COUNTED = 100_000
"""Up to which a preview counts."""
EVERY = timedelta(minutes=5)
SETTING = "retention"


@dataclass(frozen=True, slots=True)
class Rule:
    """`at_least` days; shorter would break what needs the rows. `default` None: kept for ever."""

    name: str
    count: str
    step: str
    at_least: int
    default: int | None = None


RULES = (
    Rule("deliveries", "old_deliveries", "forget_deliveries", 3),
    Rule("skips", "old_skips", "forget_skips", 7),
    Rule("runs", "old_runs", "forget_runs", 90),
    Rule("events", "old_events", "forget_events", 365),
    Rule("visits", "old_visits", "forget_visits", 31),
)
"""Raw deliveries as received; starts that were refused; runs that are over, with traces, effects and questions; events
that no run is left of; single visits of the storefront. Records (orders, customers) are no history and stay until they
are erased."""
BY_NAME = {rule.name: rule for rule in RULES}


def days_of(settings: Mapping[str, Any]) -> dict[str, int | None]:
    """By rule, how many days; None for ever."""
    held = settings.get(SETTING)
    said: Mapping[str, Any] = held if isinstance(held, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
    found: dict[str, int | None] = {}
    for rule in RULES:
        days = said.get(rule.name, rule.default)
        found[rule.name] = max(rule.at_least, int(days)) if isinstance(days, int) and days > 0 else None
    return found


def set_days(shop_id: int, days: Mapping[str, int | None], by: str, *, database: Database | None = None) -> None:
    """Raises ValueError for fewer days than a rule needs."""
    for name, number in days.items():
        if number is not None and number < BY_NAME[name].at_least:
            raise ValueError(f"{name}: at least {BY_NAME[name].at_least} days")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = tx.one("privacy_settings", {"shop": shop_id})
        if row is None:
            raise LookupError(f"there is no shop {shop_id}")
        settings = decode(row[0])
        before = days_of(settings)
        settings[SETTING] = {name: number for name, number in days.items() if number is not None}
        tx.run("set_shop_settings", {"shop": shop_id, "settings": encode(settings)})
        now = to_micros(staff.world.clock.now())
        changed = {name: number for name, number in days.items() if before.get(name) != number}
        details = {"before": {name: before[name] for name in changed}, "after": changed}
        audit(tx, shop_id, now, by, "privacy.retention_changed", "retention", details)


def preview(
    shop_id: int, days: Mapping[str, int | None], now: datetime, *, database: Database | None = None
) -> dict[str, int]:
    """How many rows each rule would let go, up to `COUNTED`."""
    staff = open_staff(database)
    found: dict[str, int] = {}
    with staff.database.read() as tx:
        for name, number in days.items():
            if number is None:
                continue
            asked = {"shop": shop_id, "before": to_micros(now - timedelta(days=number)), "limit": COUNTED}
            row = tx.one(BY_NAME[name].count, asked)
            found[name] = row[0] if row is not None else 0
    return found


class Keeper:
    """Lets go what is old, a batch at a time. Not for several threads at once."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff
        self._next: datetime | None = None
        self._left: list[tuple[int, Rule, int]] = []

    def run(self) -> int:
        """One batch, when there is something to let go; gives how many rows."""
        now = self._staff.world.clock.now()
        if not self._left:
            if self._next is not None and now < self._next:
                return 0
            self._next = now + EVERY
            self._left = self._wanted(now)
            if not self._left:
                return 0
        shop, rule, before = self._left[0]
        with self._staff.database.transaction() as tx:
            done = forget(tx, rule, shop, before)
        if not done:
            self._left.pop(0)
        return done or 1

    def _wanted(self, now: datetime) -> list[tuple[int, Rule, int]]:
        with self._staff.database.read() as tx:
            rows = tx.all("shops_with_retention")
        return [
            (shop_id, BY_NAME[name], to_micros(now - timedelta(days=number)))
            for shop_id, settings in rows
            for name, number in days_of(decode(settings)).items()
            if number is not None
        ]


def forget(tx: Transaction, rule: Rule, shop_id: int, before: int) -> int:
    """The oldest rows of this rule. Gives how many went."""
    asked = {"shop": shop_id, "before": before, "limit": BATCH}
    ids = [row[0] for row in tx.all(rule.step, asked)]
    if not ids:
        return 0
    if rule.name == "deliveries":
        tx.run("loosen_events", {"deliveries": ids})
        tx.run("delete_deliveries", {"ids": ids})
    elif rule.name == "skips":
        tx.run("delete_skips", {"ids": ids})
    elif rule.name == "visits":
        tx.run("delete_visits", {"ids": ids})
    elif rule.name == "runs":
        for name in ("delete_run_links", "delete_traces", "delete_run_effects", "delete_run_approvals"):
            tx.run(name, {"runs": ids})
        tx.run("delete_runs", {"ids": ids})
    else:
        links = sorted({link for row in tx.all("links_to_forget", {"ids": ids}) for link in _links(row)})
        tx.run("delete_links_of_events", {"shop": shop_id, "links": links, "ids": ids})
        tx.run("delete_events", {"ids": ids})
    return len(ids)


def _links(row: tuple[Any, ...]) -> list[str]:
    return [row[0], *(f"{kind}:{key}" for kind, key in decode(row[1]).items())]
