"""Who visits the storefront: a visit as the checkout asks about it, what is kept of a known customer's visits, and what
the shop remembers of them."""

from __future__ import annotations

from datetime import timedelta

from sereno.commerce.records.fields import boolean, integer, money, nested, string, timestamp
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

DEVICES = ("desktop", "mobile", "tablet")
_OF_ONE = (
    string("device", "What it was made on.", *DEVICES),
    string("language", "The language the browser asked for, such as `es` or `pt-BR`."),
    string("source", "Where it came from: `utm_source`, else the host that linked to it; null where neither was said."),
    string("medium", "`utm_medium`."),
    string("campaign", "`utm_campaign`."),
)

RECENT = timedelta(days=30)
"""What counts as lately: `last_30_days`."""
VISITS = record(
    "visits",
    "A customer's visits of the storefront while they were signed in, as the newest of them tells.",
    (
        integer("count", "Visits, this one among them."),
        integer("last_30_days", "Visits in the 30 days up to the last one, this one among them."),
        timestamp("first_at", "When the first began."),
        timestamp("last_at", "When the last began."),
        *_OF_ONE,
        string("first_source", "Where the first visit came from."),
        string("first_medium", "`utm_medium` of the first visit."),
        string("first_campaign", "`utm_campaign` of the first visit."),
        integer("pages", "Pages looked at in the last visit that is over."),
        integer("products", "Products looked at in it."),
        timestamp("seen_at", "Of when this is."),
    ),
)

VISIT = record(
    "visit",
    "One visit of a known customer: pages with less than 30 minutes between each and the next.",
    (
        string("id", "Whose visit: the customer."),
        string("visit", "The visit's number."),
        timestamp("started_at", "When it began."),
        *_OF_ONE,
        integer("number", "Which of the customer's visits it is, from 1."),
        integer("days_since", "Whole days since the one before began; null for the first."),
        integer("pages", "Of a visit that is over: pages looked at."),
        integer("products", "Of a visit that is over: products looked at."),
        integer("seconds", "Of a visit that is over: from its first page to its last."),
        nested("visits", VISITS, "The customer's visits, with this one."),
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
