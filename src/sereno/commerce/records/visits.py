"""Who stands at the till just now, and what the shop remembers of them: what decisions at the checkout go by."""

from __future__ import annotations

from sereno.commerce.records.fields import boolean, integer, money, string, timestamp
from sereno.commerce.schema import record

VISITOR = record(
    "visitor",
    "A visit of the storefront, as the storefront tells it.",
    (
        string("id", "What the storefront knows the browser by."),
        string("device", "What it is used on.", "desktop", "mobile", "tablet"),
        string("system", "The device's system: `android`, `ios`, `linux`, `macos`, `windows`."),
        string("browser", "The browser: `chrome`, `edge`, `firefox`, `safari`."),
        string("language", "The language the browser asks for, such as `es` or `pt-BR`."),
        string("country", "Where the visit comes from, by ISO 3166 code, where the storefront knows it."),
        boolean("is_returning", "Whether the browser was here before."),
        boolean("is_signed_in", "Whether it is proven who the customer is."),
        string("page", "The page it is on, without the part after `?`."),
        string("referrer", "Where the visit came from."),
        string("utm_source", "Campaign source."),
        string("utm_medium", "Campaign medium."),
        string("utm_campaign", "Campaign name."),
    ),
)

HISTORY = record(
    "history",
    "What Sereno has seen of the customer's orders; of the newest 200.",
    (
        integer("order_count", "Orders placed."),
        integer("paid_count", "Orders paid, in full or in part."),
        integer("cancelled_count", "Orders cancelled."),
        integer("refunded_count", "Orders given back, in full or in part."),
        integer("undelivered_count", "Orders whose parcel came back or could not be delivered."),
        money("total_spent", "What orders that stand came to, in the shop's currency; others are left out."),
        timestamp("first_order_at", "The first of them."),
        timestamp("last_order_at", "The last."),
    ),
)

COMPARISON = record(
    "comparison",
    "The end of a comparison of the checkout's variants.",
    (
        string("id", "The variants' id in the document."),
        string("name", "What they are called."),
        string("arm", "The one that won; null when none did in time."),
        string("metric", "What it won by, for each visitor.", "orders", "revenue"),
        string("then", "What follows: everybody has it from now on, or only this is said.", "use", "tell"),
        integer("visitors", "How many had had their time to order."),
        integer("days", "How long it went on."),
    ),
)
