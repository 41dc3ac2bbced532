"""Channels beside mail: accounts, a test message, what went by them, and who of the staff answers in chats."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.problems import Problem
from sereno.modules.http.shops import shop_http
from sereno.modules.messages.channels.models import ChannelMessage
from sereno.runtime.channels import keeping, staffing, subscribing
from sereno.sdk.result import Done
from sereno.store.fields import instant_text

router = Router(tags=["Channels"])


class ChannelAccount(Schema):
    kind: str = Field(description="`twilio`, `texts`, `whatsapp`, `telegram`, `webpush` or `slack`.")
    channel: str = Field(description="`sms`, `whatsapp`, `telegram`, `push` or `slack`.")
    connection: str
    is_active: bool
    sends: bool = Field(description="Whether its channel goes by it; of several accounts of one channel one sends.")
    settings: dict[str, Any]
    given: list[str] = Field(description="Names of the keys that are kept; they are never given back.")
    hook: str = Field(description="Where its provider writes to.")
    known_as: str = Field(description="What the provider calls the account.")


class ChannelAccounts(Schema):
    items: list[ChannelAccount]


class ChannelKeys(Schema):
    access: dict[str, str] = Field({}, description="Keys; one that is left out stays as it was.")
    settings: dict[str, str] = Field({}, description="What is not secret, such as `sender`.")
    is_asked: bool = Field(True, description="Ask the provider whether it takes the key before it is kept.")


class ChannelTest(Schema):
    to: str = Field(min_length=1, max_length=320)
    text: str = Field(min_length=1, max_length=1000)


class ChannelTested(Schema):
    is_taken: bool
    reason: str = ""
    message: str = ""
    provider_id: str = ""


class ChannelMessageOut(Schema):
    id: int
    effect: str
    channel: str
    to: str
    customer: str
    status: str = Field(description="`begun`, `sent`, `delivered`, `read`, `failed` or `unclear`.")
    reason: str
    provider_id: str
    segments: int
    at: str | None


class ChannelMessages(Schema):
    items: list[ChannelMessageOut]
    next: int | None = None


class WayOrder(Schema):
    customer: str = Field(min_length=1, max_length=200, description="The customer's key.")
    channels: list[str] = Field(
        max_length=5, description="Of `email`, `sms`, `whatsapp`, `telegram`, `push`; none: no wish."
    )


class DeskEntry(Schema):
    kind: str = Field(description="The chat: `slack`, `telegram` or `whatsapp`.")
    person: str = Field(description="The address of a member of the shop.")
    account: str = Field(description="Who they are there: a member ID, an account's number, a mobile.")
    source: str = Field(description="`page` (entered by somebody) or `link` (they opened the bot themselves).")
    made_at: str | None


class DeskEntries(Schema):
    items: list[DeskEntry]


class NewDeskEntry(Schema):
    kind: str = Field(max_length=16, description="`slack`, `telegram` or `whatsapp`.")
    person: str = Field(min_length=1, max_length=254, description="The address of a member of the shop.")
    account: str = Field(max_length=100, description="Who they are there; empty ends the entry.")


@router.get("/channels", response=ChannelAccounts)
def list_channels(request: HttpRequest) -> dict[str, Any]:
    """The accounts by which customers are written to beside mail."""
    return {"items": [_told(one) for one in keeping.listed(shop_of(request).pk)]}


@router.get("/channels/messages", response=ChannelMessages)
def list_channel_messages(request: HttpRequest, page: Query[rows.PageOf]) -> dict[str, Any]:
    """What went by channels, newest first: each message by each way it was tried."""
    return rows.page_by_id(ChannelMessage.objects.filter(shop=shop_of(request)), page, _message)


@router.get("/channels/people", response=DeskEntries)
def list_desk_entries(request: HttpRequest) -> dict[str, Any]:
    """Who of the staff is which account in the chats where questions are asked."""
    return {"items": [_entry(one) for one in staffing.entries(shop_of(request).pk)]}


@router.put("/channels/people", response=DeskEntries)
def put_desk_entry(request: HttpRequest, given: NewDeskEntry) -> dict[str, Any]:
    """Say which account a member is in a chat. Which an owner's is, only an owner says, on the page."""
    shop = shop_of(request).pk
    try:
        staffing.enter(shop, given.kind, given.person, given.account, by=caller(request), role="operator")
    except staffing.DeskUnfit as unfit:
        raise Problem("request.invalid", str(unfit), {"reason": unfit.code}) from None
    return {"items": [_entry(one) for one in staffing.entries(shop)]}


