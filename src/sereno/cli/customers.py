"""`sereno customer`: the people a shop knows, which records they are made of, and all of them as a table."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, emit, say, table

customer = App(name="customer", help="The people a shop knows.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


@customer.command
def show(key: str, *, shop: ShopName = None, json: Json = False) -> None:
    """Show one person, by the key of any of their records (17, or email:ana@example.com)."""
    _prepare()
    from sereno.runtime.persons.reading import person_of

    found = person_of(shop_named(shop).pk, key)
    if found is None:
        raise Failed(f"There is no customer {key}.")
    told = {"key": found.keys[0], "keys": found.keys, "addresses": found.addresses, "record": dict(found.record)}
    if json:
        emit(told)
        return
    rows = [[name, value] for name, value in found.record.items() if not isinstance(value, dict | list)]
    table(("field", "value"), [["records", ", ".join(found.keys)], *rows], empty="")


@customer.command
def visits(
    key: str,
    *,
    limit: Annotated[int, Parameter(help="At most so many.")] = 50,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List a person's visits of the storefront while signed in, newest first."""
    _prepare()
    from datetime import UTC, datetime

    from sereno.modules.visits import services
    from sereno.runtime.persons.reading import person_of

    shop_id = shop_named(shop).pk
    found = person_of(shop_id, key)
    if found is None:
        raise Failed(f"There is no customer {key}.")
    kept = services.visits_of(shop_id, found.keys, datetime.now(UTC), max(limit, 0))
    lines = [services.told(one) for one in kept.newest] if kept is not None else []
    if json:
        emit(lines)
        return
    names = ("number", "started_at", "pages", "products", "device", "source", "medium", "campaign", "language")
    table(names, ([line[name] for name in names] for line in lines), empty="They have not visited while signed in.")


@customer.command
def joins(
    *,
    status: Annotated[str, Parameter(help="proposed, joined or apart.")] = "proposed",
    limit: Annotated[int | None, Parameter(help="At most so many.")] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List pairs of records that may be one person, are one, or were said to be two."""
    _prepare()
    from sereno.modules.customers.models import Join
    from sereno.store.fields import instant_text

    names = ("id", "one", "other", "status", "rule", "by", "at")
    found = Join.objects.filter(shop=shop_named(shop), status=status).order_by("-id")
    lines = list(found.values(*names)[:limit])
    for line in lines:
        line["at"] = instant_text(line["at"])
    if json:
        emit(lines)
        return
    table(names, ([line[name] for name in names] for line in lines), empty="None.")


@customer.command
def join(one: str, other: str, *, shop: ShopName = None) -> None:
    """Say that two records are one customer."""
    _prepare()
    from sereno.runtime.persons import joining

    try:
        is_new = joining.join(shop_named(shop).pk, one, other, person())
    except (LookupError, ValueError) as error:
        raise Failed(f"{error}.") from error
    say("They are one customer now." if is_new else "They were one customer already.")


@customer.command
def split(key: str, *, shop: ShopName = None) -> None:
    """Take a record out of its person; it is not joined again unasked."""
    _prepare()
    from sereno.runtime.persons import joining

    try:
        others = joining.split(shop_named(shop).pk, key, person())
    except LookupError as error:
        raise Failed(f"{error}.") from error
    say(f"It stands alone now; it was one with {', '.join(others)}." if others else "It stood alone already.")
    if others and (ended := joining.ended_by_joining(shop_named(shop).pk, [key, *others])):
        say(f"{ended} of their runs ended when they were joined, and stay ended.")


@customer.command
def export(
    *,
    fields: Annotated[str, Parameter(help="Parted by commas; left out: all.")] = "",
    form: Annotated[Literal["csv", "xlsx"], Parameter(help="A table of text, or a spreadsheet's file.")] = "csv",
    shop: ShopName = None,
) -> None:
    """Write all customers to standard output, one line for each person."""
    _prepare()
    from sereno.runtime.persons import table as people

    chosen = [one.strip() for one in fields.split(",") if one.strip()] or list(people.FIELDS)
    try:
        if form == "xlsx":
            for part in people.sheet(shop_named(shop).pk, chosen, person(), "Customers"):
                sys.stdout.buffer.write(part)
            return
        pieces = people.lines(shop_named(shop).pk, chosen, person())
    except ValueError as error:
        raise Failed(f"{error}.") from error
    for piece in pieces:
        sys.stdout.write(piece)
