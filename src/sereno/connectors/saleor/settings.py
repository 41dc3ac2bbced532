"""What connecting a Saleor store takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    brings=_("Orders with their payments and parcels, and checkouts."),
    settings=(
        Setting(
            "secret",
            _("Secret key"),
            "secret",
            True,
            _("The webhook's secret key; Saleor then signs with HMAC-SHA256."),
        ),
    ),
    steps=(
        _("In Saleor's dashboard open Extensions, your app, and make a webhook."),
        _("Target URL: this connection's address. Secret key: the one of this page."),
        _(
            "Choose the events listed here. A subscription query should ask at least for id, total, currency, e-mail "
            "address and lines; without one Saleor sends its fixed payload, which is understood too."
        ),
        _("Place an order: it shows up on this page within a second."),
        _("Signatures by public key (webhooks without a secret key) cannot be checked yet: give it a secret key."),
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
