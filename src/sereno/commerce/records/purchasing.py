"""Orders to suppliers."""

from __future__ import annotations

from sereno.commerce.records.fields import integer, money, string, timestamp
from sereno.commerce.schema import record

PURCHASE_ORDER = record(
    "purchase_order",
    "An order to a supplier.",
    (
        string("id", "Its number, as text."),
        integer("number", "Its number."),
        string("supplier", "The supplier's code."),
        string("supplier_name", "The supplier's name."),
        string(
            "status", "Where it stands.", "draft", "approved", "sent", "confirmed", "partial", "received", "cancelled"
        ),
        money("total", "What it comes to, in `currency`."),
        string("currency", "ISO 4217 code, the supplier's."),
        string("origin", "What made it.", "reorder", "person", "flow"),
        string("reference", "The supplier's own number."),
        integer("lines", "How many lines it was drafted with."),
        integer("chases", "How often the supplier was reminded."),
        timestamp("expected_at", "When the goods are expected."),
        timestamp("confirm_by", "When the supplier is expected to have answered."),
        string("reason", "Why the supplier declined, or delivers fewer."),
    ),
)
