"""Asking for a back-test, cancelling it, forgetting what it found. A refusal is a ValueError or LookupError that says
why; each change is one transaction with a line in the audit."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sereno.runtime.flows import compiled
from sereno.runtime.publishing import FlowRow, flow_row
from sereno.runtime.replays.history import lines_in
from sereno.runtime.staff import audit, open_staff
from sereno.store import scope
from sereno.store.database import Database, Transaction
from sereno.store.fields import storable, to_micros

KEPT = 20
"""Back-tests of one flow whose results are kept; the oldest go first."""
MOST_WAITING = 10
"""Of one shop, waiting and running: nobody means more, but a program might."""
LARGEST_FILE = 50_000_000
"""Bytes of an uploaded file of events."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be tried. `version` None: the draft as it stands; `text`: this document instead of either. `compare`:
    also replay the version that is live. `begin` and `until` bound the events that may start runs; `lines` are a file's
    events, instead of the shop's own, called `origin`."""

    flow: str
    version: int | None = None
    text: str | None = None
    begin: datetime | None = None
    until: datetime | None = None
    seed: int = 0
    compare: bool = True
    lines: bytes | None = None
    origin: str = ""


def ask(shop_id: int, wanted: Wanted, by: str, *, database: Database | None = None) -> int:
    """Put it in the queue. Gives its id; that of the one under way when the very same was asked for already. Raises
    LookupError when there is no such flow or version, FlowInvalid, ValueError."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    begin, until = wanted.begin, wanted.until
    if begin is not None and until is not None and begin >= until:
        raise ValueError("the period ends before it begins")
    packed, in_file = _packed(wanted.lines, wanted.origin or "line") if wanted.lines is not None else (None, 0)
    with staff.database.transaction() as tx:
        row = _flow(tx, shop_id, wanted.flow) if wanted.text is None else _flow_or_none(tx, shop_id, wanted.flow)
        text, version = _text(tx, row, wanted)
        with scope.in_shop(shop_id, staff.database):
            flow = compiled(text, staff.plugins)
        if flow.name != wanted.flow:
            raise ValueError(f"the text is of the flow {flow.name}, not of {wanted.flow}")
        if (row := row or _flow_or_none(tx, shop_id, flow.name)) is not None and row.is_derived:
            raise ValueError(f"{flow.name} is a flow Sereno brings along; every back-test runs it anyway")
        base = row.version if wanted.compare and row is not None and row.version != version else None
        origin = storable(wanted.origin)[:200] or ("a file" if packed is not None else "")
        asked = {
            "shop": shop_id,
            "flow": flow.name,
            "digest": digest_of(text),
            "begin": to_micros(begin) if begin is not None else None,
            "until": to_micros(until if until is not None else now) if packed is None or until is not None else None,
            "seed": wanted.seed,
            "origin": origin,
        }
        same = tx.one("same_backtest", asked) if packed is None and until is not None else None
        if same is not None:
            return int(same[0])
        waiting = tx.one("backtests_waiting", {"shop": shop_id})
        if waiting is not None and waiting[0] >= MOST_WAITING:
            raise ValueError(f"{MOST_WAITING} back-tests are waiting already; wait for one, or cancel one")
        total = in_file or count_events(tx, shop_id, EARLIEST, until or now)
        found = tx.one(
            "insert_backtest",
            {**asked, "text": text, "version": version, "base": base, "by": by[:200], "now": to_micros(now)}
            | {"total": total * (1 if base is None else 2)},
        )
        assert found is not None
        if packed is not None:
            tx.run("insert_backtest_upload", {"backtest": found[0], "body": packed})
        details = {"backtest": found[0], "version": version, "days": (until or now) and _days(begin, until or now)}
        audit(tx, shop_id, to_micros(now), by, "backtest.asked", flow.name, details)
    return int(found[0])


def cancel(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """It ends within a second or two; what it had found is not kept. Raises LookupError, or ValueError when it is over
    already."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        flow = _known(tx, shop_id, id)
        now = to_micros(staff.world.clock.now())
        if not tx.run("cancel_backtest", {"id": id, "shop": shop_id, "now": now}):
            raise ValueError("that back-test is over already, or being cancelled")
        tx.run("forget_backtest_upload_of_over", {"backtest": id})
        audit(tx, shop_id, now, by, "backtest.cancelled", flow, {"backtest": id})


def forget(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """Let its results go; they are deleted in the background. Raises LookupError, or ValueError while it runs."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        flow = _known(tx, shop_id, id)
        if not tx.run("forget_backtest", {"id": id, "shop": shop_id}):
            raise ValueError("that back-test is still under way; cancel it first")
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "backtest.forgotten", flow, {"backtest": id})


def forget_old(tx: Transaction, shop_id: int, flow: str) -> None:
    """Of each flow only the newest are kept."""
    tx.run("forget_old_backtests", {"shop": shop_id, "flow": flow, "kept": KEPT})


def digest_of(text: str) -> str:
    """By which a page finds the back-test of exactly this text."""
    return sha256(text.strip().encode("utf-8", "surrogatepass")).hexdigest()


def count_events(tx: Transaction, shop_id: int, begin: datetime, until: datetime, most: int = 10_000_000) -> int:
    """How many of the shop's events lie in the period; `most` at the most, for counting takes its time."""
    asked = {"shop": shop_id, "begin": to_micros(begin), "until": to_micros(until), "most": most}
    found = tx.one("count_past_events", asked)
    return int(found[0]) if found is not None else 0


def _packed(body: bytes, name: str) -> tuple[bytes, int]:
    if len(body) > LARGEST_FILE:
        raise ValueError(f"the file is larger than {LARGEST_FILE // 1_000_000} MB; take a shorter period")
    count = sum(1 for _ in lines_in(body, name))
    if not count:
        raise ValueError("there are no events in the file")
    return zlib.compress(body, 6), count


def _flow(tx: Transaction, shop_id: int, name: str) -> FlowRow:
    return flow_row(tx, shop_id, name)


def _flow_or_none(tx: Transaction, shop_id: int, name: str) -> FlowRow | None:
    try:
        return flow_row(tx, shop_id, name)
    except LookupError:
        return None


def _text(tx: Transaction, row: FlowRow | None, wanted: Wanted) -> tuple[str, int | None]:
    """The document, and the number of the version it is, if it is one."""
    if wanted.text is not None:
        return wanted.text, None
    assert row is not None
    number = wanted.version if wanted.version is not None else row.version
    published = tx.one("published_document", {"flow": row.id, "version": number}) if number is not None else None
    if wanted.version is not None:
        if published is None:
            raise LookupError(f"{wanted.flow} has no version {wanted.version}")
        return str(published[0]), wanted.version
    text = row.draft or (str(published[0]) if published is not None else "")
    is_live = published is not None and str(published[0]).strip() == text.strip()
    return text, row.version if is_live else None


def _known(tx: Transaction, shop_id: int, id: int) -> str:
    row = tx.one("backtest_of_shop", {"id": id, "shop": shop_id})
    if row is None:
        raise LookupError(f"there is no back-test {id} in this shop")
    return str(row[0])


def _days(begin: datetime | None, until: datetime) -> int | None:
    return round((until - begin) / timedelta(days=1)) if begin is not None else None


__all__ = ["KEPT", "Wanted", "ask", "cancel", "count_events", "digest_of", "forget", "forget_old"]
