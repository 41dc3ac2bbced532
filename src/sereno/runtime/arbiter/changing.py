"""Reading and changing a shop's guardrails; what they would have done to the messages of late.

Invariant: a change is made to the rules its author saw, and stands in the audit with what was before.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from sereno.engine.durations import format_instant, parse_instant
from sereno.engine.precedence import USUAL as USUAL_PRIORITY
from sereno.runtime.arbiter.deciding import Counted, earliest
from sereno.runtime.arbiter.rules import LONGEST, SETTING, Rules, document_of, read_rules, rules_of
from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros

MICROSECOND = timedelta(microseconds=1)
MOST_TRIED = 5000
PAGE = 50


class RulesChanged(ValueError):  # noqa: N818
    """Somebody else has changed them meanwhile."""


@dataclass(frozen=True, slots=True)
class Current:
    """`tag` changes with the rules."""

    rules: Rules
    tag: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What rules would have done to the messages that went in the last `days`. `capped`: there were more."""

    messages: int
    deferred: int
    expired: int
    days: int
    longest: timedelta
    is_cut: bool


def current(settings: Mapping[str, Any]) -> Current:
    """The rules of the shop with these settings."""
    rules = rules_of(settings)
    text = encode(document_of(rules))
    return Current(rules, blake2b(text.encode(), digest_size=8).hexdigest())


def change_rules(
    shop_id: int, document: Any, by: str, *, expected: str | None = None, database: Database | None = None
) -> Current:
    """Have these rules from now on: for what goes next, and for what waits. Raises RulesInvalid; RulesChanged when the
    rules of the tag `expected` are not those that hold."""
    rules = read_rules(document)
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        row = tx.one("settings_of_shop", {"shop": shop_id})
        if row is None:
            raise LookupError(f"there is no shop {shop_id}")
        settings: dict[str, Any] = decode(row[0]) if row[0] else {}
        before = current(settings)
        if expected is not None and expected != before.tag:
            raise RulesChanged(
                "Somebody else has changed the guardrails meanwhile: look at them, and change them again."
            )
        settings[SETTING] = document_of(rules)
        after = current(settings)
        if after.tag == before.tag:
            return after
        tx.run("keep_settings", {"shop": shop_id, "settings": encode(settings)})
        details = {"before": document_of(before.rules), "after": document_of(rules)}
        audit(tx, shop_id, now, by, "guardrails.changed", row[1], details)
        tx.run("wake_all_waiting", {"shop": shop_id, "now": now})
    return after


def waiting(
    shop_id: int, *, after: tuple[int, str] = (0, ""), limit: int = PAGE, database: Database | None = None
) -> list[dict[str, Any]]:
    """Messages that wait for their moment, the next first, after one with this moment and key."""
    parameters = {"shop": shop_id, "at": after[0], "key": after[1], "limit": limit}
    with open_staff(database).database.read() as tx:
        return [_row(row) for row in tx.all("waiting_messages", parameters)]


def messages_to(shop_id: int, who: str, *, limit: int = PAGE, database: Database | None = None) -> list[dict[str, Any]]:
    """What went, goes and waits to a person, by the customer's id or an address; the latest first."""
    parameters = {"shop": shop_id, "who": who.strip().lower() if "@" in who else who.strip(), "limit": limit}
    with open_staff(database).database.read() as tx:
        return [{**_row(row[:-1]), "status": row[-1]} for row in tx.all("messages_to", parameters)]


def _row(row: Sequence[Any]) -> dict[str, Any]:
    key, channel, purpose, person, address, at, wanted_at, expires_at, priority, reason, details, *rest = row
    flow, title, run, subject, effect = rest
    return {
        "key": key,
        "channel": channel,
        "purpose": purpose,
        "person": person,
        "address": address,
        "at": format_instant(from_micros(at)),
        "wanted_at": format_instant(from_micros(wanted_at)),
        "expires_at": format_instant(from_micros(expires_at)) if expires_at is not None else None,
        "priority": priority,
        "reason": reason,
        "details": decode(details) if details else {},
        "flow": flow,
        "title": title,
        "run": run,
        "subject": subject,
        "effect": effect,
    }


def try_rules(shop_id: int, rules: Rules, zone: ZoneInfo, *, days: int = 30, database: Database | None = None) -> Tried:
    """What these rules would have done to the latest messages of the shop (at most `MOST_TRIED`), each wanted when it
    was; quiet hours by the shop's clock, for where each reader lived is not kept."""
    staff = open_staff(database)
    since = to_micros(staff.world.clock.now() - min(timedelta(days=days), LONGEST))
    with staff.database.read() as tx:
        rows = tx.all("messages_lately", {"shop": shop_id, "since": since, "limit": MOST_TRIED + 1})
    return judge_past(rows[:MOST_TRIED], rules, zone, days=days, is_cut=len(rows) > MOST_TRIED)


def judge_past(
    rows: Sequence[Sequence[Any]], rules: Rules, zone: ZoneInfo, *, days: int, is_cut: bool = False
) -> Tried:
    """Pure. `rows`: (channel, purpose, person, wanted at, went at, priority, flow)."""

    def order(row: Sequence[Any]) -> tuple[int, int]:
        return row[3], rules.priorities.get(row[6], row[5] or USUAL_PRIORITY)

    sent: dict[str, list[tuple[int, str, str]]] = {}
    deferred = expired = 0
    longest = timedelta()
    for channel, purpose, person, wanted, *_ in sorted(rows, key=order):
        went = sent.setdefault(person, [])
        counted = [
            Counted(cap, [at for at, by, what in went if cap.counts_one(by, what)])
            for cap in rules.caps_on(channel, purpose)
        ]
        moment = earliest(wanted, counted, rules.quiet_for(channel, purpose), zone)
        wait, most = (moment.at - wanted) * MICROSECOND, rules.expires.get(purpose)
        if wait and most is not None and wait >= most:
            expired += 1
            continue
        if wait:
            deferred += 1
            longest = max(longest, wait)
        insort(went, (moment.at, channel, purpose))
    return Tried(len(rows), deferred, expired, days, longest, is_cut)


def place_of(row: Mapping[str, Any]) -> str:
    """Where the next page of `waiting` begins, as text."""
    return f"{to_micros(parse_instant(row['at']))}~{row['key']}"
