"""What people do with newsletters: write, schedule, pause, go on, end. Each leaves a line in the audit.

Invariant: a newsletter is changed while it is a draft, and by nobody once it is scheduled; to change it, take it back.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sereno.runtime.newsletters.audience import condition_of
from sereno.runtime.newsletters.plan import (
    Audience,
    Pace,
    PlanInvalid,
    Schedule,
    Trial,
    read_audience,
    read_pace,
    read_schedule,
    read_trial,
)
from sereno.runtime.newsletters.working import key_of
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

ON_ITS_WAY = ("scheduled", "preparing", "sending")


@dataclass(frozen=True, slots=True)
class Written:
    """What a person writes of a newsletter."""

    name: str
    message: str
    audience: Audience
    schedule: Schedule
    trial: Trial
    pace: Pace
    is_public: bool

    def row(self) -> dict[str, Any]:
        plans = {"audience": self.audience, "schedule": self.schedule, "trial": self.trial, "pace": self.pace}
        texts = {name: encode(plan.document()) for name, plan in plans.items()}
        return {"name": self.name, "message": self.message, "is_public": self.is_public, **texts}


def read_written(given: Mapping[str, Any]) -> Written:
    """From a document with `name`, `message`, `audience`, `schedule`, `trial`, `pace` and `is_public`. Raises
    PlanInvalid."""
    name = " ".join(storable(str(given.get("name") or "")).split())[:200]
    if not name:
        raise PlanInvalid("give the newsletter a name")
    audience = read_audience(given.get("audience"))
    if audience.when:
        condition_of(audience.when)
    return Written(
        name,
        str(given.get("message") or "")[:100],
        audience,
        read_schedule(given.get("schedule")),
        read_trial(given.get("trial")),
        read_pace(given.get("pace")),
        bool(given.get("is_public")),
    )


def create(shop_id: int, written: Written, by: str, *, database: Database | None = None) -> int:
    """A draft. Gives its number."""
    staff = open_staff(database)
    now = _now(staff)
    given = {"shop": shop_id, "slug": secrets.token_urlsafe(9), "by": by[:200], "now": now, **written.row()}
    with staff.database.transaction() as tx:
        row = tx.one("make_newsletter", given)
        assert row is not None
        audit(tx, shop_id, now, by, "newsletter.created", str(row[0]), {"name": written.name})
    return int(row[0])


def change(shop_id: int, id: int, written: Written, by: str, *, database: Database | None = None) -> None:
    """Raises LookupError, and ValueError for what is not a draft."""
    with _Changing(shop_id, id, by, database) as one:
        one.only("draft", why="it is scheduled: take it back to change it")
        one.tx.run("change_newsletter", {"shop": shop_id, "id": id, "now": one.now, **written.row()})
        one.note("newsletter.changed", {"name": written.name})


def schedule(
    shop_id: int, id: int, document: Mapping[str, Any], by: str, *, database: Database | None = None
) -> datetime:
    """From now on it goes by itself. `document` is the message as it is to go out. Gives when it is taken up. Raises
    LookupError, and ValueError for what is not a draft or whose hour has passed."""
    with _Changing(shop_id, id, by, database) as one:
        one.only("draft", why="it is scheduled already")
        when = read_schedule(decode(one.row[4]))
        now = one.staff.world.clock.now()
        begins = when.begins(now)
        if when.at is not None and when.at < now:
            raise PlanInvalid("that hour has passed: choose a later one, or send it now")
        given = {"shop": shop_id, "id": id, "now": one.now, "due_at": to_micros(begins), "document": encode(document)}
        one.tx.run("schedule_newsletter", given)
        one.note("newsletter.scheduled", {"name": one.name, **when.document()})
    return begins


def take_back(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """A draft again. Raises LookupError, and ValueError once its pieces are being written down."""
    with _Changing(shop_id, id, by, database) as one:
        one.only("scheduled", why="it has begun: pause or cancel it")
        one.to("draft", due_at=None)
        one.note("newsletter.taken_back", {"name": one.name})


def pause(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """Nothing more leaves, but what is in flight. Raises LookupError, and ValueError where there is nothing to stop."""
    with _Changing(shop_id, id, by, database) as one:
        one.only(*ON_ITS_WAY, why="it is not on its way")
        one.to("paused", paused_as=one.status, due_at=None)
        one.note("newsletter.paused", {"name": one.name})


def resume(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """It goes on where it stopped. Raises LookupError, and ValueError for what is not paused."""
    with _Changing(shop_id, id, by, database) as one:
        one.only("paused", why="it is not paused")
        begins = read_schedule(decode(one.row[4])).begins(one.staff.world.clock.now())
        is_early = one.paused_as == "scheduled"
        one.to(one.paused_as or "sending", due_at=to_micros(begins) if is_early else one.now)
        one.note("newsletter.resumed", {"name": one.name})


def cancel(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """What has not gone never goes. Raises LookupError, and ValueError for what is over."""
    with _Changing(shop_id, id, by, database) as one:
        one.only(*ON_ITS_WAY, "paused", why="it is not on its way")
        one.to("cancelled", due_at=None, finished_at=one.now)
        one.tx.run("drop_newsletter_slots", {"shop": shop_id, "id": id, "head": key_of(id, 0)[:-1]})
        one.note("newsletter.cancelled", {"name": one.name})


def send_unknown(shop_id: int, id: int, by: str, *, database: Database | None = None) -> int:
    """Send again to those of whom it is not known whether they got it: some may get it twice, and that is the person's
    word. Gives how many. Raises LookupError, and ValueError where it was cancelled."""
    with _Changing(shop_id, id, by, database) as one:
        one.only("sending", "paused", "sent", why="nothing of it has gone")
        rows = one.tx.all("unknown_pieces", {"id": id})
        one.tx.many("put_off_unknown", [(row[0], one.now) for row in rows])
        fewer: dict[str, int] = {}
        for _id, variant in rows:
            fewer[variant] = fewer.get(variant, 0) - 1
        one.tx.many("count_newsletter", sorted((id, variant, "unknown", number) for variant, number in fewer.items()))
        if rows and one.status == "sent":
            one.to("sending", due_at=one.now)
        if rows:
            one.note("newsletter.unknown_sent", {"name": one.name, "count": len(rows)})
    return len(rows)


def publish(shop_id: int, id: int, is_public: bool, by: str, *, database: Database | None = None) -> None:
    """Show it in the public archive once it is sent, or do not. Raises LookupError."""
    with _Changing(shop_id, id, by, database) as one:
        one.tx.run("publish_newsletter", {"shop": shop_id, "id": id, "is_public": is_public, "now": one.now})
        one.note("newsletter.shown" if is_public else "newsletter.hidden", {"name": one.name})


def remove(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """A draft is thrown away. Raises LookupError, and ValueError for anything else."""
    with _Changing(shop_id, id, by, database) as one:
        one.only("draft", why="only a draft can be thrown away")
        one.tx.run("drop_newsletter", {"shop": shop_id, "id": id})
        one.note("newsletter.removed", {"name": one.name})


class _Changing:
    """One newsletter, locked for as long as the transaction lasts."""

    tx: Transaction

    def __init__(self, shop_id: int, id: int, by: str, database: Database | None) -> None:
        self.staff = open_staff(database)
        self.shop_id, self.id, self.by = shop_id, id, by
        self.now = _now(self.staff)
        self._transaction = self.staff.database.transaction()

    def __enter__(self) -> _Changing:
        self.tx = self._transaction.__enter__()
        try:
            row = self.tx.one("newsletter_of", {"shop": self.shop_id, "id": self.id})
            if row is None:
                raise LookupError(f"there is no newsletter {self.id}")
        except BaseException as error:
            self._transaction.__exit__(type(error), error, error.__traceback__)
            raise
        self.row = row
        self.status, self.name, self.paused_as = str(row[0]), str(row[1]), row[8]
        return self

    def __exit__(self, *error: Any) -> None:
        self._transaction.__exit__(*error)

    def only(self, *statuses: str, why: str) -> None:
        if self.status not in statuses:
            raise ValueError(why)

    def to(
        self, status: str, *, due_at: int | None, paused_as: str | None = None, finished_at: int | None = None
    ) -> None:
        given = {"shop": self.shop_id, "id": self.id, "now": self.now, "status": status, "due_at": due_at}
        self.tx.run("put_newsletter_status", {**given, "paused_as": paused_as, "finished_at": finished_at})

    def note(self, action: str, details: Mapping[str, Any]) -> None:
        audit(self.tx, self.shop_id, self.now, self.by, action, str(self.id), details)


def _now(staff: Staff) -> int:
    return to_micros(staff.world.clock.now())
