"""The book in which points and credit are moved: accounts are locked together, moved in memory, written together.

Invariant: what a posting takes from one side it gives to another; an account's balances are the sums of its lines, and
the open lots hold what is available (nothing, where it is below zero: what comes in then pays that off first). Accounts
are locked in the order of their rows, so that no two transactions wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sereno.commerce.loyalty import POINTS, YEAR
from sereno.store.database import Transaction
from sereno.store.fields import storable

DAY = 86_400_000_000
At = tuple[int, str, str]
"""A shop, a customer's key, and the unit: `points` or a currency."""


class NotEnough(Exception):  # noqa: N818
    """There is less available than was to be spent."""


@dataclass(slots=True)
class Lot:
    """What came in at one time. `earned` counts for tiers; `taken` of it was taken back."""

    id: int
    order: str
    earned: int
    taken: int
    remaining: int
    state: str
    earned_at: int
    release_at: int | None
    expires_at: int | None
    expires_days: int | None
    warn_at: int | None
    is_new: bool = False
    is_changed: bool = False


@dataclass(slots=True)
class Account:
    id: int
    at: At
    available: int
    pending: int
    tier: str
    review_at: int | None
    lots: list[Lot] = field(default_factory=list[Lot])
    is_changed: bool = False
    tier_before: str | None = None
    """Of an account whose tier was changed here."""

    def earned_since(self, since: int) -> int:
        """What counts for its tier."""
        return sum(one.earned - one.taken for one in self.lots if one.earned_at > since)

    def lot_of(self, order: str) -> Lot | None:
        return next((one for one in self.lots if one.order == order), None)


@dataclass(slots=True)
class Posting:
    """`moves` are (side, amount), which add up to nothing; `amount` is what it did to what the customer has."""

    account: Account
    kind: str
    source: str
    amount: int
    moves: Sequence[tuple[str, int]]
    order: str = ""
    by: str = ""
    note: str = ""
    id: int = 0


