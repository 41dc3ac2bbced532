"""What a person says to an alert and to the watch: I see to it, not now, it is over, this is normal; closing days;
who hears of what. One transaction each, with a line in the audit. A refusal is a ValueError or LookupError that says
why."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sereno.engine.durations import format_instant
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.watching import expecting
from sereno.runtime.watching.judging import SECOND, SILENT, read_profile
from sereno.store.database import Database, Transaction
from sereno.store.fields import storable, to_micros

Hears = Literal["all", "critical", "none"]
MOST_TOLERANT = 100.0
HALF_AGAIN = 1.5
LONGEST_PAUSE_DAYS = 90


def acknowledge(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """Somebody sees to it: no more digests until it is over. Raises LookupError."""
    _change(shop_id, id, by, "acknowledged", None, database)


def snooze(shop_id: int, id: int, until: datetime, by: str, *, database: Database | None = None) -> None:
    """Nothing of it before `until`. Raises LookupError, and ValueError for an instant that is past."""
    staff = open_staff(database)
    if until <= staff.world.clock.now():
        raise ValueError("that time is past; choose a later one")
    _change(shop_id, id, by, "snoozed", to_micros(until), database)


def reopen(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """Take an acknowledgement or a snooze back. Raises LookupError."""
    _change(shop_id, id, by, "open", None, database)


def settle(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """It is over, a person says. What still goes on is raised again. Raises LookupError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        row = tx.one("settle_alert_by_hand", {"id": id, "shop": shop_id, "by": by[:200], "now": now})
        if row is None:
            raise LookupError(f"there is no open alert {id}")
        audit(tx, shop_id, now, by, "alert.settled", f"{row[0]} {row[1]}", {"id": id})


def is_normal(shop_id: int, id: int, by: str, *, database: Database | None = None) -> float:
    """Such a silence is normal: the watch waits half as long again as this one has lasted from now on. Gives how many
    times as long as it had learned by itself. Raises LookupError, and ValueError for an alert that is no silence."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        row = tx.one("alert_of", {"id": id, "shop": shop_id})
        if row is None:
            raise LookupError(f"there is no alert {id}")
        kind, about, status = row
        if kind not in SILENT.values() or status == "settled":
            raise ValueError("only a silence that goes on can be called normal")
        series = _series_of(tx, shop_id, kind.partition(".")[0], about)
        id_, _kind, _name, last_at, _learned, is_ignored, tolerance, text = series
        profile = read_profile(text)
        if profile is None or profile.ring <= 0:
            raise ValueError("what is usual for it is being learned anew; try again in a minute")
        weight = expecting.weigh(profile, last_at / SECOND, now / SECOND)
        wanted = min(MOST_TOLERANT, max(tolerance, HALF_AGAIN * weight / profile.ring))
        tx.one("change_series", {"id": id_, "shop": shop_id, "is_ignored": is_ignored, "tolerance": wanted})
        tx.one("settle_alert_by_hand", {"id": id, "shop": shop_id, "by": by[:200], "now": now})
        details = {"before": round(tolerance, 2), "after": round(wanted, 2)}
        audit(tx, shop_id, now, by, "watch.taught", about, details)
    return wanted


def change_series(
    shop_id: int, id: int, by: str, *, is_ignored: bool, tolerance: float = 1.0, database: Database | None = None
) -> None:
    """Whether anybody wants to hear of it, and how patient to be. Raises LookupError, ValueError."""
    staff = open_staff(database)
    if not 0.5 <= tolerance <= MOST_TOLERANT:
        raise ValueError(f"patience is between 0.5 and {MOST_TOLERANT:g} times what was learned")
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        held = {"id": id, "shop": shop_id, "is_ignored": is_ignored, "tolerance": tolerance}
        row = tx.one("change_series", held)
        if row is None:
            raise LookupError(f"nothing watched has the number {id}")
        audit(
            tx, shop_id, now, by, "watch.changed", f"{row[0]}:{row[1]}", {"watched": not is_ignored, "times": tolerance}
        )


def add_pause(
    shop_id: int, begin: datetime, end: datetime, note: str, by: str, *, database: Database | None = None
) -> int:
    """Closing days: silence then is meant, and teaches nothing. Raises ValueError."""
    staff = open_staff(database)
    if end <= begin:
        raise ValueError("the last day must not be before the first")
    if (end - begin).days > LONGEST_PAUSE_DAYS:
        raise ValueError(f"at most {LONGEST_PAUSE_DAYS} days at a time")
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        held: dict[str, Any] = {"shop": shop_id, "series": None, "begin": to_micros(begin), "end": to_micros(end)}
        row = tx.one("add_watch_pause", {**held, "note": storable(note)[:200], "by": by[:200]})
        assert row is not None
        details = {"from": format_instant(begin), "to": format_instant(end)}
        audit(tx, shop_id, now, by, "watch.pause_added", note[:200], details)
    return row[0]


def remove_pause(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """Raises LookupError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = tx.one("end_pause", {"id": id, "shop": shop_id})
        if row is None:
            raise LookupError(f"there are no closing days {id}")
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "watch.pause_removed", row[0], {"id": id})


def set_listener(
    shop_id: int,
    user_id: int,
    username: str,
    hears: Hears,
    quiet: tuple[int, int] | None,
    by: str,
    *,
    database: Database | None = None,
) -> None:
    """What a person of the shop hears by mail; `quiet` hours (0-24) but for what is critical. Raises ValueError."""
    staff = open_staff(database)
    if quiet is not None and not all(0 <= hour <= 24 for hour in quiet):
        raise ValueError("hours are between 0 and 24")
    begin, end = quiet or (None, None)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        tx.run("forget_listener", {"shop": shop_id, "user": user_id})
        held = {"shop": shop_id, "user": user_id, "hears": hears, "quiet_from": begin, "quiet_until": end}
        tx.run("insert_listener", held)
        audit(tx, shop_id, now, by, "watch.listener_changed", username, {"hears": hears, "quiet": list(quiet or ())})


def _change(shop_id: int, id: int, by: str, status: str, until: int | None, database: Database | None) -> None:
    staff: Staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        held = {"id": id, "shop": shop_id, "status": status, "until": until, "tell_at": until}
        row = tx.one("change_alert", {**held, "by": "" if status == "open" else by[:200]})
        if row is None:
            raise LookupError(f"there is no open alert {id}")
        what = {"acknowledged": "alert.acknowledged", "snoozed": "alert.snoozed", "open": "alert.reopened"}[status]
        audit(tx, shop_id, now, by, what, f"{row[0]} {row[1]}", {"id": id})


def _series_of(tx: Transaction, shop_id: int, kind: str, about: str) -> tuple[Any, ...]:
    """The series an alert is about: it names flows and connections by name, the series by id."""
    name = about.partition(":")[2]
    if kind == "flow":
        row = tx.one("flow_by_name", {"shop": shop_id, "name": name})
        name = str(row[0]) if row is not None else ""
    elif kind == "connection":
        rows = tx.all("watched_connections", {"shops": [shop_id]})
        name = next((str(row[0]) for row in rows if row[2] == name), "")
    found = tx.one("series_by_about", {"shop": shop_id, "kind": kind, "name": name})
    if found is None:
        raise LookupError(f"{about} is not watched any more")
    return found
