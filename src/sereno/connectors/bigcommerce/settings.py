"""What connecting a BigCommerce store takes."""

from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    settings=(
        Setting(
            "secret", "Client secret", "secret", True, "The client secret of the API account that makes the webhooks."
        ),
    ),
    steps=(
        "In BigCommerce open Settings, Store-level API accounts, and make an account; keep its client secret.",
        "Make a webhook for each scope below with destination {address}; BigCommerce signs it (webhook-signature).",
        "Where webhooks come unsigned (older ones), register them with the header X-Sereno-Token: the client secret.",
        "BigCommerce switches a webhook off after 48 hours of failures: look at is_active now and then.",
    ),
    topics=("store/order/*", "store/cart/*", "store/customer/*", "store/product/*", "store/shipment/*"),
)
