"""The live `Loyalty` port of one shop, and what customers do with what they have.

Invariant: a purchase, what it costs and the event that has its code made are one transaction; the same `key` buys once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sereno.commerce.loyalty import POINTS, Program, Reward
from sereno.commerce.money import Money, exponent_of
from sereno.runtime import inbox
from sereno.runtime.loyalty.ledger import Account, Book, NotEnough
from sereno.runtime.loyalty.moving import SOURCE, Programs, close, programs_of
from sereno.runtime.persons import main_key
from sereno.sdk.connector import NewEvent
from sereno.sdk.incentives import PointsRefused
from sereno.store.database import Database, Transaction
from sereno.store.fields import from_micros, storable

MOST = 10**12


@dataclass(frozen=True, slots=True)
class Moved:
    """An account about to be moved, with the shop's programmes."""

    book: Book
    account: Account
    programs: Programs

    @property
    def program(self) -> Program:
        held = self.programs.get(self.account.at[0])
        if held is None:
            raise PointsRefused("loyalty.off")
        return held[0]


class LiveLoyalty:
    """In the transaction the action runs in, if it runs in one."""

    def __init__(self, database: Database, shop_id: int, now: int, tx: Transaction | None = None) -> None:
        self._database, self._shop_id, self._now, self._tx = database, shop_id, now, tx

    def give_points(self, customer: str, points: int, key: str, by: str, note: str) -> bool:
        def move(one: Moved) -> None:
            expires = one.program.expires_days
            change(one, points, f"given:{key}", by, note, expires)

        return self._move(customer, POINTS, points, f"given:{key}", move)

    def give_credit(self, customer: str, amount: Money, key: str, by: str, note: str) -> bool:
        units = in_units(amount)
        return self._move(
            customer, amount.currency, units, f"credit:{key}",
            lambda one: change(one, units, f"credit:{key}", by, note, None),
        )  # fmt: skip

    def settle(self, purchase: int, code: str) -> bool:
        with self._opened() as tx:
            return settle(tx, self._shop_id, purchase, code, self._now)

    def _move(self, customer: str, unit: str, amount: int, source: str, move: Callable[[Moved], None]) -> bool:
        if not customer or not amount or abs(amount) > MOST:
            raise PointsRefused("loyalty.no_amount")
        with self._opened() as tx:
            one = open_account(tx, self._shop_id, customer, unit, source, self._now)
            if one.book.is_posted(self._shop_id, storable(source)[:200]):
                return False
            move(one)
            close(one.book, one.programs)
        return True

    @contextmanager
    def _opened(self) -> Generator[Transaction]:
        if self._tx is not None:
            yield self._tx
            return
        with self._database.transaction() as tx:
            yield tx


def open_account(tx: Transaction, shop_id: int, customer: str, unit: str, source: str, now: int) -> Moved:
    """Of the person whose record this is, locked."""
    programs = programs_of(tx, [shop_id])
    book = Book(tx, now)
    at = (shop_id, storable(main_key(tx, shop_id, customer))[:200], unit)
    book.open([at], [(shop_id, storable(source)[:200])])
    return Moved(book, book.accounts[at], programs)


def change(one: Moved, amount: int, source: str, by: str, note: str, expires_days: int | None) -> None:
    """Raises PointsRefused where there is less than is to be taken."""
    if amount > 0:
        one.book.earn(one.account, amount, source, expires_days=expires_days, kind="adjusted", by=by, note=note)
        return
    try:
        one.book.spend(one.account, -amount, source, kind="adjusted", by=by, note=note)
    except NotEnough:
        raise PointsRefused("loyalty.not_enough") from None


def in_units(amount: Money) -> int:
    """In the smallest unit; finer amounts are refused, for none of it may be lost. Raises PointsRefused."""
    units = amount.to_minor()
    if Money.from_minor(units, amount.currency).amount != amount.amount or not units or abs(units) > MOST:
        raise PointsRefused("loyalty.no_amount")
    return units


# --- spending ---------------------------------------------------------------------------------------


