"""To whom a mail goes, for what, and whether they allow it: asked by whoever keeps the order among all messages, and
again by the action itself at the moment of sending, by the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from sereno.engine.durations import parse_duration
from sereno.engine.templates import TemplateFailed
from sereno.modules.messages import present, templates
from sereno.modules.messages.consent import Refusal, refusal
from sereno.modules.messages.posting import moment_in
from sereno.modules.messages.writing import choose
from sereno.sdk.context import Context
from sereno.sdk.plugin import Addressed, MessageKind
from sereno.sdk.ports import Consents

CHANNEL = "email"


def kind_of(config: Mapping[str, Any]) -> MessageKind:
    """What a step sends, as far as that can be told without the shop's own templates."""
    name, said = config.get("template"), config.get("purpose")
    if isinstance(name, str):
        said = templates.purpose_of(name) or said
    elif said is None:
        said = "transactional"
    return MessageKind(CHANNEL, said if isinstance(said, str) else None)


def addressed(config: Mapping[str, Any], ctx: Context) -> Addressed | None:
    """None where the action itself will have to say what is wrong."""
    name = config.get("template")
    try:
        purpose = choose(name, ctx)[0].purpose if isinstance(name, str) else config.get("purpose")
    except TemplateFailed:
        return None
    purpose = str(purpose or "transactional")
    to = recipient(config.get("to"), ctx, purpose)
    if to is None:
        return None
    expires, merge = config.get("expires"), config.get("merge")
    return Addressed(
        channel=CHANNEL,
        to=to,
        purpose=purpose,
        refusal=refused(to, purpose, ctx, topic_in(config)),
        expires=parse_duration(expires) if isinstance(expires, str) else None,
        merge=merge.strip() or None if isinstance(merge, str) else None,
        best_within=moment_in(config),
    )


def recipient(to: Any, ctx: Context, purpose: str = "") -> str | None:
    """Whom the step names, else whom the records do. What is to be said of an order goes where that order was placed
    from, though it is one person's who is joined of several records; marketing goes to their main address."""
    named = to.strip() if isinstance(to, str) else ""
    return named or (order_address(ctx) if purpose == "transactional" else None) or present.recipient(ctx)


def order_address(ctx: Context) -> str | None:
    """The order's own address, where the person has several."""
    email = str((ctx.records.get("order") or {}).get("email") or "").strip()
    several = (ctx.records.get("customer") or {}).get("emails")
    return email if "@" in email and isinstance(several, list) and email.lower() in several else None


def topic_in(config: Mapping[str, Any]) -> str | None:
    """The topic a step is about."""
    topic = config.get("topic")
    return topic if isinstance(topic, str) and topic else None


def refused(to: str, purpose: str, ctx: Context, topic: str | None = None) -> Callable[[Consents], Refusal | None]:
    """Why they may not be written to, asked of a ledger."""
    address, customer, ticked = to.lower(), ctx.records.get("customer"), _ticked(ctx)
    return cast(
        "Callable[[Consents], Refusal | None]",
        partial(refusal, address=address, purpose=purpose, customer=customer, ticked=ticked, topic=topic),
    )


def _ticked(ctx: Context) -> bool | None:
    for kind in ("cart", "order"):
        ticked = (ctx.records.get(kind) or {}).get("accepts_marketing")
        if ticked is not None:
            return bool(ticked)
    return None
