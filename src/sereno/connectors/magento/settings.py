"""What connecting a Magento shop takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

ACCESS = (
    Setting("access_token", _("Access token"), "secret", True, _("Of an integration, as Magento shows it.")),
    Setting(
        "consumer_key",
        _("Consumer key"),
        "secret",
        False,
        _("With the two secrets requests are signed; without, the token alone must be allowed in Magento."),
    ),
    Setting("consumer_secret", _("Consumer secret"), "secret", False),
    Setting("token_secret", _("Access token secret"), "secret", False),
    Setting("url", _("Shop address"), "url", False, _("Only where the connection does not have it yet.")),
)
ACCESS_STEPS = (
    _("In Magento's admin open System, Extensions, Integrations, and press “Add New Integration”."),
    _("API: choose Sales, Catalog, Customers, Content, Stores > Inventory, Marketing > Cart Price Rules; or All."),
    _("Save, then “Activate” and “Allow”. Copy the four texts it shows."),
)

GUIDE = Guide(
    brings=_("Orders, customers, products, stock and shipments. Magento sends nothing itself: Sereno reads it."),
    is_polled=True,
    settings=(
        Setting("secret", _("Signing secret"), "secret", True, _("A long text; your script signs with it.")),
        Setting("url", _("Shop address"), "url", False, _("Such as https://shop.example.com")),
    ),
    steps=(
        _("Save, then give the permission to write below: with it Sereno reads what changed every few minutes."),
        _(
            "Or let a script of yours post each answer of /rest/V1/orders to this connection's address, with the "
            "header X-Sereno-Topic: orders and X-Sereno-Signature: base64(HMAC-SHA256(body, secret))."
        ),
        _("Or give the answers as files to the command `sereno ingest`."),
    ),
    topics=("orders", "customers", "products", "shipments", "creditmemos"),
)
