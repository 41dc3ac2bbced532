"""What people do to points and credit: staff by hand, customers on their own page.

Invariant: a change by staff and its line in the audit are one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.loyalty import POINTS
from sereno.commerce.money import Money, finite
from sereno.runtime.loyalty import port
from sereno.runtime.loyalty.moving import close
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.incentives import PointsRefused
from sereno.store.database import Database
from sereno.store.fields import to_micros


def give(
    shop_id: int, customer: str, amount: Money | str, key: str, by: str, note: str, *, database: Database | None = None
) -> bool:
    """Give (or, below zero, take) points, written as a whole number, or credit. False where this key did before. Raises
    PointsRefused."""
    staff = open_staff(database)
    number = finite(amount) if isinstance(amount, str) else None
    if isinstance(amount, str) and (number is None or number != int(number) or not number or abs(number) > 10**9):
        raise PointsRefused("loyalty.no_amount")
    units = port.in_units(amount) if isinstance(amount, Money) else int(number or 0)
    unit = amount.currency if isinstance(amount, Money) else POINTS
    if not customer or not key:
        raise PointsRefused("loyalty.no_amount")
    now, source = to_micros(staff.world.clock.now()), f"hand:{key}"
    with staff.database.transaction() as tx:
        one = port.open_account(tx, shop_id, customer, unit, source, now)
        if one.book.is_posted(shop_id, source):
            return False
        days = one.program.expires_days if unit == POINTS else None
        port.change(one, units, source, by, note, days)
        close(one.book, one.programs)
        said: Mapping[str, Any] = {"amount": amount.text if isinstance(amount, Money) else str(units), "unit": unit}
        audit(tx, shop_id, now, by, "loyalty.given", f"customer:{customer}", {**said, "note": note})
    return True


def buy(shop_id: int, customer: str, reward: str, key: str, *, database: Database | None = None) -> int | None:
    """By the customer, or by somebody for them. See `port.buy`."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        return port.buy(tx, shop_id, customer, reward, key, to_micros(staff.world.clock.now()))


def claim(shop_id: int, customer: str, amount: Money, key: str, *, database: Database | None = None) -> int | None:
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        return port.claim(tx, shop_id, customer, amount, key, to_micros(staff.world.clock.now()))
