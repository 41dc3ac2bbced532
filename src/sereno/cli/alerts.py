"""`sereno alert`: what is amiss, or was."""

from __future__ import annotations

from typing import Any

from cyclopts import App

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import emit, no_such, say, table

alert = App(name="alert", help="Alerts: what is amiss, or was.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


@alert.command(name="list")
def list_alerts(*, shop: ShopName = None, all: bool = False, json: Json = False) -> None:
    """List what is amiss, the newest first.

    Parameters
    ----------
    all
        Also what is over.
    """
    _prepare()
    from sereno.store.models import Alert

    found = Alert.objects.select_related("shop").order_by("-id")
    if shop:
        found = found.filter(shop=shop_named(shop))
    if not all:
        found = found.exclude(status="settled")
    rows = [_row(one) for one in found]
    if json:
        emit(rows)
        return
    columns = ("id", "severity", "status", "title", "count", "first_at", "last_at")
    lines = ([row[name] for name in columns] for row in rows)
    table([name.replace("_", " ").upper() for name in columns], lines, empty="Nothing is amiss.")


@alert.command(name="acknowledge")
def acknowledge(id: int, /) -> None:
    """Say that somebody sees to it: no more digests until it is over."""
    _decide(id, "acknowledge")
    say(f"Alert {id}: somebody sees to it.")


@alert.command(name="settle")
def settle(id: int, /) -> None:
    """Say that it is over. What still goes on is raised again."""
    _decide(id, "settle")
    say(f"Alert {id} counts as over.")


def _decide(id: int, what: str) -> None:
    _prepare()
    from sereno.runtime.watching import deciding
    from sereno.store.models import Alert

    row = Alert.objects.filter(pk=id).exclude(status="settled").first()
    if row is None:
        raise no_such("open alert", str(id), [])
    getattr(deciding, what)(row.shop_id, id, person())


def _row(row: Any) -> dict[str, Any]:
    from sereno.modules.alerts import reporting

    return {"shop": row.shop.slug, **reporting.document(row)}
