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
    _("API: choose Sales, Catalog, Customers, Stores > Inventory, and Marketing > Cart Price Rules; or All."),
    _("Save, then “Activate” and “Allow”. Copy the four texts it shows."),
)

GUIDE = Guide(
    brings=_(
        "Orders, customers, products and shipments, as a script of yours reads them: Magento sends nothing itself."
    ),
    settings=(
        Setting("secret", _("Signing secret"), "secret", True, _("A long text; your script signs with it.")),
        Setting("url", _("Shop address"), "url", False, _("Such as https://shop.example.com")),
    ),
    steps=(
        _("Let a script read /rest/V1/orders by updated_at, every few minutes say. Overlapping reads do no harm."),
        _(
            "Let it post each answer to this connection's address, with the header X-Sereno-Topic: orders and "
            "X-Sereno-Signature: base64(HMAC-SHA256(body, secret))."
        ),
        _("Or give the answers as files to the command `sereno ingest`."),
    ),
    topics=("orders", "customers", "products", "shipments", "creditmemos"),
)
