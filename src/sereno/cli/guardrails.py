"""`sereno guardrails`: what may reach a person, and when."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, emit, say, table

guardrails = App(
    name="guardrails", help="How often, when and in what order people are written to.", help_format="plaintext"
)
_CAP = re.compile(r"(\w+):(\d+)/(\w+)(?::(marketing|all))?")
_QUIET = re.compile(r"(\w+):(\d?\d:\d\d)-(\d?\d:\d\d)(?:@([a-z,]+))?(?::(marketing|all))?")


def _prepare() -> None:
    host().prepare()
    database.ready()


@guardrails.command(name="show")
def show_guardrails(*, shop: ShopName = None, json: Json = False) -> None:
    """Show the rules that hold in a shop."""
    _prepare()
    from sereno.runtime.arbiter.changing import current
    from sereno.runtime.arbiter.rules import document_of

    document = document_of(current(shop_named(shop).settings).rules)
    emit(document) if json else _say(document)


@guardrails.command(name="set")
def set_guardrails(
    file: str | None = None,
    /,
    *,
    cap: Annotated[list[str] | None, Parameter(negative=())] = None,
    quiet: Annotated[list[str] | None, Parameter(negative=())] = None,
    expires: Annotated[list[str] | None, Parameter(negative=())] = None,
    priority: Annotated[list[str] | None, Parameter(negative=())] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Set rules: all of them from a file, or only those of a kind. What waits goes by them too.

    Parameters
    ----------
    file
        A JSON document as `show --json` prints it; - is standard input.
    cap
        Such as email:1/16h, or any:5/7d:all to count transactional messages too. May be repeated; none takes all away.
    quiet
        Such as sms:21:00-08:00, or email:00:00-00:00@sat,sun. May be repeated; none takes all away.
    expires
        Such as marketing=3d or marketing=never. May be repeated.
    priority
        Such as cart-recovery=2, from 1 (goes first) to 9. May be repeated.
    """
    _prepare()
    from sereno.runtime.arbiter.changing import change_rules, current
    from sereno.runtime.arbiter.rules import RulesInvalid, document_of

    place = shop_named(shop)
    held = current(place.settings)
    document: Any = _read(file) if file is not None else document_of(held.rules)
    if file is None and not (cap or quiet or expires or priority):
        raise WrongUse("say what to set: a file, or --cap, --quiet, --expires, --priority")
    if isinstance(document, dict):
        if cap:
            document["caps"] = [] if cap == ["none"] else [_cap(one) for one in cap]
        if quiet:
            document["quiet"] = [] if quiet == ["none"] else [_quiet(one) for one in quiet]
        for one in expires or ():
            purpose, length = _pair("--expires", one, "marketing=3d")
            document.setdefault("expires", {})[purpose] = None if length == "never" else length
        for one in priority or ():
            name, number = _pair("--priority", one, "cart-recovery=2")
            document.setdefault("priorities", {})[name] = int(number) if number.isdigit() else number
    try:
        kept = document_of(change_rules(place.pk, document, person(), expected=held.tag).rules)
    except RulesInvalid as error:
        raise Failed("; ".join(f"{where} {what}" for where, what in error.problems)) from None
    emit(kept) if json else _say(kept)


@guardrails.command(name="waiting")
def list_waiting(*, limit: int | None = None, shop: ShopName = None, json: Json = False) -> None:
    """List messages that wait for their moment, the next first, and why."""
    _prepare()
    from sereno.runtime.arbiter.changing import waiting

    rows = waiting(shop_named(shop).pk, limit=limit if limit is not None else 1_000_000 if json else 50)
    _list(rows, json, "Nothing waits: what was wanted has gone.")


@guardrails.command(name="messages")
def list_messages(who: str, /, *, shop: ShopName = None, json: Json = False) -> None:
    """List what went, goes and waits to one person, by address or customer's id; the latest first."""
    _prepare()
    from sereno.runtime.arbiter.changing import messages_to

    _list(messages_to(shop_named(shop).pk, who), json, "Nothing went to them in the last month, and nothing waits.")


def _list(rows: list[dict[str, Any]], json: bool, empty: str) -> None:
    if json:
        emit(rows)
        return
    names = ("at", "address", "flow", "channel", *(("status",) if rows and "status" in rows[0] else ()), "reason")
    table([name.upper() for name in names], ([row[name] for name in names] for row in rows), empty=empty)


def _read(file: str) -> Any:
    from sereno.store.documents import decode

    try:
        return decode(sys.stdin.read() if file == "-" else Path(file).read_text())
    except OSError as error:
        raise WrongUse(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise WrongUse(f"{file} is not JSON: {error}") from None


def _cap(text: str) -> dict[str, Any]:
    found = _CAP.fullmatch(text.strip())
    if found is None:
        raise WrongUse(f"--cap: {text!r} is not like email:1/16h")
    channel, most, period, counts = found.groups()
    return {"channel": channel, "most": int(most), "period": period, "counts": counts or "marketing"}


def _quiet(text: str) -> dict[str, Any]:
    found = _QUIET.fullmatch(text.strip())
    if found is None:
        raise WrongUse(f"--quiet: {text!r} is not like sms:21:00-08:00 or email:00:00-00:00@sat,sun")
    channel, start, end, days, holds = found.groups()
    wanted = days.split(",") if days else []
    return {"channel": channel, "from": start, "until": end, "days": wanted, "holds": holds or "marketing"}


def _pair(option: str, text: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise WrongUse(f"{option}: {text!r} is not like {example}")
    return name, value


def _say(document: dict[str, Any]) -> None:
    for cap in document["caps"]:
        what = "messages of any purpose" if cap["counts"] == "all" else "marketing messages"
        say(f"cap       {cap['channel']}: at most {cap['most']} {what} to one person in {cap['period']}")
    for one in document["quiet"]:
        days = f" on {', '.join(one['days'])}" if one["days"] else ""
        what = "nothing" if one["holds"] == "all" else "no marketing"
        say(f"quiet     {one['channel']}: {what} from {one['from']} to {one['until']}{days}, where the reader lives")
    for purpose, length in document["expires"].items():
        say(f"expires   {purpose}: {f'after {length}' if length else 'never'}")
    for name, number in document["priorities"].items():
        say(f"priority  {name}: {number}")
