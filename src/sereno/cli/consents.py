"""`sereno consent`: what addresses allowed and refused, with the proof; and recording what was said elsewhere."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, instant, say, table

consent = App(name="consent", help="What people allowed and refused.", help_format="plaintext")
Basis = Literal["consent", "contract", "legitimate_interest", "existing_customer"]


def _prepare() -> None:
    host().prepare()
    database.ready()


@consent.command(name="list")
def list_consents(address: str, /, *, shop: ShopName = None, json: Json = False) -> None:
    """List what an address allowed and refused, newest first.

    Parameters
    ----------
    address
        An e-mail address or a telephone number.
    """
    _prepare()
    from sereno.runtime.privacy.looking import consents_of
    from sereno.store.fields import from_micros

    lines = [{**one, "at": instant(from_micros(one["at"]))} for one in consents_of(shop_named(shop).pk, address)]
    if json:
        emit(lines)
        return
    rows = ([str(one["at"]), one["channel"], one["purpose"], _word(one), one["source"]] for one in lines)
    table(["AT", "CHANNEL", "PURPOSE", "SAID", "SOURCE"], rows, empty=f"{address} has said nothing.")


@consent.command(name="record")
def record(
    address: str,
    said: Literal["yes", "no"],
    /,
    *,
    text: Annotated[str, Parameter(help="The words the person saw.")] = "",
    source: Annotated[str, Parameter(help="Where it was said: a form's name, or the till.")] = "cli",
    channel: Literal["email", "sms", "whatsapp", "telegram", "push"] = "email",
    basis: Annotated[Basis, Parameter(help="Why one may write, in the words of the law.")] = "consent",
    confirmed: Annotated[bool, Parameter(negative="", help="They confirmed it already; no mail asks again.")] = False,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Record what a person agreed to or refused. A yes waits for the person where the shop wants it confirmed.

    Parameters
    ----------
    address
        An e-mail address, or a telephone number for the other channels.
    said
        Whether they agree to marketing.
    """
    _prepare()
    from sereno.runtime.consenting import record_consent

    try:
        state = record_consent(
            shop_named(shop).pk,
            address,
            channel,
            granted=said == "yes",
            source=source,
            basis=basis,
            proof={"text": text} if text else {},
            by=person(),
            is_confirmed=confirmed,
        )
    except ValueError as error:
        raise WrongUse(str(error)) from None
    if json:
        emit({"address": address.strip().lower(), "channel": channel, "state": state})
        return
    say(f"{address}: {state}")


def _word(line: dict[str, Any]) -> str:
    if line["proof"].get("state") == "pending":
        return "pending"
    return "yes" if line["granted"] else "no"
