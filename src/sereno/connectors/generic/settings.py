"""What connecting any system that signs its webhooks takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

ACCESS = (
    Setting("url", _("Where writes are posted"), "url", True, _("Such as https://erp.example/sereno")),
    Setting("secret", _("Signing secret"), "secret", True, _("Each write is signed with it, as Standard Webhooks.")),
    Setting("token", _("Bearer token"), "secret", False, _("Only where the system asks for one besides.")),
    Setting(
        "reads_url",
        _("Where records are read"),
        "url",
        False,
        _("An address that answers as documented, or one of a .csv or .tsv."),
    ),
)
ACCESS_STEPS = (
    _("Let the system take a POST for each write; the reference “Store writes” has the schema of all of them."),
    _("Let it check the signature, and keep each Idempotency-Key: the same key again must change nothing."),
    _("Answer 2xx when it is done, 501 for what it does not do, and another 4xx with code and message to refuse."),
)

GUIDE = Guide(
    brings=_("Whatever can send a signed webhook: a warehouse, a till, a marketplace, your own script."),
    is_store=False,
    settings=(
        Setting("secret", _("Signing secret"), "secret", True, _("A long text; the sender signs with it.")),
        Setting(
            "signature_header",
            _("Header with the signature"),
            "header",
            False,
            _("Empty: Standard Webhooks, which brings its own headers."),
        ),
        Setting(
            "signature_encoding",
            _("How the signature is written"),
            "choice",
            False,
            _("As HMAC-SHA256 of the body."),
            options=("base64", "hex"),
        ),
        Setting("signature_prefix", _("What stands before it"), "text", False, _("Such as sha256=; mostly nothing.")),
        Setting(
            "topic_header",
            _("Header with the topic"),
            "header",
            False,
            _("Empty: any header that ends in -topic, else the body's `type`."),
        ),
        Setting(
            "delivery_header",
            _("Header with the delivery's id"),
            "header",
            False,
            _("The same on every repeat. Empty: webhook-id, else the body itself."),
        ),
        Setting(
            "columns",
            _("Columns of its tables"),
            "text",
            False,
            _("Only where a table's columns are not known by name; such as: Bestellnr=id, Artikel=sku, Menge=quantity"),
        ),
    ),
    steps=(
        _("Let the system post its notices as JSON to this connection's address, signed with the secret here."),
        _("Send one by hand with the command below: it shows up on this page within a second."),
        _(
            'A body such as {"type": "order.paid", "data": {...}} becomes that event; anything else becomes '
            "custom.<topic>, which flows start and end by like any other."
        ),
    ),
)
