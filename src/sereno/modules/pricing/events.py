"""What happens to codes."""

from __future__ import annotations

from sereno.commerce.incentives import KINDS
from sereno.commerce.records.fields import money, string, timestamp
from sereno.commerce.schema import record
from sereno.sdk.plugin import event

CODE = record(
    "code",
    "A code of one use that was given to a customer.",
    (
        string("id", "Sereno's number of it."),
        string("code", "What the customer types in."),
        string("kind", "What it is good for.", *KINDS),
        money("value", "In percent, or an amount in `currency`."),
        string("currency", "ISO 4217 code."),
        string("customer_id", "Whose it is."),
        string("flow", "The flow that gave it."),
        string("order_id", "The order it was used on."),
        money("cost", "What it took off that order, in `currency`; null where the order does not tell."),
        timestamp("expires_at", "Its last moment; null for none."),
    ),
)

for _name, _description, _supplies in (
    ("code.issued", "A code was made in the store, or taken from its pool, for a customer.", {"customer"}),
    ("code.redeemed", "A code was used on an order.", {"customer", "order"}),
    ("code.expired", "The time of a code was over, and it had not been used.", {"customer"}),
):
    event(_name, description=_description, data=CODE, supplies=_supplies)
