"""`sereno connection lists`: lists of people that other tools keep, looked at and taken over."""

from __future__ import annotations

from typing import Any

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json
from sereno.cli.output import Failed, emit, no_such, say, table


def lists(name: str, /, *, take_over: str | None = None, json: Json = False) -> None:
    """Show the lists of people a connected tool keeps; with --take-over bring one's people here.

    Parameters
    ----------
    name
        The connection.
    take_over
        The list's id: its people become customers, and the ledger of consents hears what the tool says of each. It
        starts no flow, and again it changes nothing.
    """
    host().prepare()
    database.ready()
    from sereno.modules.http.shops import shop_http
    from sereno.runtime.connecting import ConnectionRefused
    from sereno.runtime.tools import taking
    from sereno.store.models import Connection

    row: Any = Connection.objects.filter(name=name).select_related("shop").first()
    if row is None:
        raise no_such("connection", name, list(Connection.objects.order_by("name").values_list("name", flat=True)))
    http = shop_http(row.shop.settings)
    try:
        if take_over is None:
            found = [(one.id, one.name, one.count) for one in taking.lists_of(name, shop_id=row.shop_id, http=http)]
            if json:
                emit([{"id": id_, "name": called, "count": count} for id_, called, count in found])
            else:
                table(["ID", "NAME", "PEOPLE"], [list(one) for one in found], empty="None.")
            return
        count, cursor = 0, None
        while True:
            page = taking.take_over(name, take_over, cursor, by=person(), shop_id=row.shop_id, http=http)
            count, cursor = count + page.people, page.next
            if cursor is None:
                break
    except ConnectionRefused as refusal:
        raise Failed(str(refusal)) from refusal
    if json:
        emit({"connection": name, "list": take_over, "people": count})
    else:
        say(f"{count} people of {take_over} are here.")
