"""What other tools keep of a customer: the lists they are on there, and how far a sale to them has come."""

from __future__ import annotations

from sereno.commerce.records.fields import boolean, money, nested, string, timestamp
from sereno.commerce.schema import record

LISTED = record(
    "listed",
    "A list of another tool, and whether the customer is on it.",
    (
        string("list", "The connection and the tool's own id of the list, as segments ask for it: `readers/aud1`."),
        string("title", "What the list is called there."),
        string("tool", "The kind of tool: `mailchimp`, ..."),
        boolean("is_on", "Whether they are on it now. It says nothing about what they allow."),
        timestamp("changed_at", "When that was seen."),
    ),
)
CRM = record(
    "crm",
    "How the shop's CRM has the customer.",
    (
        string("tool", "The kind of tool: `hubspot`, ..."),
        string("stage", "The stage of their life as a customer, in the CRM's own word (`lead`, `customer`, ...)."),
        string("owner", "Who of the shop's people sells to them, by the CRM's own number."),
        timestamp("changed_at", "When that was seen."),
    ),
)
DEAL = record(
    "deal",
    "The sale to the customer that moved last in the CRM.",
    (
        string("tool", "The kind of tool: `hubspot`, ..."),
        string("id", "The CRM's own number of it."),
        string("title", "What it is called."),
        string("stage", "How far it is, by the CRM's own id of the stage."),
        string("pipeline", "The CRM's own id of its pipeline."),
        string("owner", "Who of the shop's people it belongs to, by the CRM's own number."),
        money("amount", "What it is worth, in `currency`; null where that is not said."),
        string("currency", "ISO 4217 code of `amount`."),
        timestamp("changed_at", "When that was seen."),
    ),
)

_OF = (string("id", "Whose: the customer."), string("email", "Their address, lower case."))
LISTING = record(
    "listing",
    "A customer who was put on a list of another tool, or taken off it.",
    (*_OF, nested("listed", LISTED, "The list.")),
)
CONTACT = record(
    "contact",
    "A customer whom the CRM has otherwise than before.",
    (*_OF, nested("crm", CRM, "How it has them.")),
)
DEALING = record("dealing", "A sale to a customer that moved.", (*_OF, nested("deal", DEAL, "The sale.")))
