"""`sereno audience`: lists of other tools that segments fill for good or that are read back, and advertisements that
wait for stock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, emit, no_such, say, table

audience = App(name="audience", help="Lists of other tools, kept in step with segments.", help_format="plaintext")
INSTANTS = ("made_at", "compared_at", "compare_at", "in_step_at", "there_at", "next_at", "failed_at")
Number = Annotated[int, Parameter(help="The list's number: see sereno audience list, or mirrors.")]


@contextmanager
def _refused() -> Iterator[None]:
    from sereno.runtime.connecting import ConnectionRefused

    try:
        yield
    except (ConnectionRefused, LookupError) as refusal:
        raise Failed(str(refusal.args[0] if isinstance(refusal, LookupError) else refusal)) from None


def _prepare() -> None:
    host().prepare()
    database.ready()


@audience.command(name="list")
def list_audiences(*, shop: ShopName = None, json: Json = False) -> None:
    """List what is kept in step: how many are on each list, what is under way and what failed last."""
    from sereno.store.fields import instant_text

    _prepare()
    from sereno.runtime.tools import attaching

    found = attaching.attached(shop_named(shop).pk)
    if json:
        emit([{**asdict(one), **{name: instant_text(getattr(one, name)) for name in INSTANTS}} for one in found])
        return
    heads = ["NUMBER", "CONNECTION", "LIST", "SEGMENT", "STATE", "ON", "TO PUT", "TO TAKE", "TURNED", "LAST IN STEP"]
    lines = [
        [
            *(one.id, one.connection, f"{one.title} ({one.list})", one.segment, one.state, one.on, one.putting),
            *(one.taking, sum(one.turned.values()), instant_text(one.in_step_at) or "never"),
        ]
        for one in found
    ]
    table(heads, lines, empty="No list is kept in step: sereno audience attach.")
    for one in found:
        if one.error:
            say(f"{one.title}: {one.error}; tried again {instant_text(one.next_at)}. {one.message or ''}")


@audience.command
def paused(*, shop: ShopName = None, json: Json = False) -> None:
    """List the advertisements that are paused while their product is sold out."""
    from sereno.store.fields import instant_text

    _prepare()
    from sereno.runtime.tools import attaching

    found = attaching.paused_ads(shop_named(shop).pk)
    if json:
        emit([{**asdict(one), "at": instant_text(one.at)} for one in found])
        return
    lines: list[list[Any]] = [[one.product, one.kind, one.id, one.tool, instant_text(one.at)] for one in found]
    table(["PRODUCT", "KIND", "ID", "BY", "SINCE"], lines, empty="None is paused.")


@audience.command
def attach(
    connection: str,
    people_list: Annotated[str, Parameter(help="The list's id over there: see sereno connection lists.")],
    segment: str,
    *,
    preview: Annotated[bool, Parameter(help="Say what it would do, and do nothing.")] = False,
    json: Json = False,
) -> None:
    """Keep a list in step with a segment from now on; a running worker fills it and tells it of changes."""
    row = _connection(connection)
    from sereno.modules.http.shops import shop_http
    from sereno.runtime.tools import attaching, filling

    about: dict[str, Any] = {"shop_id": row.shop_id, "http": shop_http(row.shop.settings)}
    with _refused():
        if preview:
            seen = filling.foresee(connection, people_list, segment, **about)
            if json:
                emit(asdict(seen))
                return
            say(
                f"{seen.people} people are in {segment}; {seen.agreed} of them agreed and would be put on {seen.title}."
            )
            say("Whoever else is on it stays." if not seen.there else f"About {seen.there} people are on it and stay.")
            return
        made = attaching.attach(connection, people_list, segment, by=person(), **about)
    if json:
        emit({"id": made})
        return
    say(f"Attached as number {made}. A worker fills it in the background: sereno audience list.")


@audience.command
def compare(number: Number, *, shop: ShopName = None, json: Json = False) -> None:
    """Compare everybody now, and try again at once what failed."""
    _prepare()
    from sereno.runtime.tools import attaching

    with _refused():
        attaching.hurry(number, by=person(), shop_id=shop_named(shop).pk)
    if json:
        emit({"id": number})
        return
    say("It is compared now.")


@audience.command
def detach(
    number: Number,
    *,
    stays: Annotated[bool, Parameter(help="Leave those on it there, also who takes their yes back later.")] = False,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Let a list go: whoever Sereno put on it is taken off by a running worker."""
    _prepare()
    from sereno.runtime.tools import attaching

    with _refused():
        attaching.detach(number, stays=stays, by=person(), shop_id=shop_named(shop).pk)
    if json:
        emit({"id": number, "stays": stays})
        return
    say("Detached: whoever is on it stays." if stays else "Detached: those we put on it are being taken off.")


@audience.command
def mirror(
    connection: str,
    people_list: Annotated[str, Parameter(help="The list's id over there: see sereno connection lists.")],
    *,
    json: Json = False,
) -> None:
    """Read back who is on a list from now on, so that segments and flows can ask for it; a running worker does it."""
    row = _connection(connection)
    from sereno.modules.http.shops import shop_http
    from sereno.runtime.tools import mirroring

    with _refused():
        http = shop_http(row.shop.settings)
        made = mirroring.mirror(connection, people_list, by=person(), shop_id=row.shop_id, http=http)
    if json:
        emit({"id": made})
        return
    say(f"It is read back as number {made}: sereno audience mirrors.")


@audience.command
def mirrors(*, shop: ShopName = None, json: Json = False) -> None:
    """List what is read back: how many are on each list, when it was read and what failed last."""
    from sereno.store.fields import instant_text

    _prepare()
    from sereno.runtime.tools import mirroring

    found = mirroring.mirrored(shop_named(shop).pk)
    if json:
        instants = ("made_at", "read_at", "next_at", "failed_at")
        emit([{**asdict(one), **{name: instant_text(getattr(one, name)) for name in instants}} for one in found])
        return
    lines: list[list[Any]] = [
        [one.id, one.name, one.title, one.state, one.people, instant_text(one.read_at) or "not yet"] for one in found
    ]
    table(["NUMBER", "LIST", "TITLE", "STATE", "PEOPLE", "READ"], lines, empty="None: sereno audience mirror.")
    for one in found:
        if one.error:
            say(f"{one.title}: {one.error}; tried again {instant_text(one.next_at)}. {one.message or ''}")


@audience.command
def unmirror(number: Number, *, shop: ShopName = None, json: Json = False) -> None:
    """Read a list back no more: nobody counts as being on it from then on."""
    _prepare()
    from sereno.runtime.tools import mirroring

    with _refused():
        mirroring.unmirror(number, by=person(), shop_id=shop_named(shop).pk)
    if json:
        emit({"id": number})
        return
    say("It is read no more.")


def _connection(name: str) -> Any:
    _prepare()
    from sereno.store.models import Connection

    row: Any = Connection.objects.filter(name=name).select_related("shop").first()
    if row is None:
        raise no_such("connection", name, list(Connection.objects.order_by("name").values_list("name", flat=True)))
    return row
