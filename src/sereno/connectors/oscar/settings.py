"""What connecting an Oscar store takes."""

from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    settings=(
        Setting("secret", "Signing secret", "secret", True, "A long text of your own; the store signs with it."),
    ),
    steps=(
        "Oscar sends no webhooks of its own: add a receiver of its signals that posts them as JSON.",
        "Let it sign the body with the secret given here (X-Oscar-Hmac-Sha256: <base64>) and post to {address}.",
        "Place an order: it appears under Events within a second.",
    ),
    topics=("order.placed", "order.status", "stock"),
)
