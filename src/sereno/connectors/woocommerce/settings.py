"""What connecting a WooCommerce shop takes."""

from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    settings=(
        Setting("secret", "Secret", "secret", True, "The text you put into the webhook's Secret field, the same here."),
        Setting("url", "Shop address", "url", False, "Such as https://shop.example.com"),
        Setting(
            "timezone", "Time zone", "text", False, "Only for plugins that send no GMT times; such as Europe/Madrid"
        ),
    ),
    steps=(
        "In WordPress open WooCommerce, Settings, Advanced, Webhooks, and add a webhook for each topic below.",
        "Status: Active. Delivery URL: {address}. Secret: a long text of your own, the same here. API version: v3.",
        "Save: WooCommerce sends a ping at once, which appears under Deliveries as ignored (ping).",
        "WooCommerce does not repeat a webhook that failed and switches it off after some failures in a row: look at "
        "its status now and then.",
    ),
    topics=(
        "order.created",
        "order.updated",
        "order.deleted",
        "customer.created",
        "customer.updated",
        "product.updated",
    ),
)
