"""`sereno privacy`: what is held about a person, handing it over, erasing it with a proof."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, card, emit, instant, no_such, say, table

privacy = App(name="privacy", help="What is held about a person.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


@privacy.command(name="find")
def find_person(address: str, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Say what is held about a person, and where.

    Parameters
    ----------
    address
        An e-mail address, a telephone number, a customer's id, or a record such as order:1001.
    """
    _prepare()
    from sereno.runtime.privacy.looking import held_about

    found = held_about(shop_named(shop).pk, [address])
    if json:
        emit(found.to_document())
        return
    if not found.total:
        proofs = f" It was asked for in request {found.requests[0]}." if found.requests else ""
        say(f"Nothing is held about {address}.{proofs}")
        return
    card({name: ", ".join(names) for name, names in found.known_as.items() if names})
    say()
    table(["PLACE", "ROWS"], ([place, str(count)] for place, count in sorted(found.counts.items()) if count), empty="")


@privacy.command(name="export")
def export_person(
    address: str,
    /,
    *,
    out: Annotated[Path | None, Parameter(help="The file to write; sereno-export.zip when left out.")] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Write everything held about a person into a ZIP: JSON for machines and a page to read."""
    _prepare()
    from sereno.runtime.privacy.asking import EXPORT, ask
    from sereno.runtime.privacy.requests import carry_out
    from sereno.store.models import PrivacyRequest

    place = shop_named(shop)
    id_ = _asked(ask(place.pk, EXPORT, [address], person(), source="cli"))
    carry_out(id_)
    row = PrivacyRequest.objects.get(pk=id_)
    _check(row)
    path = out or Path("sereno-export.zip")
    path.write_bytes(bytes(row.file or b""))
    PrivacyRequest.objects.filter(pk=id_).update(file=None)
    counts = {name: found["before"] for name, found in row.report.get("places", {}).items()}
    if json:
        emit({"request": id_, "file": str(path), "rows": sum(counts.values()), "places": counts})
        return
    say(f"{sum(counts.values())} rows about {address} are in {path}.")


@privacy.command(name="erase")
def erase_person(
    address: str,
    /,
    *,
    delay: Annotated[float, Parameter(help="Hours until it begins; meanwhile it can be cancelled.")] = 0.0,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Erase a person everywhere, search for what is left, and print the proof."""
    _prepare()
    from sereno.runtime.privacy.asking import ERASE, ask
    from sereno.runtime.privacy.requests import carry_out
    from sereno.store.models import PrivacyRequest

    place = shop_named(shop)
    id_ = _asked(ask(place.pk, ERASE, [address], person(), source="cli", delay=timedelta(hours=delay)))
    if delay <= 0:
        carry_out(id_)
    row = PrivacyRequest.objects.get(pk=id_)
    if delay <= 0:
        _check(row)
    if json:
        emit(_row(row))
        return
    if delay > 0:
        say(f"Request {id_} begins at {instant(row.start_at)}. Take it back: sereno privacy cancel {id_}")
        return
    _proof(row)


@privacy.command(name="requests")
def list_requests(*, shop: ShopName = None, json: Json = False) -> None:
    """List what was asked for, and until when it must be answered."""
    _prepare()
    from sereno.store.models import PrivacyRequest

    found = PrivacyRequest.objects.filter(shop=shop_named(shop)).defer("file", "about", "work").order_by("-id")
    rows = [_row(one) for one in found]
    if json:
        emit(rows)
        return
    columns = ("id", "kind", "status", "source", "created_at", "start_at", "due_at", "finished_at")
    lines = ([str(row[name] or "") for name in columns] for row in rows)
    table([name.replace("_", " ").upper() for name in columns], lines, empty="Nobody has asked for anything.")


@privacy.command(name="show")
def show_request(id: int, /, *, json: Json = False) -> None:
    """Show one request; of an erasure, the proof."""
    row = _find(id)
    if json:
        emit(_row(row))
        return
    _proof(row)


@privacy.command(name="agree")
def agree_request(id: int, /) -> None:
    """Say yes to a request that waits for it, or have it done now."""
    row = _find(id)
    from sereno.runtime.privacy.asking import agree

    try:
        agree(row.shop_id, row.pk, person())
    except LookupError as error:
        raise WrongUse(str(error)) from None
    say(f"Request {id} is carried out as soon as a worker runs.")


@privacy.command(name="cancel")
def cancel_request(id: int, /) -> None:
    """Take a request back that has not begun."""
    row = _find(id)
    from sereno.runtime.privacy.asking import cancel

    try:
        cancel(row.shop_id, row.pk, person())
    except LookupError as error:
        raise WrongUse(str(error)) from None
    say(f"Request {id} is cancelled.")


def _asked(id_: int | None) -> int:
    assert id_ is not None, "a request without a name of its own is always new"
    return id_


def _check(row: Any) -> None:
    if row.status != "done":
        again = f"sereno privacy agree {row.pk}"
        raise SystemExit(f"request {row.pk} is {row.status}: {row.problem or 'it goes on by itself'}; again: {again}")


def _proof(row: Any) -> None:
    found = _row(row)
    places = found.pop("report").get("places", {})
    card({name: str(value) for name, value in found.items() if value not in (None, "", {})})
    say()
    lines = (
        [place, str(counts.get("before")), "" if counts.get("after") is None else str(counts["after"])]
        for place, counts in places.items()
    )
    table(["PLACE", "BEFORE", "AFTER"], lines, empty="Nothing has been counted yet.")


def _find(id_: int) -> Any:
    _prepare()
    from sereno.store.models import PrivacyRequest

    row = PrivacyRequest.objects.filter(pk=id_).defer("file").first()
    if row is None:
        raise no_such("privacy request", str(id_), [])
    return row


def _row(row: Any) -> dict[str, Any]:
    from sereno.runtime.privacy import reporting

    return reporting.document(row)
