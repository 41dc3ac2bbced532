"""What connecting a Medusa store takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    brings=_("Orders, payments, parcels and stock, as a subscriber of yours sends them."),
    settings=(Setting("secret", _("Signing secret"), "secret", True, _("A long text; the store signs with it.")),),
    steps=(
        _("Medusa sends no webhooks of its own: add a subscriber that posts events with their records as JSON."),
        _(
            "Let it post to this connection's address and sign the body with the secret here: "
            "X-Medusa-Signature: sha256=<hex>."
        ),
        _("Place an order: it shows up on this page within a second."),
    ),
    topics=(
        "order.placed",
        "order.canceled",
        "payment.captured",
        "shipment.created",
        "inventory-level.updated",
        "product.updated",
        "product-variant.updated",
    ),
)
