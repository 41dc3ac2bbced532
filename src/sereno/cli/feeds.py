"""`sereno feed`: tables of tills, marketplaces and warehouses: sources, files, what was held back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, card, emit, note, say, table

PATIENCE = 20
"""Looks in vain, half a second each, before we say what we wait for."""
feed = App(name="feed", help="Tables that come in by file and feed.", help_format="plaintext")

What = Annotated[Literal["orders", "stock", "products", "customers"] | None, Parameter(help="What is in its tables.")]
Url = Annotated[str, Parameter(help="Fetch them from this address.")]
Every = Annotated[int, Parameter(help="Seconds between two looks at the address.")]
Token = Annotated[str, Parameter(help="Bearer token of the address.")]
Columns = Annotated[
    tuple[str, ...],
    Parameter(
        help="What a column holds, as COLUMN=FIELD; COLUMN= leaves it out; COLUMN=custom keeps it as an attribute."
    ),
]
Day = Annotated[Literal["day", "month", "found"] | None, Parameter(help="Which comes first in 3/4/2026.")]
DecimalSign = Annotated[Literal[".", ",", "found"] | None, Parameter(help="The sign before decimals.")]
Encoding = Annotated[Literal["utf-8", "windows-1252", "windows-1250", "found"] | None, Parameter(help="Its letters.")]
Twice = Annotated[
    Literal["last", "hold"] | None, Parameter(help="Rows of one person that differ: the later counts, or none.")
]
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


@feed.command(name="set")
def set_layout(
    source: str,
    /,
    *,
    what: What = None,
    column: Columns = (),
    day: Day = None,
    decimal: DecimalSign = None,
    letters: Encoding = None,
    twice: Twice = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Say how a source writes its tables. What is not named stays.

    Parameters
    ----------
    source
        Its name: `sereno feed list`.
    """
    _prepare()
    from dataclasses import asdict, replace

    from sereno.runtime.feeds import sources

    place = shop_named(shop).pk
    old = _asked(lambda: sources.find(place, source)).layout
    columns = dict(old.columns)
    for pair in column:
        name, is_said, holds = pair.rpartition("=")
        if not is_said:
            raise WrongUse(f"{pair}: write it as COLUMN=FIELD; `sereno feed look` names the fields it knows")
        columns[name] = holds
    given = {"what": what, "day": day, "decimal": decimal, "letters": letters, "twice": twice}
    # "found" takes back what was said.
    said = {name: "" if value in ("found", "hold") else value for name, value in given.items() if value is not None}
    layout: Any = replace(old, columns=columns, **said)
    _asked(lambda: sources.change(place, source, by=person(), layout=layout))
    if json:
        emit(asdict(layout))
        return
    say(f"{source}: the next file is read so.")


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
    if document["lacks"]:
        lacks = ", ".join(document["lacks"])
        say(f"No column is known to hold: {lacks}. Say which with `sereno feed set {source} --column COLUMN=FIELD`.")
    reasons = ([one["records"], one["column"], one["code"], ", ".join(one["values"])] for one in document["reasons"])
    table(["RECORDS", "COLUMN", "WHY", "SUCH AS"], reasons, empty="")
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
    waited = 0
    while rows.filter(status__in=("waiting", "working")).exists():
        if not taker.run():
            reader.wait(0.5)
            waited += 1
            if waited == PATIENCE:
                # What came of these records before is not understood yet, and we understand nothing here.
                note("Waiting for what came in before: `sereno serve` or `sereno work` must run for that.")
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


@feed.command(name="report")
def report(source: str, file: int, /, *, shop: ShopName = None) -> None:
    """Write what was held back of a file as CSV, with the reasons: to be mended, and brought again.

    Parameters
    ----------
    source
        Its name: `sereno feed list`.
    file
        Its number: `sereno feed take` says it.
    """
    _prepare()
    from sereno.runtime.feeds import reporting

    row = _file(shop, source, file)
    held = row.feedheld_set.filter(status="waiting").order_by("id").values_list("line", "rows", "faults")
    for line in reporting.report(row.columns, held, ("Line", "Why"), str):
        print(line, end="")


@feed.command(name="drop")
def drop(source: str, file: int, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Drop all records of a file that were held back and wait.

    Parameters
    ----------
    source
        Its name: `sereno feed list`.
    file
        Its number: `sereno feed take` says it.
    """
    _prepare()
    from sereno.runtime.feeds import holding

    row = _file(shop, source, file)
    dropped = holding.drop_all(row.shop_id, row.pk, person())
    if json:
        emit({"dropped": dropped})
        return
    say(f"{dropped} records dropped.")


def _file(shop: str | None, source: str, file: int) -> Any:
    from sereno.modules.feeds.models import FeedFile

    found = FeedFile.objects.filter(shop=shop_named(shop), source__connection__name=source, pk=file)
    row = found.defer("body").first()
    if row is None:
        raise WrongUse(f"{source} has no file {file}")
    return row


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
