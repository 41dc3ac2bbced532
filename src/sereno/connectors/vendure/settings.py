"""What connecting a Vendure store takes."""

from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    settings=(Setting("secret", "Signing secret", "secret", True, "The WEBHOOK_SECRET the store runs with."),),
    steps=(
        "Vendure sends no webhooks of its own: add a plugin that posts the event bus's events as signed JSON "
        "(headers X-Vendure-Topic, X-Vendure-Delivery, X-Vendure-Hmac-Sha256).",
        "Start the store with WEBHOOK_URL={address} and WEBHOOK_SECRET set to the secret given here.",
        "Place an order: it appears under Events within a second.",
    ),
    topics=("order.placed", "order.state", "payment.state", "fulfillment.state", "refund.created", "stock.movement"),
)
