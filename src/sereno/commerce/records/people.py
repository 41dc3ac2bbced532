"""Customers: who they are, what they allow, where they live."""

from __future__ import annotations

from sereno.commerce.records.chats import REACH
from sereno.commerce.records.fields import (
    CUSTOM,
    IS_THIN,
    boolean,
    date,
    integer,
    items,
    mapping,
    money,
    nested,
    number,
    string,
    timestamp,
)
from sereno.commerce.records.forms import LEAD, SIGNUP
from sereno.commerce.records.loyalty import CREDIT, LOYALTY
from sereno.commerce.records.outside import CRM, DEAL
from sereno.commerce.records.scores import PROSPECT, SCORE
from sereno.commerce.records.surveys import OPINION
from sereno.commerce.records.visits import VISITS
from sereno.commerce.schema import record

CHANNELS = ("email", "sms", "whatsapp", "telegram", "push")
"""By which people are written to."""

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
        number("latitude", "Degrees north of the equator, where the platform says."),
        number("longitude", "Degrees east of Greenwich, where the platform says."),
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
        items("emails", "string", "All addresses of the person, where several records were joined."),
        boolean("email_is_verified", "False where the platform knows that the address was never confirmed."),
        items(
            "topics", "string", "Topics of marketing the customer said yes to on their preference page, by any channel."
        ),
        items("refused_topics", "string", "Topics they said no to, and yes by no channel."),
        nested("consent", CONSENTS, "What the customer last said, by channel, with when and how."),
        string("status", "The account's state in the platform's own word (`enabled`, `disabled`, `invited`...)."),
        string("note", "The shop's note about the customer."),
        date("birthday", "Birthday: `YYYY-MM-DD`, or `--MM-DD` when the year is not known."),
        nested("default_address", ADDRESS, "The customer's main address."),
        items("addresses", ADDRESS, "All addresses on record."),
        string("channel", "Sales channel of the first order seen: how the customer was won."),
        items("segments", "string", "Names of the segments the customer is in now."),
        nested("reach", REACH, "How they are reached beside mail."),
        nested("score", SCORE, "What is expected of them, as last told by `customer.scored`."),
        number("lead_score", "From 0 to 100, how likely a first order is within 30 days; null once they ordered."),
        nested("prospect", PROSPECT, "The same with how it was reckoned, by `lead.scored`."),
        nested("opinion", OPINION, "What they said last when they were asked, by `survey.answered`."),
        nested("signup", SIGNUP, "What they left last in a form, by `form.submitted`."),
        nested("lead", LEAD, "How far they are on the way to a first order, where they came by a form."),
        nested("loyalty", LOYALTY, "What they have earned, by `points.changed`."),
        integer("points", "Points they can spend."),
        string("tier", "Their tier; null below the first."),
        nested("credit", CREDIT, "What the shop owes them, by `credit.changed`."),
        money("store_credit", "The same as an amount, in the currency of `credit`."),
        nested("visits", VISITS, "Their visits of the storefront while signed in, by `visit.started`."),
        items("lists", "string", "Lists of other tools they are on there, as `connection/list`, by `list.joined`."),
        mapping("listings", "What that is known from: by list, whether they are on it and since when that is known."),
        nested("crm", CRM, "How the shop's CRM has them, by `contact.changed`."),
        nested("deal", DEAL, "The sale that moved last there, by `deal.changed`."),
        timestamp("first_order_at", "Earliest order seen."),
        timestamp("last_order_at", "Latest order seen."),
        integer(
            "orders_placed",
            "Orders they placed that were not cancelled, the one at hand among them: as many as came here (a hundred "
            "at most), or as the platform counts if that is more; null where neither is known.",
        ),
        mapping("orders_seen", "What that is counted from: by the order's id when it was placed, empty if uncounted."),
        date(
            "last_seen_on",
            "The last day they did something themselves: signed up, agreed, ordered, filled a cart, visited the shop "
            "signed in, opened or followed a message (what a program opened does not count); UTC.",
        ),
        timestamp("created_at", "When the platform made the customer."),
        timestamp("deleted_at", "When the platform deleted the customer; null while they exist."),
        CUSTOM,
        IS_THIN,
        timestamp("as_of", "For a customer known only from orders and carts: the time of the newest of those."),
    ),
)

TOPICS_CHOSEN = record(
    "topics_chosen",
    "What a person wants to hear about by one channel, and how often.",
    (
        string("customer_id", "Whose choice."),
        string("address", "The address, number, chat or person it holds for, lower case."),
        string("channel", "How the shop may write.", *CHANNELS),
        items("topics", "string", "Topics they want, by name."),
        items("refused_topics", "string", "Topics they do not want."),
        string(
            "often",
            "At most once a week or a month; empty as often as the shop likes; null: not said.",
            "",
            "week",
            "month",
        ),
        string("source", "Where it was said."),
        timestamp("changed_at", "When."),
    ),
)

CONSENT = record(
    "consent",
    "A change of what a person allows.",
    (
        string("customer_id", "Whose consent."),
        string("email", "The e-mail address it is about, lower case."),
        string("phone", "The number it is about."),
        string("channel", "How the shop may write.", *CHANNELS),
        string("purpose", "What for.", "marketing", "transactional"),
        boolean("granted", "Whether it is allowed now; null when the platform does not say."),
        string("state", "The platform's word, normalised: see `channel_consent.state`."),
        string("opt_in_level", "How it was given."),
        string("source", "Where it was given: the platform's word."),
        timestamp("changed_at", "When the person said so; null when the platform does not say."),
        string("reason", "Why, where it was not the person who said so."),
        string("effect", "The step of the flow that withdrew it, or the message it answers."),
    ),
)

CONSENT_REQUEST = record(
    "consent_request",
    "Somebody's address was given for marketing, and is to be confirmed by them.",
    (
        string("email", "The e-mail address, lower case."),
        string("channel", "How the shop would write.", *CHANNELS),
        string("purpose", "What for.", "marketing", "transactional"),
        string("language", "The language the person was asked in."),
        string("source", "Where the address was given."),
        string("token", "The last part of the address by which it is confirmed."),
    ),
)

MESSAGE_ANSWER = record(
    "message_answer",
    "What became of a message: that it went, arrived, was opened, clicked, refused, complained of.",
    (
        string("customer_id", "Whose address it is, where that is known."),
        string("email", "The e-mail address the message went to, lower case."),
        string("phone", "The number it went to."),
        string("channel", "How it was written: `email` where nothing is said.", *CHANNELS),
        string("effect", "The message's own name for itself: the header `X-Sereno-Effect` of the mail."),
        string("message", "The template it was written from, or the newsletter's name."),
        boolean("is_machine", "Of an opening or a click: whether a program did it, not a person."),
        string("url", "The address that was clicked."),
        timestamp("done_at", "When it was opened or clicked."),
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
