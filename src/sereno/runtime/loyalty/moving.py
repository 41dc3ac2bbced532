"""What moves points and credit: orders, flows, people, and time.

Invariant: each move and its telling are one transaction, and each has a source that is posted once. What an order has
earned follows from the order as it stands, so that its events may come in any order and any number of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sereno.commerce.identity import customer_key
from sereno.commerce.loyalty import POINTS, YEAR, Program, lost_of, points_for, read_program
from sereno.commerce.merging import micros
from sereno.commerce.money import Money
from sereno.runtime import inbox
from sereno.runtime.loyalty.ledger import DAY, Account, Book, Posting, is_points
from sereno.runtime.persons import people_of
from sereno.runtime.records import Held
from sereno.sdk.connector import NewEvent
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, instant_text

SOURCE = "sereno"
BATCH = 200
Programs = Mapping[int, tuple[Program, int]]
"""By shop: its programme, and since when orders earn."""


def programs_of(tx: Transaction, shops: Iterable[int]) -> dict[int, tuple[Program, int]]:
    """Of those shops that have one running."""
    rows = tx.all("loyalty_programs", {"shops": sorted(set(shops))})
    return {row[0]: (read_program(decode(row[1]), "EUR"), int(row[2] or 0)) for row in rows}


# --- orders -----------------------------------------------------------------------------------------


def keep_points(tx: Transaction, orders: Sequence[tuple[tuple[int, str], Held]], now: int) -> None:
    """Bring what these orders earned to what it is to be, as they stand now."""
    programs = programs_of(tx, {shop for (shop, _), _ in orders}) if orders else {}
    found = [(at, held.record) for at, held in orders if at[0] in programs and held.record is not None]
    if not found:
        return
    owners = _owners(tx, found)
    book = Book(tx, now)
    book.open(((shop, owners[shop, key], POINTS) for (shop, key), _ in found if (shop, key) in owners),
              orders=[key for (_, key), _ in found])  # fmt: skip
    for (shop, key), order in found:
        account = book.accounts.get((shop, owners.get((shop, key), ""), POINTS))
        if account is not None:
            _follow(book, account, key, order, *programs[shop])
    close(book, programs)


def _owners(tx: Transaction, found: Sequence[tuple[tuple[int, str], Mapping[str, Any]]]) -> dict[tuple[int, str], str]:
    """Whose account each order is in: the one that has it already, else its customer's main record."""
    keys = {at: key for at, order in found if (key := _customer(order))}
    people = people_of(tx, {(shop, key) for (shop, _), key in keys.items()})
    owners = {at: people.get((at[0], key), [key])[0] for at, key in keys.items()}
    given = {"shops": sorted({at[0] for at, _ in found}), "orders": sorted({at[1] for at, _ in found})}
    held = {(row[0], row[1]): str(row[2]) for row in tx.all("loyalty_lots_of_orders", given)}
    return {at: held.get(at) or owners[at] for at, _ in found if at in held or at in owners}


def _customer(order: Mapping[str, Any]) -> str | None:
    inside: Any = order.get("customer")
    person: Mapping[str, Any] = cast("Mapping[str, Any]", inside) if isinstance(inside, Mapping) else {}
    return customer_key(order.get("customer_id") or person.get("id"), order.get("email") or person.get("email"))


def _follow(
    book: Book, account: Account, key: str, order: Mapping[str, Any], program: Program, started_at: int
) -> None:
    lot = account.lot_of(key)
    if lot is not None:
        lost = lost_of(lot.earned, order)
        if lost > lot.taken:
            book.take_back(account, lot, lost - lot.taken, f"order:{key}/taken_back/{lost}")
        return
    if (micros(order.get("placed_at")) or 0) < started_at:
        return
    tier = program.tier_named(account.tier)
    points = points_for(program, order, tier.factor if tier else "1")
    points -= lost_of(points, order)
    if points > 0:
        paid_at = micros(order.get("paid_at")) or micros(order.get("placed_at")) or book.now
        release = max(paid_at, started_at) + program.pending_days * DAY
        book.earn(
            account, points, f"order:{key}/earned", order=key, release_at=release, expires_days=program.expires_days
        )


# --- time -------------------------------------------------------------------------------------------


