"""What people do with posts: write, plan, take back, throw away. Each leaves a line in the audit.

Invariant: a plan, its copies and the event by which its flow begins are one transaction; a post is changed while it is
a draft, and what an older revision asked for is not done any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.ports import SOURCE
from sereno.runtime.social import hours
from sereno.runtime.social.accounts import Account, accounts_of
from sereno.runtime.social.plan import (
    Habits,
    PostInvalid,
    Written,
    compose,
    fit,
    next_slot,
    read_habits,
    read_plan,
    read_written,
    with_utm,
    wrong,
)
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, storable, to_micros

PLANNED = ("waiting", "scheduled")
LOOKED_BACK = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post as it is kept."""

    id: int
    written: Written
    status: str
    approver: str
    revision: int
    at: datetime | None
    origin: str
    by: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an account would not take a post."""

    account: Account
    code: str
    number: int
    of: int


def read_row(row: Sequence[Any]) -> PostRow:
    id_, title, texts, pictures, link, campaign, accounts, plan, status, approver, revision, at, origin, by = row
    written = Written(
        title,
        decode(texts),
        tuple((one["name"], one["alt"]) for one in decode(pictures)),
        link,
        campaign,
        tuple(decode(accounts)),
        read_plan(decode(plan)),
    )
    when = from_micros(at) if at is not None else None
    return PostRow(id_, written, status, approver, revision, when, origin or "", by)


def columns(written: Written) -> dict[str, Any]:
    return {
        "title": storable(written.title),
        "texts": encode({key: storable(text) for key, text in written.texts.items()}),
        "pictures": encode([{"name": name, "alt": storable(alt)} for name, alt in written.pictures]),
        "link": storable(written.link),
        "campaign": written.campaign,
        "accounts": encode(list(written.accounts)),
        "plan": encode(written.plan.document()),
    }


def create(shop_id: int, written: Written, by: str, *, database: Database | None = None) -> int:
    """A draft. Gives its number."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        given = {"shop": shop_id, "origin": None, "by": by[:200], "now": now, **columns(written)}
        row = tx.one("add_social_post", given)
        assert row is not None
        audit(tx, shop_id, now, by, "social.written", str(row[0]), {"name": written.title})
    return int(row[0])


def change(shop_id: int, id: int, written: Written, by: str, *, database: Database | None = None) -> None:
    """Raises LookupError, and ValueError for what is no draft."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        _only(_locked(tx, shop_id, id), "draft", "refused", why="it is planned: take it back to change it")
        tx.run("change_social_post", {"shop": shop_id, "id": id, "now": now, **columns(written)})
        audit(tx, shop_id, now, by, "social.changed", str(id), {"name": written.title})


def schedule(shop_id: int, id: int, by: str, *, database: Database | None = None) -> datetime:
    """From now on it goes by itself, or asks whoever has to agree first. Gives when. Raises LookupError, ValueError for
    what is planned already, PostInvalid for what an account would not take."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        post = _locked(tx, shop_id, id)
        _only(post, "draft", "refused", why="it is planned already")
        at = plan(tx, staff, shop_id, post, read_habits(_habits(tx, shop_id)))
        now = to_micros(staff.world.clock.now())
        audit(tx, shop_id, now, by, "social.scheduled", str(id), {"name": post.written.title, "at": format_instant(at)})
        if staff.database.dialect == "postgresql":
            tx.all("notify")
    return at


