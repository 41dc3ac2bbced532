"""What connecting a Shopify shop takes."""

from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    settings=(
        Setting(
            "secret",
            "Signing secret",
            "secret",
            True,
            "The app's client secret, or the key Shopify shows under Settings > Notifications > Webhooks.",
        ),
        Setting("url", "Shop address", "url", False, "Such as https://my-shop.myshopify.com"),
    ),
    steps=(
        "In Shopify's admin open Settings, Notifications, Webhooks.",
        "Copy the key shown there (“Your webhooks will be signed with…”) into Signing secret here.",
        "Create a webhook for each of the topics below: format JSON, newest API version, URL {address}.",
        "Press “Send test” on one: it appears under Events within a second.",
    ),
    topics=(
        "orders/create",
        "orders/updated",
        "orders/paid",
        "orders/fulfilled",
        "orders/cancelled",
        "refunds/create",
        "fulfillments/create",
        "fulfillments/update",
        "checkouts/create",
        "checkouts/update",
        "carts/update",
        "customers/create",
        "customers/update",
        "products/create",
        "products/update",
        "products/delete",
        "inventory_levels/update",
    ),
)
