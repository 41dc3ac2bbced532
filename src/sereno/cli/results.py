"""`sereno results`: what became of messages, and what was ordered after them."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.flows.measuring import tell
from sereno.cli.host import host
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, emit, say, table

results = App(name="results", help="What became of messages, and what was ordered after them.", help_format="plaintext")
COLUMNS = ("sent", "delivered", "opened", "clicked", "orders", "revenue", "unsubscribed")
LONGEST = 366


@results.command
def messages(
    *,
    flow: Annotated[str, Parameter(help="Of this flow alone.")] = "",
    newsletter: Annotated[int, Parameter(help="Of this newsletter alone, by its number.")] = 0,
    step: Annotated[str, Parameter(help="Of this step of the flow, by its path.")] = "",
    days: Annotated[int, Parameter(help="So many days up to today, at most 366.")] = 30,
    by: Annotated[str, Parameter(help="A line for each: day, step, variant, channel or locale.")] = "day",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Show what became of messages: of the whole shop, a flow, a step or a newsletter."""
    host().prepare()
    database.ready()
    from datetime import UTC, datetime, timedelta

    from sereno.modules.insights.documents import experiments_document, lines_document, report_document
    from sereno.modules.insights.results import results as results_of
    from sereno.runtime.experiments.measuring import measured_messages
    from sereno.runtime.results import reading

    if not 1 <= days <= LONGEST:
        raise Failed(f"--days is from 1 to {LONGEST}.")
    id_, until = shop_named(shop).pk, datetime.now(UTC).date()
    since = until - timedelta(days=days - 1)
    if not flow and not newsletter:
        whole = reading.overview(id_, since, until)
        found: dict[str, Any] = lines_document(whole.report, whole.lines)
        rows = [{"name": one["title"], "figures": one["figures"]} for one in found["sources"]]
    else:
        source = reading.source_named(id_, flow=flow, newsletter=newsletter)
        if source is None:
            raise Failed("There is no such flow or newsletter: sereno flow list.")
        found = report_document(reading.report(id_, source, since, until, step=step or None))
        alone = measured_messages(id_, flow=flow, step=step or None, newsletter=newsletter)
        today = int(datetime.now(UTC).timestamp()) // 86_400
        found["brought"] = experiments_document(
            results_of(alone.experiments, alone.sums, alone.currency, today), alone.currency
        )
        if by != "day" and by not in found["by"]:
            raise Failed("--by is day, step, variant, channel or locale.")
        rows = found["days"] if by == "day" else found["by"][by]
    if json:
        emit(found)
        return
    lines = [[one["name"], *(one["figures"][name] for name in COLUMNS)] for one in rows]
    table(("of", *COLUMNS), lines, empty="Nothing was sent in these days.")
    total = found["total"]
    for one in found.get("brought", ()):
        tell(one, found["currency"])
    say(f"{total['sent']} sent, {total['orders']} orders for {total['revenue']} {found['currency']} credited.")
