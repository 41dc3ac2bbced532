"""What connecting a Shopify shop takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    brings=_("Orders, carts, checkouts, payments, parcels, refunds, customers, consent and stock, within a second."),
    is_secret_theirs=True,
    settings=(
        Setting(
            "secret",
            _("Signing secret"),
            "secret",
            True,
            _("The key Shopify shows under Settings > Notifications > Webhooks, or your app's client secret."),
        ),
        Setting("url", _("Shop address"), "url", False, _("Such as https://my-shop.myshopify.com")),
    ),
    steps=(
        _("In Shopify's admin open Settings, Notifications, Webhooks."),
        _("At the foot of that page, copy the key after “Your webhooks will be signed with” and paste it here."),
        _(
            "Press “Create webhook” for each event listed here: format JSON, the newest API version, and as URL this "
            "connection's address."
        ),
        _("Press “Send test” beside one of them: it shows up on this page within a second."),
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
    topic_names={
        "orders/create": "Order creation",
        "orders/updated": "Order update",
        "orders/paid": "Order payment",
        "orders/fulfilled": "Order fulfillment",
        "orders/cancelled": "Order cancellation",
        "refunds/create": "Refund create",
        "fulfillments/create": "Fulfillment creation",
        "fulfillments/update": "Fulfillment update",
        "checkouts/create": "Checkout creation",
        "checkouts/update": "Checkout update",
        "carts/update": "Cart update",
        "customers/create": "Customer creation",
        "customers/update": "Customer update",
        "products/create": "Product creation",
        "products/update": "Product update",
        "products/delete": "Product deletion",
        "inventory_levels/update": "Inventory level update",
    },
)
