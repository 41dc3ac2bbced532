"""`sereno connection lists`: lists of people that other tools keep, looked at and taken over."""

from __future__ import annotations

from typing import Any

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json
from sereno.cli.output import Failed, emit, no_such, say, table


def lists(
    name: str,
    /,
    *,
    take_over: str | None = None,
    fill: str | None = None,
    segment: str | None = None,
    replace: bool = False,
    preview: bool = False,
    json: Json = False,
) -> None:
    """Show the lists of people a connected tool keeps; bring one's people here, or put a segment's people on one.

    Parameters
    ----------
    name
        The connection.
    take_over
        The list's id: its people become customers, and the ledger of consents hears what the tool says of each. It
        starts no flow, and again it changes nothing.
    fill
        The list's id: the people of --segment who agreed are put on it.
    segment
        The segment to fill it from.
    replace
        Everybody else is taken off the list. What was on it before cannot be had back: look with --preview first.
    preview
        Say what filling would do, and do nothing.
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
        if fill is not None:
            _fill(row, fill, segment or "", http, replace=replace, preview=preview, json=json)
            return
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


def _fill(row: Any, list_: str, segment: str, http: Any, *, replace: bool, preview: bool, json: bool) -> None:
    from dataclasses import asdict

    from sereno.runtime.tools import filling

    if not segment:
        raise Failed("Say by --segment whose people are to be put on the list.")
    try:
        if preview:
            seen = filling.foresee(row.name, list_, segment, shop_id=row.shop_id, http=http)
            if json:
                emit({**asdict(seen), "leaving": seen.leaving})
                return
            say(f"{seen.people} people are in {segment}; {seen.willing} of them would be put on {seen.title}.")
            for code, number in sorted(seen.turned.items()):
                say(f"  {number} not: {code}")
            there = "an unknown number of" if seen.there is None else f"about {seen.there}"
            leaving = "whoever is not in the segment" if seen.leaving is None else f"at least about {seen.leaving}"
            say(f"There are {there} people on it now; --replace would take {leaving} off for good.")
            return
        how: dict[str, Any] = {"replaces": replace, "by": person(), "shop_id": row.shop_id, "http": http}
        done = filling.fill(row.name, list_, segment, **how)
    except LookupError as error:
        raise Failed(str(error.args[0])) from error
    if json:
        emit(asdict(done))
    else:
        say(f"{done.taken} people of {segment} are on {list_}.")
