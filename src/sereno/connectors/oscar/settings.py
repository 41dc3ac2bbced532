"""What connecting an Oscar store takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    brings=_("Orders and stock, as a receiver of Oscar's signals sends them."),
    settings=(Setting("secret", _("Signing secret"), "secret", True, _("A long text; the store signs with it.")),),
    steps=(
        _("Oscar sends no webhooks of its own: add a receiver of its signals that posts them as JSON."),
        _(
            "Let it post to this connection's address and sign the body with the secret here: "
            "X-Oscar-Hmac-Sha256: <base64>."
        ),
        _("Place an order: it shows up on this page within a second."),
    ),
    topics=("order.placed", "order.status", "stock"),
)
