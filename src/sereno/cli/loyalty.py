"""`sereno loyalty`: points and credit of customers, and the proof that their book is right."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import uuid4

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, emit, say, table

loyalty = App(name="loyalty", help="Points, tiers and store credit.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


@loyalty.command(name="list")
def list_members(
    *,
    tier: Annotated[str, Parameter(help="Only of this tier.")] = "",
    limit: Annotated[int, Parameter(help="At most so many.")] = 100,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List customers, those with the most points first."""
    _prepare()
    from sereno.modules.loyalty import services

    found = [
        {"customer": one.customer, "points": one.available, "pending": one.pending, "tier": one.tier or None}
        for one in services.members(shop_named(shop).pk, tier, 0, limit)
    ]
    if json:
        emit(found)
        return
    names = ("customer", "points", "pending", "tier")
    table(names, ([one[name] or "" for name in names] for one in found), empty="Nobody has points.")


@loyalty.command
def show(customer: str, *, shop: ShopName = None, json: Json = False) -> None:
    """Show one customer's points, credit and book."""
    _prepare()
    from sereno.modules.loyalty import services

    found = services.told(shop_named(shop).pk, customer)
    if json:
        emit(dict(found))
        return
    credit = ", ".join(f"{one['amount']} {one['currency']}" for one in found["credit"])
    say(f"{found['points']} points, {found['pending']} pending, tier {found['tier'] or 'none'}, credit {credit or 0}")
    names = ("at", "kind", "amount", "unit", "order", "note")
    table(names, ([one[name] or "" for name in names] for one in found["history"]), empty="Nothing happened yet.")


@loyalty.command
def give(
    customer: str,
    amount: Annotated[
        str, Parameter(help="Points, or credit with --currency; below zero takes them.", allow_leading_hyphen=True)
    ],
    *,
    currency: Annotated[str, Parameter(help="Give credit in it.")] = "",
    note: Annotated[str, Parameter(help="What for.")] = "",
    key: Annotated[str, Parameter(help="The same key gives once.")] = "",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Give points or credit, or take them."""
    _prepare()
    from sereno.commerce.money import AmountInvalid, Money
    from sereno.runtime.loyalty import people
    from sereno.sdk.incentives import PointsRefused

    try:
        wanted = Money.parse(amount, currency) if currency else amount
        done = people.give(shop_named(shop).pk, customer, wanted, key or uuid4().hex, person(), note)
    except (PointsRefused, AmountInvalid) as wrong:
        raise Failed(str(wrong)) from wrong
    if json:
        emit({"changed": done})
        return
    say("Done." if done else "It was done before.")


@loyalty.command
def check(*, shop: ShopName = None, json: Json = False) -> None:
    """Add the book up: exit status 1 where a balance is not the sum of what happened."""
    _prepare()
    from sereno.runtime.loyalty import programs

    found = [asdict(one) for one in programs.wrong(shop_named(shop).pk)]
    if json:
        emit(found)
    if found:
        raise Failed(f"{len(found)} balances are not the sum of their book, the first of {found[0]['customer']}")
    if not json:
        say("Every balance is the sum of its book.")
