"""What connecting a Saleor store takes."""

from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    settings=(
        Setting(
            "secret", "Secret key", "secret", True, "The webhook's secret key; Saleor then signs with HMAC-SHA256."
        ),
    ),
    steps=(
        "In Saleor's dashboard make a webhook with target URL {address} and a secret key, the same here.",
        "Choose the events below. With a subscription query, let it ask at least for the id, total, currency, e-mail "
        "address and lines; without one Saleor sends its fixed payload, which is understood too.",
        "Signatures by public key (webhooks without a secret key) are not verified yet: give the webhook a secret key.",
    ),
    topics=(
        "ORDER_CREATED",
        "ORDER_UPDATED",
        "ORDER_FULLY_PAID",
        "ORDER_CANCELLED",
        "ORDER_FULFILLED",
        "CHECKOUT_UPDATED",
    ),
)
