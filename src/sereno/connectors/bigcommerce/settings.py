"""What connecting a BigCommerce store takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

OWN_HEADER = "x-sereno-token"
"""For webhooks that BigCommerce does not sign: a header of ours, registered with the webhook, that holds the secret."""

GUIDE = Guide(
    brings=_("That an order, cart, customer, product or parcel changed; the notices are short and say little more."),
    is_secret_theirs=True,
    settings=(
        Setting(
            "secret",
            _("Client secret"),
            "secret",
            True,
            _("The client secret of the API account that makes the webhooks."),
        ),
    ),
    steps=(
        _("In BigCommerce open Settings, Store-level API accounts: make an account and copy its client secret here."),
        _("With that account make a webhook for each scope listed here; its destination is this connection's address."),
        _("Older webhooks come unsigned: register those with the header X-Sereno-Token, the client secret as value."),
        _("Change an order: its notice shows up on this page within a second."),
        _("BigCommerce switches a webhook off after 48 hours of failures: look at is_active after an outage."),
    ),
    topics=("store/order/*", "store/cart/*", "store/customer/*", "store/product/*", "store/shipment/*"),
)
