"""What is made of what channels tell: whose word it was, and what flows hear of it.

Invariant: each fact is told once, named by the channel's own name of it. A stop holds from the moment it is heard: it
is in the ledger before any flow learns that somebody wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sereno.engine.durations import parse_instant
from sereno.modules.messages.channels.stopping import meaning
from sereno.sdk.channels import Channels, Heard, Known
from sereno.sdk.config import Config
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import ORDINARY, action
from sereno.sdk.ports import Consents, Events
from sereno.sdk.result import Done, Result, Retry

TYPES = {
    "sent": "message.sent",
    "delivered": "message.delivered",
    "read": "message.opened",
    "failed": "message.bounced",
}
PATIENCE = 4
"""So many times it is looked for a message that a status speaks of; then it was none of ours."""
DEAD = frozenset({"address.invalid", "address.gone"})
STOPPED = frozenset({"address.unsubscribed"})
"""Refusals by which a provider says that the reader stopped it there."""


class NoConfig(Config):
    """Nothing: it is all in the event."""


@action(
    "messages.hear",
    label=_("Take in what somebody wrote"),
    icon="inbox",
    config=NoConfig,
    connection=lambda config: "heard",
    priority=ORDINARY,
)
def hear(config: NoConfig, ctx: Context) -> Result:
    """Find out who wrote by a channel, keep a stop or a start, and tell flows of it as `chat.message_received`."""
    data = _data(ctx)
    channel, address = str(data.get("channel")), str(data.get("address"))
    at = _at(data.get("written_at"), ctx.now)
    name, link = str(data.get("name") or ""), str(data.get("link") or "")
    meant = str(data.get("meant") or "")
    if data.get("kind") == "preference":
        # Chosen in the channel's own settings: nobody wrote.
        _keep(channel, address, meant == "start", data, ctx)
        return Done({"customer": None, "word": meant})
    known = ctx.port(Channels).heard(Heard(channel, address, at, name, link))
    word = meant or (meaning(str(data.get("text") or "")) if data.get("kind") != "choice" else "")
    if word == "again":
        stopped = ctx.port(Consents).allows(address, channel, "marketing") is False
        word = "start" if stopped else ""
    if word:
        _keep(channel, address, word == "start", data, ctx)
    events, own = ctx.port(Events), str(data.get("message_id"))
    refs = {"customer": known.customer} if known.customer else {}
    if known.customer and known.is_news:
        reached = {"id": known.customer, "reach": dict(known.reach)}
        events.emit(f"reached:{channel}:{own}", "customer.reached", f"customer:{known.customer}", reached, refs)
    told = {key: value for key, value in data.items() if key != "link"}
    told |= {"customer_id": known.customer or None, "is_stop": word == "stop", "is_start": word == "start"}
    subject = f"customer:{known.customer}" if known.customer else f"chat:{channel}.{address}"
    events.emit(f"chat:{channel}:{own}", "chat.message_received", subject, told, refs)
    return Done({"customer": known.customer, "word": word})


def _keep(channel: str, address: str, granted: bool, data: Mapping[str, Any], ctx: Context) -> None:
    proof = {
        "wrote": str(data.get("text") or "")[:200],
        "message": data.get("message_id"),
        "at": data.get("written_at"),
    }
    source = f"{channel} settings" if data.get("kind") == "preference" else f"{channel} reply"
    ctx.port(Consents).record(address, channel, "marketing", granted, source, proof)


@action(
    "messages.take_word",
    label=_("Take in what became of a message"),
    icon="inbox",
    config=NoConfig,
    connection=lambda config: "heard",
    priority=ORDINARY,
)
def take_word(config: NoConfig, ctx: Context) -> Result:
    """Note what a channel says became of a message, tell flows of it, and have a message that failed for good go by its
    next channel."""
    data, channels = _data(ctx), ctx.port(Channels)
    channel, own = str(data.get("channel")), str(data.get("provider_id"))
    status, reason = str(data.get("status")), str(data.get("reason") or "")
    if status not in TYPES:
        return Done({"known": False})
    at, said = _at(data.get("told_at"), ctx.now), str(data.get("text") or "")
    known = channels.told(channel, own, str(data.get("effect") or ""), status, reason, said, at)
    if known is None:
        if ctx.attempt < PATIENCE:
            return Retry("message.unknown", "The message is not known yet.", after=timedelta(seconds=2))
        return Done({"known": False})
    if status == "failed" and channels.fall_back(known.effect) == "busy":
        return Retry("message.busy", "The message is just being sent.", after=timedelta(seconds=2))
    if (
        known.is_news
        and reason in STOPPED
        and ctx.port(Consents).allows(known.address, channel, "marketing") is not False
    ):
        proof = {"provider": said, "message": own, "at": data.get("told_at")}
        ctx.port(Consents).record(known.address, channel, "marketing", False, f"{channel} provider", proof)
    if known.is_news:
        _tell(channel, own, status, reason, said, known, ctx)
    return Done({"known": True, "effect": known.effect})


def _tell(channel: str, own: str, status: str, reason: str, said: str, known: Known, ctx: Context) -> None:
    told: dict[str, Any] = {"channel": channel, "effect": known.effect, "customer_id": known.customer or None}
    if channel in ("sms", "whatsapp"):
        told["phone"] = known.address
    if status == "failed":
        told |= {"reason": said or reason, "is_permanent": reason in DEAD}
    refs = {"customer": known.customer} if known.customer else {}
    subject = f"customer:{known.customer}" if known.customer else f"message:{channel}.{own}"
    ctx.port(Events).emit(f"word:{channel}:{own}:{status}", TYPES[status], subject, told, refs)


def _data(ctx: Context) -> Mapping[str, Any]:
    found = ctx.event.get("data")
    return found if isinstance(found, Mapping) else {}


def _at(value: Any, now: datetime) -> datetime:
    try:
        return parse_instant(value) if isinstance(value, str) else now
    except ValueError:
        return now
