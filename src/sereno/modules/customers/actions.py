"""What flows do to customers: tags, Sereno's own beside the platform's, and the end of marketing to them."""

from __future__ import annotations

from sereno.commerce.identity import customer_key
from sereno.commerce.schema import Field, record
from sereno.engine.durations import format_instant
from sereno.sdk.config import Config, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Consents, Events
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.tagging import TagConfig, change_tag


@action(
    "customers.add_tag",
    label=_("Tag the customer with {tag}"),
    icon="tag",
    config=TagConfig,
    needs=frozenset({"customer"}),
    writes=frozenset({"customer"}),
)
def add_tag(config: TagConfig, ctx: Context) -> Result:
    """Tag the customer the run is about. Tagging twice is a no-op, so a replay is safe."""
    return change_tag(config, ctx, "customer", "add")


@action(
    "customers.remove_tag",
    label=_("Take the tag {tag} off the customer"),
    icon="tag",
    config=TagConfig,
    needs=frozenset({"customer"}),
    writes=frozenset({"customer"}),
)
def remove_tag(config: TagConfig, ctx: Context) -> Result:
    """Take a tag that Sereno put on off the customer the run is about. A tag that is not there is a no-op."""
    return change_tag(config, ctx, "customer", "remove")


class EndMarketingConfig(Config):
    reason: str = text(
        _("Why"), default="", template=True, max_length=300, help=_("Kept in the ledger of consents, as the proof.")
    )


ENDED = record(
    "ended_marketing",
    "Whether marketing to them was ended.",
    [
        Field("is_ended", "boolean", "Whether this step ended it; false where they had said no before."),
        Field("email", "string", "The address."),
    ],
)


@action(
    "customers.end_marketing",
    label=_("Write no more marketing to the customer"),
    icon="ban",
    config=EndMarketingConfig,
    needs=frozenset({"customer"}),
    writes=frozenset({"customer"}),
    result=ENDED,
)
def end_marketing(config: EndMarketingConfig, ctx: Context) -> Result:
    """Take the customer's address off all marketing mail: the ledger of consents gets a no, with the reason and this
    step as its proof, and no flow and no newsletter writes to it until the person says yes again. What concerns their
    orders still comes."""
    customer = ctx.records.get("customer") or {}
    address = str(customer.get("email") or "").strip().lower()
    if "@" not in address:
        return Fail("recipient.missing", "Nobody's address is known here: the customer has none.")
    if ctx.port(Consents).allows(address, "email", "marketing") is False:
        return Done({"is_ended": False, "email": address})
    data = {
        "customer_id": customer.get("id"),
        "email": address,
        "channel": "email",
        "purpose": "marketing",
        "granted": False,
        "state": "unsubscribed",
        "source": ctx.flow,
        "reason": config.reason.strip() or None,
        "effect": ctx.effect_key,
        "changed_at": format_instant(ctx.now),
    }
    key = customer_key(customer.get("id"), address) or address
    refs = {"customer": key, "email": address}
    ctx.port(Events).emit(f"end|{ctx.effect_key}", "consent.changed", f"customer:{key}", data, refs)
    return Done({"is_ended": True, "email": address})
