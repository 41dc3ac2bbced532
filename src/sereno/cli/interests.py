"""`sereno interest`: what is wanted, who stands in line, the rules for telling them."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, table

interest = App(name="interest", help="Interests: who waits for what, and wishes it.", help_format="plaintext")

Product = Annotated[str, Parameter(help="Only those who want this product, in their order.")]
Customer = Annotated[str, Parameter(help="All that this customer wants.")]
Number = Annotated[int, Parameter(help="At most so many.")]


@interest.command
def demand(*, limit: Number = 50, shop: ShopName = None, json: Json = False) -> None:
    """List the products most waited for and wished for."""
    host().prepare()
    database.ready()
    from sereno.modules.interests import services

    names = ("product", "title", "waiting", "wishes", "available")
    found = [{name: getattr(one, name) for name in names} for one in services.wanted(shop_named(shop).pk, limit)]
    if json:
        emit(found)
        return
    table(names, ([one[name] for name in names] for one in found), empty="Nobody waits for anything yet.")


@interest.command(name="list")
def list_interests(
    *, product: Product = "", customer: Customer = "", limit: Number = 50, shop: ShopName = None, json: Json = False
) -> None:
    """List who stands in line."""
    host().prepare()
    database.ready()
    from sereno.modules.interests import services
    from sereno.store.fields import instant_text

    rows = services.newest(shop_named(shop).pk, product=product, person=customer, limit=limit)
    times = ("since", "last_at", "told_at")
    found = [{**one, **{name: instant_text(one[name]) for name in times}} for one in map(services.told, rows)]
    if json:
        emit(found)
        return
    names = ("kind", "customer", "product", "variant", "state", "since", "told_at")
    table(names, ([one[name] for name in names] for one in found), empty="Nobody stands in line.")


@interest.command
def rules(
    *settings: str,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Show the numbers by which people are told; with NAME=NUMBER, set them.

    Parameters
    ----------
    settings
        Such as few_left=5 or price_drop_percent=15.
    """
    host().prepare()
    database.ready()
    from sereno.runtime.interests import asking

    row = shop_named(shop)
    held = asking.rules_in(row.settings)
    if settings:
        try:
            given = {name: int(value) for name, _, value in (one.partition("=") for one in settings)}
            held = asking.set_rules(row.pk, given, person())
        except ValueError as error:
            raise WrongUse(str(error)) from None
    if json:
        emit(held)
        return
    table(("rule", "number"), ([name, value] for name, value in held.items()), empty="")
