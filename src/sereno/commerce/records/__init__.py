"""The canonical model: what a shop's records look like, whatever platform they come from.

Every field may be null or absent. Amounts are decimal strings beside their currency, instants ISO 8601 in UTC.
"""

from sereno.commerce.records.carts import CART
from sereno.commerce.records.catalog import PRODUCT, PRODUCT_DIFFERENCE, STOCK_LEVEL, VARIANT
from sereno.commerce.records.interests import INTEREST, PRODUCT_VIEW
from sereno.commerce.records.orders import (
    DISPUTE,
    FULFILLMENT,
    LINE,
    ORDER,
    ORDER_STANDING,
    PAYMENT,
    PICK_TICKET,
    REFUND,
)
from sereno.commerce.records.people import (
    ADDRESS,
    CHANNEL_CONSENT,
    CONSENT,
    CONSENT_REQUEST,
    CONSENTS,
    CUSTOMER,
    CUSTOMER_SUMMARY,
    MESSAGE_ANSWER,
    PRIVACY_REQUEST,
    TOPICS_CHOSEN,
)
from sereno.commerce.records.scores import CUSTOMER_SCORED, LEAD_SCORED, PROSPECT, SCORE
from sereno.commerce.records.shops import APP, GIFT_CARD, PAYOUT, REQUESTED, SCHEDULED, STORE
from sereno.commerce.records.surveys import OPINION, SURVEY_ANSWER

__all__ = [
    "ADDRESS",
    "APP",
    "CART",
    "CHANNEL_CONSENT",
    "CONSENT",
    "CONSENTS",
    "CONSENT_REQUEST",
    "CUSTOMER",
    "CUSTOMER_SCORED",
    "CUSTOMER_SUMMARY",
    "DISPUTE",
    "FULFILLMENT",
    "GIFT_CARD",
    "INTEREST",
    "LEAD_SCORED",
    "LINE",
    "MESSAGE_ANSWER",
    "OPINION",
    "ORDER",
    "ORDER_STANDING",
    "PAYMENT",
    "PAYOUT",
    "PICK_TICKET",
    "PRIVACY_REQUEST",
    "PRODUCT",
    "PRODUCT_DIFFERENCE",
    "PRODUCT_VIEW",
    "PROSPECT",
    "REFUND",
    "REQUESTED",
    "SCHEDULED",
    "SCORE",
    "STOCK_LEVEL",
    "STORE",
    "SURVEY_ANSWER",
    "TOPICS_CHOSEN",
    "VARIANT",
]
