"""What connecting a Medusa store takes."""

from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    settings=(
        Setting("secret", "Signing secret", "secret", True, "A long text of your own; the store signs with it."),
    ),
    steps=(
        "Medusa sends no webhooks of its own: add a subscriber that posts events with their records as JSON.",
        "Let it sign the body with the secret given here (X-Medusa-Signature: sha256=<hex>) and post to {address}.",
        "Place an order: it appears under Events within a second.",
    ),
    topics=("order.placed", "order.canceled", "payment.captured", "shipment.created", "inventory-level.updated"),
)
