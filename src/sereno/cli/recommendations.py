"""`sereno recommend`: what to recommend, how well it does, learning at once."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, say, table

recommend = App(name="recommend", help="Recommendations: ask, measure, learn.", help_format="plaintext")

Customer = Annotated[str | None, Parameter(help="Whose past counts: the customer's key.")]
Category = Annotated[str, Parameter(help="For the way category: its name.")]
Number = Annotated[int, Parameter(help="At most so many.")]


@recommend.command(name="list")
def list_recommendations(
    way: str,
    /,
    *items: str,
    customer: Customer = None,
    category: Category = "",
    limit: Number = 8,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List what would be recommended now.

    Parameters
    ----------
    way
        together, similar, for_you, session, trending, new, popular, upsell or category.
    items
        Product ids, variant ids or SKUs it is about.
    """
    host().prepare()
    database.ready()
    from sereno.modules.recommendations import services
    from sereno.modules.recommendations.asking import recommend as ask
    from sereno.store.database import default_database

    try:
        values = {"way": way, "items": list(items), "category": category, "limit": limit}
        asked = services.asked_of(values, customer)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    found = services.told(ask(default_database(), shop_named(shop).pk, asked))
    if json:
        emit(found)
        return
    names = ("id", "title", "price", "why")
    table(names, ([one[name] for name in names] for one in found), empty="Nothing to recommend yet: connect a store.")


@recommend.command
def quality(*, shop: ShopName = None, json: Json = False) -> None:
    """Show how well each way does against what sells best."""
    host().prepare()
    database.ready()
    from sereno.modules.recommendations import services
    from sereno.store.fields import instant_text

    found = services.quality(shop_named(shop).pk)
    found["learned_at"] = instant_text(found["learned_at"])
    if json:
        emit(found)
        return
    names = ("tries", "ours", "popular", "low", "high", "verdict")
    rows = ([way, *(one.get(name, "") for name in names)] for way, one in found["measured"].items())
    table(("way", *names), rows, empty="Nothing was measured yet: sereno recommend learn.")
    became = found["became"]
    arms = [(arm, became[arm]) for arm in ("ours", "popular")]
    shares = ([arm, one["visits"], one["clicked"]["share"], one["ordered"]["share"]] for arm, one in arms)
    table(("visits shown", "number", "clicked", "ordered"), shares, empty="")


@recommend.command
def learn(*, shop: ShopName = None, json: Json = False) -> None:
    """Learn what is new now, in this process."""
    host().prepare()
    database.ready()
    from datetime import UTC, datetime

    from sereno.modules.recommendations import learning, services
    from sereno.store.database import default_database
    from sereno.store.fields import to_micros

    row, opened, now = shop_named(shop), default_database(), datetime.now(UTC)
    services.learn_now(row.pk, person(), opened)
    with opened.transaction() as tx:
        given = {"shop": row.pk, "worker": "cli", "until": to_micros(now + learning.LEASE), "now": to_micros(now)}
        is_ours = tx.one("take_learning", given) is not None
    status = learning.carry_out(row.pk, "cli", opened) if is_ours else "asked"
    found = services.quality(row.pk)
    said = {"status": status, "baskets": found["baskets"], "visits": found["visits"]}
    if json:
        emit(said)
        return
    say(f"{status}: {found['baskets']} orders and {found['visits']} carts and visits.")