def take_back(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """A draft again. Raises LookupError, and ValueError once it is being published."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    with staff.database.transaction() as tx:
        post = _locked(tx, shop_id, id)
        _only(post, *PLANNED, why="it is not planned")
        if any(row[3] != "planned" for row in tx.all("social_copies", {"post": id, "shop": shop_id})):
            raise PostInvalid("it is being published just now", "post.begun")
        tx.run("drop_social_copies", {"post": id})
        move = {"id": id, "shop": shop_id, "status": "draft", "approver": "", "at": None, "now": to_micros(now)}
        tx.one("move_social_post", move)
        _tell(tx, shop_id, f"social:{id}:{post.revision}:off", "social.unscheduled", id, {"post": id}, now)
        audit(tx, shop_id, to_micros(now), by, "social.taken_back", str(id), {"name": post.written.title})


def discard(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """Throw a draft away. Raises LookupError, and ValueError for what is none."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        post = _locked(tx, shop_id, id)
        _only(post, "draft", "refused", why="only a draft is thrown away: take it back first")
        tx.run("drop_social_copies", {"post": id})
        tx.run("drop_social_post", {"shop": shop_id, "id": id})
        audit(tx, shop_id, now, by, "social.discarded", str(id), {"name": post.written.title})


def set_habits(shop_id: int, habits: Habits, by: str, *, database: Database | None = None) -> None:
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        tx.run("put_social_habits", {"shop": shop_id, "document": encode(habits.document()), "now": now})
        audit(tx, shop_id, now, by, "social.times_set", "", habits.document())


def habits_of(shop_id: int, *, database: Database | None = None) -> Habits:
    with open_staff(database).database.read() as tx:
        return read_habits(_habits(tx, shop_id))


def look(shop_id: int, written: Written, *, database: Database | None = None) -> list[Trouble]:
    """What keeps a post from going out as it stands; nothing where it may."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        return troubles(tx, shop_id, written, written.plan.at or staff.world.clock.now())


def best_hour(
    shop_id: int, accounts: Sequence[int], *, database: Database | None = None
) -> tuple[datetime, hours.Hours]:
    """The next best hour, and how it is known."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    with staff.database.read() as tx:
        zone = ZoneInfo(staff.world.shops.find(tx, shop_id).facts.timezone)
        learned = _learned(tx, accounts, now, zone)
        return hours.best(learned, _taken(tx, shop_id, now), now, zone), learned


def plan(
    tx: Transaction, staff: Staff, shop_id: int, post: PostRow, habits: Habits, at: datetime | None = None,
    *, is_fitted: bool = False,
) -> datetime:  # fmt: skip
    """Write down its copies and have its flow begin. `at`: when that is decided already. `is_fitted`: words that are
    too long are cut. Raises PostInvalid."""
    now = staff.world.clock.now()
    shop = staff.world.shops.find(tx, shop_id).facts
    written = post.written
    at = at or _when(tx, shop_id, written, habits, now, ZoneInfo(shop.timezone))
    found = [] if is_fitted else troubles(tx, shop_id, written, at)
    if found:
        first = found[0]
        text = f"{first.account.title} does not take it: {first.code}"
        raise PostInvalid(text, first.code, account=first.account.title, number=first.number, of=first.of)
    accounts = accounts_of(tx, shop_id)
    chosen = [accounts[one] for one in written.accounts if one in accounts and accounts[one].is_active]
    if not chosen:
        raise PostInvalid("choose an account it goes to", "post.nowhere")
    status = "waiting" if habits.approver else "scheduled"
    move = {"id": post.id, "shop": shop_id, "status": status, "approver": habits.approver, "at": to_micros(at)}
    row = tx.one("move_social_post", {**move, "now": to_micros(now)})
    assert row is not None
    tx.run("drop_social_copies", {"post": post.id})
    planned = [
        (shop_id, post.id, one.id, one.network, _text(written, one, shop.locale, post.id, is_fitted))
        for one in chosen
    ]  # fmt: skip
    tx.many("add_social_copies", [(*one, "planned", "", "", "", "", to_micros(at)) for one in planned])
    told = {
        "post": post.id, "revision": row[0], "title": written.title, "at": format_instant(at),
        "approver": habits.approver, "networks": sorted({one.network for one in chosen}),
    }  # fmt: skip
    _tell(tx, shop_id, f"social:{post.id}:{row[0]}", "social.scheduled", post.id, told, now)
    return at


def text_for(written: Written, account: Account, locale: str, post: int) -> str:
    """What an account would say, its link in it."""
    return _text(written, account, locale, post, False)


def _text(written: Written, account: Account, locale: str, post: int, is_fitted: bool) -> str:
    text = written.text_for(account.network, account.language or locale[:2])
    link = with_utm(written.link, account.network, written.campaign or f"post-{post}")
    return fit(text, link, account.rules) if is_fitted else compose(text, link)


def troubles(tx: Transaction, shop_id: int, written: Written, at: datetime) -> list[Trouble]:
    accounts = accounts_of(tx, shop_id)
    digests = [name.partition(".")[0] for name, _alt in written.pictures]
    sizes = {row[0]: row[4] for row in tx.all("social_pictures", {"shop": shop_id, "digests": digests})}
    if missing := next((name for name in digests if name not in sizes), None):
        raise PostInvalid(f"there is no picture {missing[:12]}", "picture.unknown")
    pictures = [(name.partition(".")[2], alt, sizes[name.partition(".")[0]]) for name, alt in written.pictures]
    found: list[Trouble] = []
    for id_ in written.accounts:
        account = accounts.get(id_)
        if account is None or not account.is_active or not account.is_readable:
            raise PostInvalid("an account it goes to is not connected any more", "post.account")
        if account.expires_at is not None and account.expires_at <= at:
            found.append(Trouble(account, "social.expires", 0, 0))
        text = _text(written, account, "", 0, False)
        found += [Trouble(account, one.code, one.number, one.of) for one in wrong(text, pictures, account.rules)]
    return found


def _when(
    tx: Transaction, shop_id: int, written: Written, habits: Habits, now: datetime, zone: ZoneInfo
) -> datetime:  # fmt: skip
    match written.plan.kind:
        case "now":
            return now
        case "at":
            assert written.plan.at is not None
            if written.plan.at < now - timedelta(minutes=1):
                raise PostInvalid("that hour has passed: choose a later one, or post it now", "post.past")
            return written.plan.at
        case "slot":
            at = next_slot(habits.times, frozenset(_taken(tx, shop_id, now)), now, zone)
            if at is None:
                raise PostInvalid("there are no regular times: set them first", "post.no_times")
            return at
        case "best":
            return hours.best(_learned(tx, written.accounts, now, zone), _taken(tx, shop_id, now), now, zone)


def _taken(tx: Transaction, shop_id: int, now: datetime) -> list[datetime]:
    until = to_micros(now + LOOKED_BACK)
    rows = tx.all("social_planned_hours", {"shop": shop_id, "since": to_micros(now), "until": until})
    return [from_micros(row[0]) for row in rows]


def _learned(tx: Transaction, accounts: Sequence[int], now: datetime, zone: ZoneInfo) -> hours.Hours:
    given = {"accounts": sorted(accounts), "since": to_micros(now - LOOKED_BACK)}
    rows = [(row[0], from_micros(row[1]), int(row[2])) for row in tx.all("social_past", given)]
    return hours.learn(hours.past_of(rows, zone))


def _habits(tx: Transaction, shop_id: int) -> Mapping[str, Any]:
    row = tx.one("social_habits", {"shop": shop_id})
    return decode(row[0]) if row is not None else {}


def write_by_flow(
    tx: Transaction, staff: Staff, shop_id: int, origin: str, given: Mapping[str, Any], by: str
) -> tuple[int, datetime | None]:
    """A post of a flow, planned at once; what is too long is cut. Once for each `origin`. Raises PostInvalid."""
    written = read_written(given)
    return keep(tx, staff, shop_id, origin, written, by, None)


def keep(
    tx: Transaction, staff: Staff, shop_id: int, origin: str, written: Written, by: str, at: datetime | None
) -> tuple[int, datetime | None]:
    """A new post by its origin, and its plan; the one there is where it was made before."""
    now = to_micros(staff.world.clock.now())
    origin = storable(origin)[:300]
    row = tx.one("add_social_post", {"shop": shop_id, "origin": origin, "by": by, "now": now, **columns(written)})
    if row is None:
        held = tx.one("social_post_by_origin", {"shop": shop_id, "origin": origin})
        assert held is not None
        return int(held[0]), from_micros(held[1]) if held[1] is not None else None
    post = _locked(tx, shop_id, int(row[0]))
    habits = read_habits(_habits(tx, shop_id))
    return post.id, plan(tx, staff, shop_id, post, habits, at, is_fitted=True)


def _locked(tx: Transaction, shop_id: int, id: int) -> PostRow:
    row = tx.one("lock_social_post", {"shop": shop_id, "id": id})
    if row is None:
        raise LookupError(f"there is no post {id}")
    return read_row(row)


def _only(post: PostRow, *statuses: str, why: str) -> None:
    if post.status not in statuses:
        raise PostInvalid(why, "post.status")


def _tell(
    tx: Transaction, shop_id: int, id: str, type_: str, post: int, data: Mapping[str, Any], now: datetime
) -> None:  # fmt: skip
    event = NewEvent(id, type_, f"post:{post}", now, data, {"post": str(post)})
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, to_micros(now), event)])
