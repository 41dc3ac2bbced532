"""`sereno audience`: lists of other tools that segments fill for good, and advertisements that wait for stock."""

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
from sereno.store.fields import instant_text

audience = App(name="audience", help="Lists of other tools, kept in step with segments.", help_format="plaintext")
INSTANTS = ("made_at", "compared_at", "compare_at", "in_step_at", "there_at", "next_at", "failed_at")
Number = Annotated[int, Parameter(help="The number of the attached list: see sereno audience list.")]


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
    _prepare()
    from sereno.modules.http.shops import shop_http
    from sereno.runtime.tools import attaching, filling
    from sereno.store.models import Connection

    row: Any = Connection.objects.filter(name=connection).select_related("shop").first()
    if row is None:
        raise no_such(
            "connection", connection, list(Connection.objects.order_by("name").values_list("name", flat=True))
        )
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
