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
            _("The webhook's secret key, or what your store's /.well-known/jwks.json shows, whole."),
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
        _(
            "A webhook without a secret key is signed by your store's own key pair: put the text of its "
            "/.well-known/jwks.json in the place of the secret, and again when the store changes its keys."
        ),
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
