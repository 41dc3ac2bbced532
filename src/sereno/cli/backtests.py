"""`sereno backtest`: back-tests that run in the background and keep what they find."""

from __future__ import annotations

from typing import Any

from cyclopts import App

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, card, emit, no_such, say, table

backtest = App(name="backtest", help="Back-tests kept with their flows.", help_format="plaintext")


@backtest.command(name="list")
def list_backtests(*, flow: str | None = None, shop: ShopName = None, json: Json = False) -> None:
    """List the back-tests that are kept, newest first.

    Parameters
    ----------
    flow
        Only those of this flow.
    """
    _prepare()
    from sereno.store.models import Backtest

    found = Backtest.objects.exclude(status="forgotten").order_by("-id").defer("text")
    if shop:
        found = found.filter(shop=shop_named(shop))
    if flow:
        found = found.filter(flow=flow)
    rows = [_row(one) for one in found]
    if json:
        emit(rows)
        return
    columns = ("id", "flow", "version", "status", "done", "total", "created_at", "runs", "effects")
    empty = "There is no back-test; begin one on the page of a flow, or by the API."
    table(
        [name.replace("_", " ").upper() for name in columns],
        ([row[key] for key in columns] for row in rows),
        empty=empty,
    )


@backtest.command(name="show")
def show_backtest(id: int, /, *, json: Json = False) -> None:
    """Show one back-test: how far it is, or what it found.

    Parameters
    ----------
    id
        Its number, as listed.
    """
    row = _find(id)
    if json:
        emit({**_row(row), "summary": row.summary})
        return
    card(_row(row))
    for name, count in ((row.summary or {}).get("difference") or {}).get("runs", {}).items():
        say(f"{name}: {count} runs")


@backtest.command(name="cancel")
def cancel_backtest(id: int, /) -> None:
    """Cancel a back-test that waits or runs; it keeps nothing.

    Parameters
    ----------
    id
        Its number, as listed.
    """
    row = _find(id)
    from sereno.runtime.rehearsals import requests

    try:
        requests.cancel(row.shop_id, row.pk, person())
    except ValueError as error:
        raise WrongUse(str(error)) from None
    say(f"Back-test {id} is being cancelled.")


def _prepare() -> None:
    host().prepare()
    database.ready()


def _find(id: int) -> Any:
    _prepare()
    from sereno.store.models import Backtest

    row = Backtest.objects.exclude(status="forgotten").filter(pk=id).first()
    if row is None:
        raise no_such("back-test", str(id), [], "`sereno backtest list` lists them.")
    return row


def _row(row: Any) -> dict[str, Any]:
    from sereno.runtime.rehearsals import reporting

    own = (row.summary or {}).get("own") or {}
    found = {"runs": own.get("runs"), "effects": sum(own["kinds"].values()) if own else None}
    return {**reporting.document(row), **found}