class Book:
    def __init__(self, tx: Transaction, now: int) -> None:
        self.tx = tx
        self.now = now
        self.accounts: dict[At, Account] = {}
        self.postings: list[Posting] = []
        self._posted: set[tuple[int, str]] = set()

    # --- opening ----------------------------------------------------------------------------

    def open(self, keys: Iterable[At], sources: Iterable[tuple[int, str]] = (), orders: Iterable[str] = ()) -> None:
        """Lock these accounts, made where there are none, and read what of them can still change."""
        wanted = sorted({(shop, storable(customer)[:200], unit) for shop, customer, unit in keys})
        if not wanted:
            return
        self.tx.many("make_loyalty_accounts", [(*at, 0, 0, "", self.now) for at in wanted])
        names = {
            "shops": sorted({at[0] for at in wanted}),
            "customers": sorted({at[1] for at in wanted}),
            "units": sorted({at[2] for at in wanted}),
        }
        asked = set(wanted)
        self.open_rows([row[0] for row in self.tx.all("loyalty_account_ids", names) if row[1:] in asked], orders)
        found = sorted(set(sources))
        if found:
            given = {"shops": sorted({one[0] for one in found}), "sources": sorted({one[1] for one in found})}
            self._posted |= {(row[0], row[1]) for row in self.tx.all("loyalty_posted", given)}

    def open_rows(self, ids: Sequence[int], orders: Iterable[str] = ()) -> None:
        for row in self.tx.all("lock_loyalty_accounts", {"ids": sorted(ids)}):
            account = Account(row[0], (row[1], row[2], row[3]), row[4], row[5], row[6], row[7])
            self.accounts[account.at] = account
        by_id = {one.id: one for one in self.accounts.values()}
        given = {"accounts": sorted(by_id), "since": self.now - YEAR * DAY, "orders": sorted(set(orders) - {""})}
        for row in self.tx.all("loyalty_lots", given):
            by_id[row[1]].lots.append(Lot(row[0], *row[2:]))

    def is_posted(self, shop: int, source: str) -> bool:
        return (shop, source) in self._posted

    # --- moving -----------------------------------------------------------------------------

    def earn(
        self,
        account: Account,
        amount: int,
        source: str,
        *,
        order: str = "",
        release_at: int | None = None,
        expires_days: int | None = None,
        counts: bool = True,
        kind: str = "earned",
        by: str = "",
        note: str = "",
    ) -> None:
        """`release_at`: until then it is pending. `counts`: for the tier."""
        lot = Lot(
            id=0, order=order, earned=amount if counts else 0, taken=0, remaining=amount, state="pending",
            earned_at=self.now, release_at=release_at, expires_at=None, expires_days=expires_days, warn_at=None,
            is_new=True,
        )  # fmt: skip
        account.lots.append(lot)
        shop_side = "adjusted" if kind == "adjusted" else "spent" if kind == "given_back" else "earned"
        if release_at is not None and release_at > self.now:
            account.pending += amount
            moves = (("pending", amount), (shop_side, -amount))
        else:
            self._count(account, lot, amount)
            moves = (("available", amount), (shop_side, -amount))
        self._post(Posting(account, kind, source, amount, moves, order, by, note))

    def release(self, account: Account, lot: Lot, warn_days: int) -> None:
        """What was pending counts from now."""
        amount = lot.remaining
        account.pending -= amount
        self._count(account, lot, amount, warn_days)
        moves = (("pending", -amount), ("available", amount))
        self._post(Posting(account, "released", f"lot:{lot.id}/released", amount, moves, lot.order))

    def take_back(self, account: Account, lot: Lot, amount: int, source: str) -> None:
        """Of what an order earned. What was spent meanwhile is owed."""
        amount = min(amount, lot.earned - lot.taken)
        if amount <= 0:
            return
        lot.taken += amount
        lot.is_changed = True
        if lot.state == "pending":
            account.pending -= amount
            lot.remaining -= amount
            lot.state = "pending" if lot.remaining else "closed"
            side = "pending"
        else:
            self._consume(account, amount, first=lot)
            side = "available"
        self._post(
            Posting(account, "taken_back", source, -amount, ((side, -amount), ("taken_back", amount)), lot.order)
        )

    def expire(self, account: Account, lot: Lot) -> None:
        amount = lot.remaining
        self._consume(account, amount, first=lot)
        moves = (("available", -amount), ("expired", amount))
        self._post(Posting(account, "expired", f"lot:{lot.id}/expired", -amount, moves, lot.order))

    def spend(
        self, account: Account, amount: int, source: str, *, kind: str = "spent", by: str = "", note: str = ""
    ) -> None:
        """Raises NotEnough."""
        if amount > account.available:
            raise NotEnough
        self._consume(account, amount)
        moves = (("available", -amount), (kind, amount))
        self._post(Posting(account, kind, source, -amount, moves, "", by, note))

    def _count(self, account: Account, lot: Lot, amount: int, warn_days: int = 0) -> None:
        account.available += amount
        lot.remaining = max(0, min(amount, account.available))
        lot.state = "open" if lot.remaining else "closed"
        if lot.expires_days is not None:
            lot.expires_at = self.now + lot.expires_days * DAY
            warn = lot.expires_at - warn_days * DAY
            lot.warn_at = warn if warn_days and warn > self.now else None
        lot.is_changed = True

    def _consume(self, account: Account, amount: int, first: Lot | None = None) -> None:
        """From the lots that end soonest. What they do not hold is owed."""
        account.available -= amount
        for lot in sorted(
            (one for one in account.lots if one.state == "open"),
            key=lambda one: (one is not first, one.expires_at or 2**62, one.earned_at, one.id),
        ):
            part = min(amount, lot.remaining)
            lot.remaining -= part
            lot.state = "open" if lot.remaining else "closed"
            lot.is_changed = True
            amount -= part
            if not amount:
                return

    def _post(self, posting: Posting) -> None:
        assert sum(amount for _, amount in posting.moves) == 0
        posting.account.is_changed = True
        self.postings.append(posting)

    # --- writing ----------------------------------------------------------------------------

    def write(self) -> None:
        tx, now = self.tx, self.now
        for posting, id_ in zip(self.postings, tx.next_ids("loyalty_posting", len(self.postings)), strict=True):
            posting.id = id_
        changed = sorted((one for one in self.accounts.values() if one.is_changed), key=lambda one: one.id)
        lots = [(one, lot) for one in changed for lot in one.lots if lot.is_changed or lot.is_new]
        new = [(one, lot) for one, lot in lots if lot.is_new]
        for (_, lot), id_ in zip(new, tx.next_ids("loyalty_lot", len(new)), strict=True):
            lot.id = id_
        tx.many(
            "copy_loyalty_postings",
            [
                (one.id, one.account.at[0], one.account.id, one.kind, storable(one.source)[:200], one.order,
                 storable(one.by)[:200], storable(one.note)[:500], now)
                for one in self.postings
            ],
        )  # fmt: skip
        tx.many(
            "copy_loyalty_lines",
            [(one.account.at[0], one.id, one.account.id, *move) for one in self.postings for move in one.moves],
        )
        tx.many("copy_loyalty_lots", [_lot_row(one, lot) for one, lot in new])
        old = [lot for _, lot in lots if not lot.is_new]
        tx.many(
            "set_loyalty_lots",
            sorted((one.id, one.taken, one.remaining, one.state, one.expires_at, one.warn_at) for one in old),
        )
        tx.many(
            "set_loyalty_accounts",
            [(one.id, one.available, one.pending, one.tier, one.review_at, now) for one in changed],
        )


def _lot_row(account: Account, lot: Lot) -> tuple[Any, ...]:
    return (
        *(lot.id, account.at[0], account.id, lot.order, lot.earned, lot.taken, lot.remaining, lot.state),
        *(lot.earned_at, lot.release_at, lot.expires_at, lot.expires_days, lot.warn_at),
    )


def is_points(account: Account) -> bool:
    return account.at[2] == POINTS
