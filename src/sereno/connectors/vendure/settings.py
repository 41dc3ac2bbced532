"""What connecting a Vendure store takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    brings=_("Orders, payments, parcels, refunds, customers, prices and stock movements."),
    settings=(Setting("secret", _("Signing secret"), "secret", True, _("The WEBHOOK_SECRET the store runs with.")),),
    steps=(
        _(
            "Vendure sends no webhooks of its own: add a plugin that posts the event bus's events as signed JSON "
            "(headers X-Vendure-Topic, X-Vendure-Delivery, X-Vendure-Hmac-Sha256)."
        ),
        _("Start the store with WEBHOOK_URL set to this connection's address and WEBHOOK_SECRET to the secret here."),
        _("Place an order: it shows up on this page within a second."),
    ),
    topics=("order.placed", "order.state", "payment.state", "fulfillment.state", "refund.created", "stock.movement"),
)
