"""`sereno feed`: tables of tills, marketplaces and warehouses: sources, files, what was held back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, card, emit, say, table

feed = App(name="feed", help="Tables that come in by file and feed.", help_format="plaintext")

What = Annotated[Literal["orders", "stock", "products", "customers"] | None, Parameter(help="What is in its tables.")]
Url = Annotated[str, Parameter(help="Fetch them from this address.")]
Every = Annotated[int, Parameter(help="Seconds between two looks at the address.")]
Token = Annotated[str, Parameter(help="Bearer token of the address.")]
Folder = Annotated[bool, Parameter(negative="", help="They are dropped into its folder.")]


@feed.command(name="add")
def add(
    title: str,
    /,
    *,
    what: What = None,
    folder: Folder = False,
    url: Url = "",
    token: Token = "",
    every: Every = 3600,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Add a source of tables.

    Parameters
    ----------
    title
        What it is called.
    """
    _prepare()
    from sereno.runtime.feeds import sources
    from sereno.sdk.tables import Layout

    way: Any = "address" if url else "folder" if folder else "hand"
    layout = Layout(what=what or "", zone="")
    given = {"layout": layout, "way": way, "url": url, "key": token, "every": every}
    name = _asked(lambda: sources.make(shop_named(shop).pk, title, by=person(), **given))
    if json:
        emit({"name": name})
        return
    say(f"{name}: show it a file with `sereno feed look {name} FILE`.")


@feed.command(name="list")
def list_sources(*, shop: ShopName = None, json: Json = False) -> None:
    """List the sources of tables."""
    _prepare()
    from sereno.modules.feeds.models import FeedSource
    from sereno.runtime.feeds import reporting

    found = FeedSource.objects.filter(shop=shop_named(shop)).select_related("connection").order_by("connection__name")
    rows = [reporting.source_row(row) for row in found]
    if json:
        emit(rows)
        return
    shown = ([row[name] for name in ("name", "title", "way", "is_on", "error")] for row in rows)
    table(["NAME", "TITLE", "WAY", "ON", "ERROR"], shown, empty="None; begin with `sereno feed add TITLE`.")


@feed.command(name="look")
def look(source: str, file: Path, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Show what a file would bring; nothing is kept.

    Parameters
    ----------
    source
        Its name: `sereno feed list`.
    file
        A .xlsx, .csv, .tsv or .txt.
    """
    _prepare()
    from sereno.runtime.feeds import reporting, sources
    from sereno.runtime.staff import open_staff

    place, body = shop_named(shop).pk, _read(file)

    def read() -> Any:
        found = sources.find(place, source)
        staff = open_staff()
        reader = sources.reader_of(staff.plugins, found.kind)
        return reader.read(body, sources.with_shop(staff, place, found.layout))

    try:
        document = reporting.sheet_document(_asked(read))
    except Exception as error:
        raise Failed(str(error)) from None
    if json:
        emit(document)
        return
    card({name: document[name] for name in ("what", "rows", "entries", "held")})
    shown = ([one["line"], one["name"], one["column"], one["code"], one["value"]] for one in document["faults"])
    table(["LINE", "RECORD", "COLUMN", "FAULT", "VALUE"], shown, empty="Nothing is wrong with it.")


@feed.command(name="take")
def take(source: str, /, *files: Path, shop: ShopName = None, json: Json = False) -> None:
    """Take files in, here and now. The same file twice changes nothing.

    Parameters
    ----------
    source
        Its name: `sereno feed list`.
    files
        A .xlsx, .csv, .tsv or .txt each.
    """
    _prepare()
    from sereno.modules.feeds.models import FeedFile
    from sereno.runtime.feeds import reporting, sources
    from sereno.runtime.feeds.working import Taker

    place = shop_named(shop).pk
    if not files:
        raise WrongUse("name at least one file")

    def bring(path: Path) -> Any:
        return _asked(lambda: sources.bring(place, source, path.name, _read(path), by=person()))

    ids = [bring(path) for path in files]
    reader = host().reader()
    taker = Taker(reader.world, wait=reader.wait)
    rows = FeedFile.objects.filter(pk__in=ids).defer("body").order_by("id")
    while rows.filter(status__in=("waiting", "working")).exists():
        if not taker.run():
            reader.wait(0.5)
    found = [reporting.file_row(row) for row in rows]
    if json:
        emit(found)
    else:
        names = ("id", "name", "status", "entries", "new", "held", "error")
        table([name.upper() for name in names], ([row[name] for name in names] for row in found), empty="")
    if any(row["status"] == "refused" for row in found):
        raise Failed("a file was not taken: the table says why")


@feed.command(name="held")
def held(source: str, /, *, shop: ShopName = None, json: Json = False) -> None:
    """List the records that were held back.

    Parameters
    ----------
    source
        Its name: `sereno feed list`.
    """
    _prepare()
    from sereno.modules.feeds.models import FeedHeld
    from sereno.runtime.feeds import reporting

    found = FeedHeld.objects.filter(
        shop=shop_named(shop), status="waiting", file__source__connection__name=source
    ).order_by("id")
    rows = [reporting.held_row(row) for row in found]
    if json:
        emit(rows)
        return
    shown = ([row["id"], row["line"], row["name"], ", ".join(one["code"] for one in row["faults"])] for row in rows)
    table(["ID", "LINE", "RECORD", "FAULTS"], shown, empty="Nothing is held back.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUse(f"{path}: {error.strerror}") from None


def _asked(what: Any) -> Any:
    try:
        return what()
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error)) from None


def _prepare() -> None:
    host().prepare()
    database.ready()