def keep_up(tx: Transaction, now: int, limit: int = BATCH) -> int:
    """Do what falls due in some accounts: points count, end, are warned of; tiers are looked at anew. Gives how many
    accounts that were."""
    ids = [row[0] for row in tx.all("loyalty_due", {"now": now, "limit": limit})]
    if not ids:
        return 0
    book = Book(tx, now)
    book.open_rows(ids)
    programs = programs_of(tx, {at[0] for at in book.accounts})
    events: list[inbox.Incoming] = []
    for account in book.accounts.values():
        program = programs.get(account.at[0], (Program(), 0))[0]
        for lot in list(account.lots):
            if lot.state == "pending" and lot.release_at is not None and lot.release_at <= now:
                book.release(account, lot, program.warn_days)
            if lot.state == "open" and lot.expires_at is not None and lot.expires_at <= now:
                book.expire(account, lot)
        events += _warn(account, now)
        account.is_changed = True
    close(book, programs, events)
    return len(ids)


def _warn(account: Account, now: int) -> list[inbox.Incoming]:
    """One warning for all that ends by the latest day that is to be told now."""
    due = [one for one in account.lots if one.state == "open" and one.warn_at is not None and one.warn_at <= now]
    for lot in due:
        lot.warn_at, lot.is_changed = None, True
    if not due:
        return []
    ends = max(one.expires_at or 0 for one in due)
    points = sum(one.remaining for one in due)
    data = {"points": points, "expires_at": instant_text(ends), "loyalty": _standing(account, None, now)}
    return [_event(account, f"points:{account.id}:expiring:{ends}", "points.expiring", data, now)]


# --- closing ----------------------------------------------------------------------------------------


def close(book: Book, programs: Programs, more: Sequence[inbox.Incoming] = ()) -> None:
    """See to the tiers of what changed, write it all, and tell it."""
    changed = [one for one in book.accounts.values() if one.is_changed]
    for account in changed:
        if is_points(account) and (held := programs.get(account.at[0])) is not None:
            _rank(account, held[0], book.now)
    if not changed:
        return
    book.write()
    events = [_told(one, programs, book.now) for one in book.postings]
    events += [_ranked(one, programs, book.now) for one in changed if one.tier_before is not None]
    if all_events := [*events, *more]:
        inbox.put(book.tx, all_events)


def _rank(account: Account, program: Program, now: int) -> None:
    since = now - YEAR * DAY
    tier = program.tier_of(account.earned_since(since))
    name = tier.name if tier else ""
    if name != account.tier:
        account.tier_before, account.tier = account.tier, name
    counted = [one.earned_at for one in account.lots if one.earned_at > since and one.earned > one.taken]
    account.review_at = min(counted) + YEAR * DAY if name and counted else None


def _standing(account: Account, program: Program | None, now: int) -> dict[str, Any]:
    earned = account.earned_since(now - YEAR * DAY)
    following = program.next_tier(earned) if program else None
    return {
        "points": account.available,
        "pending": account.pending,
        "tier": account.tier or None,
        "earned": earned,
        "next_tier": following.name if following else None,
        "points_to_next": following.points - earned if following else None,
        "changed_at": instant_text(now),
    }


def _told(posting: Posting, programs: Programs, now: int) -> inbox.Incoming:
    account = posting.account
    shop, _, unit = account.at
    data: dict[str, Any] = {"kind": posting.kind, "order_id": posting.order or None, "note": posting.note or None}
    if is_points(account):
        program = programs[shop][0] if shop in programs else None
        data |= {"amount": posting.amount, "loyalty": _standing(account, program, now)}
        return _event(account, f"points:{posting.id}", "points.changed", data, now)
    amounts = [Money.from_minor(one, unit).text for one in (posting.amount, account.available)]
    credit = {"amount": amounts[1], "currency": unit, "changed_at": instant_text(now)}
    data |= {"amount": amounts[0], "currency": unit, "credit": credit}
    return _event(account, f"credit:{posting.id}", "credit.changed", data, now)


def _ranked(account: Account, programs: Programs, now: int) -> inbox.Incoming:
    program = programs[account.at[0]][0]
    order = {tier.name: number for number, tier in enumerate(program.tiers, 1)}
    before, after = account.tier_before or "", account.tier
    rose = order.get(after, 0) > order.get(before, 0)
    data = {"tier": after or None, "tier_before": before or None, "loyalty": _standing(account, program, now)}
    name = "tier.reached" if rose else "tier.left"
    return _event(account, f"tier:{account.id}:{now}:{after}", name, data, now)


def _event(account: Account, id: str, type: str, data: Mapping[str, Any], now: int) -> inbox.Incoming:
    shop, customer, _ = account.at
    full = {"id": customer, **data}
    event = NewEvent(id, type, f"customer:{customer}", from_micros(now), full, {"customer": customer})
    return inbox.Incoming(shop, None, None, SOURCE, now, event)
