"""What is reckoned of a customer."""

from __future__ import annotations

from sereno.commerce.records.fields import boolean, date, integer, money, nested, number, string, timestamp
from sereno.commerce.schema import record

GROUPS = ("champions", "loyal", "promising", "new", "needs_attention", "at_risk", "cannot_lose", "hibernating", "lost")
"""From best to worst; the rules of the scores say who is where."""

SCORE = record(
    "score",
    "What is expected of a customer, from the shop's own orders; null until one ordered and a night passed.",
    (
        string("group", "By recency, frequency and money.", *GROUPS),
        integer("recency", "Fifth of recency: 5 for those who ordered last."),
        integer("frequency", "Fifth of frequency: 5 for those who order most often."),
        integer("money", "Fifth of money: 5 for those who spent most."),
        integer("order_days", "Days with orders that count."),
        number("risk", "The chance, from 0 to 1, that they do not order within `horizon` days."),
        integer("horizon", "Days ahead `risk` is about."),
        number("alive", "The chance that they are a customer at all; null where the shop has too few to tell."),
        number("orders", "Orders expected in the coming year."),
        money("value", "What they are expected to spend in the coming year, in `currency`."),
        string("currency", "ISO 4217 code of `value`: the shop's."),
        date("next_on", "When the next order is to be expected, if it comes; null for who ordered once."),
        timestamp("scored_at", "When this was reckoned."),
    ),
)

CUSTOMER_SCORED = record(
    "customer_scored",
    "A customer's score, and what it was before.",
    (
        string("id", "Whose."),
        nested("score", SCORE, "As it is now."),
        string("group_before", "The group before; null the first time.", *GROUPS),
        number("risk_before", "The risk before, as it was last told."),
    ),
)

PROSPECT = record(
    "prospect",
    "How likely somebody who has not ordered yet does so soon; null until they are known and a night passed.",
    (
        number(
            "score",
            "The chance in per cent of a first order within `horizon` days; null once they ordered.",
        ),
        integer("horizon", "Days ahead `score` is about."),
        boolean("is_learned", "Whether it is learned from the shop's own past; else it is counted by points."),
        timestamp("scored_at", "When this was reckoned."),
    ),
)

LEAD_SCORED = record(
    "lead_scored",
    "How likely somebody's first order is, and what it was before.",
    (
        string("id", "Whose."),
        nested("prospect", PROSPECT, "As it is now."),
        number("score_before", "The score as it was last told; null the first time."),
    ),
)