def buy(tx: Transaction, shop_id: int, customer: str, reward: str, key: str, now: int) -> int | None:
    """A reward with points. Gives the purchase's number, None where this key bought before. Raises PointsRefused."""
    source = f"reward:{key}"
    one = open_account(tx, shop_id, customer, POINTS, source, now)
    wanted = one.program.reward(reward)
    if wanted is None:
        raise PointsRefused("loyalty.no_reward")
    currency = one.program.currency
    if wanted.kind != "credit":
        return _purchase(one, wanted.points, source, wanted, currency)
    done = _purchase(one, wanted.points, source, wanted, currency)
    if done is not None:
        units = in_units(Money.parse(wanted.value, currency))
        credit = open_account(tx, shop_id, customer, currency, source, now)
        change(credit, units, f"{source}/credit", "", wanted.name, None)
        close(credit.book, credit.programs)
    return done


def claim(tx: Transaction, shop_id: int, customer: str, amount: Money, key: str, now: int) -> int | None:
    """Turn credit into a code of one use. Gives the purchase's number, None where this key did before. Raises
    PointsRefused."""
    units, source = in_units(amount), f"claim:{key}"
    if units < 0:
        raise PointsRefused("loyalty.no_amount")
    one = open_account(tx, shop_id, customer, amount.currency, source, now)
    value = f"{amount.amount:.{exponent_of(amount.currency)}f}"
    return _purchase(one, units, source, Reward("credit", "", units, "amount", value, days=0), amount.currency)


def _purchase(one: Moved, cost: int, source: str, reward: Reward, currency: str) -> int | None:
    book, account = one.book, one.account
    shop, customer, unit = account.at
    source = storable(source)[:200]
    if book.is_posted(shop, source):
        return None
    try:
        book.spend(account, cost, source, note=reward.name)
    except NotEnough:
        raise PointsRefused("loyalty.not_enough") from None
    is_credit = reward.kind == "credit"
    row = book.tx.one(
        "add_loyalty_purchase",
        {
            "shop": shop, "account": account.id, "source": source, "unit": unit, "paid": cost, "name": reward.name,
            "kind": reward.kind, "value": reward.value, "currency": currency,
            "status": "ready" if is_credit else "asked", "now": book.now,
        },
    )  # fmt: skip
    if row is None:
        return None
    close(book, one.programs, [] if is_credit else [_bought(row[0], shop, customer, reward, currency, book.now)])
    return int(row[0])


def _bought(id_: int, shop: int, customer: str, reward: Reward, currency: str, now: int) -> inbox.Incoming:
    data: Mapping[str, Any] = {
        "id": customer, "purchase": str(id_), "name": reward.name, "kind": reward.kind, "value": reward.value,
        "currency": currency, "minimum": reward.minimum, "days": reward.days or None,
    }  # fmt: skip
    refs = {"customer": customer}
    event = NewEvent(f"reward:{id_}", "reward.bought", f"customer:{customer}", from_micros(now), data, refs)
    return inbox.Incoming(shop, None, None, SOURCE, now, event)


def settle(tx: Transaction, shop_id: int, purchase: int, code: str, now: int) -> bool:
    """See `Loyalty.settle`."""
    row = tx.one("loyalty_purchase", {"shop": shop_id, "id": purchase})
    if row is None or row[4] != "asked":
        return False
    _, source, unit, paid, _, _, customer = row
    # The account is locked first, as everywhere.
    one = open_account(tx, shop_id, customer, unit, f"{source}/back", now)
    status = "ready" if code else "given_back"
    ended = {"shop": shop_id, "id": purchase, "status": status, "code": storable(code)[:64]}
    if tx.one("end_loyalty_purchase", ended) is None:
        return False
    if not code:
        held = one.programs.get(shop_id)
        days = held[0].expires_days if held and unit == POINTS else None
        one.book.earn(one.account, paid, f"{source}/back", expires_days=days, counts=False, kind="given_back")
        close(one.book, one.programs)
    return True
