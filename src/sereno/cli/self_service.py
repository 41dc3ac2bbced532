"""`sereno self-service`: what customers may change of their orders by themselves."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, say

self_service = App(
    name="self-service", help="What customers may change of their orders by themselves.", help_format="plaintext"
)


def _prepare() -> None:
    host().prepare()
    database.ready()


@self_service.command(name="show")
def show_rules(*, shop: ShopName = None, json: Json = False) -> None:
    """Show the rules that hold in a shop."""
    _prepare()
    from sereno.commerce.self_service import rules_of

    _tell(rules_of(shop_named(shop).settings).document(), json)


@self_service.command(name="set")
def set_rules(
    *,
    on: bool | None = None,
    minutes: int | None = None,
    until: str | None = None,
    can: str | None = None,
    more: Annotated[bool | None, Parameter(negative="--no-more")] = None,
    pay_url: str | None = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Set rules; what is not named stays as it is.

    Parameters
    ----------
    on
        Whether customers may change their orders at all; --no-on switches it off.
    minutes
        So long after an order was placed.
    until
        And only until it is routed, picked, or has a label.
    can
        What they may change: address, items, cancel, with commas between.
    more
        Whether they may also take more of each.
    pay_url
        Where they pay what is open, such as https://pay.example.com/?ref={reference}&amount={amount}.
    """
    _prepare()
    from sereno.commerce.self_service import RulesInvalid, rules_of
    from sereno.runtime.orders.self_service import change_rules

    place = shop_named(shop)
    given: dict[str, Any] = {
        "is_on": on, "minutes": minutes, "until": until, "takes_more": more, "pay_url": pay_url,
        "can": None if can is None else [one.strip() for one in can.split(",") if one.strip()],
    }  # fmt: skip
    wanted = {name: value for name, value in given.items() if value is not None}
    if not wanted:
        raise WrongUse("say what to set: --on, --minutes, --until, --can, --more, --pay-url")
    try:
        kept = change_rules(place.pk, {**rules_of(place.settings).document(), **wanted}, person())
    except RulesInvalid as error:
        raise WrongUse(str(error)) from None
    _tell(kept.document(), json)


def _tell(document: dict[str, Any], json: bool) -> None:
    if json:
        emit(document)
        return
    for name, value in document.items():
        shown = ", ".join(value) if isinstance(value, list) else _plain(value)
        say(f"{name}: {shown}")


def _plain(value: Any) -> Any:
    return ("no", "yes")[value] if isinstance(value, bool) else value
