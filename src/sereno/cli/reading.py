"""`sereno backfill` and `sereno reconcile`: a store's history, and what its webhooks missed."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json, ShopName, instant_of, shop_named
from sereno.cli.output import Failed, WrongUse, card, emit, no_such, say, table

backfill = App(name="backfill", help="A store's history, read as a job that starts no flow.", help_format="plaintext")

Kinds = Annotated[list[str] | None, Parameter(negative=(), help="Only these: --kind order --kind customer.")]
Since = Annotated[str | None, Parameter(help="Only what changed from then on: 2026-01-01, 90d.")]


@backfill.command(name="start")
def start(
    connection: str,
    /,
    *,
    kind: Kinds = None,
    since: Since = None,
    wait: Flag = False,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Have the history of a connection's store read. A worker does it, in the background.

    Parameters
    ----------
    connection
        Its name: `sereno connection list`.
    wait
        Do it here and now instead, and come back when it is over.
    """
    _prepare()
    from sereno.runtime.reading import asking

    place = shop_named(shop)
    from_ = instant_of("--since", since) if since else None
    try:
        id_ = asking.backfill(place.pk, connection, person(), kinds=kind or (), since=from_)
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error)) from None
    if wait:
        _read_here(lambda reader: reader.run_job(id_))
    row = _find(id_)
    if json:
        emit(_row(row))
    else:
        say(f"{id_}: {row.status}. `sereno backfill show {id_}` says how far it is.")
    if row.status == "failed":
        raise Failed(f"{row.error}: {row.message}")


@backfill.command(name="list")
def list_backfills(*, shop: ShopName = None, json: Json = False) -> None:
    """List the readings of history, newest first."""
    _prepare()
    from sereno.store.models import Backfill

    found = Backfill.objects.filter(shop=shop_named(shop)).select_related("connection").order_by("-id")
    rows = [_row(row) for row in found]
    if json:
        emit(rows)
        return
    shown = (
        [row["id"], row["connection"], row["status"], _counted(row, "read"), _counted(row, "new"), row["created_at"]]
        for row in rows
    )
    empty = "No history was read; begin with `sereno backfill start CONNECTION`."
    table(["ID", "CONNECTION", "STATUS", "READ", "NEW FACTS", "CREATED AT"], shown, empty=empty)


@backfill.command(name="show")
def show(id: int, /, *, json: Json = False) -> None:
    """Show how far one reading of history is.

    Parameters
    ----------
    id
        Its number, as listed.
    """
    _prepare()
    row = _row(_find(id))
    if json:
        emit(row)
        return
    kinds = row.pop("kinds")
    card(row)
    shown = ([one[name] for name in ("kind", "read", "total", "new", "failed")] for one in kinds)
    table(["KIND", "READ", "OF", "NEW FACTS", "FAILED"], shown, empty="")


@backfill.command(name="pause")
def pause(id: int, /) -> None:
    """Stop it after the page under way; it keeps its place.

    Parameters
    ----------
    id
        Its number, as listed.
    """
    _say(id, "pause", "It is paused.")


@backfill.command(name="resume")
def resume(id: int, /) -> None:
    """Let it go on where it stopped.

    Parameters
    ----------
    id
        Its number, as listed.
    """
    _say(id, "resume", "It goes on.")


@backfill.command(name="cancel")
def cancel(id: int, /) -> None:
    """End it; what it brought stays.

    Parameters
    ----------
    id
        Its number, as listed.
    """
    _say(id, "cancel", "It is cancelled.")


def reconcile(connection: str, /, *, since: Since = None, shop: ShopName = None, json: Json = False) -> None:
    """Read what changed in a connection's store, here and now, and make good what its webhooks missed.

    Parameters
    ----------
    connection
        Its name: `sereno connection list`.
    """
    _prepare()
    from sereno.runtime.reading import asking, reporting
    from sereno.store.models import Reading

    place = shop_named(shop)
    from_ = instant_of("--since", since) if since else None

    def read(reader: Any) -> None:
        reader.enrol()
        try:
            id_ = asking.read_now(place.pk, connection, person(), since=from_)
        except (ValueError, LookupError) as error:
            raise WrongUse(str(error)) from None
        reader.run_pass(id_)

    _read_here(read)
    row = Reading.objects.select_related("connection").get(shop=place, connection__name=connection)
    if row.error:
        raise Failed(f"{row.error}: {row.message}")
    document = reporting.reading_row(row)
    if json:
        emit(document)
        return
    last = document["last"]
    say(f"{last['read']} records read, {last['gaps']} gaps found, {last['new']} facts made good.")


def _prepare() -> None:
    host().prepare()
    database.ready()


def _read_here(work: Any) -> None:
    work(host().reader())


def _say(id: int, verb: str, said: str) -> None:
    _prepare()
    from sereno.runtime.reading import asking

    row = _find(id)
    try:
        getattr(asking, verb)(row.shop_id, id, person())
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error)) from None
    say(said)


def _find(id: int) -> Any:
    from sereno.store.models import Backfill

    row = Backfill.objects.filter(pk=id).select_related("connection").first()
    if row is None:
        raise no_such("reading of history", str(id), [], "`sereno backfill list` lists them.")
    return row


def _row(row: Any) -> dict[str, Any]:
    from sereno.runtime.reading import reporting

    return reporting.backfill_row(row)


def _counted(row: dict[str, Any], name: str) -> int:
    return sum(one[name] for one in row["kinds"])
