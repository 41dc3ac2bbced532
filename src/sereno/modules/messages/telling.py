"""That a message went out, told as an event with the effect's outcome."""

from __future__ import annotations

from sereno.commerce.identity import customer_key
from sereno.sdk.context import Context
from sereno.sdk.ports import Events


def customer_of(ctx: Context) -> str:
    """The key of the customer the effect is about; "" where there is none."""
    customer = ctx.records.get("customer") or {}
    return customer_key(customer.get("id"), customer.get("email")) or ctx.refs.get("customer") or ""


def tell_sent(ctx: Context, to: str, name: str, channel: str = "email") -> None:
    """`name` is the template's, or the flow's where the step has words of its own."""
    address = to.strip().lower()
    customer = customer_of(ctx)
    key = (customer or customer_key(None, address) or address)[:180]
    data = {
        "customer_id": customer or None,
        "email" if channel == "email" else "phone": address,
        "channel": channel,
        "effect": ctx.effect_key,
        "message": name,
    }
    refs = {"customer": key, **({"email": address} if channel == "email" else {})}
    try:
        ctx.port(Events).emit(f"sent|{ctx.effect_key}"[:200], "message.sent", f"customer:{key}", data, refs)
    except LookupError:
        return  # Nobody listens here: a preview, or a test.
