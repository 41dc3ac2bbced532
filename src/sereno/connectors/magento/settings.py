"""What connecting a Magento shop takes."""

from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    settings=(
        Setting("secret", "Signing secret", "secret", True, "A long text of your own, for bodies posted by a script."),
        Setting("url", "Shop address", "url", False, "Such as https://shop.example.com"),
    ),
    steps=(
        "Magento Open Source sends no webhooks. Read /rest/V1/orders by updated_at, and give the answers as files to "
        "`sereno ingest`, or post them to {address} with X-Sereno-Signature: base64(HMAC-SHA256(body, secret)).",
        "Overlapping reads do no harm: a record seen twice in one version counts once.",
    ),
    topics=("orders", "customers", "products", "shipments", "creditmemos"),
)
