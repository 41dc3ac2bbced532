"""What staff do with lists that a segment fills for good: attach one, let it go, have it compared at once, look at all.

Invariant: a list has one segment; every act leaves a line in the audit; what is carried out over there, and when, is
for `following`. Looking asks no tool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.staff import audit, open_staff
from sereno.runtime.tools.filling import place_of
from sereno.runtime.tools.taking import audience_of
from sereno.sdk.ports import Http
from sereno.store.database import Database
from sereno.store.documents import decode
from sereno.store.fields import to_micros

State = Literal["in_step", "filling", "working", "failing", "leaving"]
MOST_ADS = 100


@dataclass(frozen=True, slots=True)
class Attached:
    """A list and the segment that fills it. Instants are microseconds. `on`: on the list by us; `putting`, `taking`:
    under way; `turned`: not on it, by code; `put`, `taken`: how many in all; `invalid`: whom the tool could not read,
    without saying who; `drift`: what the last comparison had to mend; `there`: how many the tool says are on it."""

    id: int
    connection_id: int
    connection: str
    kind: str
    title_of_connection: str
    list: str
    title: str
    segment: str
    segment_title: str
    state: State
    by: str
    made_at: int
    compared_at: int | None
    compare_at: int
    is_comparing: bool
    in_step_at: int | None
    drift: int
    there: int | None
    there_at: int | None
    put: int
    taken: int
    invalid: int
    on: int
    putting: int
    taking: int
    turned: Mapping[str, int]
    next_at: int
    failures: int
    error: str | None
    message: str | None
    failed_at: int | None
    stays: bool


@dataclass(frozen=True, slots=True)
class PausedAd:
    """An advertisement that Sereno paused, for there was nothing to sell. `id` is "" where that was not kept."""

    product: str
    title: str
    tool: str
    kind: str
    id: str
    run: str
    at: int


def attach(
    name: str, list_: str, segment: str, *, by: str, shop_id: int, http: Http, database: Database | None = None
) -> int:
    """From now on the list is kept in step with the segment; the first filling is done in the background. Gives its
    number. Raises LookupError, ConnectionRefused."""
    staff = open_staff(database)
    store, api = audience_of(staff, name, shop_id)
    if api.remove is None:
        raise ConnectionRefused("list.not_left", f"{store.kind} takes nobody off a list: it cannot be kept in step")
    title, there = place_of(store, api, list_, http)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        found = tx.one("segment_by_name", {"shop": shop_id, "name": segment})
        if found is None:
            raise LookupError(f"there is no segment {segment!r} any more: choose another")
        given = {"shop": shop_id, "connection": store.connection_id, "list": list_, "title": title[:200]}
        row = tx.one("put_audience", {**given, "segment": found[0], "by": by[:200], "there": there, "now": now})
        if row is None:
            raise ConnectionRefused("list.attached", f"{title} is kept in step with a segment already: detach it first")
        about = {"connection": name, "list": list_, "segment": segment}
        audit(tx, shop_id, now, by, "audience.attached", title, about)
    return int(row[0])


def detach(id_: int, *, stays: bool, by: str, shop_id: int, database: Database | None = None) -> None:
    """The list is let go. Where they `stay`, those on it are left there, also who takes their yes back later; else all
    whom Sereno put on it are taken off in the background first. Raises LookupError."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        asked = {"id": id_, "shop": shop_id, "status": "letting" if stays else "leaving", "now": now}
        row = tx.one("end_audience", asked)
        if row is None:
            raise LookupError(f"there is no attached list {id_}, or it is being let go already")
        audit(tx, shop_id, now, by, "audience.detached", row[1], {"list": row[0], "stays": stays})


def hurry(id_: int, *, by: str, shop_id: int, database: Database | None = None) -> None:
    """Compare everybody now, and try again at once what failed. Raises LookupError."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        row = tx.one("hurry_audience", {"id": id_, "shop": shop_id, "now": now, "compares": True})
        if row is None:
            raise LookupError(f"there is no attached list {id_}")
        audit(tx, shop_id, now, by, "audience.hurried", row[1], {"list": row[0]})


def attached(shop_id: int, *, database: Database | None = None) -> list[Attached]:
    """All of a shop, the oldest first, as they stand."""
    with open_staff(database).database.read() as tx:
        return [_attached(row) for row in tx.all("audiences_of_shop", {"shop": shop_id})]


def paused_ads(shop_id: int, *, database: Database | None = None) -> list[PausedAd]:
    """Advertisements that flows paused and that do not run again yet."""
    with open_staff(database).database.read() as tx:
        rows = tx.all("paused_ads", {"shop": shop_id, "limit": MOST_ADS})
        keys = sorted({row[0] for row in rows})
        titles = dict(tx.all("titles_of_products", {"shop": shop_id, "keys": keys})) if keys else {}
    found: list[PausedAd] = []
    for product, text, at in rows:
        run, kind, tool, id_ = (*str(text).split("|", 3), "", "", "")[:4]
        found.append(PausedAd(product, str(titles.get(product) or ""), tool, kind, id_, run, at))
    return sorted(found, key=lambda one: (-one.at, one.product))


def _attached(row: tuple[Any, ...]) -> Attached:
    (
        id_, connection_id, connection, kind, settings, list_, title, segment, segment_title, status, by, made_at,
        cursor, _began_at, compare_at, compared_at, in_step_at, drift, there, there_at, put, taken, invalid, counts,
        next_at, failures, error, message, failed_at, _segment,
    ) = row  # fmt: skip
    held: Mapping[str, Any] = decode(counts)
    putting, taking = int(held.get("put", 0)), int(held.get("take", 0))
    state: State = "in_step"
    if status != "on":
        state = "leaving"
    elif error:
        state = "failing"
    elif compared_at is None or in_step_at is None:
        state = "filling"
    elif putting or taking or cursor is not None:
        state = "working"
    return Attached(
        id=id_,
        connection_id=connection_id,
        connection=connection,
        kind=kind,
        title_of_connection=str(decode(settings).get("title") or connection),
        list=list_,
        title=title,
        segment=segment or "",
        segment_title=segment_title or segment or "",
        state=state,
        by=by,
        made_at=made_at,
        compared_at=compared_at,
        compare_at=compare_at,
        is_comparing=cursor is not None,
        in_step_at=in_step_at,
        drift=drift,
        there=there,
        there_at=there_at,
        put=put,
        taken=taken,
        invalid=invalid,
        on=int(held.get("on", 0)),
        putting=putting,
        taking=taking,
        turned=dict(held.get("turned") or {}),
        next_at=next_at,
        failures=failures,
        error=error,
        message=message,
        failed_at=failed_at,
        stays=status == "letting",
    )
