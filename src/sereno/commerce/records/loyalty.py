"""What a customer has with the shop: points, a tier, credit."""

from __future__ import annotations

from sereno.commerce.records.fields import integer, money, nested, string, timestamp
from sereno.commerce.schema import record

LOYALTY = record(
    "loyalty",
    "What a customer has earned by buying.",
    (
        integer("points", "What can be spent now; below zero where spent points were taken back."),
        integer("pending", "What counts once the time is over in which goods come back."),
        string("tier", "The tier they are in; null below the first."),
        integer("earned", "What was earned within a year: tiers go by it."),
        string("next_tier", "The tier after; null in the highest."),
        integer("points_to_next", "What is lacking for it."),
        timestamp("changed_at", "When any of this last changed."),
    ),
)

CREDIT = record(
    "store_credit",
    "What the shop owes a customer.",
    (
        money("amount", "What can be spent."),
        string("currency", "ISO 4217 code."),
        timestamp("changed_at", "When it last changed."),
    ),
)

_KIND = string("kind", "Why.", "earned", "released", "taken_back", "expired", "spent", "given_back", "adjusted")

POINTS_CHANGED = record(
    "points_changed",
    "A customer's points changed.",
    (
        string("id", "Whose."),
        _KIND,
        integer("amount", "By how many; those that became available count anew."),
        string("order_id", "The order they were earned with."),
        string("note", "What was said of it."),
        nested("loyalty", LOYALTY, "As it is now."),
    ),
)

CREDIT_CHANGED = record(
    "credit_changed",
    "A customer's credit changed.",
    (
        string("id", "Whose."),
        _KIND,
        money("amount", "By how much, in `currency`."),
        string("currency", "ISO 4217 code."),
        string("order_id", "The order it is about."),
        string("note", "What was said of it."),
        nested("credit", CREDIT, "As it is now."),
    ),
)

TIER_CHANGED = record(
    "tier_changed",
    "A customer came into a tier, or left one.",
    (
        string("id", "Whose."),
        string("tier", "The tier they are in now; null for none."),
        string("tier_before", "The one before; null for none."),
        nested("loyalty", LOYALTY, "As it is now."),
    ),
)

POINTS_EXPIRING = record(
    "points_expiring",
    "Points of a customer are about to end.",
    (
        string("id", "Whose."),
        integer("points", "How many."),
        timestamp("expires_at", "When the last of them end."),
        nested("loyalty", LOYALTY, "As it is now."),
    ),
)

REWARD_BOUGHT = record(
    "reward_bought",
    "A customer spent points or credit on a code.",
    (
        string("id", "Whose."),
        string("purchase", "Sereno's number of the purchase."),
        string("name", "What it is called."),
        string("kind", "What it is.", "percent", "amount", "free_shipping", "gift"),
        string("value", "Percent, an amount in `currency`, or the gift's SKU."),
        string("currency", "ISO 4217 code."),
        string("minimum", "What the order has to come to; empty for nothing."),
        integer("days", "How long the code is good for; null for ever."),
    ),
)
