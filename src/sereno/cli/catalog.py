"""`sereno catalog`: who leads each field of a product, where stores differ, and what is to become of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, say, table

catalog = App(name="catalog", help="Products that are to be equal in all stores.", help_format="plaintext")

R = TypeVar("R")
CUT = 40
"""Characters of a value in a table; `--json` gives it whole."""


def _prepare() -> None:
    host().prepare()
    database.ready()


@catalog.command(name="rules")
def list_rules(*, shop: ShopName = None, json: Json = False) -> None:
    """List who leads which field; a field without a rule is not compared."""
    _prepare()
    from sereno.runtime.syncing import services
    from sereno.runtime.syncing.reporting import rule_row

    lines = [rule_row(one) for one in services.rules_of(shop_named(shop).pk)]
    if json:
        emit(lines)
        return
    shown = (
        [one["field"], one["leader"], one["conflict"], ", ".join(one["connections"]) or "all", one["most_change"]]
        for one in lines
    )
    none = "Nothing is compared: say who leads, such as `sereno catalog rule price my-shop`."
    table(["FIELD", "LEADER", "CONFLICT", "TAKE PART", "MOST CHANGE %"], shown, empty=none)


@catalog.command(name="rule")
def put_rule(
    field: str,
    leader: str = "",
    /,
    *,
    conflict: Annotated[
        str, Parameter(help="leader (put back), newest (the newest change wins) or ask (a person decides).")
    ] = "leader",
    connection: Annotated[
        tuple[str, ...],
        Parameter(negative=(), help="One that takes part; say it again for each. Left out: all with products."),
    ] = (),
    most_change: Annotated[int, Parameter(help="Percent by which a price may move at once; 0: any.")] = 30,
    remove: Annotated[bool, Parameter(help="Compare the field no longer.", negative="")] = False,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Say who leads a field.

    Parameters
    ----------
    field
        price, compare_at_price, title, description or status.
    leader
        The connection whose value counts.
    """
    _prepare()
    from sereno.runtime.syncing import services
    from sereno.runtime.syncing.reporting import rule_row
    from sereno.runtime.syncing.services import Rule

    place = shop_named(shop).pk
    if remove:
        _asked(lambda: services.remove_rule(place, field, by=person()))
        emit({"field": field, "leader": None}) if json else say(f"{field} is not compared any more.")
        return
    if not leader:
        raise WrongUse("say who leads: a connection's name; or --remove")
    wanted = Rule(field, leader, conflict, connection, most_change)
    held = _asked(lambda: services.set_rule(place, wanted, by=person()))
    if json:
        emit(rule_row(held))
        return
    say(f"{held.leader} leads {held.field}. A running worker compares the catalogue: sereno catalog differences")


@catalog.command(name="differences")
def list_differences(
    *,
    field: Annotated[str, Parameter(help="Only this field.")] = "",
    connection: Annotated[str, Parameter(help="Only this store.")] = "",
    state: Annotated[str, Parameter(help="open, waiting, held or left.")] = "",
    search: Annotated[str, Parameter(help="A part of the SKU or the title.")] = "",
    limit: Annotated[int, Parameter(help="At most so many.")] = 100,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List where a store says something else than it should, newest first."""
    _prepare()
    from sereno.runtime.syncing import services
    from sereno.runtime.syncing.reporting import difference_row

    place = shop_named(shop).pk
    given: dict[str, Any] = {"field": field, "connection": connection, "state": state, "search": search}
    found, _following = _asked(lambda: services.differences(place, **given, limit=max(1, min(limit, 1000))))
    lines = [difference_row(one) for one in found]
    if json:
        emit(lines)
        return
    counts = services.counts(place)
    shown = (
        [_cut(one[name]) for name in ("id", "sku", "field", "connection", "own", "target", "state", "reason")]
        for one in lines
    )
    table(["ID", "SKU", "FIELD", "STORE", "HAS", "SHOULD HAVE", "STATE", "WHY"], shown, empty="Nothing differs.")
    say(f"{counts.compared} values compared, {counts.equal} equal.")


@catalog.command
def decide(decision: str, /, *ids: int, shop: ShopName = None, json: Json = False) -> None:
    """Say what is to become of differences.

    Parameters
    ----------
    decision
        write (what it should have), take (this store is right), leave (different) or again (compare anew).
    ids
        Their numbers, as `sereno catalog differences` gives them.
    """
    _prepare()
    from sereno.runtime.syncing import services
    from sereno.runtime.syncing.reporting import difference_row

    if not ids:
        raise WrongUse("say which: their numbers are in `sereno catalog differences`")
    place, by = shop_named(shop).pk, person()
    done = [_asked(lambda id_=id_: services.decide(place, id_, decision, by=by)) for id_ in ids]
    if json:
        emit([difference_row(one) for one in done])
        return
    for one in done:
        say(f"{one.id}: {one.sku}, {one.field} in {one.connection} is {one.state}.")


def _cut(value: object) -> str:
    text = " ".join(str("" if value is None else value).split())
    return text if len(text) <= CUT else text[: CUT - 3] + "..."


def _asked(what: Callable[[], R]) -> R:
    try:
        return what()
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error.args[0] if error.args else error)) from None