@router.put("/channels/order", response=WayOrder)
def put_channel_order(request: HttpRequest, given: WayOrder) -> dict[str, Any]:
    """Keep in which order a customer wants to be written to: `messages.send` follows it where its channels say
    `own`."""
    try:
        subscribing.set_order(shop_of(request).pk, given.customer, given.channels, by=caller(request))
    except ValueError as error:
        raise Problem("request.invalid", str(error)) from None
    return given.dict()


@router.put("/channels/{kind}", response=ChannelAccount)
def put_channel(request: HttpRequest, kind: str, given: ChannelKeys) -> dict[str, Any]:
    """Connect a channel, or change its account."""
    shop = shop_of(request)
    http = shop_http(shop.settings) if given.is_asked else None
    base = request.build_absolute_uri("/")
    try:
        told = keeping.connect(
            shop.pk, kind, given.access, given.settings, by=caller(request), base_url=base, http=http
        )
    except keeping.ChannelUnfit as unfit:
        fields = [{"at": unfit.field, "message": str(unfit)}]
        raise Problem("request.invalid", str(unfit), {"reason": unfit.code, "fields": fields}) from None
    return _told(told)


@router.delete("/channels/{kind}", response=ChannelAccounts)
def end_channel(request: HttpRequest, kind: str) -> dict[str, Any]:
    """Forget an account's keys: nothing goes by it any more."""
    shop = shop_of(request)
    keeping.disconnect(shop.pk, _held(shop.pk, kind).connection, by=caller(request))
    return {"items": [_told(one) for one in keeping.listed(shop.pk)]}


@router.post("/channels/{kind}/choice", response=ChannelAccounts)
def choose_channel(request: HttpRequest, kind: str) -> dict[str, Any]:
    """Have its channel go by this account, where several are connected. What another began stays with that one."""
    shop = shop_of(request)
    try:
        keeping.choose(shop.pk, _held(shop.pk, kind).connection, by=caller(request))
    except LookupError:
        raise Problem("refused", f"{kind} is not connected.") from None
    return {"items": [_told(one) for one in keeping.listed(shop.pk)]}


@router.post("/channels/{kind}/test", response=ChannelTested)
def test_channel(request: HttpRequest, kind: str, given: ChannelTest) -> dict[str, Any]:
    """Send a test message now, past flows and limits."""
    shop = shop_of(request)
    held, http = _held(shop.pk, kind), shop_http(shop.settings)
    try:
        outcome = keeping.try_out(shop.pk, held.connection, given.to, given.text, by=caller(request), http=http)
    except LookupError:
        raise Problem("refused", f"{kind} is not connected.") from None
    if isinstance(outcome, Done):
        return {"is_taken": True, "provider_id": str(outcome.value.get("provider_id") or "")}
    return {"is_taken": False, "reason": outcome.reason, "message": outcome.message}


def _held(shop_id: int, kind: str) -> keeping.Told:
    found = next((one for one in keeping.listed(shop_id) if one.kind == kind), None)
    if found is None:
        raise Problem("not_found", f"There is no account {kind!r}.")
    return found


def _told(one: keeping.Told) -> dict[str, Any]:
    names = ("kind", "channel", "connection", "is_active", "sends", "settings", "hook", "known_as")
    return {**{name: getattr(one, name) for name in names}, "given": list(one.given)}


def _entry(one: staffing.DeskEntry) -> dict[str, Any]:
    names = ("kind", "person", "account", "source")
    return {**{name: getattr(one, name) for name in names}, "made_at": instant_text(one.made_at)}


def _message(row: ChannelMessage) -> dict[str, Any]:
    names = ("id", "channel", "customer", "status", "reason", "provider_id", "segments")
    told = {name: getattr(row, name) for name in names}
    return {**told, "effect": row.effect_key, "to": row.address, "at": instant_text(row.at)}
