"""`sereno flow results`: what a flow brings, against its control group and between the branches of its splits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.narrowing import Json, ShopName, flow_named, shop_named
from sereno.cli.output import emit, say, table


def results(name: str, /, *, effect: float = 0.1, shop: ShopName = None, json: Json = False) -> None:
    """What a flow brings that would not have come without it. The intervals hold however often they are looked at.

    Parameters
    ----------
    name
        The flow.
    effect
        Smallest change worth knowing, as a share of the orders without the flow: for the people still needed.
    """
    host().prepare()
    database.ready()
    from sereno.modules.insights.documents import flow_document
    from sereno.modules.insights.results import results as results_of
    from sereno.runtime.experiments.measuring import measured

    place = shop_named(shop)
    found = measured(place.pk, flow_named(place, name).name)
    today = int(datetime.now(UTC).timestamp()) // 86_400
    document = flow_document(
        found.name,
        found.title,
        found.currency,
        results_of(found.experiments, found.sums, found.currency, today, effect=effect),
    )
    if json:
        emit(document)
        return
    current = [one for one in document["experiments"] if one["is_current"]]
    if not current:
        say(f"{name} has no control group and no split: nothing is measured (see control in the flow file)")
    for one in current:
        tell(one, found.currency)


def tell(one: dict[str, Any], currency: str) -> None:
    """An experiment in a few lines."""
    say(f"{one['experiment']}: {_verdict(one)}")
    columns = ["arm", "exposed", "counted", "ordered", "orders", "revenue"]
    table(columns, [[arm[column] for column in columns] for arm in one["arms"]], empty="Nobody has come to it yet.")
    for lift in one["lifts"]:
        orders, revenue = lift["orders"], lift["revenue"]
        if orders["verdict"] != "too_early":
            say(
                f"  {lift['arm']} against {lift['against']}: {orders['low']:+.0f} to {orders['high']:+.0f} orders, "
                f"{revenue['low']} to {revenue['high']} {currency}"
            )
    needed = one["needed"]
    if needed and needed["more"]:
        days = f", about {needed['days']} days" if needed["days"] is not None else ""
        say(f"  {needed['more']} more people to see a change of {needed['effect']:.0%}{days}")


def _verdict(one: dict[str, Any]) -> str:
    if one["is_mismatched"]:
        return "people did not fall into the arms as they should; do not trust these numbers"
    if one["is_too_early"]:
        return "too early to say anything"
    if one["winner"]:
        return f"{one['winner']} is better, 95 % sure"
    return f"nothing proven; {one['ahead']} is ahead"
