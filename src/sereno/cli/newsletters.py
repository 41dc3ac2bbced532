"""`sereno newsletter`: what goes to many people, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, emit, say, table

if TYPE_CHECKING:
    from collections.abc import Callable

newsletter = App(name="newsletter", help="One message to many people.", help_format="plaintext")
Number = Annotated[int, Parameter(help="The newsletter's number.")]


def _prepare() -> None:
    host().prepare()
    database.ready()


@newsletter.command(name="list")
def list_newsletters(
    *,
    status: Annotated[str, Parameter(help="Only with this status, such as sending.")] = "",
    limit: Annotated[int | None, Parameter(help="At most so many.")] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List newsletters, the newest first."""
    _prepare()
    from sereno.modules.newsletters.models import Newsletter

    found = Newsletter.objects.filter(shop=shop_named(shop)).order_by("-id").defer("document")
    if status:
        found = found.filter(status=status)
    lines = _lines(list(found[:limit]))
    if json:
        emit(lines)
        return
    names = ("id", "name", "status", "pieces", "sent", "opened", "clicked", "ordered", "unknown")
    table(names, ([line[name] for name in names] for line in lines), empty="No newsletters yet.")


@newsletter.command
def show(number: Number, *, shop: ShopName = None, json: Json = False) -> None:
    """Show one with its numbers, and why some did not get it."""
    _prepare()
    from sereno.modules.newsletters.models import Newsletter

    row = Newsletter.objects.filter(shop=shop_named(shop), pk=number).defer("document").first()
    if row is None:
        raise Failed(f"there is no newsletter {number}")
    line = _lines([row])[0]
    if json:
        emit(line)
        return
    table(("what", "value"), ([name, value] for name, value in line.items() if not isinstance(value, dict)), empty="")
    reasons = {**line["left"], **line["reasons"]}
    table(("reason", "people"), reasons.items(), empty="Nobody was left out.")


@newsletter.command
def send(number: Number, *, shop: ShopName = None, json: Json = False) -> None:
    """Schedule a draft as it says, with the message as it is published now; a running worker sends it."""

    def schedule(shop_id: int, by: str) -> str:
        from sereno.modules.messages import printing
        from sereno.modules.newsletters.models import Newsletter
        from sereno.runtime.newsletters import changing
        from sereno.store.fields import instant_text

        row = Newsletter.objects.filter(shop_id=shop_id, pk=number).only("message").first()
        if row is None:
            raise LookupError(f"there is no newsletter {number}")
        begins = changing.schedule(shop_id, number, printing.freeze(shop_id, row.message), by)
        return f"It is taken up at {instant_text(begins)}."

    _steer(schedule, shop, json)


@newsletter.command
def pause(number: Number, *, shop: ShopName = None, json: Json = False) -> None:
    """Let nothing more leave."""
    _change("pause", number, shop, json, "Paused.")


@newsletter.command
def resume(number: Number, *, shop: ShopName = None, json: Json = False) -> None:
    """Let it go on where it stopped."""
    _change("resume", number, shop, json, "It goes on.")


@newsletter.command
def cancel(number: Number, *, shop: ShopName = None, json: Json = False) -> None:
    """End it: what has not gone never goes."""
    _change("cancel", number, shop, json, "Cancelled.")


def _change(what: str, number: int, shop: str | None, json: bool, done: str) -> None:
    def change(shop_id: int, by: str) -> str:
        from sereno.runtime.newsletters import changing

        getattr(changing, what)(shop_id, number, by)
        return done

    _steer(change, shop, json)


def _steer(change: Callable[[int, str], str], shop: str | None, json: bool) -> None:
    _prepare()
    try:
        done = change(shop_named(shop).pk, person())
    except (LookupError, ValueError) as refusal:
        raise Failed(str(refusal.args[0] if refusal.args else refusal)) from refusal
    if json:
        emit({"done": True, "text": done})
        return
    say(done)


def _lines(rows: list[Any]) -> list[dict[str, Any]]:
    from sereno.modules.newsletters import services
    from sereno.store.fields import instant_text

    standings = services.standings([row.pk for row in rows])
    return [
        {
            "id": row.pk,
            "name": row.name,
            "status": row.status,
            "message": row.message,
            "due_at": instant_text(row.due_at),
            "finished_at": instant_text(row.finished_at),
            "error": row.error,
            **standings[row.pk].whole,
            "left": dict(standings[row.pk].left),
            "reasons": dict(standings[row.pk].reasons),
        }
        for row in rows
    ]
