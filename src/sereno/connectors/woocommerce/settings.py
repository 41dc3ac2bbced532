"""What connecting a WooCommerce shop takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

ACCESS = (
    Setting("consumer_key", _("Consumer key"), "secret", True, _("Begins with ck_."), begins="ck_"),
    Setting("consumer_secret", _("Consumer secret"), "secret", True, _("Begins with cs_."), begins="cs_"),
    Setting("url", _("Shop address"), "url", False, _("Only where the connection does not have it yet.")),
    Setting(
        "sign_by",
        _("How requests are signed"),
        "choice",
        False,
        _("oauth only where the web server keeps back the Authorization header."),
        options=("basic", "oauth"),
    ),
    Setting(
        "wp_user",
        _("WordPress user"),
        "text",
        False,
        _("Only to write posts, pages and templates: an editor, for templates an administrator."),
    ),
    Setting(
        "wp_password",
        _("Application password"),
        "secret",
        False,
        _("Of that user, from Users, Profile, Application Passwords in WordPress. The key above is not taken there."),
    ),
)
ACCESS_STEPS = (
    _("In WordPress open WooCommerce, Settings, Advanced, REST API, and press “Add key”."),
    _("User: a shop manager. Permissions: Read/Write. Press “Generate API key”."),
    _("Copy both texts: WooCommerce shows the secret only once."),
)

GUIDE = Guide(
    brings=_("Orders and what becomes of them, customers, products and stock. It tells nothing about carts."),
    settings=(
        Setting("secret", _("Secret"), "secret", True, _("The text in the webhook's Secret field, the same here.")),
        Setting("url", _("Shop address"), "url", False, _("Such as https://shop.example.com")),
        Setting(
            "timezone",
            _("Time zone"),
            "zone",
            False,
            _("Only where a plugin sends no GMT times; such as Europe/Madrid"),
        ),
    ),
    steps=(
        _("In WordPress open WooCommerce, Settings, Advanced, Webhooks."),
        _("Press “Add webhook” once for each topic listed here."),
        _("Status: Active. Delivery URL: this connection's address. Secret: the one of this page. API version: v3."),
        _("Save. WooCommerce sends a ping at once: it shows up on this page within a second."),
        _(
            "WooCommerce does not repeat a webhook that failed, and switches it off after some failures in a row: look "
            "at its status there after an outage."
        ),
    ),
    topics=(
        "order.created",
        "order.updated",
        "order.deleted",
        "customer.created",
        "customer.updated",
        "product.updated",
    ),
    topic_names={
        "order.created": "Order created",
        "order.updated": "Order updated",
        "order.deleted": "Order deleted",
        "customer.created": "Customer created",
        "customer.updated": "Customer updated",
        "product.updated": "Product updated",
    },
)
