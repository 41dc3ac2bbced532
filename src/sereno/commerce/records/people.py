"""Customers: who they are, what they allow, where they live."""

from __future__ import annotations

from sereno.commerce.records.fields import (
    CUSTOM,
    IS_THIN,
    boolean,
    date,
    integer,
    items,
    money,
    nested,
    string,
    timestamp,
)
from sereno.commerce.schema import record

ADDRESS = record(
    "address",
    "A postal address as the platform holds it.",
    (
        string("first_name", "Given name of the addressee."),
        string("last_name", "Family name of the addressee."),
        string("name", "The addressee's full name."),
        string("company", "Company or organisation."),
        string("line1", "Street and number."),
        string("line2", "Flat, floor, second line."),
        string("city", "City or town."),
        string("region", "State, province or county, by name."),
        string("region_code", "State, province or county, by its code."),
        string("postal_code", "Postal or ZIP code."),
        string("country", "Country, by its two-letter ISO 3166 code (ES, PT, RO)."),
        string("country_name", "Country, by name, where the platform sends one."),
        string("phone", "Telephone number as entered."),
        string("email", "E-mail address kept with this address, lower case."),
    ),
)

CHANNEL_CONSENT = record(
    "channel_consent",
    "What a customer last said about one channel.",
    (
        string(
            "state",
            "The platform's word, normalised.",
            "subscribed",
            "not_subscribed",
            "pending",
            "unsubscribed",
            "invalid",
            "redacted",
            "unknown",
        ),
        string("opt_in_level", "How it was given: `single_opt_in`, `confirmed_opt_in` or `unknown`."),
        timestamp("updated_at", "When the customer said so."),
    ),
)

CONSENTS = record(
    "consents",
    "Consent to marketing, by channel.",
    (
        nested("email", CHANNEL_CONSENT, "E-mail."),
        nested("sms", CHANNEL_CONSENT, "Text messages."),
    ),
)

_IDENTITY = (
    string("id", "The platform's id; `email:<address>` for a guest whom the platform gives no id."),
    string("email", "E-mail address, lower case."),
    string("phone", "Telephone number as the platform holds it."),
    string("first_name", "Given name."),
    string("last_name", "Family name."),
    string("name", "Full name."),
    string("locale", "Language the customer reads, such as `es` or `pt-BR`."),
    boolean("accepts_email", "Whether the customer last agreed to marketing by e-mail; null when never asked."),
    boolean("accepts_sms", "Whether the customer last agreed to marketing by text message; null when never asked."),
    boolean("is_guest", "The customer has no account on the platform."),
    items("tags", "string", "The platform's tags, and the ones flows added."),
    integer("order_count", "Orders placed, as the platform counts them; null where it does not send a count."),
    money("total_spent", "Sum of orders, as the platform counts it, in `currency`; null where it does not send one."),
    string("currency", "ISO 4217 code of `total_spent`."),
    timestamp("updated_at", "When the platform last changed the customer."),
)

CUSTOMER_SUMMARY = record("customer_summary", "The customer as an order or cart carries them.", _IDENTITY)

CUSTOMER = record(
    "customer",
    "A person who buys, or might. A guest becomes a customer by e-mail address.",
    (
        *_IDENTITY,
        string("company", "Company or organisation."),
        nested("consent", CONSENTS, "What the customer last said, by channel, with when and how."),
        string("status", "The account's state in the platform's own word (`enabled`, `disabled`, `invited`...)."),
        string("note", "The shop's note about the customer."),
        date("birthday", "Birthday: `YYYY-MM-DD`, or `--MM-DD` when the year is not known."),
        nested("default_address", ADDRESS, "The customer's main address."),
        items("addresses", ADDRESS, "All addresses on record."),
        string("channel", "Sales channel of the first order seen: how the customer was won."),
        timestamp("first_order_at", "Earliest order seen."),
        timestamp("last_order_at", "Latest order seen."),
        timestamp("created_at", "When the platform made the customer."),
        timestamp("deleted_at", "When the platform deleted the customer; null while they exist."),
        CUSTOM,
        IS_THIN,
        timestamp("as_of", "For a customer known only from orders and carts: the time of the newest of those."),
    ),
)

CONSENT = record(
    "consent",
    "A change of what a person allows.",
    (
        string("customer_id", "Whose consent."),
        string("email", "The e-mail address it is about, lower case."),
        string("phone", "The number it is about."),
        string("channel", "How the shop may write.", "email", "sms", "whatsapp", "push"),
        string("purpose", "What for.", "marketing", "transactional"),
        boolean("granted", "Whether it is allowed now; null when the platform does not say."),
        string("state", "The platform's word, normalised: see `channel_consent.state`."),
        string("opt_in_level", "How it was given."),
        string("source", "Where it was given: the platform's word."),
        timestamp("changed_at", "When the person said so; null when the platform does not say."),
    ),
)

CONSENT_REQUEST = record(
    "consent_request",
    "Somebody's address was given for marketing, and is to be confirmed by them.",
    (
        string("email", "The e-mail address, lower case."),
        string("channel", "How the shop would write.", "email", "sms", "whatsapp", "push"),
        string("purpose", "What for.", "marketing", "transactional"),
        string("language", "The language the person was asked in."),
        string("source", "Where the address was given."),
        string("token", "The last part of the address by which it is confirmed."),
    ),
)

MESSAGE_ANSWER = record(
    "message_answer",
    "What came back for a message: a complaint, or that it could not be delivered.",
    (
        string("customer_id", "Whose address it is, where that is known."),
        string("email", "The e-mail address the message went to, lower case."),
        string("phone", "The number it went to."),
        string("channel", "How it was written: `email` where nothing is said.", "email", "sms", "whatsapp", "push"),
        string("effect", "The message's own name for itself: the header `X-Sereno-Effect` of the mail."),
        string("reason", "The provider's word for it."),
        boolean("is_permanent", "Of a bounce: whether the address is dead, and not only full or away."),
    ),
)

PRIVACY_REQUEST = record(
    "privacy_request",
    "What the law lets a person ask: to see their data, or to have it erased.",
    (
        string("id", "The platform's number of the request."),
        string("customer_id", "Whose data."),
        string("email", "E-mail address, lower case."),
        string("phone", "Telephone number."),
        items("order_ids", "string", "The orders it is about."),
        string("shop_domain", "The shop it was asked of."),
    ),
)
