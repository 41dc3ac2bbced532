"""What connecting a Magento shop takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

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
