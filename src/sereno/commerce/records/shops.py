"""The shop itself, its payouts and gift cards, and the facts that are about no record."""

from __future__ import annotations

from sereno.commerce.records.fields import integer, items, mapping, money, number, string, timestamp
from sereno.commerce.schema import record

STORE = record(
    "store",
    "The shop and its settings.",
    (
        string("id", "The shop's short name in commands."),
        string("name", "The shop's name."),
        string("currency", "ISO 4217 code of the shop's own currency."),
        string("timezone", "The shop's IANA time zone."),
        string("locale", "The shop's language."),
        integer("low_stock_threshold", "Stock at or below this is low (setting)."),
        money("high_value_amount", "An order of at least this much is of high value (setting)."),
        string("recovery_code", "A discount code for everybody who left a cart (setting)."),
        number("recovery_percent", "What such a code takes off, in percent (setting)."),
        string("abandoned_after", "How long a cart must rest to count as abandoned, such as `1h` (setting)."),
        string("base_url", "Where Sereno itself is reached."),
        string("sender_email", "Who messages come from (setting)."),
        string("sender_name", "Who messages come from, by name (setting)."),
        string("alert_email", "Where alerts for the staff go (setting)."),
        string("postal_address", "The shop's address in marketing mail, which the law asks for (setting)."),
        string("website", "The shop's public address (setting)."),
        string("support_email", "Where customers get help (setting)."),
        string("support_phone", "Where customers get help (setting)."),
    ),
)

PAYOUT = record(
    "payout",
    "Money a payment provider sends to the shop's bank.",
    (
        string("id", "The provider's id."),
        string("status", "Where it stands.", "scheduled", "in_transit", "paid", "failed", "cancelled"),
        money("amount", "How much, in `currency`."),
        string("currency", "ISO 4217 code."),
        string("reference", "The provider's ledger line."),
        string("error_code", "Why it failed."),
        timestamp("arrives_at", "When the money arrives; midnight UTC where only a date is known."),
        timestamp("created_at", "When it was made."),
        mapping("summary", "The provider's break-down of fees and gross amounts, by name."),
    ),
)

GIFT_CARD = record(
    "gift_card",
    "A gift card. Its code is never kept, only its last characters.",
    (
        string("id", "The platform's id."),
        string("last_characters", "The end of its code."),
        money("initial_value", "What it was worth."),
        money("balance", "What is left."),
        string("currency", "ISO 4217 code."),
        string("customer_id", "Whose it is."),
        string("order_id", "The order it was bought in."),
        string("note", "The shop's note."),
        timestamp("expires_at", "When it ends; midnight UTC where only a date is known."),
        timestamp("disabled_at", "When it was switched off; null while it is good."),
        timestamp("created_at", "When it was made."),
        timestamp("updated_at", "When it last changed."),
    ),
)

APP = record(
    "app",
    "The platform says that Sereno's app left the shop: nothing more will come.",
    (
        string("shop_id", "The platform's id of the shop."),
        string("shop_name", "The shop's name on the platform."),
        string("shop_domain", "The shop's address on the platform."),
        string("email", "The shop's own e-mail address."),
    ),
)

SCHEDULED = record(
    "scheduled",
    "A moment that a flow asked for.",
    (
        string("flow", "The flow that asked."),
        timestamp("due_at", "The moment that was asked for."),
        string("kind", "The kind of record it fired for, where it fires once per record."),
        string("key", "The record it fired for."),
        string("date", "For a date on a record: the date, as the record holds it."),
        string("field", "For a date on a record: the field."),
    ),
)

REQUESTED = record(
    "requested",
    "A person pressed Run.",
    (
        string("flow", "The flow."),
        string("by", "Who pressed."),
        string("kind", "The kind of record it was pressed for."),
        string("key", "The record it was pressed for."),
        items("keys", "string", "All records, when it was pressed for several."),
    ),
)
