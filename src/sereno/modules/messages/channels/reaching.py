"""At which address a customer is reached by each channel, as today's records say it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from sereno.commerce.identity import customer_key
from sereno.commerce.telephones import e164
from sereno.engine.durations import parse_duration
from sereno.modules.messages import addressing, present
from sereno.modules.messages.consent import Refusal, refusal
from sereno.modules.messages.posting import moment_in
from sereno.sdk.context import Context
from sereno.sdk.plugin import Addressed
from sereno.sdk.ports import Consents

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Way:
    """By which channel and at which address. `is_own`: the customer's, not one the step names."""

    channel: str
    address: str
    is_own: bool
    country: str = ""


def way_of(channel: str, ctx: Context, to: object = None) -> Way | None:
    """None where nobody is reached by it."""
    named = to.strip() if isinstance(to, str) else ""
    if channel == "email":
        address = named or present.recipient(ctx)
        return Way("email", address, is_own=not named) if address else None
    customer = ctx.records.get("customer") or {}
    if channel in ("sms", "whatsapp"):
        return _telephone(channel, ctx, named)
    if named:
        return Way(channel, named, is_own=False)
    reach = _inside(customer, "reach")
    if channel == "telegram" and reach.get("telegram"):
        return Way("telegram", str(reach["telegram"]), is_own=True)
    key = key_of(ctx)
    return Way("push", key, is_own=True) if channel == "push" and reach.get("push") and key else None


def way_gone(channel: str, address: str, to: object = None) -> Way:
    """The way by which a message may have gone already: at the address of then, whatever is known of them by now."""
    return Way(channel, address, is_own=not fits(channel, to))


def fits(channel: str, to: object) -> bool:
    """A step names one address; it is of the channels it looks like."""
    return isinstance(to, str) and ("@" in to) == (channel == "email")


def key_of(ctx: Context) -> str:
    """The customer's key, "" where nobody is known."""
    customer = ctx.records.get("customer") or {}
    return customer_key(customer.get("id") or ctx.refs.get("customer"), customer.get("email")) or ""


def refused(way: Way, purpose: str, ctx: Context, topic: str | None = None) -> Callable[[Consents], Refusal | None]:
    """Why they may not be written to there, asked of a ledger."""
    if way.channel == "email":
        return addressing.refused(way.address, purpose, ctx, topic)
    customer = ctx.records.get("customer") if way.is_own else None
    return cast(
        "Callable[[Consents], Refusal | None]",
        partial(
            refusal,
            address=way.address.lower(),
            purpose=purpose,
            customer=customer,
            ticked=None,
            channel=way.channel,
            is_own=way.is_own,
            topic=topic,
        ),
    )


def addressed_by(way: Way, purpose: str, config: Mapping[str, Any], ctx: Context) -> Addressed:
    expires, merge = config.get("expires"), config.get("merge")
    return Addressed(
        channel=way.channel,
        to=way.address,
        purpose=purpose,
        refusal=refused(way, purpose, ctx, addressing.topic_in(config)),
        expires=parse_duration(expires) if isinstance(expires, str) else None,
        merge=merge.strip() or None if isinstance(merge, str) else None,
        is_own=way.is_own,
        best_within=moment_in(config),
    )


def may(way: Way, purpose: str, topic: str | None, ctx: Context, consents: Consents) -> Refusal | None:
    return refused(way, purpose, ctx, topic)(consents)


def _telephone(channel: str, ctx: Context, named: str) -> Way | None:
    for number, country in [(named, "")] if named else _numbers(ctx):
        own = (
            country or next((one for _, one in _numbers(ctx) if one), "") or str(ctx.shop.settings.get("country") or "")
        )
        found = e164(number, own)
        if found is not None:
            return Way(channel, found, is_own=not named, country=own)
    return None


def _numbers(ctx: Context) -> Iterator[tuple[str, str]]:
    """Every number the records hold, with its country: the customer's own first."""
    data = ctx.event.get("data")
    for record in (*(ctx.records.get(kind) or {} for kind in ("customer", "order", "cart")), data):
        if not isinstance(record, Mapping):
            continue
        places = [_inside(record, name) for name in ("default_address", "shipping_address", "billing_address")]
        country = next((str(place["country"]) for place in places if place.get("country")), "")
        for holder in (record, *places):
            if holder.get("phone"):
                yield str(holder["phone"]), str(holder.get("country") or country)


def _inside(record: Record, name: str) -> Record:
    found = record.get(name)
    return cast(Record, found) if isinstance(found, Mapping) else {}
