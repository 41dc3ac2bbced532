"""Carts and checkouts: one kind of record, because a checkout is a cart that has been to the till."""

from __future__ import annotations

from sereno.commerce.records.fields import (
    CUSTOM,
    IS_THIN,
    boolean,
    integer,
    items,
    money,
    nested,
    number,
    string,
    timestamp,
)
from sereno.commerce.records.orders import LINE
from sereno.commerce.records.people import ADDRESS, CUSTOMER_SUMMARY
from sereno.commerce.schema import record

CART = record(
    "cart",
    "A cart or checkout as it stands.",
    (
        string("id", "The cart's id: the platform's cart token, or the checkout's where there was no cart."),
        string("token", "The platform's token, where it differs."),
        string("checkout_id", "The checkout's id; null while the customer has not been to the till."),
        string("currency", "ISO 4217 code of the amounts; the shop's where the platform names none."),
        money("total", "What it would cost now."),
        money("subtotal", "Goods after discounts."),
        money("total_discount", "All discounts."),
        money("total_shipping", "Shipping, once chosen."),
        money("total_tax", "Tax."),
        items("lines", LINE, "What is in it."),
        integer("line_count", "How many lines there are."),
        number("item_count", "How many pieces there are."),
        nested("customer", CUSTOMER_SUMMARY, "Whose it is, as the cart carries them."),
        string("customer_id", "Whose it is; null while nobody knows."),
        string("email", "E-mail address, lower case; null until the customer gave one."),
        string("phone", "Telephone number given."),
        string("locale", "Language of the visit."),
        boolean("accepts_marketing", "What the customer ticked."),
        string("recovery_url", "Where the customer finds this cart again."),
        items("discount_codes", "string", "Codes entered."),
        string("note", "The customer's note."),
        string("channel", "Where it was filled."),
        string("landing_site", "The first page of the visit."),
        string("referring_site", "Where the visit came from."),
        string("utm_source", "Campaign source, from the landing site."),
        string("utm_medium", "Campaign medium, from the landing site."),
        string("utm_campaign", "Campaign name, from the landing site."),
        nested("billing_address", ADDRESS, "Where the bill would go."),
        nested("shipping_address", ADDRESS, "Where the goods would go."),
        string("shipping_method", "How it would be sent, once chosen."),
        string("order_id", "The order it became."),
        timestamp("created_at", "When it was made."),
        timestamp("updated_at", "When it last changed."),
        timestamp("completed_at", "When it became an order; null until then."),
        timestamp("deleted_at", "When it was deleted; null while it exists."),
        timestamp("since", "In `checkout.abandoned`: since when nothing had happened to it."),
        CUSTOM,
        IS_THIN,
    ),
)
