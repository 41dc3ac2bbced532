"""What happens around risk."""

from __future__ import annotations

from sereno.commerce.records.fields import boolean, integer, items, mapping, money, number, string, timestamp
from sereno.commerce.records.orders import RISK_LEVELS
from sereno.commerce.schema import record
from sereno.sdk.plugin import derived_flow, event

OF_ORDER = frozenset({"order", "customer", "cart"})

ASSESSMENT = record(
    "risk_assessment",
    "How likely an order is a fraud, why that is thought, and what staff decided.",
    (
        string("id", "The order's id."),
        string("number", "The number the customer knows."),
        integer("risk_score", "0 (none) to 100."),
        string("risk_level", "What the score means.", *RISK_LEVELS),
        items("risk_reasons", "string", "Why, as codes, the weightiest first."),
        items("reasons", "any", "The same with `points` and the `facts` that fill its words."),
        mapping("facts", "What was known of the order when it was judged."),
        number("chance", "The learned chance of a fraud, 0 to 1; only where it is better than the rules."),
        integer("policy", "The version of the shop's rules it was judged by."),
        boolean("needs_review", "Staff are to look at it."),
        timestamp("assessed_at", "When it was judged."),
        string("risk_decision", "What staff decided: `released` or `refused`."),
        string("decided_by", "Who decided."),
        timestamp("decided_at", "When."),
        string("decision_note", "Their note."),
        string("decision_effect", "The run by which the store is asked to cancel a refused order."),
    ),
)

BUYING_OUT = record(
    "risk_buying_out",
    "Somebody buys an item out: many units or orders of one pattern within a short time.",
    (
        string("id", "Sereno's number of it."),
        string("item", "The SKU."),
        string("title", "What it is."),
        string("pattern", "What the orders share.", "ip", "card", "device", "address", "domain", "minute"),
        integer("units", "How many were taken."),
        integer("orders", "In how many orders."),
        integer("minutes", "Within so many minutes."),
        money("total", "What those orders' lines come to, where it is known."),
        items("order_ids", "string", "The orders, newest first."),
        timestamp("at", "When it was noticed."),
    ),
)

for _name, _description in (
    ("risk.assessed", "An order was judged for risk."),
    ("risk.reviewed", "Staff decided about an order's risk: see `risk_decision`."),
):
    event(_name, description=_description, data=ASSESSMENT, supplies=OF_ORDER, projects="risk_assessment")
event(
    "risk.buying_out",
    description="An item is being bought out by one pattern. Once for each pattern while it lasts.",
    data=BUYING_OUT,
    supplies=OF_ORDER,
)
event(
    "risk.order_caught",
    description="An order is part of buying an item out. Once for each order.",
    data=BUYING_OUT,
    supplies=OF_ORDER,
)

derived_flow(
    "risk-outcomes",
    """\
flow: risk-outcomes
name: Learn what became of risky orders
trigger:
  event: [dispute.opened, dispute.closed, risk.reviewed]
reentry: always
steps:
  - risk.learn_outcome: {}
""",
)
