"""`sereno channel`: the accounts by which customers are written to beside mail."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, emit, say, table

channel = App(name="channel", help="Text messages, WhatsApp, Telegram, browsers, Slack.", help_format="plaintext")

Given = Annotated[list[str] | None, Parameter(negative=(), help="NAME=VALUE; NAME=@FILE reads the value. Repeat it.")]


def _prepare() -> None:
    host().prepare()
    database.ready()


@channel.command(name="list")
def list_channels(*, shop: ShopName = None, json: Json = False) -> None:
    """List the accounts, without their keys."""
    _prepare()
    from sereno.runtime.channels import keeping

    lines = [_told(one) for one in keeping.listed(shop_named(shop).pk)]
    if json:
        emit(lines)
        return
    shown = ([one[name] for name in ("kind", "channel", "is_active", "sends", "known_as", "hook")] for one in lines)
    table(["KIND", "CHANNEL", "ACTIVE", "SENDS", "KNOWN AS", "ADDRESS"], shown, empty="No channel is connected.")


@channel.command
def connect(
    kind: str,
    *,
    access: Given = None,
    setting: Given = None,
    unasked: Flag = False,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Connect a channel (twilio, texts, whatsapp, telegram, webpush, slack), or change its account:
    sereno channel connect twilio --access account=AC... --access token=@token.txt --setting sender=+34600000000

    The provider is asked whether it takes the key; with --unasked it is not.
    """
    _prepare()
    from sereno.modules.http.shops import shop_http
    from sereno.runtime.channels import keeping

    place = shop_named(shop)
    http = None if unasked else shop_http(place.settings)
    base_url = host().settings().base_url
    try:
        told = keeping.connect(place.pk, kind, pairs(access), pairs(setting), by=person(), base_url=base_url, http=http)
    except keeping.ChannelUnfit as unfit:
        raise WrongUse(str(unfit)) from None
    emit(_told(told)) if json else say(told.hook or "Connected.")


@channel.command
def use(kind: str, *, shop: ShopName = None, json: Json = False) -> None:
    """Have its channel go by this account, where several are connected, such as twilio and texts:
    sereno channel use twilio
    """
    _prepare()
    from sereno.runtime.channels import keeping

    place = shop_named(shop).pk
    try:
        keeping.choose(place, _held(place, kind), by=person())
    except LookupError as error:
        raise Failed(str(error.args[0])) from None
    emit({"sends": kind}) if json else say("Messages go by it from now on.")


@channel.command
def end(kind: str, *, shop: ShopName = None, json: Json = False) -> None:
    """Forget an account's keys: nothing goes by it any more."""
    _prepare()
    from sereno.runtime.channels import keeping

    place = shop_named(shop).pk
    keeping.disconnect(place, _held(place, kind), by=person())
    emit({"ended": kind}) if json else say("Ended.")


@channel.command
def test(kind: str, to: str, *, text: str = "A test message.", shop: ShopName = None, json: Json = False) -> None:
    """Send a test message now, past flows and limits."""
    _prepare()
    from sereno.modules.http.shops import shop_http
    from sereno.runtime.channels import keeping
    from sereno.sdk.result import Done

    place = shop_named(shop)
    http = shop_http(place.settings)
    try:
        outcome = keeping.try_out(place.pk, _held(place.pk, kind), to, text, by=person(), http=http)
    except LookupError as error:
        raise Failed(str(error.args[0])) from None
    if not isinstance(outcome, Done):
        raise Failed(f"{outcome.reason}: {outcome.message}")
    emit(dict(outcome.value)) if json else say(f"Taken: {outcome.value['provider_id']}")


@channel.command
def order(customer: str, *channels: str, shop: ShopName = None, json: Json = False) -> None:
    """Set in which order a customer wants to be written to (none ends it); steps follow it that say `own`:
    sereno channel order 4711 whatsapp email
    """
    _prepare()
    from sereno.runtime.channels import subscribing

    try:
        subscribing.set_order(shop_named(shop).pk, customer, channels, by=person())
    except ValueError as error:
        raise WrongUse(str(error)) from None
    emit({"customer": customer, "channels": list(channels)}) if json else say("Kept.")


@channel.command
def people(*, shop: ShopName = None, json: Json = False) -> None:
    """List who of the staff is which account in Slack, Telegram and WhatsApp."""
    _prepare()
    from sereno.runtime.channels import staffing

    found = staffing.entries(shop_named(shop).pk)
    names = ("person", "kind", "account", "source")
    lines = [{name: getattr(one, name) for name in names} for one in found]
    if json:
        emit(lines)
        return
    table(["WHO", "CHAT", "ACCOUNT", "BY"], (list(one.values()) for one in lines), empty="Nobody is entered.")


@channel.command
def enter(member: str, kind: str, account: str = "", *, shop: ShopName = None, json: Json = False) -> None:
    """Say which account a member is in a chat, so that they can answer questions there; without one it ends:
    sereno channel enter ana@shop.example telegram 123456789
    """
    _prepare()
    from sereno.runtime.channels import staffing

    try:
        staffing.enter(shop_named(shop).pk, kind, member, account, by=person(), role="owner")
    except staffing.DeskUnfit as unfit:
        raise WrongUse(str(unfit)) from None
    emit({"person": member, "kind": kind, "account": account}) if json else say("Kept." if account else "Ended.")


def _held(shop_id: int, kind: str) -> str:
    from sereno.runtime.channels import keeping

    found = next((one.connection for one in keeping.listed(shop_id) if one.kind == kind), None)
    if found is None:
        raise WrongUse(f"there is no account {kind!r}: see `sereno channel list`")
    return found


def pairs(given: list[str] | None) -> dict[str, str]:
    from pathlib import Path

    found: dict[str, str] = {}
    for one in given or ():
        name, sign, value = one.partition("=")
        if not sign:
            raise WrongUse(f"{one!r} is not of the form NAME=VALUE")
        try:
            found[name] = Path(value[1:]).read_text(encoding="utf-8").strip() if value.startswith("@") else value
        except OSError as error:
            raise WrongUse(f"{value[1:]}: {error}") from None
    return found


def _told(one: Any) -> dict[str, Any]:
    names = ("kind", "channel", "connection", "is_active", "sends", "settings", "hook", "known_as")
    return {**{name: getattr(one, name) for name in names}, "given": list(one.given)}
